//! The parts of SQL that differ between databases. PostgreSQL accepts the rest of the lists' SQL as
//! it is.

use sqlx::{QueryBuilder, Sqlite};

/// A statement being built. Values are bound, never written into its text.
pub(super) type Statement = QueryBuilder<Sqlite>;

/// Ascending order puts nulls first, descending order last. That is SQLite's default; PostgreSQL
/// needs explicit clauses.
pub(super) const ASCENDING: &str = "";
pub(super) const DESCENDING: &str = " desc";

/// The elements of a JSON array, with `key` (from 0) and `value`.
pub(super) const ELEMENTS: (&str, &str) = ("json_each(", ") as element");

/// The position of one text in another, from 1; 0 if it does not occur, null if either is null.
pub(super) const POSITION: &str = "instr(";

/// Writes whether a text ends with another; null if either is null. Compares bytes, because
/// SQLite's character functions stop at a zero.
pub(super) fn ends_with(
    statement: &mut Statement,
    text: &dyn Fn(&mut Statement),
    part: &dyn Fn(&mut Statement),
) {
    statement.push("case when ");
    part(statement);
    // `substr` with a length of 0 from the end would return the whole text.
    statement.push(" = '' then ");
    text(statement);
    statement.push(" = ");
    text(statement);
    statement.push(" when ");
    text(statement);
    // `substr` returns null for an empty blob.
    statement.push(" = '' then ");
    part(statement);
    statement.push(" <> ");
    part(statement);
    statement.push(" else substr(cast(");
    text(statement);
    statement.push(" as blob), -length(cast(");
    part(statement);
    statement.push(" as blob))) = cast(");
    part(statement);
    statement.push(" as blob) end");
}

/// Lower-cases the 26 ASCII letters.
pub(super) const LOWER: &str = "lower(";

/// Writes 16 bytes as the text of a GUID; null stays null.
pub(super) fn guid(statement: &mut Statement, bytes: &'static str) {
    // SQLite's `hex` turns null into an empty text.
    statement.push("case when ").push(bytes).push(" is not null then ");
    for (number, (from, count)) in [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)].into_iter().enumerate() {
        statement.push(if number == 0 { "lower(" } else { " || '-' || " });
        statement.push("substr(hex(").push(bytes).push("), ").push(from).push(", ").push(count).push(")");
    }
    statement.push(") end");
}
