//! What a table of the catalog looks like to lists.

use edm_model::Literal;
use sqlx::sqlite::SqliteRow;

use super::super::get;
use crate::error::{Error, ErrorKind};

/// A kind of row that can be listed.
#[derive(Debug)]
pub(in crate::catalog) struct Table {
    /// What is read of a row.
    pub(in crate::catalog) columns: &'static str,
    /// The table, and what is joined to it.
    pub(in crate::catalog) from: &'static str,
    /// The row's id.
    pub(in crate::catalog) id: &'static str,
    /// When the row was made.
    pub(in crate::catalog) created: Property,
    /// Its texts in lower case, where the database cannot lower them (`lowered.rs`).
    pub(in crate::catalog) lowered: &'static str,
    /// What conditions and orders may name.
    pub(in crate::catalog) properties: &'static [Property],
    /// What conditions may look into.
    pub(in crate::catalog) collections: &'static [Collection],
}

/// A property, by its name on the wire.
#[derive(Debug, Clone, Copy)]
pub(in crate::catalog) struct Property {
    pub(in crate::catalog) name: &'static str,
    /// Its value.
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

/// A collection that is stored as a JSON array.
#[derive(Debug)]
pub(in crate::catalog) struct Collection {
    pub(in crate::catalog) name: &'static str,
    /// The array; never null.
    pub(in crate::catalog) sql: &'static str,
    /// What its elements have; `element.value` is the element, `element.key` its position from 0.
    pub(in crate::catalog) elements: &'static [Property],
    /// Where `lowered` keeps an element that is a text: its collection and position; a slash and the name follow for a
    /// text of an element.
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
    /// Microseconds.
    Moment,
    /// An object, which is null or not.
    Whole,
}

impl Form {
    /// Reads the value of a column that holds this.
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

/// Writes an id as the wire does.
fn printed(id: [u8; 16]) -> String {
    edm_model::SessionId::from_bytes(id).to_string()
}

/// Reads an id that is written exactly as the wire writes it; any other text is the id of nothing.
pub(super) fn id_of(text: &str) -> Option<[u8; 16]> {
    let id: edm_model::SessionId = text.parse().ok()?;
    (id.to_string() == text).then_some(*id.as_bytes())
}

/// Finds a property. Fails with `UnknownProperty`: the wire let through what the catalog does not know.
pub(super) fn find(properties: &'static [Property], name: &str) -> Result<&'static Property, Error> {
    let found = properties.iter().find(|property| property.name == name);
    found.ok_or_else(|| Error::new(ErrorKind::UnknownProperty, "property of a list"))
}
