//! Lists: a `ListQuery` becomes one statement, so that a page costs what is on it, not what is in the table.
//!
//! To add a kind of row: write its table (`lists/tables.rs`: what is read, from where, which properties there are), call
//! `page` with the scope that it is listed in, and add an index that holds scope, moment of creation and id. If it has texts that people
//! write, keep `lowered` beside them.

mod cursor;
mod dialect;
mod sql;
mod table;
pub(super) mod tables;

use edm_model::{Cursor, ListQuery, Listed};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

use self::dialect::Statement;
use self::sql::Compiler;
use self::table::Table;
use super::id16;
use crate::error::{Context, Error};

/// Columns that rows of a list must equal, such as the tenant's.
pub(super) type Scope<'a> = &'a [(&'static str, &'a [u8; 16])];

/// Answers with the part of a list that is asked for. Fails with `UnknownProperty` on a name that the table does not have.
pub(super) async fn page<T>(
    reader: &SqlitePool,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
    read: impl Fn(&SqliteRow) -> Result<T, Error>,
) -> Result<Listed<T>, Error> {
    let total = if query.with_total { Some(count(reader, table, scope, query).await?) } else { None };
    if query.top == Some(0) {
        return Ok(Listed { items: Vec::new(), total, next: None });
    }
    let mut statement = select(table, scope, query)?;
    // Filters are many and seldom come twice: they would drive the statements that do out of the cache.
    let rows = statement.build().persistent(query.condition.is_none()).fetch_all(reader).await;
    let mut rows = rows.context("listing")?;
    let wanted = query.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX));
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let next = match rows.last().filter(|_| more) {
        Some(last) => Some(place_of(last, table, query)?),
        None => None,
    };
    Ok(Listed { items: rows.iter().map(read).collect::<Result<_, _>>()?, total, next })
}

async fn count(
    reader: &SqlitePool,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
) -> Result<u64, Error> {
    let mut statement = counting(table, scope, query)?;
    let row = statement.build().persistent(query.condition.is_none()).fetch_one(reader).await;
    super::number(&row.context("counting")?, "found")
}

fn counting(table: &'static Table, scope: Scope<'_>, query: &ListQuery) -> Result<Statement, Error> {
    let mut statement = Statement::new("select count(*) as found from ");
    statement.push(table.from);
    filter(&mut statement, table, scope, query)?;
    Ok(statement)
}

/// Writes the statement of a page: one row more than is wanted, to know whether there is another page.
fn select(table: &'static Table, scope: Scope<'_>, query: &ListQuery) -> Result<Statement, Error> {
    let keys = cursor::keys(table, &query.order)?;
    let mut statement = Statement::new("select ");
    for (number, key) in keys.iter().enumerate() {
        statement.push(key.property.sql).push(" as ").push(cursor::name(number)).push(", ");
    }
    statement.push(table.id).push(" as list_id, ").push(table.columns).push(" from ").push(table.from);
    filter(&mut statement, table, scope, query)?;
    if let Some(after) = &query.after {
        statement.push(" and ");
        cursor::behind(&mut statement, table, &keys, after)?;
    }
    cursor::order(&mut statement, table, &keys);
    if let Some(top) = query.top {
        statement.push(" limit ").push_bind(i64::from(top).saturating_add(1));
    } else {
        statement.push(" limit ").push_bind(i64::MAX);
    }
    if query.skip > 0 {
        statement.push(" offset ").push_bind(super::signed(query.skip));
    }
    Ok(statement)
}

fn filter(
    statement: &mut Statement,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
) -> Result<(), Error> {
    for (number, (column, id)) in scope.iter().enumerate() {
        statement.push(if number == 0 { " where " } else { " and " });
        statement.push(column).push(" = ").push_bind(id.to_vec());
    }
    if let Some(condition) = &query.condition {
        statement.push(" and ");
        Compiler::new(statement, table).condition(condition)?;
    }
    Ok(())
}

fn place_of(row: &SqliteRow, table: &'static Table, query: &ListQuery) -> Result<Cursor, Error> {
    let mut keys = Vec::new();
    for (number, key) in cursor::keys(table, &query.order)?.iter().enumerate() {
        keys.push(key.property.form.read(row, cursor::name(number))?);
    }
    Ok(Cursor { keys, id: id16(row, "list_id")? })
}
