//! Facts of a row around a primary value (`docs/matching.md`).

use edm_model::{Pattern, Proximity};

use super::table::Table;
use super::text_geometry::{Stretch, TextGeometry, overlap};
use super::value::Makeup;
use super::windows::Occurrence;

/// A value of a column found in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) column: usize,
    pub(crate) place: Occurrence,
}

impl Hit {
    /// Returns its span.
    pub(crate) const fn stretch(&self) -> Stretch {
        (self.place.start, self.place.end)
    }
}

/// A span that equals cells of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    stretch: Stretch,
    columns: Vec<usize>,
    counts: bool,
    attached: bool,
    /// Its place in the order in which candidates are kept.
    order: usize,
}

/// Evidence as reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) stretch: Stretch,
    pub(crate) column: usize,
    pub(crate) counted: bool,
}

/// The evidence of a row around a primary value under one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) facts: usize,
    pub(crate) shown: Vec<Shown>,
}

/// All hits of one text.
pub(crate) struct RowContext<'a> {
    pub(crate) table: &'a Table,
    pub(crate) geometry: &'a TextGeometry<'a>,
    pub(crate) hits: &'a [Hit],
}

impl RowContext<'_> {
    /// Returns the facts of the row under the pattern; `None` if the row does not satisfy it.
    pub(crate) fn outcome(&self, primary: &Hit, row: usize, pattern: &Pattern) -> Option<Outcome> {
        let position = |name: &String| self.table.columns().position(name);
        let columns_of = |names: &[String]| names.iter().filter_map(position).collect::<Vec<usize>>();
        let void_if = columns_of(&pattern.void_if);
        if !self.candidates(primary, row, &pattern.proximity, &void_if).is_empty() {
            return None;
        }
        let not_counted = columns_of(&pattern.not_counted);
        let named = pattern.supporting.iter().flat_map(|group| columns_of(&group.columns));
        let named: Vec<usize> = named.chain(not_counted.iter().copied()).collect();
        let candidates = self.candidates(primary, row, &pattern.proximity, &named);
        let kept = self.reduced(candidates);
        let mut values = distinct(&kept);
        let groups: Vec<Group> = pattern
            .supporting
            .iter()
            .map(|group| {
                let mut columns = columns_of(&group.columns);
                columns.retain(|column| !not_counted.contains(column));
                columns.sort_unstable();
                columns.dedup();
                let most = group.max_matches.map_or(usize::MAX, |most| most as usize);
                Group { columns, least: group.min_matches as usize, most }
            })
            .collect();
        if !primary.place.attached {
            count_one_attached(&groups, &mut values);
        }
        if !fill(&groups, &mut values) {
            return None;
        }
        let facts = values.iter().filter(|value| value.assigned.is_some()).count();
        if primary.place.attached && facts == 0 {
            return None;
        }
        Some(Outcome { facts, shown: shown(&kept, &values) })
    }

    /// Returns the spans that equal cells of the row in these columns, where evidence is allowed.
    fn candidates(
        &self,
        primary: &Hit,
        row: usize,
        proximity: &Proximity,
        named: &[usize],
    ) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let wanted = |hit: &&Hit| hit.column != primary.column && named.contains(&hit.column);
        for hit in self.hits.iter().filter(wanted) {
            let stretch = hit.stretch();
            let of_row = self.table.holds(row, hit.column, &hit.place.value);
            let own_value = self.hits.iter().any(|other| {
                other.column == primary.column
                    && other.stretch() == stretch
                    && other.place.value == primary.place.value
            });
            if !of_row
                || own_value
                || overlap(stretch, primary.stretch())
                || self.geometry.share_segment(stretch, primary.stretch())
                || !self.geometry.is_near(primary.stretch(), stretch, proximity)
            {
                continue;
            }
            let data_type = &self.table.columns().as_slice()[hit.column].rule.data_type;
            let counts = Makeup::of(&hit.place.value).counts(data_type);
            match candidates.iter_mut().find(|candidate| candidate.stretch == stretch) {
                Some(candidate) => {
                    candidate.columns.push(hit.column);
                    candidate.counts |= counts;
                    candidate.attached &= hit.place.attached;
                }
                None => candidates.push(Candidate {
                    stretch,
                    columns: vec![hit.column],
                    counts,
                    attached: hit.place.attached,
                    order: 0,
                }),
            }
        }
        candidates
    }

    fn reduced(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates.sort_by_key(|candidate| {
            let (start, end) = candidate.stretch;
            (std::cmp::Reverse(end - start), start)
        });
        let mut kept: Vec<Candidate> = Vec::new();
        for (order, candidate) in candidates.into_iter().enumerate() {
            let candidate = Candidate { order, ..candidate };
            let hindered = kept.iter().any(|other| {
                overlap(other.stretch, candidate.stretch)
                    || self.geometry.share_segment(other.stretch, candidate.stretch)
            });
            if !hindered {
                kept.push(candidate);
            }
        }
        kept.sort_by_key(|candidate| candidate.stretch);
        kept
    }
}

