//! Test support: the naive oracle for the engine, generators of tables and texts for it, and
//! generations built in memory.
//!
//! Only tests depend on this crate.

pub mod blocks;
pub mod differential;
pub mod generate;
pub mod in_memory;
pub mod lists;
pub mod op_sequences;
pub mod oracle;
pub mod sample;
