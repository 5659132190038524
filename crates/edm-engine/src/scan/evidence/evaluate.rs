//! From hits to matches: for each hit the best pattern that one of its rows reaches.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

use edm_hash::Hash;
use edm_model::limits;

use crate::prepared::pattern::{PatternPlan, Satisfied};
use crate::prepared::type_plan::{Exemption, TypePlan};
use crate::report::{Evidence, Limit, Match};
use crate::scan::context::{Context, looks_in_row};
use crate::scan::evidence::nearby::{EvidenceFinder, Pass, RowPasses};
use crate::scan::explain::explainer::Told;
use crate::scan::hits::find::Hit;
use crate::scan::row_checks::ValueRows;
use crate::text::runs::Stretch;

/// A match as it is found, before others have their say: it may be hidden by an overlapping one, or be one of many of its
/// record.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) own: Match,
    pub(crate) hash: Hash,
    pub(crate) facts: usize,
    /// The row whose evidence is shown.
    pub(crate) best_row: u32,
    /// Whether the pattern has no primary column of its own.
    pub(crate) any_primary: bool,
}

impl Found {
    /// Returns where the primary value stands in the whole text.
    pub(crate) fn stretch(&self) -> Stretch {
        (self.own.span.start, self.own.span.end)
    }
}

/// A hit that reached a pattern.
struct Reached {
    hit: Hit,
    confidence: u8,
    /// Rows that reach a pattern of this confidence, ascending.
    rows: Vec<u32>,
    /// The row whose evidence is shown.
    best_row: u32,
    satisfied: Satisfied,
    /// Whether the pattern has no primary column of its own.
    any_primary: bool,
}

/// What is noted of a type beside its matches.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) limits: Vec<Limit>,
    /// What explanations need to know; filled where they are asked for.
    pub(crate) told: Told,
}

impl Notes {
    pub(crate) fn limit(&mut self, code: &'static str, allowed: u64) {
        let limit = Limit { code, allowed };
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }
}

/// Columns that the patterns of a hit mostly name at most, each as often as patterns name it.
const COLUMNS_USUAL: usize = 32;
/// Looking at a hit takes as long as so many row checks; weighing a value near it for one pattern; showing one.
const HIT_WORK: u64 = 32;
const WEIGHED_WORK: u64 = 2;
const SHOWN_WORK: u64 = 16;
/// So many hits are passed over in the time of a row check.
const PASSED_HITS: u64 = 4;

/// Evaluates the hits of one type's table.
pub(crate) struct Evaluator<'e, 'c> {
    context: &'c Context<'c>,
    plan: &'e TypePlan,
    exemption: &'e Exemption,
    /// The table's, in text order.
    hits: &'e [Hit],
    finder: &'e mut EvidenceFinder<'c>,
    notes: &'e mut Notes,
    /// What is known of rows that the query may exempt.
    exempt: HashMap<u32, bool>,
}

/// The rows of a hit that are evaluated.
struct HitRows {
    value: ValueRows,
    /// Those of its value, ascending.
    own: Vec<u32>,
    /// Where it has more of them than are looked at: those that other values near it name, ascending.
    others: Vec<u32>,
}

