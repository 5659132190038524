//! The second pass: what stands near a hit in the same row, and which pattern that satisfies.

pub(crate) mod assign;
pub(crate) mod evaluate;
pub(crate) mod nearby;
