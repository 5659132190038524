//! From hits to matches: for each hit the best pattern that one of its rows reaches.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use edm_hash::{Canonicaliser, CellForm, Folded, Hash};
use edm_model::{ColumnClass, DataType, ProximityUnit, Rule, limits};

use super::context::Context;
use super::evidence::{EvidenceFinder, Pass};
use super::explain::Told;
use super::find::Hit;
use super::pattern::{PatternPlan, Satisfied, Taken};
use super::place::Stretch;
use super::story::RowSet;
use crate::query::ActiveType;
use crate::report::{ConfidenceCount, Evidence, Limit, Match, RowReference, TypeReport};

/// A hit that reached a pattern.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub(crate) hit: Hit,
    pub(crate) confidence: u8,
    /// Rows that reach a pattern of this confidence, ascending.
    pub(crate) rows: Vec<u32>,
    /// The row whose evidence is shown.
    pub(crate) best_row: u32,
    pub(crate) satisfied: Satisfied,
    /// Whether the pattern has no primary column of its own.
    any_primary: bool,
}

/// What evaluating one type gave.
#[derive(Default)]
pub(crate) struct Evaluated {
    pub(crate) reached: Vec<Reached>,
    pub(crate) limits: Vec<Limit>,
    /// What explanations need to know; filled where they are asked for.
    pub(crate) told: Told,
}

impl Evaluated {
    pub(crate) fn note(&mut self, code: &'static str, allowed: u64) {
        let limit = Limit { code, allowed };
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }
}

/// A type made ready for one scan.
pub(crate) struct TypePlan<'a> {
    pub(crate) active: &'a ActiveType,
    pub(crate) table: usize,
    /// From the highest confidence down; equal ones in the type's order.
    pub(crate) patterns: Vec<PatternPlan>,
    exempt: Vec<(usize, Hash)>,
    pub(crate) classes: Vec<ColumnClass>,
}

impl<'a> TypePlan<'a> {
    pub(crate) fn new(context: &Context<'_>, active: &'a ActiveType) -> Self {
        let columns = active.generation.columns();
        let mut patterns: Vec<PatternPlan> =
            active.patterns.iter().filter_map(|pattern| PatternPlan::new(pattern, columns)).collect();
        patterns.sort_by_key(|pattern| Reverse(pattern.confidence));
        Self {
            active,
            table: context.groups.table(&active.generation),
            patterns,
            exempt: exempt(context, active),
            classes: active.generation.classes(),
        }
    }

    /// Says whether a pattern has this hit's column as its primary, and the hit's value may anchor it.
    pub(crate) fn anchors(&self, pattern: &PatternPlan, hit: &Hit) -> bool {
        let class = self.classes.get(hit.column).copied().unwrap_or_default();
        let primary = pattern.primary.is_none_or(|primary| primary == hit.column);
        // A column whose type has a written form always has the pattern of the primary alone.
        let by_form = self.rule(hit).is_some_and(|rule| rule.data_type.has_written_form());
        let suffices = !by_form || class.standalone || hit.written_form || !pattern.is_primary_alone();
        primary && (!self.active.default_type || suffices && (!class.identifier || hit.anchors))
    }

    fn rule(&self, hit: &Hit) -> Option<&Rule> {
        self.active.generation.columns().as_slice().get(hit.column).map(|column| &column.rule)
    }

    pub(crate) fn is_exempt(&self, row: u32) -> bool {
        self.exempt.iter().any(|(column, hash)| self.active.generation.holds(row, *column, hash))
    }