impl<'e, 'c> Evaluator<'e, 'c> {
    pub(crate) fn new(
        context: &'c Context<'c>,
        (plan, exemption): (&'e TypePlan, &'e Exemption),
        hits: &'e [Hit],
        (finder, notes): (&'e mut EvidenceFinder<'c>, &'e mut Notes),
    ) -> Self {
        Self { context, plan, exemption, hits, finder, notes, exempt: HashMap::new() }
    }

    /// Hands over what the hits reach that begin in this part of the buffer.
    pub(crate) fn evaluate(&mut self, part: Stretch, mut found: impl FnMut(Found)) {
        let from = self.hits.partition_point(|hit| hit.stretch.0 < part.0);
        let to = self.hits.partition_point(|hit| hit.stretch.0 < part.1);
        let (plan, mut patterns) = (self.plan, Vec::new());
        for hit in self.hits.get(from..to).unwrap_or(&[]) {
            if self.context.stop.before(HIT_WORK + plan.patterns.len() as u64) {
                return;
            }
            patterns.clear();
            patterns.extend(plan.anchored(hit));
            if patterns.is_empty()
                || !self.context.is_candidate(hit.stretch)
                || self.plan.is_inside_number(self.context, hit)
            {
                continue;
            }
            let rows = self.row_passes(hit, &patterns);
            if self.context.stop.is_met() {
                // What is known of its rows is not all.
                return;
            }
            let mut levels = patterns.chunk_by(|a, b| a.confidence == b.confidence);
            if let Some(reached) = levels.find_map(|level| best_of(self.context, hit, level, &rows)) {
                if let Some(row) = reached.rows.iter().copied().find(|row| self.is_exempt(*row)) {
                    self.tell_exempt(hit, row);
                    continue;
                }
                if self.context.query.explain {
                    self.tell(&reached);
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
    }

    fn found(&self, reached: &Reached) -> Found {
        let generation = &self.plan.active.generation;
        let rows = reached.rows.iter().take(limits::MATCH_ROWS_MAX);
        let shown = reached.satisfied.shown.iter();
        let own = Match {
            span: self.context.span(reached.hit.stretch),
            text: self.context.piece(reached.hit.stretch),
            column: reached.hit.column,
            confidence: reached.confidence,
            rows: rows.map(|row| generation.reference(*row)).collect(),
            rows_truncated: reached.rows.len() > limits::MATCH_ROWS_MAX,
            evidences: shown
                .map(|shown| Evidence {
                    span: self.context.span(shown.stretch),
                    text: self.context.piece(shown.stretch),
                    column: shown.column,
                    counted: shown.counted,
                })
                .collect(),
        };
        Found {
            own,
            hash: reached.hit.hash,
            facts: reached.satisfied.facts,
            best_row: reached.best_row,
            any_primary: reached.any_primary,
        }
    }

    fn tell(&mut self, reached: &Reached) {
        let whole = |stretch| self.context.whole(stretch);
        let told = &mut self.notes.told;
        told.reached.insert((whole(reached.hit.stretch), reached.hit.column), reached.best_row);
        told.cover(whole(reached.hit.stretch));
        let counted = reached.satisfied.shown.iter().filter(|shown| shown.counted);
        counted.for_each(|shown| told.cover(whole(shown.stretch)));
    }

    fn tell_exempt(&mut self, hit: &Hit, row: u32) {
        if self.context.query.explain {
            self.notes.told.exempt.insert((self.context.whole(hit.stretch), hit.column), row);
        }
    }

    fn note_limited(&mut self, hit: &Hit) {
        self.notes.limit("rowCheckLimit", limits::ROW_CHECKS_MAX);
        if self.context.query.explain {
            self.notes.told.limited.insert((self.context.whole(hit.stretch), hit.column));
        }
    }

    /// Returns the rows of a hit, and what of each stands near it.
    fn row_passes(&mut self, hit: &Hit, patterns: &[&PatternPlan]) -> Vec<RowPasses> {
        let mut columns = Vec::with_capacity(COLUMNS_USUAL);
        columns.extend(patterns.iter().flat_map(|pattern| pattern.columns()));
        if columns.is_empty() {
            // What asks for nothing looks nowhere.
            let context = self.context;
            let HitRows { mut own, others, .. } =
                self.rows(hit, || context.reach_of(patterns, hit.stretch, |_| ()));
            own.extend(others);
            own.sort_unstable();
            return own.into_iter().map(|row| (row, Some(Vec::new()))).collect();
        }
        columns.push(hit.column);
        columns.sort_unstable();
        columns.dedup();
        let reach = self.reach(hit, patterns);
        let rows = self.rows(hit, || reach);
        self.passes_of((hit, reach, &columns), &rows, patterns.len()).unwrap_or_else(|| {
            self.note_limited(hit);
            let mut all = [rows.own, rows.others].concat();
            all.sort_unstable();
            all.into_iter().map(|row| (row, None)).collect()
        })
    }

    /// Returns what of each row stands near; `None` where the row checks are used up.
    fn passes_of(
        &mut self,
        (hit, reach, columns): (&Hit, Stretch, &[usize]),
        rows: &HitRows,
        pattern_count: usize,
    ) -> Option<Vec<RowPasses>> {
        let row_checks = self.context.row_checks;
        let near = self.finder.neighbourhood(hit, (reach, columns), row_checks)?;
        let rows = (rows.value, rows.own.as_slice(), rows.others.as_slice());
        let passes = self.finder.passes_of_all(hit, &near, rows, row_checks)?;
        let weighed: usize = passes.iter().flat_map(|(_, passes)| passes).map(Vec::len).sum();
        let work = weighed as u64 * pattern_count as u64 * WEIGHED_WORK;
        self.context.spend(row_checks, hit.stretch, work).then_some(passes)
    }

    /// Returns where evidence may stand, and notes where it may that is not looked at.
    fn reach(&mut self, hit: &Hit, patterns: &[&PatternPlan]) -> Stretch {
        if patterns.iter().any(|pattern| looks_in_row(&pattern.proximity))
            && self.context.places().in_long_line(hit.stretch)
        {
            self.notes.limit("proximityLimit", limits::TABLE_ROW_BYTES_MAX as u64);
        }
        let notes = &mut *self.notes;
        self.context.reach_of(patterns, hit.stretch, |bound| notes.limit("proximityLimit", bound as u64))
    }

    fn is_exempt(&mut self, row: u32) -> bool {
        let (exemption, stop) = (self.exemption, self.context.stop);
        *self.exempt.entry(row).or_insert_with(|| {
            stop.before(exemption.work());
            exemption.covers(row)
        })
    }

    /// Returns the rows of a hit that are evaluated.
    fn rows(&mut self, hit: &Hit, reach: impl FnOnce() -> Stretch) -> HitRows {
        let (context, generation) = (self.context, &*self.plan.active.generation);
        let (value, mut work) = context.row_checks.rows_of(generation, hit);
        let (mut own, mut others) = (Vec::new(), Vec::new());
        context.row_checks.append(value, &mut own);
        if value.beyond && context.row_checks.left(context.whole(hit.stretch)) > 0 {
            self.notes.limit("rowSetLimit", limits::ROW_SET_MAX as u64);
            work += self.add_rows_named_near(hit, reach(), &mut others);
            others.sort_unstable();
            others.dedup();
            others.retain(|row| own.binary_search(row).is_err());
        }
        if !context.spend(context.row_checks, hit.stretch, work + own.len() as u64 + others.len() as u64) {
            self.note_limited(hit);
            own.truncate(1);
            others.clear();
        }
        HitRows { value, own, others }
    }

    /// Appends the rows of a hit that other values near it name. Returns how many row checks that took.
    fn add_rows_named_near(&self, hit: &Hit, reach: Stretch, out: &mut Vec<u32>) -> u64 {
        let (context, generation) = (self.context, &*self.plan.active.generation);
        let from = self.hits.partition_point(|other| other.stretch.0 < reach.0);
        let to = self.hits.partition_point(|other| other.stretch.0 < reach.1);
        let near = self.hits.get(from..to.max(from)).unwrap_or(&[]);
        let (mut work, mut rows) = (near.len() as u64 / PASSED_HITS, Vec::new());
        for other in near.iter().filter(|other| other.column != hit.column).take(limits::ROW_SET_MAX) {
            let (value, found_work) = context.row_checks.rows_of(generation, other);
            rows.clear();
            context.row_checks.append(value, &mut rows);
            let own = (hit.column, &hit.hash);
            work += found_work;
            work +=
                context.row_checks.each_holder(generation, value, own, |index| out.extend(rows.get(index)));
            if context.stop.before(work) {
                break;
            }
        }
        work
    }
}

/// Returns what a hit reaches with patterns of one confidence: all rows that satisfy one of them, and the evidence of the
/// row with most facts.
fn best_of(context: &Context<'_>, hit: &Hit, level: &[&PatternPlan], rows: &[RowPasses]) -> Option<Reached> {
    let try_row = |passes: Option<&[Pass]>| {
        let tried = level
            .iter()
            .filter_map(|pattern| Some((pattern.primary.is_none(), pattern.try_row(context, hit, passes)?)));
        tried.reduce(|a, b| if b.1.facts > a.1.facts { b } else { a })
    };
    // All rows of which nothing stands near are alike.
    let nothing = OnceCell::new();
    let mut reached: Option<Reached> = None;
    for (row, passes) in rows {
        let own;
        let satisfied = match passes.as_deref() {
            Some([]) => nothing.get_or_init(|| try_row(Some(&[]))),
            passes => {
                own = try_row(passes);
                &own
            }
        };
        let Some((any_primary, satisfied)) = satisfied else { continue };
        let known = reached.get_or_insert_with(|| Reached {
            hit: *hit,
            confidence: level.first().map_or(0, |pattern| pattern.confidence),
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
