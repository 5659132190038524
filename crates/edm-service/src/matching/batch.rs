//! Many texts for one matcher: they share a scratch, and short ones are scanned together
//! (`docs/decisions/0022-short-texts-together.md`).

use std::sync::OnceLock;

use edm_engine::{Scratch, TextBatch};

use crate::matching::deadline::Deadline;
use crate::matching::matcher::{BRIEF_TEXT_BYTES_MAX, Matcher};
use crate::matching::report::MatchReport;

/// Bytes of short texts that are scanned together; more of them are no faster.
const JOINED_BYTES: usize = 32 * 1024;

impl Matcher {
    /// Begins to match texts one after another.
    pub fn texts(&self) -> Texts<'_> {
        let scratch = self.queue.scratches.take();
        Texts { matcher: self, scratch, waiting: TextBatch::new() }
    }
}

/// Texts that are matched one after another, with the same scratch. Short ones are scanned together
/// first.
pub struct Texts<'a> {
    matcher: &'a Matcher,
    scratch: Scratch,
    waiting: TextBatch,
}

impl Texts<'_> {
    /// Adds a text to those that wait for [`Texts::classify_waiting`]. Returns whether it was
    /// added: false if it is too long or enough of them wait.
    #[must_use]
    pub fn join(&mut self, text: &str) -> bool {
        let joins = text.len() <= BRIEF_TEXT_BYTES_MAX && self.waiting.bytes() < JOINED_BYTES;
        if joins {
            self.waiting.push(text);
        }
        joins
    }

    /// Finds the records in each of the texts that wait, as [`Texts::classify`] does, and hands
    /// over the reports in the order of the texts. None waits any more.
    pub fn classify_waiting(&mut self, mut each: impl FnMut(MatchReport)) {
        let matcher = self.matcher;
        let deadline = matcher.deadline();
        let Self { waiting, scratch, .. } = self;
        waiting.prescan(&matcher.query("", &deadline, &|| matcher.should_stop(&deadline)), scratch);
        // A text this short contains too little to make naming its matches slow.
        let no_deadline = Deadline::default();
        for index in 0..waiting.len() {
            // The deadline is made at the first check, because most of these texts need none.
            let deadline = OnceLock::new();
            let should_stop = || matcher.should_stop(deadline.get_or_init(|| matcher.deadline()));
            let report = waiting.scan_one(index, &matcher.query("", &no_deadline, &should_stop), scratch);
            each(matcher.named(report));
        }
        waiting.clear();
    }

    /// Finds the records in the next text, as [`Matcher::classify`] does.
    pub fn classify(&mut self, text: &str) -> MatchReport {
        let matcher = self.matcher;
        let deadline = matcher.deadline();
        let should_stop = || matcher.should_stop(&deadline);
        matcher.named(edm_engine::scan(&matcher.query(text, &deadline, &should_stop), &mut self.scratch))
    }
}

impl Drop for Texts<'_> {
    fn drop(&mut self) {
        self.matcher.queue.scratches.give_back(std::mem::take(&mut self.scratch));
    }
}
