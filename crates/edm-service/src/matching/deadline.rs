//! When the answer about a text must be ready. After the scan its matches are named and written,
//! which can take as long as a scan of some megabytes. The scan ends that much earlier.
//!
//! ```text
//! begun |------------ scan ------------|-- names, JSON --| moment
//!                                      ^ now + naming >= moment
//! ```

use std::sync::atomic::Ordering;

use edm_engine::Progress;
use edm_model::limits;

/// The time to name and write one match, measured on one core; an evidence takes less.
const MATCH_NANOS: u64 = 4_000;
const EVIDENCE_NANOS: u64 = 1_000;

/// A moment, and what was found until then.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    micros: i64,
    /// How many types the report may have.
    types: u64,
    pub(crate) progress: Progress,
}

impl Deadline {
    /// Makes the deadline of a text that is searched for this many types.
    pub(crate) fn at(micros: i64, types: usize) -> Self {
        Self { micros, types: types as u64, progress: Progress::default() }
    }

    /// Returns whether a scan must end now, so that its matches can be named and written in time.
    pub(crate) fn is_met(&self, now_micros: i64) -> bool {
        now_micros.saturating_add(self.naming_micros()) >= self.micros
    }

    /// Returns the time to name and write what was found. Counts no more than a type lists.
    fn naming_micros(&self) -> i64 {
        let of = |found: u64, listed_max: usize| found.min(self.types.saturating_mul(listed_max as u64));
        let matches = of(self.progress.matches.load(Ordering::Relaxed), limits::MATCHES_MAX);
        let evidences = of(self.progress.evidences.load(Ordering::Relaxed), limits::LISTED_PLACES_MAX);
        let nanos = matches.saturating_mul(MATCH_NANOS) + evidences.saturating_mul(EVIDENCE_NANOS);
        i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_leaves_time_to_write_what_it_found() {
        let check = |types: usize, (matches, evidences): (u64, u64), now: i64, met: bool| {
            let deadline = Deadline::at(1_000_000, types);
            deadline.progress.matches.store(matches, Ordering::Relaxed);
            deadline.progress.evidences.store(evidences, Ordering::Relaxed);
            assert_eq!(deadline.is_met(now), met, "{types} types, {matches} and {evidences} at {now}");
        };
        check(1, (0, 0), 999_999, false);
        check(1, (0, 0), 1_000_000, true);
        check(1, (1_000, 0), 995_999, false);
        check(1, (1_000, 0), 996_000, true);
        check(1, (0, 10_000), 989_999, false);
        check(1, (0, 10_000), 990_000, true);
        // Matches that are not listed take no time.
        let (matches, evidences) = (limits::MATCHES_MAX as u64, limits::LISTED_PLACES_MAX as u64);
        let all = i64::try_from(matches * 4 + evidences).expect("a fraction of a second");
        check(1, (u64::MAX, u64::MAX), 1_000_000 - all - 1, false);
        check(1, (u64::MAX, u64::MAX), 1_000_000 - all, true);
        check(2, (u64::MAX, u64::MAX), 1_000_000 - 2 * all, true);
    }
}
