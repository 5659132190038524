//! Short texts side by side: a text of a kilobyte is over before the steps of a scan are warm, and most hold nothing.

use edm_model::Wiped;

use crate::query::Query;
use crate::report::Report;
use crate::scan::context::{Before, Context};
use crate::scan::hits::find;
use crate::scan::row_checks::RowChecks;
use crate::scan::scan;
use crate::scan::scanner::scan_from;
use crate::scan::scratch::Scratch;
use crate::scan::stop::Stop;

/// Stands behind each text. No window crosses two line breaks (`docs/matching.md`, Windows), and the space in front of
/// them ends an escape that the text's last character might begin: what a text holds alone it holds here too.
const APART: &str = " \n\n";

/// Short texts that are looked at together: what is found then says where in which of them to scan.
///
/// Meant for some tens of kilobytes at once; more take memory and are no faster.
#[derive(Default)]
pub struct JoinedTexts {
    joined: Wiped<String>,
    /// Where each ends, without what stands behind it.
    ends: Vec<usize>,
    /// Where in the joined text values begin, ascending: perhaps more of them than its texts hold alone. `None` until that
    /// is known.
    values: Option<Vec<usize>>,
}

impl JoinedTexts {
    /// Holds no text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text behind the others.
    pub fn push(&mut self, text: &str) {
        self.joined.push_str(text);
        self.ends.push(self.joined.len());
        self.joined.push_str(APART);
        self.values = None;
    }

    /// Returns the bytes of all texts and of what stands between them.
    pub fn bytes(&self) -> usize {
        self.joined.len()
    }

    /// Returns how many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets the texts.
    pub fn clear(&mut self) {
        self.joined.clear();
        self.ends.clear();
        self.values = None;
    }

    /// Finds the searchable values of the query's types in all texts at once. If the query says to stop this was in vain, and
    /// the texts are scanned as if nobody had looked.
    ///
    /// The query's own text is not looked at.
    pub fn look(&mut self, query: &Query<'_>, scratch: &mut Scratch) {
        let query = Query { text: &self.joined, candidates: &[], ..*query };
        let Scratch { readings, find: buffers } = scratch;
        // Nothing is evaluated, so that no row check is spent.
        let (stop, unspent) = (Stop::of(&query), RowChecks::default());
        let mut values = Vec::new();
        if readings.read(query.text, &query.types.groups, &stop) {
            let part = (query.text, Before::default());
            let context = Context::new(&query, part, readings, (&stop, &unspent, &unspent));
            find::hits(&context, (0, query.text.len()), buffers);
            values.extend(buffers.hits.iter().map(|hit| hit.stretch.0));
            values.sort_unstable();
        }
        let stopped = stop.is_met();
        scratch.forget(query.text.len());
        self.values = (!stopped).then_some(values);
    }

    /// Returns what [`crate::scan`] reports of one of the texts, counted from 0: without scanning it where nothing was found,
    /// and else from the first place to the last that something was found at.
    ///
    /// The query is that of [`JoinedTexts::look`]; its own text is not looked at.
    pub fn scan(&self, index: usize, query: &Query<'_>, scratch: &mut Scratch) -> Report {
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |end| end + APART.len());
        let end = self.ends.get(index).copied().unwrap_or(start);
        let query =
            Query { text: self.joined.get(start..end).expect("each text ends where it was added"), ..*query };
        let Some(values) = &self.values else { return scan(&query, scratch) };
        // What begins with a mark that stands on no letter begins, among others, with the character in front of it.
        let first = values.partition_point(|value| *value < before.copied().unwrap_or(0));
        let behind = values.partition_point(|value| *value < end);
        let own = |value: &usize| value.saturating_sub(start);
        let within = values.get(first..behind).unwrap_or(&[]);
        match (within.first(), within.last()) {
            (Some(first), Some(last)) => scan_from((own(first), own(last)), &query, scratch),
            _ => Report::default(),
        }
    }
}

impl std::fmt::Debug for JoinedTexts {
    /// Says nothing of what they hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinedTexts").field("texts", &self.ends.len()).finish_non_exhaustive()
    }
}
