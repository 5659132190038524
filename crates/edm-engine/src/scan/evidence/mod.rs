//! The second pass: what is near a hit in the same row, and which pattern that satisfies.
//!
//! `evaluate` drives it for each hit: `anchor` picks the patterns, `nearby` (with `window_memo`)
//! gathers what of each row is near, `satisfy` (with `assign`) tests one pattern against one row.
//! `outcome` is what it decides, and the [`outcome::Trace`] by which explanations watch.

pub(crate) mod anchor;
pub(crate) mod assign;
pub(crate) mod evaluate;
pub(crate) mod nearby;
pub(crate) mod outcome;
pub(crate) mod row_match;
pub(crate) mod satisfy;
pub(crate) mod window_memo;
