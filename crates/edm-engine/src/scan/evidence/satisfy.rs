//! One pattern against one row (`docs/matching.md`, Evidence and Patterns).
//!
//! ```text
//! values of the row near the hit
//!   → candidates   near enough, not the primary value itself, one for each place
//!   → kept         longest first, no two overlapping or in one segment of a run
//!   → values       equal values are one fact
//!   → assigned     each fact to a group (assign)          refused if a group lacks facts or has too many
//! ```
//!
//! What falls out at a step is recorded where a [`Trace`] records; the steps are the same.

use std::cmp::Reverse;

use crate::prepared::pattern::{GroupPlan, PatternPlan};
use crate::scan::context::Context;
use crate::scan::evidence::assign::assign;
use crate::scan::evidence::outcome::{DropReason, Trace, Weighed};
use crate::scan::evidence::row_match::RowMatch;
use crate::scan::hits::hit::Hit;
use crate::text::span::{DisjointSpans, ZoneSpan};

/// A value that a pattern shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) span: ZoneSpan,
    pub(crate) column: usize,
    pub(crate) counted: bool,
}

/// A pattern that a row satisfies.
#[derive(Debug, Clone)]
pub(crate) struct Satisfied {
    /// Distinct values counted.
    pub(crate) facts: usize,
    /// In text order.
    pub(crate) shown: Vec<Shown>,
}

/// A span and the columns of the row that it is a value of.
struct Candidate {
    span: ZoneSpan,
    columns: Vec<usize>,
    counts_as_evidence: bool,
    /// Whether it is attached in each of its columns.
    needs_evidence: bool,
    /// The number of its value; equal values have the same.
    value: usize,
}

/// Tries a pattern on a row of which nothing is known. Only a pattern that neither needs evidence
/// nor can be voided by any is satisfied.
pub(crate) fn satisfied_unseen(pattern: &PatternPlan, hit: &Hit) -> Option<Satisfied> {
    let bound = |group: &GroupPlan| group.min > 0 || group.max.is_some();
    let alone = pattern.void_if.is_empty() && !pattern.groups.iter().any(bound) && !hit.needs_evidence;
    alone.then(|| Satisfied { facts: 0, shown: Vec::new() })
}

/// Tries a pattern on a row of which `matches` are near the hit. They include those of the primary
/// column.
pub(crate) fn satisfy<T: Trace>(
    context: &Context<'_>,
    pattern: &PatternPlan,
    hit: &Hit,
    matches: &[RowMatch],
    trace: &mut T,
) -> Option<Satisfied> {
    let candidates = candidates(context, pattern, hit, matches, trace);
    // A voided pattern is refused at once, unless the outcome is recorded: an explanation also
    // reports the other values of the row.
    let is_voided = voided(pattern, &candidates, trace);
    if is_voided && !T::RECORDS {
        return None;
    }
    let mut kept = keep_disjoint(context, candidates, pattern, trace);
    let values = number_values(&mut kept, |candidates, counts| {
        let attached = attached_fact(pattern, candidates, counts).filter(|_| !hit.needs_evidence);
        attached.into_iter().for_each(|value| counts[value] = true);
    });
    if T::RECORDS {
        record_kept(pattern, &kept, &values, trace);
    }
    let assigned = assign(&pattern.groups, &values)?;
    let facts = assigned.iter().flatten().count();
    if is_voided || hit.needs_evidence && facts == 0 {
        return None;
    }
    let mut shown: Vec<Shown> = kept
        .iter()
        .map(|candidate| {
            let assigned = assigned[candidate.value];
            let column = assigned.unwrap_or(candidate.columns[0]);
            Shown { span: candidate.span, column, counted: assigned.is_some() }
        })
        .collect();
    shown.sort_unstable_by_key(|shown| (shown.span, shown.column));
    Some(Satisfied { facts, shown })
}

