//! Explains hits that are no match (`docs/matching.md`, Explanations).
//!
//! The explainer gathers, the rest is a function of what it gathered:
//!
//! ```text
//! hit that no match covers ──► outcome ──► HitOutcome ──► reason ──► Reason
//!                                 │                  └──► notes ───► Vec<Note>
//!                                 └ the evaluation's steps, once more, wider and recorded
//! ```
//!
//! There is no second evaluator: rows are tested by `evidence::satisfy` with a recording trace.
//! What must stay true: the answer depends on the text alone, not on how it was cut; explanations
//! have a separate budget of row checks and change no finding.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use edm_hash::Hash;
use edm_model::{Reason, limits};

use crate::prepared::pattern::PatternPlan;
use crate::report::Unmatched;
use crate::scan::context::Context;
use crate::scan::evidence::anchor::{can_be_primary, is_inside_number, patterns_of};
use crate::scan::evidence::evaluate::TypeScope;
use crate::scan::evidence::nearby::{EvidenceFinder, NearbyRequest};
use crate::scan::evidence::outcome::{OutcomeLog, Placed, Recorder, RowOutcome};
use crate::scan::evidence::row_match::RowMatch;
use crate::scan::evidence::satisfy::satisfy;
use crate::scan::explain::hit_outcome::{
    Cause, EvidenceOutcome, Foreign, HitOutcome, Neighbour, PrimaryOutcome, PrimaryVerdict, Relation, RowSet,
};
use crate::scan::explain::notes::notes;
use crate::scan::explain::reason::reason;
use crate::scan::hits::hit::{Hit, starting_in};
use crate::text::span::ZoneSpan;

/// Hits on either side of a value among which its neighbours are.
const HITS_AROUND: usize = 64;
/// Rows of neighbouring values whose other values are searched for.
const FOREIGN_ROWS_MAX: usize = 10;
/// Whether two values share a row is remembered if both have more rows than this.
const FEW_ROWS: usize = 4;
/// In row checks: explaining a hit, those of its record and its neighbours aside; a neighbour;
/// weighing a value of its record for one pattern.
const HIT_WORK: u64 = 256;
const NEIGHBOUR_WORK: u64 = 16;
const WEIGHED_WORK: u64 = 16;

/// Explains hits of one type.
pub(crate) struct Explainer<'e, 'c> {
    context: &'c Context<'c>,
    scope: TypeScope<'e>,
    finder: &'e mut EvidenceFinder<'c>,
    log: &'e OutcomeLog,
    /// A memo of the reasons of primary values: their evidence has the same.
    reasons: BTreeMap<(ZoneSpan, usize), Reason>,
    /// What is being explained: look-ups of rows are spent on it.
    explained: ZoneSpan,
    /// A memo of the rows of values.
    rows: BTreeMap<ColumnValue, Rc<RowSet>>,
    /// A memo of whether two values share a row.
    shared: BTreeMap<[ColumnValue; 2], bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ColumnValue {
    column: usize,
    hash: Hash,
}

impl ColumnValue {
    fn of(hit: &Hit) -> Self {
        Self { column: hit.column, hash: hit.hash }
    }
}

/// A hit under explanation.
#[derive(Clone, Copy)]
struct Explained<'e> {
    hit: &'e Hit,
    /// Its number among the table's hits.
    number: usize,
    /// Its rows, without excluded ones.
    rows: &'e RowSet,
}

impl<'e, 'c> Explainer<'e, 'c> {
    pub(crate) fn new(
        context: &'c Context<'c>,
        scope: TypeScope<'e>,
        finder: &'e mut EvidenceFinder<'c>,
        log: &'e OutcomeLog,
    ) -> Self {
        Self {
            context,
            scope,
            finder,
            log,
            reasons: BTreeMap::new(),
            explained: ZoneSpan::default(),
            rows: BTreeMap::new(),
            shared: BTreeMap::new(),
        }
    }

    /// Explains every hit that starts in a span and is neither a match nor evidence of one, at most
    /// `count_max`.
    pub(crate) fn unmatched(&mut self, span: ZoneSpan, count_max: usize) -> Vec<Unmatched> {
        let hits = self.scope.hits;
        let mut unmatched = Vec::new();
        for number in starting_in(hits, span) {
            if unmatched.len() >= count_max || self.context.stop.before(HIT_WORK) {
                break;
            }
            let hit = &hits[number];
            // A part of a match needs no explanation, even if it is a hit of another column.
            if self.log.covers(self.context.zone.text_span(hit.span)) {
                continue;
            }
            self.explained = hit.span;
            let outcome = self.outcome(hit, number);
            let reason = reason(self.scope.plan, &outcome);
            self.reasons.insert((hit.span, hit.column), reason);
            let explained = Unmatched {
                reason,
                span: self.context.span(hit.span),
                text: self.context.text_of(hit.span),
                column: hit.column,
                notes: notes(self.context, &self.scope.plan.active.generation, &outcome, reason),
            };
            // If the scan was stopped on the way, the reason may be another one.
            unmatched.extend((!self.context.stop.is_stopped()).then_some(explained));
        }
        unmatched
    }

