//! Lists: random rows in a catalog, random queries, and the naive evaluator that the catalog's SQL is held against.

pub mod naive;
mod queries;
mod random_catalog;
mod rows;

pub use queries::{filter, order};
pub use random_catalog::{Agreed, RandomCatalog};
pub use rows::{KINDS, Kind};