/// Gathers the values that are near enough and may be evidence, one candidate for each place.
fn candidates<T: Trace>(
    context: &Context<'_>,
    pattern: &PatternPlan,
    hit: &Hit,
    matches: &[RowMatch],
    trace: &mut T,
) -> Vec<Candidate> {
    let of_primary = matches.iter().filter(|other| other.column == hit.column);
    let mut primary_spans: Vec<ZoneSpan> = of_primary.map(|other| other.span).collect();
    primary_spans.sort_unstable();
    let wanted = |other: &&RowMatch| {
        other.column != hit.column
            && (pattern.named.contains(&other.column) || pattern.void_if.contains(&other.column))
            && primary_spans.binary_search(&other.span).is_err()
    };
    let mut matches: Vec<&RowMatch> = matches.iter().filter(wanted).collect();
    if matches.is_empty() {
        return Vec::new();
    }
    matches.sort_unstable_by_key(|other| (other.span, other.column));
    // Found once, and only if something is near: finding runs walks the text.
    let hit_segments = context.runs().segments_at(hit.span);
    let candidate = |same_span: &[&RowMatch]| {
        let span = same_span[0].span;
        if let Some(reason) = outside(context, pattern, hit, &hit_segments, span) {
            if T::RECORDS {
                let counted =
                    same_span.iter().filter(|other| other.counts_as_evidence && pattern.counts(other.column));
                counted.for_each(|other| {
                    trace.outside(Weighed { span, column: other.column, dropped: Some(reason) });
                });
            }
            return None;
        }
        let mut columns: Vec<usize> = same_span.iter().map(|other| other.column).collect();
        columns.dedup();
        let counts_as_evidence = same_span.iter().any(|other| other.counts_as_evidence);
        let needs_evidence = same_span.iter().all(|other| other.needs_evidence);
        Some(Candidate { span, columns, counts_as_evidence, needs_evidence, value: 0 })
    };
    matches.chunk_by(|a, b| a.span == b.span).filter_map(candidate).collect()
}

/// Returns why a value at a span may not be evidence of a hit, if so.
fn outside(
    context: &Context<'_>,
    pattern: &PatternPlan,
    hit: &Hit,
    hit_segments: &[ZoneSpan],
    span: ZoneSpan,
) -> Option<DropReason> {
    if span.overlaps(hit.span) {
        Some(DropReason::Covered)
    } else if !context.is_near(&pattern.proximity, hit.span, span) {
        Some(DropReason::Far)
    } else if hit_segments.iter().any(|segment| segment.overlaps(span)) {
        Some(DropReason::InOneRun)
    } else {
        None
    }
}

/// Returns whether a candidate voids the pattern.
fn voided<T: Trace>(pattern: &PatternPlan, candidates: &[Candidate], trace: &mut T) -> bool {
    let column =
        |candidate: &Candidate| candidate.columns.iter().find(|c| pattern.void_if.contains(c)).copied();
    if T::RECORDS {
        for candidate in candidates {
            if let Some(column) = column(candidate) {
                trace.weigh(Weighed { span: candidate.span, column, dropped: Some(DropReason::Voids) });
            }
        }
    }
    candidates.iter().any(|candidate| column(candidate).is_some())
}

/// Keeps candidates greedily, the longest first, then the leftmost: none overlaps another, and a
/// segment of an unbreakable run has one.
fn keep_disjoint<T: Trace>(
    context: &Context<'_>,
    mut candidates: Vec<Candidate>,
    pattern: &PatternPlan,
    trace: &mut T,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        candidate.columns.retain(|column| pattern.named.contains(column));
    }
    candidates.retain(|candidate| !candidate.columns.is_empty());
    // The longest value says most: “van der Berg” before “Berg”. Ties go to the left, then to the
    // first column, so that the result does not depend on the order of the windows.
    candidates.sort_by_key(|candidate| {
        (Reverse(candidate.span.len()), candidate.span.start, candidate.columns.first().copied())
    });
    let mut taken = DisjointSpans::new();
    candidates.retain(|candidate| {
        let segments = context.runs().segments_at(candidate.span);
        let covered = taken.overlap(candidate.span);
        let free = !covered && !segments.iter().any(|segment| taken.overlap(*segment));
        if free {
            taken.insert(candidate.span);
        } else if T::RECORDS {
            let reason = if covered { DropReason::Covered } else { DropReason::InOneRun };
            let column = candidate.columns[0];
            trace.weigh(Weighed { span: candidate.span, column, dropped: Some(reason) });
        }
        free
    });
    candidates
}

