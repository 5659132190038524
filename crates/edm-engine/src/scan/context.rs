//! What the steps of a scan share: the query, the held text, and what is computed of that text when
//! it is first needed.

use std::cell::{Cell, OnceCell};

use edm_hash::{FoldOptions, Folded};
use edm_model::{Proximity, ProximityUnit, Rule, limits};

use crate::prepared::pattern::PatternPlan;
use crate::prepared::proximity::{looks_in_row, reach_bytes};
use crate::prepared::rule_groups::RuleGroups;
use crate::query::{CandidateSpan, Query};
use crate::report::Span;
use crate::scan::row_checks::RowChecks;
use crate::scan::stop::Stop;
use crate::text::offset_index::{OffsetIndex, units_in};
use crate::text::runs::TokenRuns;
use crate::text::span::{ZoneSpan, partition_point};
use crate::text::views::TextViews;
use crate::text::zone_text::ZoneText;

/// The held text of a zone under evaluation. Spans are [`ZoneSpan`]s; [`Context::span`] and
/// [`ZoneText::to_text`] give those of the whole text.
pub(crate) struct Context<'q> {
    pub(crate) query: &'q Query<'q>,
    pub(crate) groups: &'q RuleGroups,
    pub(crate) zone: ZoneText<'q>,
    pub(crate) views: &'q TextViews,
    offsets: OnceCell<OffsetIndex<'q>>,
    runs: OnceCell<TokenRuns<'q>>,
    /// The text cut into atoms, for distances in words.
    words: OnceCell<Box<Folded>>,
    /// A memo of the last two: those of one value are needed again and again.
    reaches: [Cell<Option<Reach>>; 2],
    pub(crate) stop: &'q Stop<'q>,
    pub(crate) row_checks: &'q RowChecks,
    /// Row checks of explanations, which take nothing from the findings.
    pub(crate) explain_checks: &'q RowChecks,
    /// The query's candidate spans in its units: sorted, none touching another.
    candidates: Vec<(u64, u64)>,
}

/// The bounds on a scan's work.
#[derive(Clone, Copy)]
pub(crate) struct Budgets<'q> {
    pub(crate) stop: &'q Stop<'q>,
    pub(crate) row_checks: &'q RowChecks,
    pub(crate) explain_checks: &'q RowChecks,
}

/// Where a distance in characters from a value ends on either side.
#[derive(Clone, Copy)]
struct Reach {
    distance: u64,
    of: ZoneSpan,
    span: ZoneSpan,
}

impl<'q> Context<'q> {
    pub(crate) fn new(
        query: &'q Query<'q>,
        zone: ZoneText<'q>,
        views: &'q TextViews,
        budgets: Budgets<'q>,
    ) -> Self {
        let Budgets { stop, row_checks, explain_checks } = budgets;
        Self {
            query,
            groups: &query.types.groups,
            zone,
            views,
            offsets: OnceCell::new(),
            runs: OnceCell::new(),
            words: OnceCell::new(),
            reaches: Default::default(),
            stop,
            row_checks,
            explain_checks,
            candidates: merged_candidates(query.candidates),
        }
    }

