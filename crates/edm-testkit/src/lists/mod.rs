//! Lists: random rows in a catalog, random queries, and a naive evaluator for comparison with the
//! catalog's SQL.

mod catalog_fixture;
pub mod naive;
mod queries;
mod rows;

pub use catalog_fixture::{Agreed, CatalogFixture};
pub use queries::{filter, order};
pub use rows::{KINDS, Kind};
