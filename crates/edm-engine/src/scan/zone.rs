//! One zone of a text: every primary value that begins in it is evaluated, with enough of the text on either side that nothing
//! further away could change what is found (`docs/matching.md`, Texts in pieces).

use std::collections::BTreeMap;

use edm_model::limits;

use crate::prepared::type_plan::{Exemption, TypePlan};
use crate::prepared::types::Margins;
use crate::query::Query;
use crate::report::{Diagnostic, Report, Unmatched};
use crate::scan::collect::Collector;
use crate::scan::context::{Before, Context};
use crate::scan::evidence::evaluate::{Evaluator, Notes};
use crate::scan::evidence::nearby::{EvidenceFinder, of_table};
use crate::scan::explain::explainer::Explainer;
use crate::scan::hits::find::{self, Hit};
use crate::scan::row_checks::RowChecks;
use crate::scan::scratch::Scratch;
use crate::scan::stop::Stop;
use crate::text::runs::Stretch;

/// One type on its way through a text.
struct TypeState<'q> {
    plan: &'q TypePlan,
    exemption: Exemption,
    collector: Collector,
    notes: Notes,
    unmatched: Vec<Unmatched>,
}

impl<'q> TypeState<'q> {
    fn new(query: &Query<'_>, number: usize, plan: &'q TypePlan) -> Self {
        Self {
            plan,
            exemption: Exemption::of(query.exempt, &plan.active.generation),
            collector: Collector::new(query.minimum_of(number)),
            notes: Notes::default(),
            unmatched: Vec::new(),
        }
    }
}

/// Everything of a scan that outlasts a zone.
pub(crate) struct Zones<'q> {
    pub(crate) query: &'q Query<'q>,
    pub(crate) margins: Margins,
    /// The first place of the text that a value may begin at, and the last.
    places: (usize, usize),
    /// Those of whose tables a value was found, by their positions: of others there is nothing to tell.
    types: BTreeMap<usize, TypeState<'q>>,
    row_checks: RowChecks,
    explain_checks: RowChecks,
    /// Where explanations stopped: they stay behind the findings.
    explained: usize,
    stop: Stop<'q>,
}

impl<'q> Zones<'q> {
    pub(crate) fn new(query: &'q Query<'q>) -> Self {
        Self::with_values_from((0, usize::MAX), query)
    }

    /// Begins with a text of which it is known that values begin between two places, or at one of them, only.
    pub(crate) fn with_values_from(places: (usize, usize), query: &'q Query<'q>) -> Self {
        Self {
            query,
            places,
            types: BTreeMap::new(),
            margins: query.types.margins(query.explain),
            row_checks: RowChecks::default(),
            explain_checks: RowChecks::default(),
            explained: 0,
            stop: Stop::of(query),
        }
    }

    /// Says whether the caller ended the scan.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_met()
    }

    /// Evaluates the primary values that begin in a zone, given in offsets of the whole text; `part` is the text around it.
    pub(crate) fn evaluate(
        &mut self,
        part: (&str, Before),
        zone: Stretch,
        is_last: bool,
        scratch: &mut Scratch,
    ) {
        let (text, before) = part;
        let Scratch { readings, find: buffers } = scratch;
        if !readings.read(text, &self.query.types.groups, &self.stop) {
            return;
        }
        let checks = (&self.stop, &self.row_checks, &self.explain_checks);
        let context = Context::new(self.query, part, readings, checks);
        let own = |offset: usize| offset.saturating_sub(before.bytes).min(text.len());
        let around = self.margins.hits();
        let first = zone.0.saturating_sub(around).max(self.places.0);
        let end = zone.1.saturating_add(around).min(self.places.1.saturating_add(1));
        let within = (own(first), own(end));
        find::hits(&context, within, buffers);
        if self.stop.is_met() {
            return;
        }
        let hits = buffers.hits.as_slice();
        begin_types(self.query, &mut self.types, hits);
        if !self.types.is_empty() {
            let mut finder = EvidenceFinder::new(&context, hits);
            let of_part = |part: Stretch| (own(part.0), own(part.1));
            if hits.iter().any(|hit| own(zone.0) <= hit.stretch.0 && hit.stretch.0 < own(zone.1)) {
                for check_part in parts(zone).map(of_part) {
                    for state in self.types.values_mut() {
                        evaluate_part(&context, state, hits, &mut finder, check_part);
                    }
                }
            }
            for state in self.types.values_mut() {
                state.collector.settle(zone.1);
            }
            if self.query.explain {
                let until = if is_last { zone.1 } else { zone.1.saturating_sub(self.margins.lag) };
                for check_part in parts((self.explained, until)).map(of_part) {
                    for state in self.types.values_mut() {
                        explain_part(&context, state, hits, &mut finder, check_part);
                    }
                }
                self.explained = self.explained.max(until);
                let forgotten =
                    self.explained.saturating_sub(limits::EXPLAIN_BYTES_MAX + limits::PLACE_BYTES_MAX);
                self.types.values_mut().for_each(|state| state.notes.told.forget(forgotten));
            }
        }
    }

    /// Makes the report.
    pub(crate) fn report(self) -> Report {
        let mut report = Report { stopped: self.stop.is_met(), ..Report::default() };
        for (type_index, mut state) in self.types {
            state.collector.finish(&mut state.notes);
            let explained = !state.unmatched.is_empty() || !state.notes.limits.is_empty();
            if self.query.explain && explained {
                let limits = state.notes.limits.clone();
                report.diagnostics.push(Diagnostic { type_index, limits, unmatched: state.unmatched });
            }
            let found = state.collector.report(type_index, &state.notes, &mut report.below);
            report.types.extend(found);
        }
        report
    }
}

/// Begins with the types of whose tables the hits are, as far as they are new.
fn begin_types<'q>(query: &'q Query<'q>, types: &mut BTreeMap<usize, TypeState<'q>>, hits: &[Hit]) {
    for of_table in hits.chunk_by(|a, b| a.table == b.table) {
        let Some(table) = of_table.first().map(|hit| hit.table) else { continue };
        for (number, plan) in query.types.of_table(table) {
            types.entry(number).or_insert_with(|| TypeState::new(query, number, plan));
        }
    }
}

fn evaluate_part<'c>(
    context: &'c Context<'c>,
    state: &mut TypeState<'_>,
    hits: &[Hit],
    finder: &mut EvidenceFinder<'c>,
    part: Stretch,
) {
    let TypeState { plan, exemption, collector, notes, .. } = state;
    let shared = (finder, notes);
    let hits = hits.get(of_table(hits, plan.table)).expect("where its hits stand");
    Evaluator::new(context, (plan, exemption), hits, shared).evaluate(part, |found| collector.add(found));
}

fn explain_part<'c>(
    context: &'c Context<'c>,
    state: &mut TypeState<'_>,
    hits: &[Hit],
    finder: &mut EvidenceFinder<'c>,
    part: Stretch,
) {
    let hits = hits.get(of_table(hits, state.plan.table)).expect("where its hits stand");
    let told = &state.notes.told;
    let mut explainer = Explainer::new(context, (state.plan, &state.exemption), finder, hits, told);
    let room = limits::MATCHES_MAX.saturating_sub(state.unmatched.len());
    state.unmatched.extend(explainer.unmatched(part, room));
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
