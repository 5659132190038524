//! Why a hit is no match.

pub(crate) mod explainer;
pub(crate) mod near_miss;
pub(crate) mod notes;