    /// Returns the columns whose values exempt a row.
    pub(crate) fn exempting_columns(&self, row: u32) -> Vec<usize> {
        let holding =
            self.exempt.iter().filter(|(column, hash)| self.active.generation.holds(row, *column, hash));
        let mut columns: Vec<usize> = holding.map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    pub(crate) fn is_searchable(&self, column: usize) -> bool {
        let columns = self.active.generation.columns().as_slice();
        columns.get(column).is_some_and(|column| column.searchable)
    }

    /// Returns the rows of a hit, for explanations.
    pub(crate) fn rows_of(&self, hit: &Hit) -> RowSet {
        let generation = &self.active.generation;
        let Some(rows) = generation.rows_of(hit.column, &hit.hash) else {
            return RowSet { rows: Vec::new(), count: 0 };
        };
        let live = rows.iter().take(limits::ROW_SET_MAX).filter(|row| !generation.is_tombstone(*row));
        RowSet { rows: live.collect(), count: rows.len() }
    }
}

/// Evaluates the hits of one type's table.
pub(crate) struct Evaluator<'e, 'c> {
    context: &'c Context<'c>,
    plan: &'e TypePlan<'e>,
    /// The table's, in text order.
    hits: Vec<&'e Hit>,
    finder: &'e mut EvidenceFinder<'c>,
    evaluated: Evaluated,
    /// What is known of rows that the query may exempt.
    exempt: HashMap<u32, bool>,
}

/// A row and what of it stands near; `None` when the text has used up its row checks.
type RowPasses = (u32, Option<Vec<Pass>>);

impl<'e, 'c> Evaluator<'e, 'c> {
    pub(crate) fn new(
        context: &'c Context<'c>,
        plan: &'e TypePlan<'e>,
        hits: &'e [Hit],
        finder: &'e mut EvidenceFinder<'c>,
    ) -> Self {
        let hits = hits.iter().filter(|hit| hit.table == plan.table).collect();
        Self { context, plan, hits, finder, evaluated: Evaluated::default(), exempt: HashMap::new() }
    }

    /// Returns what the hits reach.
    pub(crate) fn evaluate(mut self) -> Evaluated {
        for hit in self.hits.clone() {
            if (self.context.query.should_stop)() {
                break;
            }
            let patterns: Vec<&PatternPlan> =
                self.plan.patterns.iter().filter(|pattern| self.plan.anchors(pattern, hit)).collect();
            if patterns.is_empty() || !self.context.is_candidate(hit.stretch) || self.is_inside_number(hit) {
                continue;
            }
            let rows = self.row_passes(hit, &patterns);
            let mut levels = patterns.chunk_by(|a, b| a.confidence == b.confidence);
            let reached = levels.find_map(|level| best_of(self.context, hit, level, &rows));
            if let Some(reached) = reached.as_ref().filter(|_| self.context.query.explain) {
                self.tell(reached);
            }
            self.evaluated.reached.extend(reached);
        }
        self.evaluated.reached = merge_records(without_overlaps(self.evaluated.reached));
        self.evaluated
    }

    /// Says whether a hit is a part of a longer card or account number. One that has check digits itself is a number of its
    /// own, whatever stands behind it.
    fn is_inside_number(&self, hit: &Hit) -> bool {
        self.plan.rule(hit).is_some_and(|rule| {
            !matches!(rule.data_type, DataType::Card | DataType::Iban)
                && self.context.readings.is_inside_number(rule, hit.stretch)
        })
    }

    fn tell(&mut self, reached: &Reached) {
        let whole = |stretch| self.context.whole(stretch);
        let told = &mut self.evaluated.told;
        told.reached.insert((whole(reached.hit.stretch), reached.hit.column), reached.best_row);
        told.covered.insert(whole(reached.hit.stretch));
        let counted = reached.satisfied.shown.iter().filter(|shown| shown.counted);
        told.covered.extend(counted.map(|shown| whole(shown.stretch)));
    }

    fn note_limited(&mut self, hit: &Hit) {
        self.evaluated.note("rowCheckLimit", limits::ROW_CHECKS_MAX);
        if self.context.query.explain {
            self.evaluated.told.limited.insert((self.context.whole(hit.stretch), hit.column));
        }
    }

    /// Returns the rows of a hit, and what of each stands near it.
    fn row_passes(&mut self, hit: &Hit, patterns: &[&PatternPlan]) -> Vec<RowPasses> {
        let reach = patterns.iter().map(|pattern| self.context.reach(&pattern.proximity, hit.stretch));
        let reach = reach.fold(hit.stretch, |a, b| (a.0.min(b.0), a.1.max(b.1)));
        self.note_proximity(hit, patterns);
        let rows = self.rows(hit, reach);
        let mut columns: Vec<usize> = patterns.iter().flat_map(|pattern| pattern.columns()).collect();
        columns.push(hit.column);
        columns.sort_unstable();
        columns.dedup();
        let neighbourhood = self.finder.neighbourhood(hit, (reach, &columns), &self.context.row_checks);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let passes = neighbourhood
                .as_ref()
                .and_then(|near| self.finder.passes(hit, near, row, &self.context.row_checks));
            if passes.is_none() {
                self.note_limited(hit);
            }
            out.push((row, passes));
        }
        out
    }