    /// Returns the rows of a value, each searched for once.
    fn rows_of(&mut self, hit: &Hit) -> Rc<RowSet> {
        let value = ColumnValue::of(hit);
        if let Some(known) = self.rows.get(&value) {
            return known.clone();
        }
        let generation = &self.scope.plan.active.generation;
        let (rows, work) = match generation.rows_of(hit.column, &hit.hash) {
            None => (RowSet { rows: Vec::new(), count: 0 }, 1),
            Some(rows) => {
                let looked_at = rows.len().min(limits::ROWS_LOOKED_AT_MAX) as u64;
                let mut live: Vec<u32> = generation.live_rows(&rows).collect();
                let count = live.len();
                live.truncate(limits::ROW_SET_MAX);
                (RowSet { rows: live, count }, looked_at)
            }
        };
        let rows = Rc::new(rows);
        self.context.spend(self.context.explain_checks, self.explained, work);
        self.rows.insert(value, rows.clone());
        rows
    }

    /// Returns whether two values share a row, of those that are evaluated.
    fn shares(&mut self, explained: Explained<'_>, other: &Hit, theirs: &RowSet) -> bool {
        let rows = explained.rows;
        let few = rows.rows.len().min(theirs.rows.len());
        if few <= FEW_ROWS {
            return rows.shares(theirs);
        }
        let stop = self.context.stop;
        let pair = [ColumnValue::of(explained.hit), ColumnValue::of(other)];
        *self.shared.entry(pair).or_insert_with(|| {
            stop.before(few as u64);
            rows.shares(theirs)
        })
    }

