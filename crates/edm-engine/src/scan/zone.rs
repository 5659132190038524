//! One zone of a text: every primary value that starts in it is evaluated, with enough of the text
//! on either side that nothing further away could change what is found (`docs/matching.md`, Texts
//! in pieces).
//!
//! ```text
//! evaluate(zone):
//!     views  = the held text folded, raw and decoded
//!     hits   = values of all tables that start near the zone          (hits)
//!     for each 64 KiB of the zone, each type whose table has a hit:
//!         evaluate hits that start there, collect the matches         (evidence, collect)
//!     close what no later match can overlap
//!     if explaining: explain hits up to `lag` before the zone's end   (explain)
//! ```
//!
//! What must stay true: zones are evaluated in order, and the result does not depend on where they
//! are cut. `docs/decisions/0011-texts-in-zones.md` says why zones, and what was measured.

use std::collections::BTreeMap;

use edm_model::limits;

use crate::prepared::exclusion::ExcludedRows;
use crate::prepared::proximity::Margins;
use crate::prepared::type_plan::TypePlan;
use crate::query::Query;
use crate::report::{Diagnostic, Report, Unmatched};
use crate::scan::collect::Collector;
use crate::scan::context::{Budgets, Context};
use crate::scan::evidence::evaluate::{Evaluator, TypeScope};
use crate::scan::evidence::nearby::EvidenceFinder;
use crate::scan::evidence::outcome::TypeNotes;
use crate::scan::explain::explainer::Explainer;
use crate::scan::hits::find::find_hits;
use crate::scan::hits::hit::{Hit, of_table};
use crate::scan::row_checks::RowChecks;
use crate::scan::scratch::Scratch;
use crate::scan::stop::Stop;
use crate::text::span::{TextSpan, ZoneSpan};
use crate::text::zone_text::ZoneText;

/// One type on its way through a text.
struct TypeState<'q> {
    plan: &'q TypePlan,
    excluded: ExcludedRows,
    collector: Collector,
    notes: TypeNotes,
    unmatched: Vec<Unmatched>,
}

impl<'q> TypeState<'q> {
    fn new(query: &Query<'_>, number: usize, plan: &'q TypePlan) -> Self {
        Self {
            plan,
            excluded: ExcludedRows::new(query.exclusions, &plan.active.generation),
            collector: Collector::new(query.minimum_of(number)),
            notes: TypeNotes::default(),
            unmatched: Vec::new(),
        }
    }
}

/// Whether the text ends with a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoneEnd {
    /// More text follows.
    InText,
    /// It is the last zone.
    OfText,
}

/// Everything of a scan that outlives a zone.
pub(crate) struct Zones<'q> {
    pub(crate) query: &'q Query<'q>,
    pub(crate) margins: Margins,
    /// Every value starts from here on.
    first_value: usize,
    /// No value starts after here.
    last_value: usize,
    /// Types of whose tables a value was found, by their positions: of others there is nothing to
    /// report.
    types: BTreeMap<usize, TypeState<'q>>,
    row_checks: RowChecks,
    explain_checks: RowChecks,
    /// Up to where hits are explained: some distance before what is evaluated.
    explained: usize,
    stop: Stop<'q>,
}

impl<'q> Zones<'q> {
    pub(crate) fn new(query: &'q Query<'q>) -> Self {
        Self::with_values_between(0, usize::MAX, query)
    }

    /// Begins with a text in which every value starts from `first` on and not after `last`.
    pub(crate) fn with_values_between(first: usize, last: usize, query: &'q Query<'q>) -> Self {
        Self {
            query,
            first_value: first,
            last_value: last,
            types: BTreeMap::new(),
            margins: query.types.margins(query.explain),
            row_checks: RowChecks::default(),
            explain_checks: RowChecks::default(),
            explained: 0,
            stop: Stop::new(query),
        }
    }

