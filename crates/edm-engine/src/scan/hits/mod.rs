//! The first pass over a text: which of its windows are values of the tables.

pub(crate) mod find;
