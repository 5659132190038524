//! What one scan works with.

use std::cell::{Cell, OnceCell};

use edm_hash::{FoldOptions, Folded};
use edm_model::{OffsetUnit, Proximity, ProximityUnit, Rule, limits};

use crate::prepared::pattern::PatternPlan;
use crate::prepared::rule_groups::Groups;
use crate::query::{CandidateSpan, Query};
use crate::report::Span;
use crate::scan::hits::find::partition_point;
use crate::scan::row_checks::RowChecks;
use crate::scan::stop::Stop;
use crate::text::offset_index::{Positions, units_in};
use crate::text::runs::{Places, Stretch};
use crate::text::views::Readings;

/// A part of a text under evaluation: the question, the readings, and what is computed of the part when it is first needed.
/// Offsets and stretches are the part's own; [`Context::span`] and [`Context::whole`] give those of the whole text.
pub(crate) struct Context<'q> {
    pub(crate) query: &'q Query<'q>,
    pub(crate) groups: &'q Groups,
    pub(crate) text: &'q str,
    pub(crate) readings: &'q Readings,
    before: Before,
    positions: OnceCell<Positions<'q>>,
    places: OnceCell<Places<'q>>,
    /// The text cut into atoms, for distances in words.
    words: OnceCell<Box<Folded>>,
    /// The last two: those of one value are asked for again and again.
    reaches: [Cell<Option<Reach>>; 2],
    pub(crate) stop: &'q Stop<'q>,
    pub(crate) row_checks: &'q RowChecks,
    /// Those that explanations ask for: they take nothing from the findings.
    pub(crate) explain_checks: &'q RowChecks,
    /// The query's candidate spans in UTF-16 offsets: sorted, none touching another.
    candidates: Vec<(u64, u64)>,
}

/// Where a distance in characters from a value ends on either side.
#[derive(Clone, Copy)]
struct Reach {
    distance: u64,
    of: Stretch,
    stretch: Stretch,
}

/// How much of the whole text stands before a part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) bytes: usize,
    /// In the query's units.
    pub(crate) units: u64,
}

impl Before {
    /// Moves on over text.
    pub(crate) fn pass(&mut self, text: &str, unit: OffsetUnit) {
        self.bytes += text.len();
        self.units += units_in(text, unit);
    }
}

impl<'q> Context<'q> {
    pub(crate) fn new(
        query: &'q Query<'q>,
        (text, before): (&'q str, Before),
        readings: &'q Readings,
        (stop, row_checks, explain_checks): (&'q Stop<'q>, &'q RowChecks, &'q RowChecks),
    ) -> Self {
        let groups = &query.types.groups;
        Self {
            query,
            groups,
            text,
            readings,
            before,
            positions: OnceCell::new(),
            places: OnceCell::new(),
            words: OnceCell::new(),
            reaches: Default::default(),
            stop,
            row_checks,
            explain_checks,
            candidates: merged_candidates(query.candidates),
        }
    }

    pub(crate) fn positions(&self) -> &Positions<'q> {
        self.positions.get_or_init(|| Positions::new(self.text, self.query.offset_unit))
    }

