//! The scan: text → zones → windows → hits → rows → patterns → report. The order of the files is the order of the walk:
//! `scanner`, `zone`, `reading`, `group`, `find`, `evaluate`, `evidence`, `pattern`, `assign`, `collect`, `explain`. Of many short
//! texts `joined` tells beforehand where it is worth while.

mod assign;
mod collect;
mod context;
mod evaluate;
mod evidence;
mod explain;
mod find;
mod group;
mod joined;
mod miss;
mod pattern;
mod place;
mod plan;
mod position;
mod prepared;
mod reading;
mod row_checks;
mod scanner;
mod scratch;
mod stop;
mod story;
mod table;
mod zone;

pub use joined::JoinedTexts;
pub(crate) use position::units_in;
pub use prepared::PreparedTypes;
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
