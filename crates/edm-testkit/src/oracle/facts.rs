//! Facts of a row around a primary value (`matching.md` section 5, `docs/matching.md` Evidence).

use edm_model::{Pattern, Proximity};

use super::ground::{Ground, Stretch, overlap};
use super::table::Table;
use super::value::Makeup;
use super::windows::Occurrence;

/// A value of a column in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) column: usize,
    pub(crate) place: Occurrence,
}

impl Hit {
    /// Returns where it stands.
    pub(crate) const fn stretch(&self) -> Stretch {
        (self.place.start, self.place.end)
    }
}

/// A stretch that equals cells of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    stretch: Stretch,
    columns: Vec<usize>,
    counts: bool,
}

/// Evidence as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) stretch: Stretch,
    pub(crate) column: usize,
    pub(crate) counted: bool,
}

/// What a row has around a primary value under one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) facts: usize,
    pub(crate) shown: Vec<Shown>,
}

/// Everything found in one text.
pub(crate) struct Scene<'a> {
    pub(crate) table: &'a Table,
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) hits: &'a [Hit],
}

impl Scene<'_> {
    /// Returns the facts of the row under the pattern, or nothing where the row does not reach it.
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
        let mut facts = 0;
        for group in &pattern.supporting {
            let mut columns = columns_of(&group.columns);
            columns.retain(|column| !not_counted.contains(column));
            let taken = fill(&mut values, &columns);
            let too_many = group.max_matches.is_some_and(|most| taken > most as usize);
            if taken < group.min_matches as usize || too_many {
                return None;
            }
            facts += taken;
        }
        if primary.place.attached && facts == 0 {
            return None;
        }
        Some(Outcome { facts, shown: shown(&kept, &values) })
    }

    /// The stretches that equal cells of the row in these columns, where evidence may stand.
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
            let of_row = self.table.cell(row, hit.column) == Some(hit.place.value.as_str());
            let own_value = self.hits.iter().any(|other| {
                other.column == primary.column
                    && other.stretch() == stretch
                    && other.place.value == primary.place.value
            });
            if !of_row
                || own_value
                || overlap(stretch, primary.stretch())
                || self.ground.share_one_place_run(stretch, primary.stretch())
                || !self.ground.is_near(primary.stretch(), stretch, proximity)
            {
                continue;
            }
            let counts = Makeup::of(&hit.place.value).counts();
            match candidates.iter_mut().find(|candidate| candidate.stretch == stretch) {
                Some(candidate) => {
                    candidate.columns.push(hit.column);
                    candidate.counts |= counts;
                }
                None => candidates.push(Candidate { stretch, columns: vec![hit.column], counts }),
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
        for candidate in candidates {
            let hindered = kept.iter().any(|other| {
                overlap(other.stretch, candidate.stretch)
                    || self.ground.share_one_place_run(other.stretch, candidate.stretch)
            });
            if !hindered {
                kept.push(candidate);
            }
        }
        kept.sort_by_key(|candidate| candidate.stretch);
        kept
    }
}

/// One distinct value: the columns that it equals and the one that it is counted for.
struct Value {
    columns: Vec<usize>,
    counts: bool,
    assigned: Option<usize>,
}

fn distinct(kept: &[Candidate]) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for candidate in kept {
        let mut value =
            Value { columns: candidate.columns.clone(), counts: candidate.counts, assigned: None };
        // Stretches that equal one cell are one value, and so are all that such a value has a cell in common with.
        while let Some(position) =
            values.iter().position(|other| other.columns.iter().any(|column| value.columns.contains(column)))
        {
            let other = values.remove(position);
            value.columns.extend(other.columns);
            value.counts |= other.counts;
        }
        value.columns.sort_unstable();
        value.columns.dedup();
        values.push(value);
    }
    values
}

/// Assigns as many unused values to the group's columns as can be, by trying every assignment, and returns how
/// many.
fn fill(values: &mut [Value], columns: &[usize]) -> usize {
    let free: Vec<usize> = (0..values.len())
        .filter(|value| values[*value].counts && values[*value].assigned.is_none())
        .collect();
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns.dedup();
    let best = best_assignment(values, &free, &columns);
    for (value, column) in &best {
        values[*value].assigned = Some(*column);
    }
    best.len()
}

fn best_assignment(values: &[Value], free: &[usize], columns: &[usize]) -> Vec<(usize, usize)> {
    let Some((value, others)) = free.split_first() else { return Vec::new() };
    let mut best = Vec::new();
    for column in columns.iter().filter(|column| values[*value].columns.contains(column)) {
        let left: Vec<usize> = columns.iter().copied().filter(|other| other != column).collect();
        let mut assignment = vec![(*value, *column)];
        assignment.extend(best_assignment(values, others, &left));
        if assignment.len() > best.len() {
            best = assignment;
        }
    }
    let without = best_assignment(values, others, columns);
    if without.len() > best.len() { without } else { best }
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
