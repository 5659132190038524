//! Sort orders, and the position in one at which a page starts.

use edm_model::{Cursor, Direction, Literal, OrderKey};

use super::dialect::{self, Statement};
use super::sql;
use super::table::{Form, Nullness, Property, Table, find};
use crate::error::{Error, ErrorKind};

/// A sort key and its property.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) property: Property,
    direction: Direction,
}

const NAMES: [&str; 9] = ["key0", "key1", "key2", "key3", "key4", "key5", "key6", "key7", "key8"];

/// Returns the name of a key's column in the result.
pub(super) fn name(number: usize) -> &'static str {
    NAMES.get(number).copied().unwrap_or("key_of_too_many")
}

/// Resolves the sort keys; the default is the creation time.
pub(super) fn keys(table: &'static Table, order: &[OrderKey]) -> Result<Vec<Key>, Error> {
    if order.is_empty() {
        return Ok(vec![Key { property: table.created, direction: Direction::Ascending }]);
    }
    if order.len() > NAMES.len() {
        return Err(Error::new(ErrorKind::UnknownProperty, "too many keys of an order"));
    }
    let key = |key: &OrderKey| {
        let property = *find(table.properties, &key.property)?;
        Ok(Key { property, direction: key.direction })
    };
    order.iter().map(key).collect()
}

/// Writes the `order by` clause. The id comes last, in the direction of the last key, so that one
/// index serves the whole order.
pub(super) fn order(statement: &mut Statement, table: &'static Table, keys: &[Key]) {
    statement.push(" order by ");
    let mut last = Direction::Ascending;
    for key in keys {
        statement.push(key.property.sql).push(direction(key.direction)).push(", ");
        last = key.direction;
    }
    statement.push(table.id).push(direction(last));
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => dialect::ASCENDING,
        Direction::Descending => dialect::DESCENDING,
    }
}

/// Writes the condition that a row comes after the position. Fails if the position belongs to
/// another order.
pub(super) fn behind(
    statement: &mut Statement,
    table: &'static Table,
    keys: &[Key],
    place: &Cursor,
) -> Result<(), Error> {
    if keys.len() != place.keys.len() {
        return Err(Error::new(ErrorKind::UnknownProperty, "place in another order"));
    }
    let last = keys.last().map_or(Direction::Ascending, |key| key.direction);
    // A row-value comparison has one direction, and it is unknown if a side is null. Mixed
    // directions and nullable keys need the nested form below.
    let one_way = keys.iter().all(|key| key.direction == last);
    let never_null = keys.iter().all(|key| key.property.nullness == Nullness::Never);
    if one_way && never_null && !place.keys.contains(&Literal::Null) {
        // A single row-value comparison, so that one index covers it to its last column.
        statement.push("(");
        for key in keys {
            statement.push(key.property.sql).push(", ");
        }
        statement.push(table.id).push(") ").push(beyond(last)).push(" (");
        for (key, value) in keys.iter().zip(&place.keys) {
            value_of(statement, key, value)?;
            statement.push(", ");
        }
        statement.push_bind(place.id.to_vec()).push(")");
        return Ok(());
    }
    step(statement, table, &mut keys.iter().zip(&place.keys), last, &place.id)
}

/// Writes: after the position in the first key, or equal in it and after in the rest.
fn step<'k>(
    statement: &mut Statement,
    table: &'static Table,
    rest: &mut dyn Iterator<Item = (&'k Key, &'k Literal)>,
    last: Direction,
    id: &[u8; 16],
) -> Result<(), Error> {
    let Some((key, value)) = rest.next() else {
        statement.push(table.id).push(" ").push(beyond(last)).push(" ").push_bind(id.to_vec());
        return Ok(());
    };
    let column = key.property.sql;
    statement.push("(");
    match (key.direction, value) {
        (Direction::Ascending, Literal::Null) => {
            // Null sorts first in ascending order: every value is after it, and among nulls the
            // next key decides.
            statement.push(column).push(" is not null or (").push(column).push(" is null and ");
        }
        (Direction::Descending, Literal::Null) => {
            statement.push("(").push(column).push(" is null and ");
        }
        (way, value) => {
            statement.push(column).push(" ").push(beyond(way)).push(" ");
            value_of(statement, key, value)?;
            if way == Direction::Descending && key.property.nullness == Nullness::Sometimes {
                statement.push(" or ").push(column).push(" is null");
            }
            statement.push(" or (").push(column).push(" = ");
            value_of(statement, key, value)?;
            statement.push(" and ");
        }
    }
    step(statement, table, rest, last, id)?;
    statement.push("))");
    Ok(())
}

fn beyond(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    }
}

fn value_of(statement: &mut Statement, key: &Key, value: &Literal) -> Result<(), Error> {
    match (key.property.form, value) {
        (Form::Id, Literal::Text(text)) => {
            let id = super::table::id_of(text);
            let id = id.ok_or_else(|| Error::new(ErrorKind::UnknownProperty, "place without an id"))?;
            statement.push_bind(id.to_vec());
        }
        (_, value) => sql::bind(statement, value),
    }
    Ok(())
}
