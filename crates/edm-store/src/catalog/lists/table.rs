//! Descriptions of the catalog's tables for lists.

use edm_model::Literal;
use sqlx::sqlite::SqliteRow;

use super::super::get;
use crate::error::{Error, ErrorKind};

/// A kind of row that can be listed.
#[derive(Debug)]
pub(in crate::catalog) struct Table {
    /// The selected columns.
    pub(in crate::catalog) columns: &'static str,
    /// The table and its joins.
    pub(in crate::catalog) from: &'static str,
    /// The row's id.
    pub(in crate::catalog) id: &'static str,
    /// The creation time.
    pub(in crate::catalog) created: Property,
    /// The column with the lower-cased texts that the database cannot compute (`lowercase.rs`).
    pub(in crate::catalog) lowered: &'static str,
    /// The properties that conditions and orders may name.
    pub(in crate::catalog) properties: &'static [Property],
    /// The collections that conditions may name.
    pub(in crate::catalog) collections: &'static [Collection],
}

/// A property with its name on the wire.
#[derive(Debug, Clone, Copy)]
pub(in crate::catalog) struct Property {
    pub(in crate::catalog) name: &'static str,
    /// The SQL expression of its value.
    pub(in crate::catalog) sql: &'static str,
    /// How it is stored.
    pub(in crate::catalog) form: Form,
    /// Whether it can be null.
    pub(in crate::catalog) nullness: Nullness,
}

/// Whether a value can be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog) enum Nullness {
    Never,
    Sometimes,
}

/// A collection stored as a JSON array.
#[derive(Debug)]
pub(in crate::catalog) struct Collection {
    pub(in crate::catalog) name: &'static str,
    /// The SQL expression of the array; never null.
    pub(in crate::catalog) sql: &'static str,
    /// The properties of an element. `element.value` is the element, `element.key` its position
    /// from 0.
    pub(in crate::catalog) elements: &'static [Property],
    /// The key in `lowered` of a text element: collection and position. For a text property of an
    /// element, a slash and the name follow.
    pub(in crate::catalog) place: &'static str,
}

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog) enum Form {
    Text,
    /// 16 bytes, a GUID on the wire.
    Id,
    Integer,
    Boolean,
    /// Microseconds since the Unix epoch.
    Moment,
    /// An object; only null tests are possible.
    Whole,
}

impl Form {
    /// Reads a column's value of this form.
    pub(super) fn read(self, row: &SqliteRow, column: &'static str) -> Result<Literal, Error> {
        let value = match self {
            Form::Text | Form::Whole => get::<Option<String>>(row, column)?.map(Literal::Text),
            Form::Id => super::super::optional_id16(row, column)?.map(|id| Literal::Text(printed(id))),
            Form::Integer => get::<Option<i64>>(row, column)?.map(Literal::Integer),
            Form::Boolean => get::<Option<i64>>(row, column)?.map(|held| Literal::Boolean(held != 0)),
            Form::Moment => super::super::optional_moment(row, column)?.map(Literal::Moment),
        };
        Ok(value.unwrap_or(Literal::Null))
    }
}

/// Formats an id as on the wire.
fn printed(id: [u8; 16]) -> String {
    edm_model::SessionId::from_bytes(id).to_string()
}

/// Parses an id in exactly the form of the wire. Any other text equals no id.
pub(super) fn id_of(text: &str) -> Option<[u8; 16]> {
    let id: edm_model::SessionId = text.parse().ok()?;
    (id.to_string() == text).then_some(*id.as_bytes())
}

/// Finds a property. Fails with `UnknownProperty` if the wire accepts a name that the catalog
/// lacks.
pub(super) fn find(properties: &'static [Property], name: &str) -> Result<&'static Property, Error> {
    let found = properties.iter().find(|property| property.name == name);
    found.ok_or_else(|| Error::new(ErrorKind::UnknownProperty, "property of a list"))
}
