//! A list query: which rows, in which order, from which position on. `edm-graph` parses it from a
//! URL, and the catalog answers it.
//!
//! Properties have their names from the wire, with a slash for a nested one (`error/code`). In this
//! crate they are data; each row kind in the catalog has a table of the properties it knows.

use crate::timestamp::Timestamp;

/// A condition on a row, in three-valued logic: true, false, or unknown because of a null. Only
/// rows for which it is true are returned. `and` and `or` are lists, so a long chain needs no
/// stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// True if all are true; otherwise false if one is false, else unknown.
    All(Vec<Condition>),
    /// True if one is true; otherwise unknown if one is unknown, else false.
    Any(Vec<Condition>),
    /// The negation; unknown stays unknown.
    Not(Box<Condition>),
    /// Compares two operands; never unknown. Null equals only null, and is neither less nor greater
    /// than anything.
    Compare(Operand, Comparison, Operand),
    /// The operand equals one of the values; never unknown.
    OneOf(Operand, Vec<Literal>),
    /// Tests one text against another; unknown if either is null.
    Text(TextTest, Operand, Operand),
    /// A boolean operand as a condition; null is unknown.
    Truth(Operand),
    /// True if at least one element of the collection meets the condition. Without a condition:
    /// true if the collection is not empty. Never unknown.
    AnyElement(String, Option<Box<Condition>>),
}

/// A comparison operator. Texts compare by their bytes, and false is less than true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// A test of one text against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// The first starts with the second.
    StartsWith,
    /// The first ends with the second.
    EndsWith,
    /// The first contains the second.
    Contains,
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A property of the row.
    Property(String),
    /// A property of the element inside `Condition::AnyElement`; the empty name is the element
    /// itself.
    Element(String),
    /// A value.
    Literal(Literal),
    /// A text in lower case, as `str::to_lowercase` writes it.
    Lower(Box<Operand>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A text; ids are texts in the form in which they are printed.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, finite.
    Decimal(f64),
    /// True or false.
    Boolean(bool),
    /// A timestamp.
    Moment(Timestamp),
    /// Null.
    Null,
}

/// One sort key. Null sorts lowest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// The property.
    pub property: String,
    /// The direction.
    pub direction: Direction,
}

/// A sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Lowest first.
    #[default]
    Ascending,
    /// Highest first.
    Descending,
}

/// A position in an ordered list: just after the row with these keys and this id.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// One value per sort key; in the default order, only the creation time.
    pub keys: Vec<Literal>,
    /// The row's id, which breaks ties between rows with equal keys.
    pub id: [u8; 16],
}

/// A list query. The default returns everything in creation order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListQuery {
    /// Which rows; `None` means all.
    pub condition: Option<Condition>,
    /// The sort keys; empty means creation order. Ties are ordered by id, in the direction of the
    /// last key.
    pub order: Vec<OrderKey>,
    /// The position after which the page starts.
    pub after: Option<Cursor>,
    /// The number of rows to skip from there.
    pub skip: u64,
    /// The maximum number of rows; `None` means no maximum.
    pub top: Option<u32>,
    /// Whether to count all rows that meet the condition.
    pub with_total: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// Its items.
    pub items: Vec<T>,
    /// The number of all rows that meet the condition, if requested.
    pub total: Option<u64>,
    /// The position at which the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}

impl<T> Listed<T> {
    /// Converts each item.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(turn).collect(), total: self.total, next: self.next }
    }
}
