//! What a list is asked for: which rows, in which order, from where on. The wire reads it from an address, the
//! catalog answers it.
//!
//! Properties go by their names on the wire, a slash leading into a complex one (`error/code`): they are data here, and each
//! kind of row in the catalog has a table of those that it knows.

use crate::timestamp::Timestamp;

/// A condition on a row. It holds, does not hold, or is unknown because of a null; only rows for which it holds are
/// found. Chains of `and` and `or` are lists, so that their length costs no stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one holds. One that does not decides, then one that is unknown.
    All(Vec<Condition>),
    /// At least one holds. One that does decides, then one that is unknown.
    Any(Vec<Condition>),
    /// It does not hold; unknown stays unknown.
    Not(Box<Condition>),
    /// Two operands compared; never unknown. Null equals null alone, and is neither less nor greater than anything.
    Compare(Operand, Comparison, Operand),
    /// The operand equals one of the values; never unknown.
    OneOf(Operand, Vec<Literal>),
    /// One text tested against another; unknown when either is null.
    Text(TextTest, Operand, Operand),
    /// A boolean operand by itself; null is unknown.
    Truth(Operand),
    /// Of this collection at least one element meets the condition; without one: it is not empty. Never unknown.
    AnyElement(String, Option<Box<Condition>>),
}

/// How two operands are compared. Texts are compared by their bytes, false is less than true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Not the same.
    NotEqual,
    /// Less.
    Less,
    /// Less or the same.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or the same.
    GreaterOrEqual,
}

/// How a text is tested against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// It begins with it.
    StartsWith,
    /// It ends with it.
    EndsWith,
    /// It contains it.
    Contains,
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A property of the row.
    Property(String),
    /// A property of the element that `Condition::AnyElement` looks at; empty is the element itself.
    Element(String),
    /// A value.
    Literal(Literal),
    /// A text in lower case, as `str::to_lowercase` writes it.
    Lower(Box<Operand>),
}

/// A value.
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
    /// A moment.
    Moment(Timestamp),
    /// Nothing.
    Null,
}

/// One key of an order. Null is less than everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// The property.
    pub property: String,
    /// Which comes first.
    pub direction: Direction,
}

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The least.
    #[default]
    Ascending,
    /// The greatest.
    Descending,
}

/// A place in an order: behind the row that has these keys and this id.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// A value for each key of the order; of the order of creation, that moment alone.
    pub keys: Vec<Literal>,
    /// The id of the row, which parts rows of equal keys.
    pub id: [u8; 16],
}

/// What a list is asked for. The default is all of it, in the order of creation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListQuery {
    /// Which rows; `None` is every one.
    pub condition: Option<Condition>,
    /// In which order; none is that of creation. Rows of equal keys follow by id, in the direction of the last key.
    pub order: Vec<OrderKey>,
    /// Behind which place.
    pub after: Option<Cursor>,
    /// How many to leave out from there on.
    pub skip: u64,
    /// How many at most; `None` is all of them.
    pub top: Option<u32>,
    /// Whether to count all that meet the condition.
    pub with_total: bool,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// Its items.
    pub items: Vec<T>,
    /// How many meet the condition in all, when that was asked.
    pub total: Option<u64>,
    /// Where the next part begins; `None` when there is no more.
    pub next: Option<Cursor>,
}

impl<T> Listed<T> {
    /// Turns each item into another.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(turn).collect(), total: self.total, next: self.next }
    }
}
