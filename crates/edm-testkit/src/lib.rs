//! Development only: the naive oracle that the engine is held against, generators of tables and texts for it,
//! and generations built in memory.
//!
//! Nothing depends on this crate but tests.

pub mod agreement;
pub mod blocks;
pub mod generate;
pub mod histories;
pub mod in_memory;
pub mod lists;
pub mod oracle;
pub mod sample;
