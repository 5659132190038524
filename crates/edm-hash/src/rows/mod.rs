//! From the cells of records to hashed rows: the last place that sees plaintext.

pub(crate) mod column;
pub(crate) mod hashed_rows;
pub(crate) mod record;
pub(crate) mod vocabulary;
