//! Batches short texts into one pre-scan. A text of 1 KiB is too short to amortise the set-up for
//! each rule, and most texts contain no hit (`docs/decisions/0022-short-texts-together.md`).
//!
//! ```text
//! text 0 | separator | text 1 | separator | text 2      one pre-scan: where do values start?
//!                        ^  ^                           text 1 is scanned between its first and last value
//!                                                       texts 0 and 2 have none: an empty report
//! ```

use edm_model::Wiped;

use crate::query::Query;
use crate::report::Report;
use crate::scan::context::{Budgets, Context};
use crate::scan::hits::find::find_hits;
use crate::scan::row_checks::RowChecks;
use crate::scan::scratch::Scratch;
use crate::scan::stop::Stop;
use crate::scan::zone_walk::{scan_between, scan_whole};
use crate::text::span::ZoneSpan;
use crate::text::zone_text::ZoneText;

/// Comes after each text. No window crosses two line breaks (`docs/matching.md`, Windows), and the
/// space before them ends an escape that the text's last character might begin: what a text holds
/// alone it holds here too.
const SEPARATOR: &str = " \n\n";

/// Short texts that are searched together: what is found then says where in which of them to scan.
///
/// Meant for some tens of kilobytes at once; more take memory and are no faster.
#[derive(Default)]
pub struct TextBatch {
    joined: Wiped<String>,
    /// Where each ends, without the separator.
    ends: Vec<usize>,
    /// Where in the joined text values begin, ascending: perhaps more of them than its texts hold
    /// alone. `None` until that is known.
    values: Option<Vec<usize>>,
}

impl TextBatch {
    /// Holds no text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text after the others.
    pub fn push(&mut self, text: &str) {
        self.joined.push_str(text);
        self.ends.push(self.joined.len());
        self.joined.push_str(SEPARATOR);
        self.values = None;
    }

    /// Returns the bytes of all texts and their separators.
    pub fn bytes(&self) -> usize {
        self.joined.len()
    }

    /// Returns how many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets the texts.
    pub fn clear(&mut self) {
        self.joined.clear();
        self.ends.clear();
        self.values = None;
    }

    /// Finds the searchable values of the query's types in all texts at once. If the query says to
    /// stop, nothing is kept, and each text is scanned by itself.
    ///
    /// The text of the query is ignored.
    pub fn prescan(&mut self, query: &Query<'_>, scratch: &mut Scratch) {
        let query = Query { text: &self.joined, candidates: &[], ..*query };
        let Scratch { views, find } = scratch;
        // Nothing is evaluated, so no row check is spent. The pre-scan counts its work separately:
        // the scan of each text has another `Stop`.
        let (stop, unspent) = (Stop::new(&query), RowChecks::default());
        let mut values = Vec::new();
        if views.read(query.text, &query.types.groups.views, |work| stop.before(work)) {
            let budgets = Budgets { stop: &stop, row_checks: &unspent, explain_checks: &unspent };
            let context = Context::new(&query, ZoneText::whole(query.text), views, budgets);
            find_hits(&context, ZoneSpan::new(0, query.text.len()), find);
            values.extend(find.hits.iter().map(|hit| hit.span.start));
            values.sort_unstable();
        }
        let stopped = stop.is_stopped();
        scratch.forget(query.text.len());
        self.values = (!stopped).then_some(values);
    }

    /// Returns what [`crate::scan`] reports of one of the texts, counted from 0: without scanning
    /// it where nothing was found, and else from the first place to the last that something was
    /// found at. There is nothing to report of a text that was not added.
    ///
    /// The query is that of [`TextBatch::prescan`]; the query's text is ignored.
    pub fn scan_one(&self, index: usize, query: &Query<'_>, scratch: &mut Scratch) -> Report {
        let Some(end) = self.ends.get(index).copied() else { return Report::default() };
        let end_before = index.checked_sub(1).map(|before| self.ends[before]);
        let start = end_before.map_or(0, |end| end + SEPARATOR.len());
        let text = self.joined.get(start..end).expect("each text ends where it was added");
        let query = Query { text, ..*query };
        let Some(values) = &self.values else { return scan_whole(&query, scratch) };
        // What begins with a mark that has no letter begins, among others, with the character
        // before the text: the search starts where the text before ends.
        let from = values.partition_point(|value| *value < end_before.unwrap_or(0));
        let to = values.partition_point(|value| *value < end);
        let offset = |value: &usize| value.saturating_sub(start);
        match &values[from..to.max(from)] {
            [] => Report::default(),
            [only] => scan_between(offset(only), offset(only), &query, scratch),
            [first, .., last] => scan_between(offset(first), offset(last), &query, scratch),
        }
    }
}

impl std::fmt::Debug for TextBatch {
    /// Shows nothing of what they hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextBatch").field("texts", &self.ends.len()).finish_non_exhaustive()
    }
}
