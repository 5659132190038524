//! One zone of a text: every primary value that begins in it is evaluated, with enough of the text on either side that nothing
//! further away could change what is found (`docs/matching.md`, Texts in pieces).

use edm_model::{ProximityUnit, limits};

use super::collect::Collector;
use super::context::{Before, Context, RowChecks, reach_bytes};
use super::evaluate::{Evaluator, Notes};
use super::evidence::EvidenceFinder;
use super::explain::Explainer;
use super::find::{self, Hit};
use super::group::Groups;
use super::place::Stretch;
use super::plan::TypePlan;
use crate::query::Query;
use crate::report::{Diagnostic, Report, Unmatched};

/// How far around a value the query looks, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margins {
    /// As far as evidence may stand.
    reach: usize,
    /// How far explanations stay behind the findings, so that all matches are known that a value may be evidence of.
    lag: usize,
    /// What must be known of the text on either side of a zone.
    pub(crate) around: usize,
}

impl Margins {
    fn of(query: &Query<'_>) -> Self {
        let patterns = || query.types.iter().flat_map(|active| &active.patterns);
        let of_rows = patterns()
            .any(|pattern| pattern.proximity.or_same_row || pattern.proximity.unit == ProximityUnit::Row);
        let reach = patterns().map(|pattern| reach_bytes(&pattern.proximity)).max().unwrap_or(0);
        let reach = reach.max(if of_rows { limits::TABLE_ROW_BYTES_MAX } else { 0 });
        let (lag, explained) = match query.explain {
            true => (reach + limits::PLACE_BYTES_MAX, limits::EXPLAIN_BYTES_MAX.max(reach)),
            false => (0, 0),
        };
        let lag = lag.next_multiple_of(limits::ROW_CHECKS_BYTES);
        // The value at the far end of the reach, then what its place depends on: its run, its line, its neighbour's line.
        let beyond = limits::PLACE_BYTES_MAX
            + limits::RUN_BYTES_MAX.max(limits::TABLE_ROW_BYTES_MAX + limits::TABLE_GAP_BYTES_MAX)
            + limits::PLACE_BYTES_MAX;
        let around = lag + reach.max(explained) + beyond;
        Self { reach, lag, around: around.next_multiple_of(limits::ROW_CHECKS_BYTES) }
    }

    /// Returns how far from a zone hits are looked for: those that its own are compared with.
    fn hits(self, query: &Query<'_>) -> usize {
        let explained = if query.explain { self.lag + limits::EXPLAIN_BYTES_MAX } else { 0 };
        self.reach.max(explained)
    }
}

/// One type on its way through a text.
struct TypeState<'q> {
    plan: TypePlan<'q>,
    collector: Collector,
    notes: Notes,
    unmatched: Vec<Unmatched>,
}

/// Everything of a scan that outlasts a zone.
pub(crate) struct Zones<'q> {
    query: &'q Query<'q>,
    groups: Groups,
    pub(crate) margins: Margins,
    types: Vec<TypeState<'q>>,
    row_checks: RowChecks,
    explain_checks: RowChecks,
    /// Where explanations stopped: they stay behind the findings.
    explained: usize,
    stopped: bool,
}

impl<'q> Zones<'q> {
    pub(crate) fn new(query: &'q Query<'q>) -> Self {
        let groups = Groups::new(query.types.iter().map(|active| active.generation.clone()));
        let state = |active| TypeState {
            plan: TypePlan::new(query, &groups, active),
            collector: Collector::new(query.minimum_confidence),
            notes: Notes::default(),
            unmatched: Vec::new(),
        };
        let types = query.types.iter().map(|active| state(&**active)).collect();
        Self {
            query,
            types,
            groups,
            margins: Margins::of(query),
            row_checks: RowChecks::default(),
            explain_checks: RowChecks::default(),
            explained: 0,
            stopped: false,
        }
    }

    /// Says whether the caller ended the scan.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Evaluates the primary values that begin in a zone, given in offsets of the whole text; `part` is the text around it.
    pub(crate) fn evaluate(&mut self, part: (&str, Before), zone: Stretch, is_last: bool) {
        let (text, before) = part;
        let context = Context::new(self.query, &self.groups, part, (&self.row_checks, &self.explain_checks));
        let own = |offset: usize| offset.saturating_sub(before.bytes).min(text.len());
        let around = self.margins.hits(self.query);
        let within = (own(zone.0.saturating_sub(around)), own(zone.1.saturating_add(around)));
        let (hits, stopped) = find::hits(&context, within);
        self.stopped |= stopped;
        let mut finder = EvidenceFinder::new(&context);
        if hits.iter().any(|hit| own(zone.0) <= hit.stretch.0 && hit.stretch.0 < own(zone.1)) {
            for check_part in parts(zone) {
                for state in &mut self.types {
                    let shared = (&mut finder, &mut state.notes);
                    let mut evaluator =
                        Evaluator::new(&context, &state.plan, of_table(&hits, state.plan.table), shared);
                    let own_part = (own(check_part.0), own(check_part.1));
                    evaluator.evaluate(own_part, |found| state.collector.add(found));
                }
            }
        }
        for state in &mut self.types {
            state.collector.settle(zone.1);
        }
        if self.query.explain {
            let until = if is_last { zone.1 } else { zone.1.saturating_sub(self.margins.lag) };
            for check_part in parts((self.explained, until)) {
                for state in &mut self.types {
                    let told = &state.notes.told;
                    let mut explainer = Explainer::new(
                        &context,
                        &state.plan,
                        &mut finder,
                        of_table(&hits, state.plan.table),
                        told,
                    );
                    let room = limits::MATCHES_MAX.saturating_sub(state.unmatched.len());
                    let own_part = (own(check_part.0), own(check_part.1));
                    state.unmatched.extend(explainer.unmatched(own_part, room));
                }
            }
            self.explained = self.explained.max(until);
            let forgotten =
                self.explained.saturating_sub(limits::EXPLAIN_BYTES_MAX + limits::PLACE_BYTES_MAX);
            self.types.iter_mut().for_each(|state| state.notes.told.forget(forgotten));
        }
        self.stopped |= (self.query.should_stop)();
    }

    /// Makes the report.
    pub(crate) fn report(self) -> Report {
        let mut report = Report { stopped: self.stopped, ..Report::default() };
        for (type_index, mut state) in self.types.into_iter().enumerate() {
            state.collector.finish(&mut state.notes);
            let explained = !state.unmatched.is_empty() || !state.notes.limits.is_empty();
            if self.query.explain && explained {
                let limits = state.notes.limits.clone();
                report.diagnostics.push(Diagnostic { type_index, limits, unmatched: state.unmatched });
            }
            report.types.extend(state.collector.report(type_index, &state.notes));
        }
        report
    }
}

/// Returns one table's hits, which stand together.
fn of_table(hits: &[Hit], table: usize) -> &[Hit] {
    let from = hits.partition_point(|hit| hit.table < table);
    let to = hits.partition_point(|hit| hit.table <= table);
    hits.get(from..to).unwrap_or(&[])
}

/// Cuts a stretch of the whole text where row checks are counted anew.
fn parts((start, end): Stretch) -> impl Iterator<Item = Stretch> {
    let first = start / limits::ROW_CHECKS_BYTES;
    let last = end.div_ceil(limits::ROW_CHECKS_BYTES);
    (first..last).map(move |part| {
        let from = (part * limits::ROW_CHECKS_BYTES).max(start);
        (from, ((part + 1) * limits::ROW_CHECKS_BYTES).min(end))
    })
}
