//! The scan: text → zones → hits → evidence → report. `README.md` draws the walk of a text.
//!
//! `zone_walk` cuts a text into zones; `scanner` feeds it one that arrives in pieces. `zone`
//! evaluates a zone by two passes (`hits`, `evidence`). `collect` makes the report and `explain`
//! says why a hit is no match. `batch` searches many short texts at once.

mod batch;
mod collect;
pub(crate) mod context;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod hits;
pub(crate) mod row_checks;
mod scanner;
mod scratch;
pub(crate) mod stop;
mod zone;
mod zone_walk;

pub use batch::TextBatch;
pub use scanner::{NotUtf8, Scanner};
pub use scratch::Scratch;

use crate::query::Query;
use crate::report::Report;

/// Finds the records of the query's types in its text. Never fails: any text is allowed, and bounds
/// that are met are in the report.
///
/// The scratch may be of any other scan; it changes nothing but the time.
pub fn scan(query: &Query<'_>, scratch: &mut Scratch) -> Report {
    zone_walk::scan_whole(query, scratch)
}
