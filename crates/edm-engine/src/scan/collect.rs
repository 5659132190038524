//! From matches in text order to the report of a type: overlaps, records, counts.
//!
//! ```text
//! found ──► chain of overlapping matches ──► the longest of each overlap
//!           (one chain for each column)        ├─► by value: counted, the first 10,000 listed
//!                                              └─► by record, if any column may be primary
//! ```
//!
//! What must stay true: it holds no more than its bounds, however long the text is, and a bound
//! that was met is in the report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use edm_hash::Hash;
use edm_model::{LimitKind, limits};

use crate::report::{Below, ConfidenceCount, Limit, Match, TypeReport};
use crate::scan::evidence::outcome::{Found, TypeNotes};
use crate::text::span::{DisjointSpans, TextSpan};

/// Gathers the matches of one type.
#[derive(Default)]
pub(crate) struct Collector {
    /// For each column the matches that overlap one another and may still overlap a later one.
    chains: BTreeMap<usize, Chain>,
    minimum: u8,
    /// Matches that may be listed: those that come first in text order, and at most as many again.
    listed: Vec<Match>,
    listed_count: usize,
    /// The places of those that are held: those of the matches and of their evidence.
    listed_places: usize,
    below: Below,
    /// How many matches there are of each confidence.
    match_counts: BTreeMap<u8, u32>,
    /// Distinct primary values, and the confidences that they reach: bit c for confidence c.
    values: HashMap<Hash, u128>,
    /// The best match of each record, where any column may be primary.
    records: HashMap<u32, Found>,
    record_places: usize,
    /// The bound on distinct values or records that was met.
    bound_met: Option<usize>,
}

/// Matches of one column, each overlapping one before.
#[derive(Default)]
struct Chain {
    members: Vec<Found>,
    end: usize,
    /// Where the last match ends that was kept of a part of the chain that grew too long.
    kept_end: usize,
}

impl Collector {
    pub(crate) fn new(minimum: u8) -> Self {
        Self { minimum, ..Self::default() }
    }

    /// Takes a match; each column's come in text order.
    pub(crate) fn add(&mut self, found: Found) {
        let TextSpan { start, end, .. } = found.span();
        let chain = self.chains.entry(found.matched.column).or_default();
        // A chain is closed when nothing later can overlap it, or when it is so long that it is
        // resolved in parts.
        let closed = if start >= chain.end || chain.members.len() >= limits::OVERLAPS_MAX {
            chain.close()
        } else {
            Vec::new()
        };
        if start >= chain.kept_end {
            chain.end = chain.end.max(end);
            chain.members.push(found);
        }
        closed.into_iter().for_each(|found| self.keep(found));
    }

    /// Closes what no match that begins at `from` or later can overlap.
    pub(crate) fn settle(&mut self, from: usize) {
        let closed: Vec<Found> = self
            .chains
            .values_mut()
            .filter(|chain| chain.end <= from)
            .flat_map(|chain| chain.close())
            .collect();
        closed.into_iter().for_each(|found| self.keep(found));
    }

    fn keep(&mut self, found: Found) {
        if found.any_primary { self.keep_record(found.best_row, found) } else { self.keep_value(found) }
    }

    /// Primary values of one record are one match: the strongest, then the leftmost.
    fn keep_record(&mut self, record: u32, found: Found) {
        // A total order, so that the kept match does not depend on the order of closed chains.
        let order = |found: &Found| {
            let span = found.span();
            (Reverse(found.matched.confidence), span.start, Reverse(span.len()), found.matched.column)
        };
        let added = places(&found.matched);
        if let Some(known) = self.records.get_mut(&record) {
            if order(&found) < order(known) {
                self.record_places = self.record_places + added - places(&known.matched);
                *known = found;
            }
        } else if self.records.len() < limits::RECORDS_MAX && self.record_places < limits::RECORD_PLACES_MAX {
            self.record_places += added;
            self.records.insert(record, found);
        } else {
            self.bound_met = Some(limits::RECORDS_MAX);
        }
    }

    fn keep_value(&mut self, found: Found) {
        let confidence = found.matched.confidence;
        let count = self.match_counts.entry(confidence).or_default();
        *count = count.saturating_add(1);
        let known = self.values.len();
        let bit = 1 << confidence.min(127);
        match self.values.get_mut(&found.hash) {
            Some(levels) => *levels |= bit,
            // At the bound values are no longer distinguished; matches are still counted.
            None if known < limits::UNIQUE_MAX => drop(self.values.insert(found.hash, bit)),
            None => self.bound_met = Some(limits::UNIQUE_MAX),
        }
        if confidence >= self.minimum {
            self.listed_count += 1;
            self.listed_places += places(&found.matched);
            self.listed.push(found.matched);
            // Cut down at twice the bound, so that sorting is amortised over as many matches again.
            if self.listed.len() >= 2 * limits::MATCHES_MAX
                || self.listed_places >= 2 * limits::LISTED_PLACES_MAX
            {
                self.listed_places = keep_first(&mut self.listed);
            }
        } else {
            self.below.add(&found.matched);
        }
    }

