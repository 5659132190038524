//! Most cells of most tables are short and printable ASCII. They are folded, judged and brought to
//! their canonical form in words of bits, without the general machinery of
//! [`canonical`](super::canonical); whatever is not plainly one of the usual ways of writing is
//! left to that. What it says of a cell is what the slow path says: a property test compares both.

pub(crate) mod form;
pub(crate) mod judge;
pub(crate) mod plain_cell;
pub(crate) mod plain_rule;
pub(crate) mod quick_checks;
#[cfg(test)]
mod tests;
