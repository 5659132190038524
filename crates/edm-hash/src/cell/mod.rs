//! Most cells of most tables are short and printable ASCII. They are folded, judged and brought to their canonical form
//! in words of bits, without the general machinery of [`crate::canonical`]; whatever is not plainly one of the usual
//! ways of writing is left to that. What it says of a cell is what the general way says: a property test compares both.

mod classes;
mod forms;
mod gates;
mod sight;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use classes::{PLAIN_BYTES_MAX, Plain, ROOM_BYTES, low};
pub(crate) use forms::{Chooses, Form, Judged, PlainForms, Room, Writes};
pub(crate) use gates::reads_as_date;
pub(crate) use sight::{Looks, Sight, Words, with_sight};
