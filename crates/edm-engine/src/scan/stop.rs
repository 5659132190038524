//! When a scan checks whether its caller wants it to stop: by the work that it has done, whatever
//! kind of work that was.

use std::cell::Cell;

use crate::query::Query;

/// Work between two checks: a millisecond or two. Reading a clock for every value would cost more
/// than it saves.
const WORK_BETWEEN_CHECKS: u64 = 1 << 16;

/// Whether the caller has stopped the scan. Work is counted in row checks and in what takes about
/// as long, some ten nanoseconds.
pub(crate) struct Stop<'q> {
    should_stop: &'q (dyn Fn() -> bool + Sync),
    /// Work since the last check.
    done: Cell<u64>,
    stopped: Cell<bool>,
}

impl<'q> Stop<'q> {
    /// The first work is preceded by a check: a scan that starts too late does nothing.
    pub(crate) fn new(query: &Query<'q>) -> Self {
        Self {
            should_stop: query.should_stop,
            done: Cell::new(WORK_BETWEEN_CHECKS),
            stopped: Cell::new(false),
        }
    }

    /// Counts work that comes next, and returns whether to skip it because the scan is stopped.
    pub(crate) fn before(&self, work: u64) -> bool {
        // Once stopped, always stopped: the caller may answer only once.
        if self.done.get() >= WORK_BETWEEN_CHECKS && !self.stopped.get() {
            self.done.set(0);
            self.stopped.set((self.should_stop)());
        }
        self.done.set(self.done.get().saturating_add(work));
        self.stopped.get()
    }

    /// Returns whether the caller stopped the scan.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.get()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::prepared::PreparedTypes;

    #[test]
    fn the_caller_is_asked_by_work_and_a_stop_is_final() {
        let check = |works: &[u64], stop_at: u64, expected: &[bool]| {
            let (types, checks) = (PreparedTypes::prepare([]), AtomicU64::new(0));
            let should_stop = || checks.fetch_add(1, Ordering::Relaxed) + 1 == stop_at;
            let query = Query { should_stop: &should_stop, ..Query::new("", &types) };
            let stop = Stop::new(&query);
            let stopped: Vec<bool> = works.iter().map(|work| stop.before(*work)).collect();
            assert_eq!(stopped, expected, "{works:?}, stopped at check {stop_at}");
            assert_eq!(stop.is_stopped(), expected.contains(&true));
        };
        check(&[1, 1, 1], 1, &[true, true, true]);
        check(&[1, 1, 1], 2, &[false, false, false]);
        check(&[WORK_BETWEEN_CHECKS, 1, 1], 2, &[false, true, true]);
        check(&[WORK_BETWEEN_CHECKS - 1, 1, 1, WORK_BETWEEN_CHECKS, 1], 2, &[false, false, true, true, true]);
        check(&[u64::MAX, 1], 2, &[false, true]);
    }
}
