//! From hits to matches: for each hit the best pattern that one of its rows reaches.
//!
//! ```text
//! for each hit that starts in this part of the text:
//!     patterns  = those that may take it as primary value, highest confidence first
//!     rows      = the live rows of its value, at most ROW_SET_MAX     else the limit is noted
//!     matches   = what of each row is within reach                    else the limit is noted
//!     for each confidence, from the highest:
//!         reached = rows that satisfy a pattern of it                 the one with most facts is shown
//!         if any: report, unless one of them is excluded; next hit
//! ```
//!
//! What must stay true: the order of hits, rows and patterns decides ties, so the report is the
//! same for the same input; where a bound is met, the hit is evaluated by what is known and the
//! bound is in the report.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

use edm_model::{LimitKind, limits};

use crate::generation::Generation;
use crate::prepared::exclusion::ExcludedRows;
use crate::prepared::pattern::PatternPlan;
use crate::prepared::proximity::looks_in_row;
use crate::prepared::type_plan::TypePlan;
use crate::report::{Evidence, Match};
use crate::scan::context::Context;
use crate::scan::evidence::anchor::{is_inside_number, patterns_of};
use crate::scan::evidence::nearby::{EvidenceFinder, HitRows, NearbyRequest};
use crate::scan::evidence::outcome::{Found, NoTrace, Placed, TypeNotes};
use crate::scan::evidence::row_match::{RowMatch, RowMatches};
use crate::scan::evidence::satisfy::{Satisfied, satisfied_unseen, satisfy};
use crate::scan::hits::hit::{Hit, starting_in};
use crate::scan::row_checks::ColumnHash;
use crate::text::span::ZoneSpan;

/// A hit that reached a pattern.
struct Reached {
    hit: Hit,
    confidence: u8,
    /// Rows that reach a pattern of this confidence, ascending.
    rows: Vec<u32>,
    /// The row whose evidence is shown.
    best_row: u32,
    satisfied: Satisfied,
    /// Whether the pattern takes any column as its primary.
    any_primary: bool,
}

/// Capacity for the columns that the patterns of a hit name, each as often as patterns name it.
const COLUMNS_USUAL: usize = 32;
/// In row checks: looking at a hit, weighing a value near it for one pattern, showing one.
const HIT_WORK: u64 = 32;
const WEIGHED_WORK: u64 = 2;
const SHOWN_WORK: u64 = 16;
/// This many hits are skipped in the time of a row check.
const PASSED_HITS: u64 = 4;

/// A type under evaluation.
#[derive(Clone, Copy)]
pub(crate) struct TypeScope<'e> {
    pub(crate) plan: &'e TypePlan,
    pub(crate) excluded: &'e ExcludedRows,
    /// The hits of its table, in text order.
    pub(crate) hits: &'e [Hit],
}

/// Evaluates the hits of one type's table.
pub(crate) struct Evaluator<'e, 'c> {
    context: &'c Context<'c>,
    scope: TypeScope<'e>,
    finder: &'e mut EvidenceFinder<'c>,
    notes: &'e mut TypeNotes,
    /// A memo of which rows are excluded.
    excluded: HashMap<u32, bool>,
}

impl<'e, 'c> Evaluator<'e, 'c> {
    pub(crate) fn new(
        context: &'c Context<'c>,
        scope: TypeScope<'e>,
        finder: &'e mut EvidenceFinder<'c>,
        notes: &'e mut TypeNotes,
    ) -> Self {
        Self { context, scope, finder, notes, excluded: HashMap::new() }
    }

    /// Calls `found` with every match whose primary value starts in a part of the held text.
    pub(crate) fn evaluate(&mut self, part: ZoneSpan, mut found: impl FnMut(Found)) {
        let TypeScope { plan, hits, .. } = self.scope;
        let mut patterns = Vec::new();
        for hit in &hits[starting_in(hits, part)] {
            if self.context.stop.before(HIT_WORK + plan.patterns.len() as u64) {
                return;
            }
            // Reused from hit to hit: most hits have the same patterns.
            patterns.clear();
            patterns.extend(patterns_of(plan, hit));
            if patterns.is_empty()
                || !self.context.is_candidate(hit.span)
                || is_inside_number(self.context, plan, hit)
            {
                continue;
            }
            let rows = self.matches_of_rows(hit, &patterns);
            if self.context.stop.is_stopped() {
                // Not all of its rows were checked: a verdict now could be wrong.
                return;
            }
            // Patterns are in order of confidence, so the first level that a row reaches is the
            // best.
            let mut levels = patterns.chunk_by(|a, b| a.confidence == b.confidence);
            let Some(reached) = levels.find_map(|level| best_of(self.context, hit, level, &rows)) else {
                continue;
            };
            if let Some(row) = reached.rows.iter().copied().find(|row| self.is_excluded(*row)) {
                self.log_excluded(hit, row);
                continue;
            }
            if self.context.query.explain {
                self.log_match(&reached);
            }
            let shown = reached.satisfied.shown.len() as u64;
            self.context.stop.before(shown * SHOWN_WORK);
            if let Some(progress) = self.context.query.progress {
                progress.matches.fetch_add(1, Ordering::Relaxed);
                progress.evidences.fetch_add(shown, Ordering::Relaxed);
            }
            found(self.found(&reached));
        }
    }

