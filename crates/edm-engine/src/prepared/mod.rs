//! Sensitive types prepared for scans: what depends on the types alone and is kept from text to
//! text.
//!
//! `types` is the door. `type_plan` and `pattern` resolve names to columns, `rule_groups` gathers
//! the rules of all tables so that a text is hashed once for each, `proximity` says how much text a
//! zone needs, `exclusion` which rows are left out.

pub(crate) mod active_type;
pub(crate) mod exclusion;
pub(crate) mod pattern;
pub(crate) mod proximity;
pub(crate) mod rule_groups;
pub(crate) mod type_plan;
pub(crate) mod types;

pub use active_type::{Accelerators, ActiveType};
pub use exclusion::Exclusion;
pub use types::PreparedTypes;