    /// Notes where evidence may stand that is not looked at.
    fn note_proximity(&mut self, hit: &Hit, patterns: &[&PatternPlan]) {
        let uses = |unit| patterns.iter().any(|pattern| pattern.proximity.unit == unit);
        let rows = uses(ProximityUnit::Row) || patterns.iter().any(|pattern| pattern.proximity.or_same_row);
        if rows && self.context.places().in_long_line(hit.stretch) {
            self.evaluated.note("proximityLimit", limits::TABLE_ROW_BYTES_MAX as u64);
        }
        let farthest = hit
            .stretch
            .0
            .max(self.context.query.text.len() - hit.stretch.1.min(self.context.query.text.len()));
        if uses(ProximityUnit::Document) && farthest > limits::DOCUMENT_BYTES_MAX {
            self.evaluated.note("proximityLimit", limits::DOCUMENT_BYTES_MAX as u64);
        }
    }

    fn is_exempt(&mut self, row: u32) -> bool {
        let plan = self.plan;
        *self.exempt.entry(row).or_insert_with(|| plan.is_exempt(row))
    }

    /// Returns the rows of a hit that are evaluated, ascending.
    fn rows(&mut self, hit: &Hit, reach: Stretch) -> Vec<u32> {
        let generation = self.plan.active.generation.clone();
        let Some(rows) = generation.rows_of(hit.column, &hit.hash) else { return Vec::new() };
        let mut candidates: Vec<u32> = rows.iter().take(limits::ROW_SET_MAX).collect();
        if rows.len() > limits::ROW_SET_MAX {
            self.evaluated.note("rowSetLimit", limits::ROW_SET_MAX as u64);
            let from = self.hits.partition_point(|other| other.stretch.0 < reach.0);
            let near = self.hits.iter().skip(from).take_while(|other| other.stretch.0 < reach.1);
            for other in near.filter(|other| other.column != hit.column).take(limits::ROW_SET_MAX) {
                let named = generation.rows_of(other.column, &other.hash);
                candidates.extend(named.iter().flat_map(|rows| rows.iter().take(limits::ROW_SET_MAX)));
            }
            candidates.sort_unstable();
            candidates.dedup();
        }
        if !self.context.row_checks.spend(hit.stretch, candidates.len() as u64) {
            self.note_limited(hit);
            candidates.truncate(1);
        }
        candidates
            .retain(|row| !generation.is_tombstone(*row) && generation.holds(*row, hit.column, &hit.hash));
        candidates.retain(|row| !self.is_exempt(*row));
        candidates
    }
}

/// Returns what a hit reaches with patterns of one confidence: all rows that satisfy one of them, and the evidence of the
/// row with most facts.
fn best_of(context: &Context<'_>, hit: &Hit, level: &[&PatternPlan], rows: &[RowPasses]) -> Option<Reached> {
    let mut reached: Option<Reached> = None;
    for (row, passes) in rows {
        let tried = level.iter().filter_map(|pattern| {
            Some((pattern.primary.is_none(), pattern.try_row(context, hit, passes.as_deref())?))
        });
        let Some((any_primary, satisfied)) = tried.reduce(|a, b| if b.1.facts > a.1.facts { b } else { a })
        else {
            continue;
        };
        let known = reached.get_or_insert_with(|| Reached {
            hit: *hit,
            confidence: level.first().map_or(0, |pattern| pattern.confidence),
            rows: Vec::new(),
            best_row: *row,
            satisfied: satisfied.clone(),
            any_primary,
        });
        known.rows.push(*row);
        if satisfied.facts > known.satisfied.facts {
            known.satisfied = satisfied;
            known.best_row = *row;
            known.any_primary = any_primary;
        }
    }
    reached
}

/// Hashes the exempt values of the columns that the table has.
fn exempt(context: &Context<'_>, active: &ActiveType) -> Vec<(usize, Hash)> {
    let generation = &active.generation;
    let mut out = Vec::new();
    for exempt in context.query.exempt {
        let Some(column) = generation.columns().position(&exempt.column) else { continue };
        let Some(rule) = generation.rule_position(column) else { continue };
        let (Some(definition), Some(keys)) = (generation.rules().get(rule), generation.rule_keys(rule))
        else {
            continue;
        };
        let canonicaliser = Canonicaliser::new(definition, generation.tokens_max());
        for value in &exempt.values {
            let mut form = Vec::new();
            if canonicaliser.cell(value, &mut Folded::new(), &mut form) == CellForm::Present {
                let mut hashes = Vec::new();
                keys.hash_all(&form, &[(0, form.len() as u32)], &mut hashes);
                out.extend(hashes.into_iter().map(|hash| (column, hash)));
            }
        }
    }
    out
}