    fn generation(&self) -> &'e Generation {
        &self.scope.plan.active.generation
    }

    fn found(&self, reached: &Reached) -> Found {
        let generation = self.generation();
        let rows = reached.rows.iter().take(limits::MATCH_ROWS_MAX);
        let shown = reached.satisfied.shown.iter();
        let matched = Match {
            span: self.context.span(reached.hit.span),
            text: self.context.text_of(reached.hit.span),
            column: reached.hit.column,
            confidence: reached.confidence,
            rows: rows.map(|row| generation.reference(*row)).collect(),
            rows_truncated: reached.rows.len() > limits::MATCH_ROWS_MAX,
            evidences: shown
                .map(|shown| Evidence {
                    span: self.context.span(shown.span),
                    text: self.context.text_of(shown.span),
                    column: shown.column,
                    counted: shown.counted,
                })
                .collect(),
        };
        Found {
            matched,
            hash: reached.hit.hash,
            facts: reached.satisfied.facts,
            best_row: reached.best_row,
            any_primary: reached.any_primary,
        }
    }

    fn placed(&self, hit: &Hit) -> Placed {
        Placed { span: self.context.zone.text_span(hit.span), column: hit.column }
    }

    fn log_match(&mut self, reached: &Reached) {
        let placed = self.placed(&reached.hit);
        let (zone, log) = (self.context.zone, &mut self.notes.log);
        log.matched.insert(placed, reached.best_row);
        log.cover(placed.span);
        let counted = reached.satisfied.shown.iter().filter(|shown| shown.counted);
        counted.for_each(|shown| log.cover(zone.text_span(shown.span)));
    }

    fn log_excluded(&mut self, hit: &Hit, row: u32) {
        if self.context.query.explain {
            self.notes.log.excluded.insert(self.placed(hit), row);
        }
    }

    fn note_limited(&mut self, hit: &Hit) {
        self.notes.limit(LimitKind::RowChecks, limits::ROW_CHECKS_MAX);
        if self.context.query.explain {
            self.notes.log.limited.insert(self.placed(hit));
        }
    }

    /// Returns the rows of a hit, and what of each is near it.
    fn matches_of_rows(&mut self, hit: &Hit, patterns: &[&PatternPlan]) -> Vec<RowMatches> {
        let mut columns = Vec::with_capacity(COLUMNS_USUAL);
        columns.extend(patterns.iter().flat_map(|pattern| pattern.columns()));
        if columns.is_empty() {
            // Patterns of the primary alone need nothing around it.
            let context = self.context;
            let HitRows { mut of_value, named_near, .. } =
                self.rows(hit, || context.reach_of(patterns, hit.span, |_| ()));
            of_value.extend(named_near);
            of_value.sort_unstable();
            return of_value.into_iter().map(|row| RowMatches { row, matches: Some(Vec::new()) }).collect();
        }
        columns.push(hit.column);
        columns.sort_unstable();
        columns.dedup();
        let reach = self.reach(hit, patterns);
        let rows = self.rows(hit, || reach);
        let row_checks = self.context.row_checks;
        let request = NearbyRequest { hit, reach, columns: &columns, row_checks };
        self.checked_matches(request, &rows, patterns.len()).unwrap_or_else(|| {
            self.note_limited(hit);
            let mut all = [rows.of_value, rows.named_near].concat();
            all.sort_unstable();
            all.into_iter().map(|row| RowMatches { row, matches: None }).collect()
        })
    }

    /// Returns what of each row is near; `None` where the row checks are used up.
    fn checked_matches(
        &mut self,
        request: NearbyRequest<'_>,
        rows: &HitRows,
        pattern_count: usize,
    ) -> Option<Vec<RowMatches>> {
        let NearbyRequest { hit, row_checks, .. } = request;
        let near = self.finder.windows_near(request)?;
        let matches = self.finder.matches_of_rows(hit, &near, rows, row_checks)?;
        let weighed: usize = matches.iter().flat_map(|of_row| &of_row.matches).map(Vec::len).sum();
        let work = weighed as u64 * pattern_count as u64 * WEIGHED_WORK;
        self.context.spend(row_checks, hit.span, work).then_some(matches)
    }

    /// Returns where evidence may be, and notes a bound beyond which there may be more.
    fn reach(&mut self, hit: &Hit, patterns: &[&PatternPlan]) -> ZoneSpan {
        if patterns.iter().any(|pattern| looks_in_row(&pattern.proximity))
            && self.context.runs().in_long_line(hit.span)
        {
            self.notes.limit(LimitKind::Proximity, limits::TABLE_ROW_BYTES_MAX as u64);
        }
        let notes = &mut *self.notes;
        self.context.reach_of(patterns, hit.span, |bound| notes.limit(LimitKind::Proximity, bound as u64))
    }

    fn is_excluded(&mut self, row: u32) -> bool {
        let (excluded, stop) = (self.scope.excluded, self.context.stop);
        *self.excluded.entry(row).or_insert_with(|| {
            stop.before(excluded.work());
            excluded.contains(row)
        })
    }

    /// Returns the rows of a hit that are evaluated.
    fn rows(&mut self, hit: &Hit, reach: impl FnOnce() -> ZoneSpan) -> HitRows {
        let (context, generation) = (self.context, self.generation());
        let place = context.zone.text_span(hit.span);
        // The memo of row checks belongs to one part of the text. Entering the part after the rows
        // are in the memo would forget them.
        context.row_checks.enter(place);
        let (value, mut work) = context.row_checks.rows_of(generation, hit);
        let (mut of_value, mut named_near) = (Vec::new(), Vec::new());
        context.row_checks.append(value, &mut of_value);
        // The value has more rows than are evaluated. Searchable values near the hit name further
        // rows that have evidence here. What only other columns hold is missed, so the limit is
        // noted.
        if value.beyond && context.row_checks.left(place) > 0 {
            self.notes.limit(LimitKind::RowSet, limits::ROW_SET_MAX as u64);
            work += self.add_rows_named_near(hit, reach(), &mut named_near);
            named_near.sort_unstable();
            named_near.dedup();
            named_near.retain(|row| of_value.binary_search(row).is_err());
        }
        let row_count = of_value.len() as u64 + named_near.len() as u64;
        if !context.spend(context.row_checks, hit.span, work + row_count) {
            self.note_limited(hit);
            // One row is enough to report the value, and the limit says that there may be more.
            of_value.truncate(1);
            named_near.clear();
        }
        HitRows { value, of_value, named_near }
    }

    /// Appends the rows of a hit that other values near it name. Returns how many row checks that
    /// took.
    fn add_rows_named_near(&self, hit: &Hit, reach: ZoneSpan, out: &mut Vec<u32>) -> u64 {
        let (context, generation) = (self.context, self.generation());
        let near = &self.scope.hits[starting_in(self.scope.hits, reach)];
        let (mut work, mut rows) = (near.len() as u64 / PASSED_HITS, Vec::new());
        let primary = ColumnHash { column: hit.column, hash: hit.hash };
        for other in near.iter().filter(|other| other.column != hit.column).take(limits::ROW_SET_MAX) {
            let (value, found_work) = context.row_checks.rows_of(generation, other);
            rows.clear();
            context.row_checks.append(value, &mut rows);
            work += found_work;
            work += context.row_checks.each_holder(generation, value, primary, |index| out.push(rows[index]));
            if context.stop.before(work) {
                break;
            }
        }
        work
    }
}

