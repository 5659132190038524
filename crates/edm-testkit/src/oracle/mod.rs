//! The naive oracle: the rules of `docs/matching.md` as simple loops over plaintext.
//!
//! It shares no code with `edm-hash` and `edm-engine`, does not hash, and skips nothing. What both
//! agree on therefore follows from the rules. It is slow: for tables of tens of rows and texts of a
//! few thousand characters.

mod classes;
mod dates;
mod edges;
mod email;
mod escapes;
mod facts;
mod folding;
mod foldings;
mod longer_tokens;
mod look_alikes;
mod names;
mod reading;
mod report;
mod scan;
mod table;
mod text_geometry;
mod types;
mod value;
mod windows;

#[cfg(test)]
mod examples;

pub use foldings::{Folding, folding, is_known};
pub use report::{ConfidenceCount, Evidence, Found, Match, Span};
pub use table::{Asked, Question, Table};
