//! Lists: the naive evaluator that the catalog's SQL is held against.

pub mod naive;
