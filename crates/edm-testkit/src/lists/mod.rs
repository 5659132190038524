//! Lists: random rows in a catalog, random queries, and the naive evaluator that the catalog's SQL is held against.

mod house;
pub mod naive;
mod queries;
mod rows;

pub use house::{Agreed, House};
pub use queries::{filter, order};
pub use rows::{KINDS, Kind};