    pub(crate) fn places(&self) -> &Places<'q> {
        self.places.get_or_init(|| Places::new(self.text))
    }

    fn words(&self) -> &Folded {
        let options = FoldOptions::of(&Rule::default());
        // Most texts are read like that anyway.
        self.readings.undecoded(options).unwrap_or_else(|| {
            self.words.get_or_init(|| {
                let mut folded = Folded::new();
                folded.fold(self.text, options);
                Box::new(folded)
            })
        })
    }

    /// Asks for row checks around a primary value; false when its part of the text has used up its share, or the scan ends.
    pub(crate) fn spend(&self, row_checks: &RowChecks, primary: Stretch, count: u64) -> bool {
        row_checks.spend(self.whole(primary), count) && !self.stop.before(count)
    }

    /// Returns what stands in a stretch.
    pub(crate) fn piece(&self, (start, end): Stretch) -> String {
        self.text.get(start..end).expect("a place begins and ends at characters").to_owned()
    }

    pub(crate) fn span(&self, (start, end): Stretch) -> Span {
        let before = self.before;
        let start_units = before.units + self.positions().units(start);
        let place = self.text.get(start..end).expect("a place begins and ends at characters");
        let units = units_in(place, self.query.offset_unit);
        Span {
            start: before.bytes + start,
            end: before.bytes + end,
            start_units,
            end_units: start_units + units,
        }
    }

    /// Says whether a primary value may stand here: it overlaps a span that the caller named, if any was.
    pub(crate) fn is_candidate(&self, stretch: Stretch) -> bool {
        if self.query.candidates.is_empty() {
            return true;
        }
        let span = self.span(stretch);
        let after = self.candidates.partition_point(|candidate| candidate.1 <= span.start_units);
        self.candidates.get(after).is_some_and(|candidate| candidate.0 < span.end_units)
    }

    /// Returns the distance of two stretches in UTF-16 units, white space runs counting one.
    pub(crate) fn characters_between(&self, a: Stretch, b: Stretch) -> u64 {
        let (left, right) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        self.positions().distance(left.1, right.0)
    }

    /// Returns how many atoms stand between two stretches.
    pub(crate) fn words_between(&self, a: Stretch, b: Stretch) -> u64 {
        let (left, right) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        let words = self.words();
        let span = |atom: &usize| words.source_span(*atom, *atom).unwrap_or_default();
        let from = partition_point(words.atom_count(), |atom| span(atom).0 < left.1);
        let to = partition_point(words.atom_count(), |atom| span(atom).1 <= right.0);
        to.saturating_sub(from) as u64
    }

    /// Returns where a stretch lies in the whole text.
    pub(crate) const fn whole(&self, (start, end): Stretch) -> Stretch {
        (self.before.bytes + start, self.before.bytes + end)
    }

    /// Returns the part of the text that an explanation of a hit looks at.
    pub(crate) fn explained_reach(&self, hit: Stretch) -> Stretch {
        let end = hit.1.saturating_add(limits::EXPLAIN_BYTES_MAX).min(self.text.len());
        (hit.0.saturating_sub(limits::EXPLAIN_BYTES_MAX), end)
    }

    /// Says whether the text goes on before or behind a stretch.
    pub(crate) fn goes_beyond(&self, stretch: Stretch) -> bool {
        self.before.bytes + stretch.0 > 0 || stretch.1 < self.text.len()
    }

    /// Says whether evidence at `other` is near enough to a primary value.
    pub(crate) fn is_near(&self, proximity: &Proximity, primary: Stretch, other: Stretch) -> bool {
        let near = match proximity.unit {
            ProximityUnit::Characters => {
                let (start, end) = self.reach_characters(u64::from(proximity.distance), primary);
                if other.0 < primary.0 { start <= other.1 } else { other.0 < end || other.0 <= primary.1 }
            }
            ProximityUnit::Words => self.words_between(primary, other) <= u64::from(proximity.distance),
            ProximityUnit::Row => self.places().same_table_row(primary, other),
            ProximityUnit::Document => true,
        };
        let reached =
            proximity.unit == ProximityUnit::Row || bytes_between(primary, other) <= reach_bytes(proximity);
        near && reached || proximity.or_same_row && self.places().same_table_row(primary, other)
    }

    /// Returns a stretch outside of which no evidence is near enough for one of the patterns. Hands over each bound in bytes that
    /// keeps evidence out which the pattern's unit alone would let in.
    pub(crate) fn reach_of(
        &self,
        patterns: &[&PatternPlan],
        primary: Stretch,
        mut met: impl FnMut(usize),
    ) -> Stretch {
        let (mut reach, mut in_row) = (primary, false);
        for alike in patterns.chunk_by(|a, b| a.proximity == b.proximity) {
            let Some(proximity) = alike.first().map(|pattern| &pattern.proximity) else { continue };
            let (own, cut) = self.reach_in_text(proximity, primary);
            if cut {
                met(reach_bytes(proximity));
            }
            reach = (reach.0.min(own.0), reach.1.max(own.1));
            in_row |= looks_in_row(proximity);
        }
        if in_row {
            for row in self.places().table_rows(primary) {
                reach = (reach.0.min(row.0), reach.1.max(row.1));
            }
        }
        reach
    }

    /// Returns a stretch outside of which no evidence is near enough.
    pub(crate) fn reach(&self, proximity: &Proximity, primary: Stretch) -> Stretch {
        let (reach, _) = self.reach_in_text(proximity, primary);
        let rows = looks_in_row(proximity).then(|| self.places().table_rows(primary));
        rows.into_iter().flatten().fold(reach, |reach, row| (reach.0.min(row.0), reach.1.max(row.1)))
    }

    /// Returns as far as evidence may stand, table rows aside, and whether a bound in bytes cut it.
    fn reach_in_text(&self, proximity: &Proximity, primary: Stretch) -> (Stretch, bool) {
        let (start, end) = self.reach_uncut(proximity, primary);
        if proximity.unit == ProximityUnit::Row {
            return ((start, end), false);
        }
        let bytes = reach_bytes(proximity);
        let (first, last) = (primary.0.saturating_sub(bytes), primary.1.saturating_add(bytes));
        // What a reach that ends at an atom's or character's edge takes in beyond it is no evidence.
        ((start.max(first), end.min(last)), start < first || end > last)
    }

    /// Returns where evidence may stand, for all that the unit says.
    fn reach_uncut(&self, proximity: &Proximity, primary: Stretch) -> Stretch {
        match proximity.unit {
            ProximityUnit::Characters => self.reach_characters(u64::from(proximity.distance), primary),
            ProximityUnit::Words => self.reach_words(proximity.distance as usize, primary),
            ProximityUnit::Row => primary,
            ProximityUnit::Document => (0, self.text.len()),
        }
    }

    /// Returns from where on what ends is near enough, and up to where what begins is.
    fn reach_characters(&self, distance: u64, primary: Stretch) -> Stretch {
        let known =
            |reach: &Option<Reach>| reach.filter(|reach| (reach.distance, reach.of) == (distance, primary));
        let [last, other] = &self.reaches;
        if let Some(reach) = known(&last.get()).or_else(|| known(&other.get())) {
            return reach.stretch;
        }
        let positions = self.positions();
        let stretch =
            (positions.back(primary.0, distance), positions.forward(primary.1, distance.saturating_add(1)));
        other.set(last.replace(Some(Reach { distance, of: primary, stretch })));
        stretch
    }

    fn reach_words(&self, distance: usize, primary: Stretch) -> Stretch {
        let words = self.words();
        let span = |atom: usize| words.source_span(atom, atom);
        let ends = |atom: &usize| span(*atom).unwrap_or_default();
        let before = partition_point(words.atom_count(), |atom| ends(atom).1 <= primary.0);
        let behind = partition_point(words.atom_count(), |atom| ends(atom).0 < primary.1);
        let last = behind.saturating_add(distance).min(words.atom_count().saturating_sub(1));
        let start = span(before.saturating_sub(distance.saturating_add(1))).map_or(0, |first| first.0);
        let end = span(last).map_or(primary.1, |last| last.1);
        (start.min(primary.0), end.max(primary.1))
    }
}

