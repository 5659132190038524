//! Lists: random rows in a catalog, random queries, and a naive evaluator for comparison with the
//! catalog's SQL.

mod house;
pub mod naive;
mod queries;
mod rows;

pub use house::{Agreed, House};
pub use queries::{filter, order};
pub use rows::{KINDS, Kind};
