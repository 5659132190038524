//! Data stores, and the sensitive types over them.

pub(crate) mod data_stores;
pub(crate) mod sensitive_types;
