//! From hits to a report (`docs/matching.md`).

use std::collections::BTreeSet;

use edm_model::{ColumnClass, Columns, Pattern, limits};

use super::escapes;
use super::facts::{Hit, Outcome, RowContext};
use super::folding::placed;
use super::report::{ConfidenceCount, Evidence, Found, Match, Span};
use super::table::{Asked, Question, Table};
use super::text_geometry::{Stretch, TextGeometry, overlap};
use super::value::Makeup;
use super::windows;

/// The patterns to evaluate.
struct Wanted {
    patterns: Vec<Pattern>,
    exempt: BTreeSet<usize>,
    /// Only for a default type, in which some values cannot match without evidence or be primary
    /// values.
    classes: Vec<ColumnClass>,
}

/// A primary value with its best pattern.
struct Reached {
    hit: Hit,
    confidence: u8,
    /// Whether the best pattern has no primary, so that records are counted instead of values.
    by_record: bool,
    rows: Vec<usize>,
    best_row: usize,
    outcome: Outcome,
}

impl Table {
    /// Answers a question; `None` if no match reaches the minimum confidence.
    pub fn scan(&self, question: &Question) -> Option<Found> {
        let geometry = TextGeometry::new(&question.text);
        let hits = self.hits(&question.text);
        let context = RowContext { table: self, geometry: &geometry, hits: &hits };
        let patterns = match &question.patterns {
            Asked::Own(patterns) => patterns.clone(),
            Asked::Default => self.default_patterns(),
        };
        let classes = match &question.patterns {
            Asked::Own(_) => Vec::new(),
            Asked::Default => self.classes(),
        };
        let wanted = Wanted { patterns, exempt: self.exempt_rows(question), classes };
        let may_anchor = |hit: &Hit| {
            let identifier = wanted.classes.get(hit.column).is_some_and(|class| class.identifier);
            self.columns().as_slice()[hit.column].searchable
                && (!identifier || Makeup::of(&hit.place.value).anchors())
        };
        let reached: Vec<Reached> = hits
            .iter()
            .filter(|hit| may_anchor(hit) && !hit.place.inside)
            .filter(|hit| is_asked_for(hit.stretch(), &geometry, &question.candidates))
            .filter_map(|hit| self.best(&context, hit, &wanted))
            .collect();
        let reached = merged_by_record(without_overlaps(reached));
        found(&reached, question.minimum_confidence, &geometry, self.columns())
    }

    fn hits(&self, text: &str) -> Vec<Hit> {
        let readings: Vec<_> = std::iter::once(placed(text)).chain(escapes::decoded(text)).collect();
        let mut hits = Vec::new();
        for (column, definition) in self.columns().as_slice().iter().enumerate() {
            let values = self.values(column);
            let places = windows::occurrences(text, &readings, &definition.rule, &values);
            hits.extend(places.into_iter().map(|place| Hit { column, place }));
        }
        hits
    }

    fn exempt_rows(&self, question: &Question) -> BTreeSet<usize> {
        let mut rows = BTreeSet::new();
        for (name, values) in &question.exempt {
            let Some(column) = self.columns().position(name) else { continue };
            for form in values.iter().filter_map(|value| self.canonical(column, value)) {
                rows.extend(self.rows_with(column, &form));
            }
        }
        rows
    }

    fn best(&self, context: &RowContext, hit: &Hit, wanted: &Wanted) -> Option<Reached> {
        let Wanted { patterns, exempt, classes } = wanted;
        // In a default type, a value without evidence must have a written form, or its column must
        // be standalone.
        let standing = classes.get(hit.column).is_none_or(|class| class.standalone) || hit.place.written;
        let mut reached: Vec<(&Pattern, usize, Outcome)> = Vec::new();
        for pattern in patterns {
            let primary = pattern.primary.as_ref();
            if primary.is_some_and(|name| self.columns().position(name) != Some(hit.column)) {
                continue;
            }
            if pattern.supporting.is_empty() && !standing {
                continue;
            }
            for row in self.rows_with(hit.column, &hit.place.value) {
                if let Some(outcome) = context.outcome(hit, row, pattern) {
                    reached.push((pattern, row, outcome));
                }
            }
        }
        let confidence = reached.iter().map(|(pattern, ..)| pattern.confidence).max()?;
        reached.retain(|(pattern, ..)| pattern.confidence == confidence);
        let rows: BTreeSet<usize> = reached.iter().map(|(_, row, _)| *row).collect();
        if rows.iter().any(|row| exempt.contains(row)) {
            return None;
        }
        let most = reached.iter().map(|(_, _, outcome)| outcome.facts).max()?;
        // Patterns are tried in order, so the first one with the lowest row wins.
        let (pattern, best_row, outcome) = reached
            .into_iter()
            .filter(|(_, _, outcome)| outcome.facts == most)
            .min_by_key(|(_, row, _)| *row)?;
        Some(Reached {
            hit: hit.clone(),
            confidence,
            by_record: pattern.primary.is_none(),
            rows: rows.into_iter().collect(),
            best_row,
            outcome,
        })
    }
}

