//! Why a hit is no match: `explainer` gathers a `hit_outcome`, and `reason` and `notes` are
//! functions of it.

pub(crate) mod explainer;
pub(crate) mod hit_outcome;
pub(crate) mod notes;
pub(crate) mod reason;