/// Returns the attached value that is a fact: the first of those that count and that a group
/// counts. One is enough: what is attached says little, and two such values say hardly more.
fn attached_fact(pattern: &PatternPlan, kept: &[Candidate], counts: &[bool]) -> Option<usize> {
    let attached = kept.iter().filter(|candidate| candidate.needs_evidence && candidate.counts_as_evidence);
    let counted = |value: usize| {
        let mut of_value = kept.iter().filter(|candidate| candidate.value == value);
        of_value.any(|candidate| candidate.columns.iter().any(|column| pattern.counts(*column)))
    };
    attached.map(|candidate| candidate.value).find(|value| !counts[*value] && counted(*value))
}

/// Gives candidates of the same value the same number, and returns the columns that each value may
/// be counted for, none if it does not count: each value is one fact. A cell has one value, so two
/// spans that match in one column are equal. `add_attached` adds to the values that count by a span
/// that is not attached.
fn number_values(
    kept: &mut [Candidate],
    add_attached: impl FnOnce(&[Candidate], &mut [bool]),
) -> Vec<Vec<usize>> {
    // The number of each column's value, ascending by column; numbers are merged as columns turn
    // out to share one. This is union-find with relabelling: a row has few columns near a hit.
    //
    //     “Berg” matches lastName           lastName → 0
    //     “Ada” matches firstName           firstName → 1
    //     “Berg” matches lastName, city     city → 0: equal cells are one value
    //
    let mut value_of: Vec<ColumnValue> = Vec::new();
    let position = |value_of: &[ColumnValue], column: usize| {
        value_of.binary_search_by_key(&column, |entry| entry.column)
    };
    let mut count = 0;
    for candidate in kept.iter() {
        let known = candidate.columns.iter().find_map(|column| position(&value_of, *column).ok());
        let value = match known {
            Some(at) => value_of[at].value,
            None => {
                count += 1;
                count - 1
            }
        };
        for column in &candidate.columns {
            match position(&value_of, *column) {
                Err(at) => value_of.insert(at, ColumnValue { column: *column, value }),
                Ok(at) => {
                    let merged = value_of[at].value;
                    let same = value_of.iter_mut().filter(|entry| entry.value == merged);
                    same.for_each(|entry| entry.value = value);
                }
            }
        }
    }
    let mut counts = vec![false; count];
    for candidate in kept.iter_mut() {
        let at = position(&value_of, candidate.columns[0]).expect("each column has a value's number");
        candidate.value = value_of[at].value;
        counts[candidate.value] |= candidate.counts_as_evidence && !candidate.needs_evidence;
    }
    add_attached(kept, &mut counts);
    let mut values: Vec<Vec<usize>> = vec![Vec::new(); count];
    for ColumnValue { column, value } in value_of {
        if counts[value] {
            values[value].push(column);
        }
    }
    values
}

/// The number of a column's value.
#[derive(Clone, Copy)]
struct ColumnValue {
    column: usize,
    value: usize,
}

/// Records what became of the kept values, and what the groups lack.
fn record_kept<T: Trace>(pattern: &PatternPlan, kept: &[Candidate], values: &[Vec<usize>], trace: &mut T) {
    for candidate in kept {
        let counted = values[candidate.value].iter().find(|column| pattern.counts(**column));
        let (column, dropped) = match counted {
            Some(column) => (*column, None),
            None if candidate.columns.iter().any(|column| pattern.counts(*column)) => {
                let attached = candidate.needs_evidence && candidate.counts_as_evidence;
                let reason = if attached { DropReason::Attached } else { DropReason::Short };
                (candidate.columns[0], Some(reason))
            }
            None => (candidate.columns[0], Some(DropReason::NotCounted)),
        };
        trace.weigh(Weighed { span: candidate.span, column, dropped });
    }
    // A group that lacks facts and one that has too many refuse alike: without the least numbers,
    // only the second still refuses.
    let unbound: Vec<GroupPlan> =
        pattern.groups.iter().map(|group| GroupPlan { min: 0, ..group.clone() }).collect();
    let surplus = assign(&unbound, values).is_none();
    let satisfied = assign(&pattern.groups, values).is_some();
    let countable = values.iter().filter(|value| value.iter().any(|column| pattern.counts(*column))).count();
    let lacking =
        if satisfied || surplus { 0 } else { pattern.facts_needed().saturating_sub(countable).max(1) };
    trace.fill(lacking, surplus);
}