/// Returns what a hit reaches with patterns of one confidence: all rows that satisfy one of them,
/// and the evidence of the row with most facts.
fn best_of(context: &Context<'_>, hit: &Hit, level: &[&PatternPlan], rows: &[RowMatches]) -> Option<Reached> {
    let try_row = |matches: Option<&[RowMatch]>| {
        // Of equal numbers of facts the first pattern wins, as the type lists them.
        let tried = level.iter().filter_map(|pattern| {
            let satisfied = match matches {
                Some(matches) => satisfy(context, pattern, hit, matches, &mut NoTrace)?,
                None => satisfied_unseen(pattern, hit)?,
            };
            Some((pattern.primary.is_none(), satisfied))
        });
        tried.reduce(|a, b| if b.1.facts > a.1.facts { b } else { a })
    };
    // All rows of which nothing is near have the same verdict.
    let nothing = OnceCell::new();
    let mut reached: Option<Reached> = None;
    for RowMatches { row, matches } in rows {
        let tried;
        let satisfied = match matches.as_deref() {
            Some([]) => nothing.get_or_init(|| try_row(Some(&[]))),
            matches => {
                tried = try_row(matches);
                &tried
            }
        };
        let Some((any_primary, satisfied)) = satisfied else { continue };
        let known = reached.get_or_insert_with(|| Reached {
            hit: *hit,
            confidence: level[0].confidence,
            rows: Vec::new(),
            best_row: *row,
            satisfied: satisfied.clone(),
            any_primary: *any_primary,
        });
        known.rows.push(*row);
        if satisfied.facts > known.satisfied.facts {
            known.satisfied = satisfied.clone();
            known.best_row = *row;
            known.any_primary = *any_primary;
        }
    }
    reached
}
