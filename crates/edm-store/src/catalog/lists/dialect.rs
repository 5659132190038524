//! What SQL does not say alike everywhere. The rest of the lists is text that PostgreSQL takes too.

use sqlx::{QueryBuilder, Sqlite};

/// A statement being written. Values are bound, never written into its text.
pub(super) type Statement = QueryBuilder<Sqlite>;

/// Ascending order puts null first, descending last: SQLite's own order, which PostgreSQL has to be told.
pub(super) const ASCENDING: &str = "";
pub(super) const DESCENDING: &str = " desc";

/// The elements of a JSON array, with `key` (from 0) and `value`.
pub(super) const ELEMENTS: (&str, &str) = ("json_each(", ") as element");

/// Where in a text another one begins, from 1; 0 is nowhere, null where either is.
pub(super) const POSITION: &str = "instr(";

/// Whether a text ends with another one; null where either is. By bytes, since SQLite's characters end at a zero.
pub(super) fn ends_with(
    statement: &mut Statement,
    text: &dyn Fn(&mut Statement),
    part: &dyn Fn(&mut Statement),
) {
    statement.push("case when ");
    part(statement);
    // Zero bytes from behind would be all of them.
    statement.push(" = '' then ");
    text(statement);
    statement.push(" = ");
    text(statement);
    statement.push(" when ");
    text(statement);
    // No bytes are null to substr.
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

/// Lowers the 26 letters of ASCII.
pub(super) const LOWER: &str = "lower(";

/// The GUID that 16 bytes are, as a text; null where they are.
pub(super) fn guid(statement: &mut Statement, bytes: &'static str) {
    // SQLite writes null as no digits at all.
    statement.push("case when ").push(bytes).push(" is not null then ");
    for (number, (from, count)) in [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)].into_iter().enumerate() {
        statement.push(if number == 0 { "lower(" } else { " || '-' || " });
        statement.push("substr(hex(").push(bytes).push("), ").push(from).push(", ").push(count).push(")");
    }
    statement.push(") end");
}
