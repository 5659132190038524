//! Sensitive types prepared for scans: what depends on the types alone and is kept from text to text.

pub(crate) mod pattern;
pub(crate) mod rule_groups;
pub(crate) mod type_plan;
pub(crate) mod types;

pub use types::PreparedTypes;