    /// Ends the text: takes in what waited for more of it, and notes the bound that was met.
    pub(crate) fn finish(&mut self, notes: &mut TypeNotes) {
        self.settle(usize::MAX);
        if let Some(bound) = self.bound_met {
            notes.limit(LimitKind::Unique, bound as u64);
        }
    }

    /// Makes the report of the type of a text that has ended, and adds to what is below the minimum
    /// confidence; `None` without a match of that or above.
    pub(crate) fn report(
        mut self,
        type_index: usize,
        notes: &TypeNotes,
        below: &mut Below,
    ) -> Option<TypeReport> {
        let minimum = self.minimum;
        let mut levels: BTreeMap<Reverse<u8>, (u32, u32)> = BTreeMap::new();
        let unique = unique_counts(self.values.values());
        for (confidence, count) in &self.match_counts {
            // A confidence is at most 100.
            levels.insert(Reverse(*confidence), (unique[usize::from(*confidence)], *count));
        }
        for found in self.records.values() {
            let level = levels.entry(Reverse(found.matched.confidence)).or_default();
            *level = (level.0 + 1, level.1 + 1);
        }
        let records = self.records.into_values().map(|found| found.matched);
        let (of_records, low): (Vec<Match>, Vec<Match>) =
            records.partition(|matched| matched.confidence >= minimum);
        low.iter().for_each(|matched| self.below.add(matched));
        self.below.keep_first();
        below.count += self.below.count;
        below.places.append(&mut self.below.places);
        let sure = self.values.values().filter(|levels| **levels >> minimum.min(127) != 0).count();
        let unique_count = (sure + of_records.len()) as u32;
        let listed_count = self.listed_count + of_records.len();
        let confidence = levels.keys().next()?.0;
        if confidence < minimum {
            return None;
        }
        let mut matches = self.listed;
        matches.extend(of_records);
        keep_first(&mut matches);
        let truncated = listed_count > matches.len();
        let mut limits_met = notes.limits.clone();
        if truncated {
            let met = if matches.len() == limits::MATCHES_MAX {
                limits::MATCHES_MAX
            } else {
                limits::LISTED_PLACES_MAX
            };
            limits_met.push(Limit { kind: LimitKind::Matches, allowed: met as u64 });
        }
        let counts = levels.into_iter().map(|(Reverse(confidence), (unique_count, match_count))| {
            ConfidenceCount { confidence, unique_count, match_count }
        });
        Some(TypeReport {
            type_index,
            confidence,
            unique_count,
            counts: counts.collect(),
            matches,
            truncated,
            limits: limits_met,
        })
    }
}

impl Below {
    fn add(&mut self, matched: &Match) {
        self.count += 1;
        self.places.push(TextSpan::new(matched.span.start, matched.span.end));
        if self.places.len() >= 2 * limits::MATCHES_MAX {
            self.keep_first();
        }
    }

    /// Brings places into text order and drops what is not named.
    fn keep_first(&mut self) {
        self.places.sort_unstable();
        self.places.truncate(limits::MATCHES_MAX);
    }
}

/// Returns how many places a match names: the primary value's and its evidence's.
fn places(matched: &Match) -> usize {
    1 + matched.evidences.len()
}

/// Returns how many distinct values reach each confidence, by that.
fn unique_counts<'a>(values: impl Iterator<Item = &'a u128>) -> [u32; 128] {
    let mut counts = [0; 128];
    for levels in values {
        let mut left = *levels;
        while left != 0 {
            // A `u128` has a bit for each of the 128 counts.
            counts[left.trailing_zeros() as usize] += 1;
            left &= left - 1;
        }
    }
    counts
}

/// Brings matches into text order, drops what is not listed, and returns the places of the others.
/// The first is listed, however many it names.
fn keep_first(matches: &mut Vec<Match>) -> usize {
    matches.sort_by_key(|matched| (matched.span.start, matched.span.end, matched.column));
    matches.truncate(limits::MATCHES_MAX);
    let mut named = 0;
    let kept = matches.iter().take_while(|matched| {
        let fits = named == 0 || named + places(matched) <= limits::LISTED_PLACES_MAX;
        named += if fits { places(matched) } else { 0 };
        fits
    });
    let kept = kept.count();
    matches.truncate(kept);
    named
}

