//! Most cells of most tables are short and printable ASCII. They are folded, judged and brought to their canonical form
//! in words of bits, without the general machinery of [`crate::value::canonical`]; whatever is not plainly one of the usual
//! ways of writing is left to that. What it says of a cell is what the general way says: a property test compares both.

pub(crate) mod forms;
pub(crate) mod plain_cell;
pub(crate) mod quick_checks;
#[cfg(test)]
mod tests;

pub(crate) use forms::{Chooses, Form, Judged, PlainForms, Room, Writes};
pub(crate) use plain_cell::{PLAIN_BYTES_MAX, Plain, ROOM_BYTES, low};
pub(crate) use quick_checks::reads_as_date;

pub(crate) use crate::simd::vector::{Looks, Sight, Words, with_sight};