fn is_asked_for(stretch: Stretch, geometry: &TextGeometry, candidates: &[(u64, u64)]) -> bool {
    let (start, end) = (geometry.utf16(stretch.0), geometry.utf16(stretch.1));
    candidates.is_empty()
        || candidates.iter().any(|(offset, length)| *length > 0 && start < offset + length && *offset < end)
}

fn without_overlaps(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort_by_key(|one| {
        let (start, end) = one.hit.stretch();
        let best = (std::cmp::Reverse(one.confidence), std::cmp::Reverse(one.outcome.facts), one.best_row);
        (std::cmp::Reverse(end - start), start, best)
    });
    let mut kept: Vec<Reached> = Vec::new();
    for one in reached {
        let hidden = kept.iter().any(|other| {
            other.hit.column == one.hit.column && overlap(other.hit.stretch(), one.hit.stretch())
        });
        if !hidden {
            kept.push(one);
        }
    }
    kept
}

/// Primary values of a pattern without a primary column are one match if they have the same best
/// row.
fn merged_by_record(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort_by_key(|one| {
        let (start, end) = one.hit.stretch();
        (std::cmp::Reverse(one.confidence), start, std::cmp::Reverse(end), one.hit.column)
    });
    let mut seen = BTreeSet::new();
    reached.retain(|one| !one.by_record || seen.insert(one.best_row));
    reached
}

/// Counts a value in two columns with equal rules once.
fn unique<'a>(reached: impl Iterator<Item = &'a Reached>, columns: &Columns) -> u32 {
    let first_alike = |column: usize| {
        let own = columns.as_slice().get(column).map(|column| &column.rule);
        columns.as_slice().iter().position(|other| Some(&other.rule) == own)
    };
    let (by_record, by_value): (Vec<&Reached>, Vec<&Reached>) = reached.partition(|one| one.by_record);
    let records: BTreeSet<usize> = by_record.iter().map(|one| one.best_row).collect();
    let values: BTreeSet<(Option<usize>, &str)> =
        by_value.iter().map(|one| (first_alike(one.hit.column), one.hit.place.value.as_str())).collect();
    (records.len() + values.len()) as u32
}

fn found(reached: &[Reached], minimum: u8, geometry: &TextGeometry, columns: &Columns) -> Option<Found> {
    let confidences: BTreeSet<u8> = reached.iter().map(|one| one.confidence).collect();
    let counts = confidences
        .iter()
        .rev()
        .map(|confidence| {
            let of_it = || reached.iter().filter(|one| one.confidence == *confidence);
            ConfidenceCount {
                confidence: *confidence,
                unique_count: unique(of_it(), columns),
                match_count: of_it().count() as u32,
            }
        })
        .collect();
    let sure = || reached.iter().filter(|one| one.confidence >= minimum);
    let mut matches: Vec<Match> = sure().map(|one| matched(one, geometry)).collect();
    matches.sort();
    let confidence = matches.iter().map(|found| found.confidence).max()?;
    Some(Found { confidence, unique_count: unique(sure(), columns), counts, matches })
}

fn matched(reached: &Reached, geometry: &TextGeometry) -> Match {
    let span = |(start, end): Stretch| Span {
        start,
        end,
        start_utf16: geometry.utf16(start),
        end_utf16: geometry.utf16(end),
    };
    Match {
        span: span(reached.hit.stretch()),
        column: reached.hit.column,
        confidence: reached.confidence,
        rows: reached.rows.iter().take(limits::MATCH_ROWS_MAX).map(|row| *row as u64 + 1).collect(),
        rows_truncated: reached.rows.len() > limits::MATCH_ROWS_MAX,
        evidences: reached
            .outcome
            .shown
            .iter()
            .map(|shown| Evidence { span: span(shown.stretch), column: shown.column, counted: shown.counted })
            .collect(),
    }
}