/// Of overlapping matches of one column the longest stays, then the leftmost; of several values at one place (a date in two
/// readings) the strongest, then that of the lowest row.
fn without_overlaps(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort_by_key(|own| {
        let (start, end) = own.hit.stretch;
        let strength = (Reverse(own.confidence), Reverse(own.satisfied.facts), own.best_row);
        (own.hit.column, Reverse(end - start), start, strength)
    });
    let mut kept: Vec<Reached> = Vec::new();
    let mut taken: BTreeMap<usize, Taken> = BTreeMap::new();
    for own in reached {
        let of_column = taken.entry(own.hit.column).or_default();
        if !of_column.touches(own.hit.stretch) {
            of_column.insert(own.hit.stretch);
            kept.push(own);
        }
    }
    kept.sort_by_key(|own| (own.hit.stretch, own.hit.column));
    kept
}

/// Where any column may anchor, anchors of one record are one match: the strongest, then the leftmost.
fn merge_records(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort_by_key(|own| {
        let (start, end) = own.hit.stretch;
        (Reverse(own.confidence), start, Reverse(end - start), own.hit.column)
    });
    let mut records = HashSet::new();
    reached.retain(|own| !own.any_primary || records.insert(own.best_row));
    reached.sort_by_key(|own| (own.hit.stretch, own.hit.column));
    reached
}

#[derive(PartialEq, Eq, Hash)]
enum Unique {
    Record(u32),
    Value(Hash),
}

impl Reached {
    fn unique(&self) -> Unique {
        if self.any_primary { Unique::Record(self.best_row) } else { Unique::Value(self.hit.hash) }
    }
}

/// Makes the report of a type; `None` without a match of the asked confidence.
pub(crate) fn report(
    context: &Context<'_>,
    plan: &TypePlan<'_>,
    type_index: usize,
    evaluated: &Evaluated,
) -> Option<TypeReport> {
    let minimum = context.query.minimum_confidence;
    let listed: Vec<&Reached> = evaluated.reached.iter().filter(|own| own.confidence >= minimum).collect();
    let confidence = listed.iter().map(|own| own.confidence).max()?;
    let mut levels: BTreeMap<Reverse<u8>, (u32, HashSet<Unique>)> = BTreeMap::new();
    for own in &evaluated.reached {
        let level = levels.entry(Reverse(own.confidence)).or_default();
        level.0 += 1;
        level.1.insert(own.unique());
    }
    let counts = levels.into_iter().map(|(Reverse(confidence), (match_count, unique))| ConfidenceCount {
        confidence,
        unique_count: unique.len() as u32,
        match_count,
    });
    let unique: HashSet<Unique> = listed.iter().map(|own| own.unique()).collect();
    let mut limits_met = evaluated.limits.clone();
    let truncated = listed.len() > limits::MATCHES_MAX;
    if truncated {
        limits_met.push(Limit { code: "matchLimit", allowed: limits::MATCHES_MAX as u64 });
    }
    Some(TypeReport {
        type_index,
        confidence,
        unique_count: unique.len() as u32,
        counts: counts.collect(),
        matches: listed.iter().take(limits::MATCHES_MAX).map(|own| to_match(context, plan, own)).collect(),
        truncated,
        limits: limits_met,
    })
}

fn to_match(context: &Context<'_>, plan: &TypePlan<'_>, own: &Reached) -> Match {
    let session_id = plan.active.generation.session_id();
    let rows = own.rows.iter().take(limits::MATCH_ROWS_MAX);
    Match {
        span: context.span(own.hit.stretch),
        column: own.hit.column,
        confidence: own.confidence,
        rows: rows.map(|row| RowReference { record: u64::from(*row) + 1, session_id }).collect(),
        rows_truncated: own.rows.len() > limits::MATCH_ROWS_MAX,
        evidences: own
            .satisfied
            .shown
            .iter()
            .map(|shown| Evidence {
                span: context.span(shown.stretch),
                column: shown.column,
                counted: shown.counted,
            })
            .collect(),
    }
}
