//! The naive oracle: `matching.md` and `docs/matching.md` written down as plain loops over plaintext.
//!
//! It shares no code with `edm-hash` and `edm-engine`, hashes nothing and skips nothing, so that whatever both
//! agree on follows from the rules. It is slow: tables of tens of rows and texts of some thousand characters.

mod classes;
mod dates;
mod edges;
mod email;
mod escapes;
mod facts;
mod folding;
mod foldings;
mod ground;
mod reading;
mod report;
mod scan;
mod table;
mod types;
mod value;
mod windows;

#[cfg(test)]
mod examples;

pub use foldings::{Folding, folding, is_known};
pub use report::{ConfidenceCount, Evidence, Found, Match, Span};
pub use table::{Asked, Question, Table};