    /// Gathers what is known of a hit.
    fn outcome(&mut self, hit: &'e Hit, number: usize) -> HitOutcome<'e> {
        let rows = self.rows_of(hit);
        let cause = self.cause(hit, number, &rows);
        HitOutcome { hit: *hit, rows, cause }
    }

    fn cause(&mut self, hit: &'e Hit, number: usize, rows: &RowSet) -> Cause<'e> {
        let TypeScope { plan, excluded, .. } = self.scope;
        let Some(first) = rows.rows.first() else { return Cause::NoRows };
        let placed = self.placed(hit);
        if let Some(row) = self.log.excluded.get(&placed) {
            return Cause::Excluded { row: Some(*row), columns: excluded.columns(*row) };
        }
        // Counted before it is done, so that a query with many exclusions can be stopped.
        self.context.stop.before(rows.rows.len() as u64 * excluded.work());
        let open: Vec<u32> = rows.rows.iter().copied().filter(|row| !excluded.contains(*row)).collect();
        if open.is_empty() {
            let only = (rows.rows.len() == 1).then_some(*first);
            return Cause::Excluded { row: only, columns: excluded.columns(*first) };
        }
        if is_inside_number(self.context, plan, hit) {
            return Cause::InsideNumber;
        }
        let patterns: Vec<&'e PatternPlan> = patterns_of(plan, hit).collect();
        let open = RowSet { rows: open, count: rows.count };
        let explained = Explained { hit, number, rows: &open };
        if patterns.is_empty() {
            return Cause::Evidence(self.evidence(explained));
        }
        if !self.context.is_candidate(hit.span) {
            return Cause::OutsideSpans;
        }
        if self.log.limited.contains(&placed) {
            return Cause::RowChecksUsedUp;
        }
        match self.primary(explained, &patterns) {
            Some(primary) => Cause::Primary(primary),
            None => Cause::ExplanationChecksUsedUp,
        }
    }

    fn placed(&self, hit: &Hit) -> Placed {
        Placed { span: self.context.zone.text_span(hit.span), column: hit.column }
    }

    /// Gathers what a hit that patterns begin with lacks; `None` where the row checks do not
    /// suffice.
    fn primary(
        &mut self,
        explained: Explained<'_>,
        patterns: &[&'e PatternPlan],
    ) -> Option<PrimaryOutcome<'e>> {
        let (row, pattern, outcome) = self.nearest_miss(explained, patterns)?;
        let foreign = self.foreign(explained, pattern);
        let generation = &self.scope.plan.active.generation;
        let mut columns: Vec<usize> =
            pattern.groups.iter().flat_map(|group| group.columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        let (filled, empty): (Vec<usize>, Vec<usize>) =
            columns.into_iter().partition(|column| generation.stored_check(row, *column) != 0);
        Some(PrimaryOutcome { pattern, outcome, foreign, filled: filled.len(), empty })
    }

    /// Returns the row and pattern that lack least, and what the pattern makes of that row as far
    /// as explanations look; `None` where the row checks do not suffice.
    fn nearest_miss<'p>(
        &mut self,
        explained: Explained<'_>,
        patterns: &[&'p PatternPlan],
    ) -> Option<(u32, &'p PatternPlan, RowOutcome)> {
        let (context, hit) = (self.context, explained.hit);
        let row_checks = context.explain_checks;
        let reach = context.reach_of(patterns, hit.span, |_| ());
        let mut columns: Vec<usize> = patterns.iter().flat_map(|pattern| pattern.columns()).collect();
        columns.push(hit.column);
        columns.sort_unstable();
        columns.dedup();
        let request = NearbyRequest { hit, reach, columns: &columns, row_checks };
        // Strictly less replaces the best: rows ascend and patterns are in order of confidence, so
        // of equal outcomes the lowest row stays, then the pattern of the highest confidence.
        let mut best: Option<(u32, &PatternPlan, RowOutcome)> = None;
        let near = self.finder.windows_near(request)?;
        for row in &explained.rows.rows {
            let matches = self.finder.row_matches(hit, &near, *row, row_checks)?;
            let weighed = matches.len() as u64 * patterns.len() as u64 * WEIGHED_WORK;
            if !context.spend(row_checks, hit.span, weighed) {
                return None;
            }
            for pattern in patterns {
                let outcome = row_outcome(context, pattern, hit, &matches);
                let order = |outcome: &RowOutcome| (outcome.lacking, usize::MAX - outcome.facts());
                if best.as_ref().is_none_or(|(_, _, known)| order(&outcome) < order(known)) {
                    best = Some((*row, pattern, outcome));
                }
            }
        }
        let (row, pattern, outcome) = best?;
        // Once more with a wider reach: what is too far away is a part of the explanation.
        let wide = NearbyRequest { reach: context.explained_reach(hit.span).hull(reach), ..request };
        let wide = self.matches_within(wide, row);
        let outcome = wide.map_or(outcome, |matches| row_outcome(context, pattern, hit, &matches));
        Some((row, pattern, outcome))
    }

    /// Returns what of a row is near; `None` where the row checks do not suffice.
    fn matches_within(&mut self, request: NearbyRequest<'_>, row: u32) -> Option<Vec<RowMatch>> {
        let NearbyRequest { hit, row_checks, .. } = request;
        let near = self.finder.windows_near(request)?;
        let matches = self.finder.row_matches(hit, &near, row, row_checks)?;
        let weighed = matches.len() as u64 * WEIGHED_WORK;
        self.context.spend(row_checks, hit.span, weighed).then_some(matches)
    }

    /// Gathers values near a hit that are of other records.
    fn foreign(&mut self, explained: Explained<'_>, pattern: &PatternPlan) -> Vec<Foreign> {
        let (context, hit) = (self.context, explained.hit);
        let mut foreign = Vec::new();
        let mut others: BTreeSet<u32> = BTreeSet::new();
        for other in self.around(explained) {
            let theirs = self.rows_of(other);
            let near = context.is_near(&pattern.proximity, hit.span, other.span);
            if !near || theirs.rows.is_empty() || self.shares(explained, other, &theirs) {
                continue;
            }
            others.extend(theirs.rows.iter().take(FOREIGN_ROWS_MAX));
            if pattern.counts(other.column) || pattern.groups.is_empty() {
                foreign.push(Foreign::Hit { hit: *other, rows: theirs });
            }
        }
        // Values of columns that cannot be searched for, of the rows that the neighbours name.
        let reach = context.reach(&pattern.proximity, hit.span);
        let columns: Vec<usize> = pattern.columns().collect();
        let request = NearbyRequest { hit, reach, columns: &columns, row_checks: context.explain_checks };
        for row in others.into_iter().take(FOREIGN_ROWS_MAX) {
            let Some(matches) = self.matches_within(request, row) else { break };
            let facts = row_outcome(context, pattern, hit, &matches).weighed.into_iter();
            let facts = facts.filter(|value| value.dropped.is_none());
            let hidden = facts.filter(|value| !self.scope.plan.is_searchable(value.column));
            foreign.extend(hidden.map(|value| Foreign::Value { value, row }));
        }
        foreign
    }

    /// Gathers what is around a hit of a column that no pattern begins with.
    fn evidence(&mut self, explained: Explained<'_>) -> EvidenceOutcome<'e> {
        let (context, hit, plan) = (self.context, explained.hit, self.scope.plan);
        let mut evidence = EvidenceOutcome {
            holder: self.holder(explained).copied(),
            neighbours: Vec::new(),
            begins_pattern: plan.patterns.iter().any(|pattern| pattern.primary == Some(hit.column)),
            is_weak_column: !plan.is_evidence(hit.column),
        };
        if evidence.holder.is_some() {
            return evidence;
        }
        for other in self.around(explained) {
            let theirs = self.rows_of(other);
            let patterns: Vec<&'e PatternPlan> = patterns_of(plan, other).collect();
            let near = patterns.iter().any(|p| context.is_near(&p.proximity, other.span, hit.span));
            let relation = match (self.shares(explained, other, &theirs), near) {
                (true, true) => Relation::Near(self.verdict(explained, other, &patterns)),
                (true, false) if !patterns.is_empty() => Relation::Far(patterns),
                (true, false) => Relation::SameRecord,
                (false, true) => Relation::Foreign(theirs),
                (false, false) => continue,
            };
            evidence.neighbours.push(Neighbour { hit: *other, relation });
        }
        evidence
    }

    /// Returns what became of a primary value of the same record that is near a hit.
    fn verdict(
        &mut self,
        explained: Explained<'_>,
        primary: &'e Hit,
        patterns: &[&PatternPlan],
    ) -> PrimaryVerdict {
        let hit = explained.hit;
        if let Some(row) = self.log.matched.get(&self.placed(primary)) {
            return if !explained.rows.rows.contains(row) {
                PrimaryVerdict::MatchedAs(*row)
            } else if self.context.runs().segments_at(primary.span).iter().any(|one| one.overlaps(hit.span)) {
                PrimaryVerdict::InOneRun
            } else if !self.scope.plan.is_evidence(hit.column) {
                PrimaryVerdict::WeakColumn
            } else {
                PrimaryVerdict::NotUsed { counted: patterns.iter().any(|p| p.counts(hit.column)) }
            };
        }
        PrimaryVerdict::NoMatch(self.primary_reason(primary))
    }

    /// Returns the reason of a primary value, found once.
    fn primary_reason(&mut self, primary: &'e Hit) -> Reason {
        let key = (primary.span, primary.column);
        if let Some(known) = self.reasons.get(&key) {
            return *known;
        }
        // Reasons do not recurse further: the outcome of a primary value never depends on the
        // reason of another value.
        let number = self.scope.hits.partition_point(|other| other.span < primary.span);
        let outcome = self.outcome(primary, number);
        let reason = reason(self.scope.plan, &outcome);
        self.reasons.insert(key, reason);
        reason
    }

    /// Returns a primary value of the same record that a hit shares characters with.
    fn holder(&mut self, explained: Explained<'_>) -> Option<&'e Hit> {
        let TypeScope { plan, hits, .. } = self.scope;
        let hit = explained.hit;
        // Hits are in order of their starts; one that starts further before the hit than the
        // longest hit of the table is long ends before it.
        let from = hit.span.start.saturating_sub(self.finder.longest(hit.table));
        let begun = &hits[starting_in(hits, ZoneSpan::new(from, hit.span.end))];
        self.context.stop.before(begun.len() as u64);
        begun.iter().find(|other| {
            other.column != hit.column
                && other.span.overlaps(hit.span)
                && plan.patterns.iter().any(|pattern| can_be_primary(plan, pattern, other))
                && {
                    let theirs = self.rows_of(other);
                    self.shares(explained, other, &theirs)
                }
        })
    }

    /// Returns the hits around one, in text order: other columns', not overlapping it, within what
    /// explanations look at.
    fn around(&self, explained: Explained<'_>) -> Vec<&'e Hit> {
        let Explained { hit, number, .. } = explained;
        let hits = self.scope.hits;
        let reach = self.context.explained_reach(hit.span);
        let range = number.saturating_sub(HITS_AROUND)..(number + HITS_AROUND).min(hits.len());
        self.context.stop.before(range.len() as u64 * NEIGHBOUR_WORK);
        hits[range]
            .iter()
            .filter(|other| other.column != hit.column && !other.span.overlaps(hit.span))
            .filter(|other| reach.contains(other.span))
            .collect()
    }
}

/// Returns what a pattern makes of a row: the evaluation, recorded.
fn row_outcome(context: &Context<'_>, pattern: &PatternPlan, hit: &Hit, matches: &[RowMatch]) -> RowOutcome {
    let mut recorder = Recorder::default();
    // Whether it satisfies is known: the hit reached no pattern.
    satisfy(context, pattern, hit, matches, &mut recorder);
    recorder.finish(|span| context.characters_between(hit.span, span))
}
