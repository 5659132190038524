//! What an evaluation decides: the matches it finds, and, where explanations are requested, why
//! values were dropped.
//!
//! [`Trace`] is how explanations see the evaluation. A scan without explanations uses [`NoTrace`],
//! whose constant `RECORDS` is false: the compiler removes every branch that would record, so there
//! is one evaluator and it costs nothing when off.

use std::collections::{BTreeMap, BTreeSet};

use edm_hash::Hash;
use edm_model::LimitKind;

use crate::report::{Limit, Match};
use crate::text::span::{TextSpan, ZoneSpan};

/// A match as it is found, before overlapping ones are resolved: it may be hidden by another, or be
/// one of several of its record.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) matched: Match,
    pub(crate) hash: Hash,
    pub(crate) facts: usize,
    /// The row whose evidence is shown.
    pub(crate) best_row: u32,
    /// Whether the pattern takes any column as its primary.
    pub(crate) any_primary: bool,
}

impl Found {
    /// Returns where the primary value is.
    pub(crate) fn span(&self) -> TextSpan {
        TextSpan::new(self.matched.span.start, self.matched.span.end)
    }
}

/// What is noted of a type beside its matches.
#[derive(Default)]
pub(crate) struct TypeNotes {
    pub(crate) limits: Vec<Limit>,
    /// What explanations need to know; filled where they are requested.
    pub(crate) log: OutcomeLog,
}

impl TypeNotes {
    /// Notes a bound that was met, once.
    pub(crate) fn limit(&mut self, kind: LimitKind, allowed: u64) {
        let limit = Limit { kind, allowed };
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }
}

/// A value of a column at a place of the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placed {
    pub(crate) span: TextSpan,
    pub(crate) column: usize,
}

/// What the evaluation decided about hits, for explanations. They follow the findings at a
/// distance, so the log outlives zones.
#[derive(Default)]
pub(crate) struct OutcomeLog {
    /// Hits that reached a pattern, and the row whose evidence is theirs.
    pub(crate) matched: BTreeMap<Placed, u32>,
    /// Where these and the evidence that they counted are: end by start, none overlapping another.
    covered: BTreeMap<usize, usize>,
    /// Hits that reached a pattern with an excluded row, and that row.
    pub(crate) excluded: BTreeMap<Placed, u32>,
    /// Hits around which not every row could be checked.
    pub(crate) limited: BTreeSet<Placed>,
}

impl OutcomeLog {
    /// Forgets what is wholly before an offset.
    pub(crate) fn forget(&mut self, offset: usize) {
        let first = Placed { span: TextSpan::new(offset, 0), column: 0 };
        self.matched = self.matched.split_off(&first);
        // A span that starts before the offset may reach over it, and is still needed.
        let last = self.covered.range(..offset).next_back().map(|(start, end)| (*start, *end));
        self.covered = self.covered.split_off(&offset);
        self.covered.extend(last.filter(|(_, end)| *end > offset));
        self.excluded = self.excluded.split_off(&first);
        self.limited = self.limited.split_off(&first);
    }

    /// Records where a match or its counted evidence is.
    pub(crate) fn cover(&mut self, span: TextSpan) {
        let mut all = span;
        // Swallow every recorded span that overlaps, from the last one back.
        while let Some((start, end)) = self.covered.range(..all.end).next_back().map(|(at, to)| (*at, *to))
            && end > all.start
        {
            self.covered.remove(&start);
            all = all.hull(TextSpan::new(start, end));
        }
        self.covered.insert(all.start, all.end);
    }

    /// Returns whether a hit shares a character with a match or its counted evidence.
    pub(crate) fn covers(&self, span: TextSpan) -> bool {
        self.covered.range(..span.end).next_back().is_some_and(|(_, end)| *end > span.start)
    }
}

/// Why a value of a row near a hit is no fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DropReason {
    /// It voids the pattern.
    Voids,
    /// Its column is shown and not counted.
    NotCounted,
    /// It is too short to count.
    Short,
    /// It is in one unbreakable run with the primary value or a kept one.
    InOneRun,
    /// It shares characters with the primary value or a kept one.
    Covered,
    /// It is too far away.
    Far,
}

/// A value of a row near a hit, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weighed {
    pub(crate) span: ZoneSpan,
    pub(crate) column: usize,
    /// `None`: it is a fact.
    pub(crate) dropped: Option<DropReason>,
}

/// What a pattern makes of one row.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowOutcome {
    /// The values of the row, in text order.
    pub(crate) weighed: Vec<Weighed>,
    /// How many facts are missing, at least; 0 if the groups are filled or there are too many
    /// facts.
    pub(crate) lacking: usize,
    /// Whether there are more facts than the groups may count.
    pub(crate) surplus: bool,
}

impl RowOutcome {
    pub(crate) fn facts(&self) -> usize {
        self.weighed.iter().filter(|weighed| weighed.dropped.is_none()).count()
    }

    pub(crate) fn drops(&self, reason: DropReason) -> bool {
        self.weighed.iter().any(|weighed| weighed.dropped == Some(reason))
    }
}

/// Observes what a pattern does with the values of a row.
pub(crate) trait Trace {
    /// Whether anything is recorded. Where it is false, the evaluation may end at the first reason
    /// to refuse.
    const RECORDS: bool;

    /// Records a value that may not be evidence of the hit: it is too far away, in one run with it,
    /// or a part of it.
    fn outside(&mut self, value: Weighed);

    /// Records what became of a value that may be evidence; no two have the same span.
    fn weigh(&mut self, value: Weighed);

    /// Records whether the groups could be filled.
    fn fill(&mut self, lacking: usize, surplus: bool);
}

/// Records nothing.
pub(crate) struct NoTrace;

impl Trace for NoTrace {
    const RECORDS: bool = false;

    #[inline(always)]
    fn outside(&mut self, _: Weighed) {}

    #[inline(always)]
    fn weigh(&mut self, _: Weighed) {}

    #[inline(always)]
    fn fill(&mut self, _: usize, _: bool) {}
}

/// Records the outcome of one row.
#[derive(Default)]
pub(crate) struct Recorder {
    outside: Vec<Weighed>,
    outcome: RowOutcome,
}

impl Recorder {
    /// Returns the outcome. Of values that are too far away only the nearest of each column is
    /// worth reporting; `distance` is that from the primary value.
    pub(crate) fn finish(mut self, distance: impl Fn(ZoneSpan) -> u64) -> RowOutcome {
        self.outside.sort_by_cached_key(|value| (distance(value.span), *value));
        let mut columns = BTreeSet::new();
        self.outside.retain(|value| columns.insert(value.column) || value.dropped != Some(DropReason::Far));
        self.outcome.weighed.append(&mut self.outside);
        self.outcome.weighed.sort_unstable();
        self.outcome.weighed.dedup();
        self.outcome
    }
}

impl Trace for Recorder {
    const RECORDS: bool = true;

    fn outside(&mut self, value: Weighed) {
        // Kept apart until the end: which of them are reported depends on all.
        self.outside.push(value);
    }

    fn weigh(&mut self, value: Weighed) {
        // A value that voids the pattern comes first, and is recorded as that alone.
        if self.outcome.weighed.iter().all(|known| known.span != value.span) {
            self.outcome.weighed.push(value);
        }
    }

    fn fill(&mut self, lacking: usize, surplus: bool) {
        (self.outcome.lacking, self.outcome.surplus) = (lacking, surplus);
    }
}