    pub(crate) fn offsets(&self) -> &OffsetIndex<'q> {
        self.offsets.get_or_init(|| OffsetIndex::new(self.zone.text, self.query.offset_unit))
    }

    pub(crate) fn runs(&self) -> &TokenRuns<'q> {
        self.runs.get_or_init(|| TokenRuns::new(self.zone.text))
    }

    fn words(&self) -> &Folded {
        let options = FoldOptions::of(&Rule::default());
        // Most queries have a rule with the usual folding: then a view is there already.
        self.views.undecoded(options).unwrap_or_else(|| {
            self.words.get_or_init(|| {
                let mut folded = Folded::new();
                folded.fold(self.zone.text, options);
                Box::new(folded)
            })
        })
    }

    /// Spends row checks around a primary value; returns false when its part of the text has used
    /// up its share, or the scan is stopped.
    pub(crate) fn spend(&self, row_checks: &RowChecks, primary: ZoneSpan, count: u64) -> bool {
        row_checks.spend(self.zone.text_span(primary), count) && !self.stop.before(count)
    }

    /// Returns a copy of the text of a span.
    pub(crate) fn text_of(&self, span: ZoneSpan) -> String {
        self.zone.get(span).to_owned()
    }

    /// Returns where a span is in the whole text, in bytes and in the query's units.
    pub(crate) fn span(&self, span: ZoneSpan) -> Span {
        let whole = self.zone.text_span(span);
        let start_units = self.zone.before.units + self.offsets().units(span.start);
        let units = units_in(self.zone.get(span), self.query.offset_unit);
        Span { start: whole.start, end: whole.end, start_units, end_units: start_units + units }
    }

    /// Returns whether a primary value may be here: it overlaps a span that the caller named, if
    /// any was.
    pub(crate) fn is_candidate(&self, span: ZoneSpan) -> bool {
        // The usual query has no candidates, and offsets are not counted for it.
        if self.query.candidates.is_empty() {
            return true;
        }
        // The candidates are sorted and disjoint: the first one that ends after the start of the
        // span overlaps it, or none does.
        let span = self.span(span);
        let after = self.candidates.partition_point(|candidate| candidate.1 <= span.start_units);
        self.candidates.get(after).is_some_and(|candidate| candidate.0 < span.end_units)
    }

    /// Returns the distance of two spans in UTF-16 units, white space runs counting one.
    pub(crate) fn characters_between(&self, a: ZoneSpan, b: ZoneSpan) -> u64 {
        let (left, right) = a.in_order(b);
        self.offsets().distance(left.end, right.start)
    }

    /// Returns how many atoms are between two spans.
    pub(crate) fn words_between(&self, a: ZoneSpan, b: ZoneSpan) -> u64 {
        let (left, right) = a.in_order(b);
        let words = self.words();
        let span =
            |atom: &usize| words.source_span(*atom, *atom).expect("atoms below the count are in the text");
        let from = partition_point(words.atom_count(), |atom| span(atom).0 < left.end);
        let to = partition_point(words.atom_count(), |atom| span(atom).1 <= right.start);
        to.saturating_sub(from) as u64
    }

    /// Returns the span that an explanation of a hit looks at.
    pub(crate) fn explained_reach(&self, hit: ZoneSpan) -> ZoneSpan {
        let end = hit.end.saturating_add(limits::EXPLAIN_BYTES_MAX).min(self.zone.text.len());
        ZoneSpan::new(hit.start.saturating_sub(limits::EXPLAIN_BYTES_MAX), end)
    }

    /// Returns whether the text goes on before or after a span.
    pub(crate) fn goes_beyond(&self, span: ZoneSpan) -> bool {
        self.zone.before.bytes + span.start > 0 || span.end < self.zone.text.len()
    }

    /// Returns whether evidence at `other` is near enough to a primary value.
    pub(crate) fn is_near(&self, proximity: &Proximity, primary: ZoneSpan, other: ZoneSpan) -> bool {
        // By the unit first, then by bytes: the bound in bytes only cuts what lies very far away.
        let near = match proximity.unit {
            ProximityUnit::Characters => {
                let reach = self.reach_characters(u64::from(proximity.distance), primary);
                // Before the value the distance is to the end of the other one, after it to its
                // start. What overlaps is near.
                if other.start < primary.start {
                    reach.start <= other.end
                } else {
                    other.start < reach.end || other.start <= primary.end
                }
            }
            ProximityUnit::Words => self.words_between(primary, other) <= u64::from(proximity.distance),
            ProximityUnit::Row => self.runs().same_table_row(primary, other),
            ProximityUnit::Document => true,
        };
        let reached =
            proximity.unit == ProximityUnit::Row || primary.bytes_between(other) <= reach_bytes(proximity);
        near && reached || proximity.or_same_row && self.runs().same_table_row(primary, other)
    }

    /// Returns a span outside of which no evidence is near enough for one of the patterns. Calls
    /// `met` with each bound in bytes that excludes evidence which the pattern's unit alone would
    /// allow.
    pub(crate) fn reach_of(
        &self,
        patterns: &[&PatternPlan],
        primary: ZoneSpan,
        mut met: impl FnMut(usize),
    ) -> ZoneSpan {
        let (mut reach, mut in_row) = (primary, false);
        // Patterns of a type mostly share a proximity: it is measured once.
        for alike in patterns.chunk_by(|a, b| a.proximity == b.proximity) {
            let Some(proximity) = alike.first().map(|pattern| &pattern.proximity) else { continue };
            let (reached, cut) = self.reach_in_text(proximity, primary);
            if cut {
                met(reach_bytes(proximity));
            }
            reach = reach.hull(reached);
            in_row |= looks_in_row(proximity);
        }
        // The row is found once for all patterns, because finding lines takes longer than
        // counting characters.
        if in_row {
            for row in self.runs().table_rows(primary) {
                reach = reach.hull(row);
            }
        }
        reach
    }

    /// Returns a span outside of which no evidence is near enough.
    pub(crate) fn reach(&self, proximity: &Proximity, primary: ZoneSpan) -> ZoneSpan {
        let (reach, _) = self.reach_in_text(proximity, primary);
        let rows = looks_in_row(proximity).then(|| self.runs().table_rows(primary));
        rows.into_iter().flatten().fold(reach, ZoneSpan::hull)
    }

    /// Returns the span in which evidence may be, table rows aside, and whether a bound in bytes
    /// cut it.
    fn reach_in_text(&self, proximity: &Proximity, primary: ZoneSpan) -> (ZoneSpan, bool) {
        let uncut = self.reach_uncut(proximity, primary);
        if proximity.unit == ProximityUnit::Row {
            return (uncut, false);
        }
        let bytes = reach_bytes(proximity);
        let (first, last) = (primary.start.saturating_sub(bytes), primary.end.saturating_add(bytes));
        // What a reach that ends at an atom's or character's edge takes in beyond it is no
        // evidence.
        let cut = ZoneSpan::new(uncut.start.max(first), uncut.end.min(last));
        (cut, uncut.start < first || uncut.end > last)
    }

    /// Returns the span in which evidence may be, as far as the unit goes.
    fn reach_uncut(&self, proximity: &Proximity, primary: ZoneSpan) -> ZoneSpan {
        match proximity.unit {
            ProximityUnit::Characters => self.reach_characters(u64::from(proximity.distance), primary),
            ProximityUnit::Words => self.reach_words(proximity.distance as usize, primary),
            ProximityUnit::Row => primary,
            ProximityUnit::Document => ZoneSpan::new(0, self.zone.text.len()),
        }
    }

    /// Returns from where on what ends is near enough, and up to where what starts is.
    fn reach_characters(&self, distance: u64, primary: ZoneSpan) -> ZoneSpan {
        let known =
            |reach: &Option<Reach>| reach.filter(|reach| (reach.distance, reach.of) == (distance, primary));
        let [last, other] = &self.reaches;
        if let Some(reach) = known(&last.get()).or_else(|| known(&other.get())) {
            return reach.span;
        }
        // One more than the distance at the end: what starts there is just too far, and the span is
        // half-open.
        let offsets = self.offsets();
        let start = offsets.back(primary.start, distance);
        let end = offsets.forward(primary.end, distance.saturating_add(1));
        let span = ZoneSpan::new(start, end);
        other.set(last.replace(Some(Reach { distance, of: primary, span })));
        span
    }

    fn reach_words(&self, distance: usize, primary: ZoneSpan) -> ZoneSpan {
        let words = self.words();
        // Without words nothing is more than 0 words away.
        let Some(last_word) = words.atom_count().checked_sub(1) else {
            return ZoneSpan::new(0, self.zone.text.len());
        };
        let span =
            |atom: usize| words.source_span(atom, atom).expect("atoms below the count are in the text");
        let before = partition_point(words.atom_count(), |atom| span(*atom).1 <= primary.start);
        let after = partition_point(words.atom_count(), |atom| span(*atom).0 < primary.end);
        // `distance` words may lie between, and the one beyond them may be evidence:
        //
        //     w0 w1 w2 [primary] w3 w4 w5      distance 1: from w1 to w4
        //     before = 3, after = 3
        let first = before.saturating_sub(distance.saturating_add(1));
        let last = after.saturating_add(distance).min(last_word);
        ZoneSpan::new(span(first).0.min(primary.start), span(last).1.max(primary.end))
    }
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