/// Says whether evidence in the same row of a table is near, however far it is.
pub(crate) fn looks_in_row(proximity: &Proximity) -> bool {
    proximity.or_same_row || proximity.unit == ProximityUnit::Row
}

/// Returns how far evidence may stand from a primary value in bytes, whatever stands between them, table rows aside.
pub(crate) fn reach_bytes(proximity: &Proximity) -> usize {
    let each = match proximity.unit {
        ProximityUnit::Characters => limits::PROXIMITY_CHARACTER_BYTES,
        ProximityUnit::Words => limits::PROXIMITY_WORD_BYTES,
        ProximityUnit::Row => return 0,
        ProximityUnit::Document => return limits::DOCUMENT_BYTES_MAX,
    };
    let bytes =
        (proximity.distance as usize).saturating_mul(each).saturating_add(limits::PROXIMITY_SLACK_BYTES);
    bytes.min(limits::DOCUMENT_BYTES_MAX)
}

fn merged_candidates(candidates: &[CandidateSpan]) -> Vec<(u64, u64)> {
    let ends =
        |span: &CandidateSpan| (span.offset_units, span.offset_units.saturating_add(span.length_units));
    let mut spans: Vec<(u64, u64)> =
        candidates.iter().filter(|span| span.length_units > 0).map(ends).collect();
    spans.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
            _ => merged.push(span),
        }
    }
    merged
}

pub(crate) fn overlap(a: Stretch, b: Stretch) -> bool {
    a.0 < b.1 && b.0 < a.1
}

fn bytes_between(a: Stretch, b: Stretch) -> usize {
    let (left, right) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    right.0.saturating_sub(left.1)
}