impl Chain {
    /// Empties the chain and returns what stays of it: the longest, then the leftmost; of several
    /// values at one place (a date in two readings) the surest, then that with most facts, then
    /// that of the lowest row.
    fn close(&mut self) -> Vec<Found> {
        let mut members = std::mem::take(&mut self.members);
        // `kept_end` outlives the chain: when a chain was closed because it grew too long, the next
        // matches may still overlap what was kept of it, and `add` drops them.
        if let [alone] = members.as_slice() {
            self.kept_end = self.kept_end.max(alone.span().end);
            self.end = self.kept_end;
            return members;
        }
        members.sort_by_key(|found| {
            let span = found.span();
            let strength = (Reverse(found.matched.confidence), Reverse(found.facts), found.best_row);
            (Reverse(span.len()), span.start, strength)
        });
        let mut taken = DisjointSpans::new();
        members.retain(|found| {
            let free = !taken.overlap(found.span());
            if free {
                taken.insert(found.span());
                self.kept_end = self.kept_end.max(found.span().end);
            }
            free
        });
        self.end = self.kept_end;
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Span;

    fn found(start: usize, end: usize, confidence: u8, record: Option<u32>) -> Found {
        let span = Span { start, end, start_units: start as u64, end_units: end as u64 };
        let matched = Match {
            span,
            text: String::new(),
            column: 0,
            confidence,
            rows: Vec::new(),
            rows_truncated: false,
            evidences: Vec::new(),
        };
        let mut hash = [0; 16];
        hash[..8].copy_from_slice(&(start as u64).to_le_bytes());
        Found { matched, hash, facts: 0, best_row: record.unwrap_or(0), any_primary: record.is_some() }
    }

    fn report(all: impl Iterator<Item = Found>, minimum: u8) -> Option<TypeReport> {
        let mut collector = Collector::new(minimum);
        for found in all {
            collector.settle(found.span().start);
            collector.add(found);
        }
        let mut notes = TypeNotes::default();
        collector.finish(&mut notes);
        collector.report(0, &notes, &mut Below::default())
    }

    /// Matches are start, end, confidence and the record, if any; expected is what is listed and
    /// the unique count.
    fn check(all: &[(usize, usize, u8, Option<u32>)], minimum: u8, expected: &[(usize, usize)], unique: u32) {
        let report = report(all.iter().map(|(a, b, c, d)| found(*a, *b, *c, *d)), minimum);
        let listed = report.iter().flat_map(|report| &report.matches);
        let listed: Vec<(usize, usize)> =
            listed.map(|matched| (matched.span.start, matched.span.end)).collect();
        assert_eq!(listed, expected, "{all:?}");
        assert_eq!(report.map_or(0, |report| report.unique_count), unique, "{all:?}");
    }

    #[test]
    fn overlaps_and_records() {
        check(&[(0, 5, 65, None), (3, 9, 65, None), (8, 10, 65, None)], 1, &[(3, 9)], 1);
        check(&[(0, 4, 65, None), (3, 7, 65, None), (6, 10, 65, None)], 1, &[(0, 4), (6, 10)], 2);
        check(&[(0, 4, 65, Some(1)), (5, 8, 85, Some(1)), (9, 12, 85, Some(1))], 1, &[(5, 8)], 1);
        check(&[(0, 4, 65, Some(1)), (5, 8, 85, Some(2))], 75, &[(5, 8)], 1);
        check(&[(0, 4, 65, Some(1))], 75, &[], 0);
        check(&[(0, 4, 65, Some(1)), (5, 9, 65, None)], 1, &[(0, 4), (5, 9)], 2);
    }

    #[test]
    fn a_chain_is_resolved_in_parts_that_fit() {
        // Each overlaps the next: in equal lengths every other one stays, also across the bound.
        let count = limits::OVERLAPS_MAX + 10;
        let report = report((0..count).map(|number| found(number * 2, number * 2 + 3, 65, None)), 1);
        let counted = report.map(|report| report.counts[0].match_count as usize);
        assert_eq!(counted, Some(count.div_ceil(2)));
    }

    #[test]
    fn lists_and_sets_are_bounded_and_say_so() {
        let kinds = |report: &TypeReport| report.limits.iter().map(|limit| limit.kind).collect::<Vec<_>>();
        let apart = |count: usize, record: bool| {
            (0..count)
                .map(move |number| found(number * 2, number * 2 + 1, 65, record.then_some(number as u32)))
        };
        let many = report(apart(limits::UNIQUE_MAX, false), 1).unwrap();
        assert_eq!(
            (many.unique_count as usize, many.matches.len()),
            (limits::UNIQUE_MAX, limits::MATCHES_MAX)
        );
        assert_eq!(kinds(&many), [LimitKind::Matches]);
        let more = report(apart(limits::UNIQUE_MAX + 5, false), 1).unwrap();
        assert_eq!(more.unique_count, many.unique_count);
        assert_eq!(more.counts[0].match_count as usize, limits::UNIQUE_MAX + 5);
        assert_eq!(kinds(&more), [LimitKind::Unique, LimitKind::Matches]);
        assert_eq!(more.matches, many.matches);
        let records = report(apart(limits::RECORDS_MAX + 5, true), 1).unwrap();
        assert_eq!(records.unique_count as usize, limits::RECORDS_MAX);
        assert_eq!(kinds(&records), [LimitKind::Unique, LimitKind::Matches]);
        let few = report(apart(limits::MATCHES_MAX, true), 1).unwrap();
        assert_eq!((kinds(&few).len(), few.truncated), (0, false));
    }
}
