//! From the cells of records to hashed rows: the last place that sees plaintext.

pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod fast_path;
pub(crate) mod hashed_rows;
pub(crate) mod record;
pub(crate) mod rule_state;
pub(crate) mod vocabulary;
pub(crate) mod words;