    /// Returns whether the caller stopped the scan.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Evaluates the primary values that start in a zone; `text` is the zone and what is held
    /// around it.
    pub(crate) fn evaluate(
        &mut self,
        text: ZoneText<'_>,
        zone: TextSpan,
        end: ZoneEnd,
        scratch: &mut Scratch,
    ) {
        let Scratch { views, find } = scratch;
        if !views.read(text.text, &self.query.types.groups.views, |work| self.stop.before(work)) {
            return;
        }
        let budgets =
            Budgets { stop: &self.stop, row_checks: &self.row_checks, explain_checks: &self.explain_checks };
        let context = Context::new(self.query, text, views, budgets);
        // Values are searched in the zone and around it. A pre-scan may know a narrower span in
        // which all values of the text start.
        let around = self.margins.hits();
        let first = zone.start.saturating_sub(around).max(self.first_value);
        let last = zone.end.saturating_add(around).min(self.last_value.saturating_add(1));
        find_hits(&context, text.zone_span(TextSpan::new(first, last)), find);
        let hits = find.hits.as_slice();
        if self.stop.is_stopped() {
            return;
        }
        start_types(self.query, &mut self.types, hits);
        if self.types.is_empty() {
            return;
        }
        let mut finder = EvidenceFinder::new(&context, hits);
        let in_zone = text.zone_span(zone);
        // Part by part and then type by type: row checks are shared by all types of a part, and
        // their memo is forgotten when the next part starts.
        //
        // Hits in the margins alone are evaluated with their zones.
        if hits.iter().any(|hit| in_zone.start <= hit.span.start && hit.span.start < in_zone.end) {
            for part in parts(zone).map(|part| text.zone_span(part)) {
                for state in self.types.values_mut() {
                    evaluate_part(&context, state, hits, &mut finder, part);
                }
            }
        }
        // A later match starts in a later zone, so it cannot overlap what ends before.
        for state in self.types.values_mut() {
            state.collector.settle(zone.end);
        }
        if self.query.explain {
            // A hit is explained when every match that may count it as evidence is known: that is
            // `lag` bytes later, or at the end of the text.
            let lag = if end == ZoneEnd::OfText { 0 } else { self.margins.lag };
            let until = zone.end.saturating_sub(lag);
            for part in parts(TextSpan::new(self.explained, until)).map(|part| text.zone_span(part)) {
                for state in self.types.values_mut() {
                    explain_part(&context, state, hits, &mut finder, part);
                }
            }
            self.explained = self.explained.max(until);
            // An explanation looks back as far as this, and a value there may start a value's
            // length earlier. What the log holds of the text before is not needed any more.
            let forgotten =
                self.explained.saturating_sub(limits::EXPLAIN_BYTES_MAX + limits::PLACE_BYTES_MAX);
            self.types.values_mut().for_each(|state| state.notes.log.forget(forgotten));
        }
    }

    /// Makes the report.
    pub(crate) fn report(self) -> Report {
        let mut report = Report { stopped: self.stop.is_stopped(), ..Report::default() };
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

/// Starts the types of whose tables the hits are, unless they have started.
fn start_types<'q>(query: &'q Query<'q>, types: &mut BTreeMap<usize, TypeState<'q>>, hits: &[Hit]) {
    for same_table in hits.chunk_by(|a, b| a.table == b.table) {
        for (number, plan) in query.types.of_table(same_table[0].table) {
            types.entry(number).or_insert_with(|| TypeState::new(query, number, plan));
        }
    }
}

fn evaluate_part<'c>(
    context: &'c Context<'c>,
    state: &mut TypeState<'_>,
    hits: &[Hit],
    finder: &mut EvidenceFinder<'c>,
    part: ZoneSpan,
) {
    let TypeState { plan, excluded, collector, notes, .. } = state;
    let scope = TypeScope { plan, excluded, hits: &hits[of_table(hits, plan.table)] };
    Evaluator::new(context, scope, finder, notes).evaluate(part, |found| collector.add(found));
}

fn explain_part<'c>(
    context: &'c Context<'c>,
    state: &mut TypeState<'_>,
    hits: &[Hit],
    finder: &mut EvidenceFinder<'c>,
    part: ZoneSpan,
) {
    let TypeState { plan, excluded, notes, unmatched, .. } = state;
    let scope = TypeScope { plan, excluded, hits: &hits[of_table(hits, plan.table)] };
    let room = limits::MATCHES_MAX.saturating_sub(unmatched.len());
    unmatched.extend(Explainer::new(context, scope, finder, &notes.log).unmatched(part, room));
}

/// Cuts a span of the whole text into the parts that have a budget of row checks each.
fn parts(span: TextSpan) -> impl Iterator<Item = TextSpan> {
    let first = span.start / limits::ROW_CHECKS_BYTES;
    let last = span.end.div_ceil(limits::ROW_CHECKS_BYTES);
    (first..last).map(move |part| {
        let from = (part * limits::ROW_CHECKS_BYTES).max(span.start);
        TextSpan::new(from, ((part + 1) * limits::ROW_CHECKS_BYTES).min(span.end))
    })
}