/// One distinct value: the columns that it equals, and the one it counts for.
struct Value {
    columns: Vec<usize>,
    /// Whether one of its spans counts and is not attached.
    counts: bool,
    /// The place of its first attached span that would count.
    attached: Option<usize>,
    assigned: Option<usize>,
}

/// Of the values that would count only by an attached span, the first counts that some group
/// counts.
fn count_one_attached(groups: &[Group], values: &mut [Value]) {
    let grouped =
        |value: &Value| groups.iter().any(|group| group.columns.iter().any(|c| value.columns.contains(c)));
    let waiting =
        values.iter_mut().filter(|value| !value.counts && value.attached.is_some() && grouped(value));
    if let Some(first) = waiting.min_by_key(|value| value.attached) {
        first.counts = true;
    }
}

fn distinct(kept: &[Candidate]) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for candidate in kept {
        let mut value = Value {
            columns: candidate.columns.clone(),
            counts: candidate.counts && !candidate.attached,
            attached: (candidate.counts && candidate.attached).then_some(candidate.order),
            assigned: None,
        };
        // Spans that equal the same cell are one value. Values with a common cell are merged
        // transitively.
        while let Some(position) =
            values.iter().position(|other| other.columns.iter().any(|column| value.columns.contains(column)))
        {
            let other = values.remove(position);
            value.columns.extend(other.columns);
            value.counts |= other.counts;
            value.attached = value.attached.into_iter().chain(other.attached).min();
        }
        value.columns.sort_unstable();
        value.columns.dedup();
        values.push(value);
    }
    values
}

/// A group of a pattern.
struct Group {
    columns: Vec<usize>,
    least: usize,
    most: usize,
}

/// Assigns every value that a group names to a slot, which is a column of a group. Backtracking
/// tries to fill or skip each slot in order. Returns true at the first assignment that keeps every
/// group within its bounds.
fn fill(groups: &[Group], values: &mut [Value]) -> bool {
    let places: Vec<(usize, usize)> = groups
        .iter()
        .enumerate()
        .flat_map(|(number, group)| group.columns.iter().map(move |column| (number, *column)))
        .collect();
    let mut taken = vec![0; groups.len()];
    fill_from(&places, groups, values, &mut taken)
}

fn fill_from(places: &[(usize, usize)], groups: &[Group], values: &mut [Value], taken: &mut [usize]) -> bool {
    let may_have = |value: &Value, column: usize| value.counts && value.columns.contains(&column);
    let Some(((group, column), others)) = places.split_first() else {
        let every = groups.iter().flat_map(|group| &group.columns);
        let every: Vec<usize> = every.copied().collect();
        let left = |value: &&Value| value.assigned.is_none() && every.iter().any(|c| may_have(value, *c));
        return !values.iter().any(|value| left(&value))
            && groups.iter().zip(taken).all(|(group, taken)| group.least <= *taken && *taken <= group.most);
    };
    let fitting = values.iter().position(|value| value.assigned.is_none() && may_have(value, *column));
    if let Some(value) = fitting {
        values[value].assigned = Some(*column);
        taken[*group] += 1;
        if fill_from(others, groups, values, taken) {
            return true;
        }
        values[value].assigned = None;
        taken[*group] -= 1;
    }
    fill_from(others, groups, values, taken)
}

fn shown(kept: &[Candidate], values: &[Value]) -> Vec<Shown> {
    kept.iter()
        .map(|candidate| {
            let value = values.iter().find(|value| value.columns.contains(&candidate.columns[0]));
            let assigned = value.and_then(|value| value.assigned);
            Shown {
                stretch: candidate.stretch,
                column: assigned.unwrap_or(candidate.columns[0]),
                counted: assigned.is_some(),
            }
        })
        .collect()
}
