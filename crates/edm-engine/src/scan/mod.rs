//! The scan: text → zones → windows → hits → rows → patterns → report. The order of the files is the order of the walk:
//! `scanner`, `zone`, `reading`, `group`, `find`, `evaluate`, `evidence`, `pattern`, `assign`, `collect`, `explain`. Of many short
//! texts `joined` tells beforehand where it is worth while.

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

pub use batch::JoinedTexts;
pub use scanner::{NotUtf8, Scanner};
pub use scratch::Scratch;

use crate::query::Query;
use crate::report::Report;

/// Finds the records of the query's types in its text. Never fails: any text is allowed, and bounds that are met
/// are in the report.
///
/// The scratch may be of any other scan; it changes nothing but the time.
pub fn scan(query: &Query<'_>, scratch: &mut Scratch) -> Report {
    scanner::scan_whole(query, scratch)
}
