//! One pattern against one row (matching, sections 5 and 6; `docs/matching.md`, Evidence and Patterns).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use edm_model::{Columns, Pattern, Proximity};

use crate::scan::context::{Context, overlap};
use crate::scan::evidence::assign::{GroupPlan, assign};
use crate::scan::evidence::nearby::Pass;
use crate::scan::hits::find::Hit;
use crate::text::runs::Stretch;

/// A pattern with its columns resolved.
pub(crate) struct PatternPlan {
    pub(crate) confidence: u8,
    /// `None`: any searchable column.
    pub(crate) primary: Option<usize>,
    pub(crate) proximity: Proximity,
    pub(crate) groups: Vec<GroupPlan>,
    /// Columns whose values are shown.
    pub(crate) named: Vec<usize>,
    pub(crate) void_if: Vec<usize>,
}

/// A value that a pattern shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) stretch: Stretch,
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

/// A kept stretch and the columns of the row that it is a value of.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) stretch: Stretch,
    pub(crate) columns: Vec<usize>,
    pub(crate) counts: bool,
    pub(crate) value: usize,
}

impl PatternPlan {
    /// Resolves the names. Columns that the table does not have are passed over: the service refuses them at the door,
    /// and a table uploaded later may have lost one.
    pub(crate) fn new(pattern: &Pattern, columns: &Columns) -> Option<Self> {
        let resolve = |names: &[String]| -> Vec<usize> {
            let mut positions: Vec<usize> = names.iter().filter_map(|name| columns.position(name)).collect();
            positions.sort_unstable();
            positions.dedup();
            positions
        };
        let primary = match &pattern.primary {
            Some(name) => Some(columns.position(name)?),
            None => None,
        };
        let not_counted = resolve(&pattern.not_counted);
        let groups: Vec<GroupPlan> = pattern
            .supporting
            .iter()
            .map(|group| GroupPlan {
                min: group.min_matches as usize,
                max: group.max_matches.map(|max| max as usize),
                columns: resolve(&group.columns).into_iter().filter(|c| !not_counted.contains(c)).collect(),
            })
            .collect();
        let mut named: Vec<usize> =
            groups.iter().flat_map(|group| group.columns.clone()).chain(not_counted).collect();
        named.sort_unstable();
        named.dedup();
        Some(Self {
            confidence: pattern.confidence,
            primary,
            proximity: pattern.proximity,
            groups,
            named,
            void_if: resolve(&pattern.void_if),
        })
    }

    /// Says whether the primary is enough by itself.
    pub(crate) fn is_primary_alone(&self) -> bool {
        self.groups.iter().all(|group| group.min == 0)
    }

    /// Returns the columns whose values near a hit matter.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.named.iter().chain(&self.void_if).copied()
    }

    /// Says whether a group names a column.
    pub(crate) fn counts(&self, column: usize) -> bool {
        self.groups.iter().any(|group| group.columns.contains(&column))
    }

    /// Returns how many facts the groups need together.
    pub(crate) fn wants(&self) -> usize {
        self.groups.iter().map(|group| group.min).sum()
    }

    /// Tries the pattern on a row of which `passes` stand near the hit. They include the primary's own column. Where they are
    /// not known, only a pattern that neither asks for evidence nor is voided by any can be satisfied.
    pub(crate) fn try_row(
        &self,
        context: &Context<'_>,
        hit: &Hit,
        passes: Option<&[Pass]>,
    ) -> Option<Satisfied> {
        let Some(passes) = passes else {
            let bound = |group: &GroupPlan| group.min > 0 || group.max.is_some();
            let alone = self.void_if.is_empty() && !self.groups.iter().any(bound) && !hit.attached;
            return alone.then(|| Satisfied { facts: 0, shown: Vec::new() });
        };
        let candidates = self.candidates(context, hit, passes);
        if candidates.iter().any(|candidate| candidate.columns.iter().any(|c| self.void_if.contains(c))) {
            return None;
        }
        let mut kept = reduce(context, candidates, &self.named);
        let values = number_values(&mut kept);
        let assigned = assign(&self.groups, &values)?;
        let facts = assigned.iter().flatten().count();
        if hit.attached && facts == 0 {
            return None;
        }
        let mut shown: Vec<Shown> = kept
            .iter()
            .map(|candidate| {
                let assigned = assigned.get(candidate.value).copied().flatten();
                let column = assigned.or(candidate.columns.first().copied());
                let column = column.expect("a candidate is a value of some column");
                Shown { stretch: candidate.stretch, column, counted: assigned.is_some() }
            })
            .collect();
        shown.sort_unstable_by_key(|shown| (shown.stretch, shown.column));
        Some(Satisfied { facts, shown })
    }

    /// Groups the passes that are near enough and may be evidence by where they stand.
    pub(crate) fn candidates(&self, context: &Context<'_>, hit: &Hit, passes: &[Pass]) -> Vec<Candidate> {
        let of_primary = passes.iter().filter(|pass| pass.column == hit.column);
        let mut own_values: Vec<Stretch> = of_primary.map(|pass| pass.stretch).collect();
        own_values.sort_unstable();
        let wanted = |pass: &&Pass| {
            pass.column != hit.column
                && (self.named.contains(&pass.column) || self.void_if.contains(&pass.column))
                && own_values.binary_search(&pass.stretch).is_err()
        };
        let mut passes: Vec<&Pass> = passes.iter().filter(wanted).collect();
        if passes.is_empty() {
            return Vec::new();
        }
        passes.sort_unstable_by_key(|pass| (pass.stretch, pass.column));
        let own_runs = context.places().single_runs(hit.stretch);
        let candidate = |at_one_place: &[&Pass]| {
            let stretch = at_one_place.first()?.stretch;
            let same_place = own_runs.iter().any(|run| overlap(*run, stretch));
            let apart = !same_place && !overlap(stretch, hit.stretch);
            if !apart || !context.is_near(&self.proximity, hit.stretch, stretch) {
                return None;
            }
            let mut columns: Vec<usize> = at_one_place.iter().map(|pass| pass.column).collect();
            columns.dedup();
            let counts = at_one_place.iter().any(|pass| pass.counts);
            Some(Candidate { stretch, columns, counts, value: 0 })
        };
        passes.chunk_by(|a, b| a.stretch == b.stretch).filter_map(candidate).collect()
    }
}

/// Keeps non-overlapping candidates, greedily: longest, leftmost, column order; one for each one-place run.
pub(crate) fn reduce(
    context: &Context<'_>,
    mut candidates: Vec<Candidate>,
    named: &[usize],
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        candidate.columns.retain(|column| named.contains(column));
    }
    candidates.retain(|candidate| !candidate.columns.is_empty());
    candidates.sort_by_key(|candidate| {
        let (start, end) = candidate.stretch;
        (Reverse(end - start), start, candidate.columns.first().copied())
    });
    let mut taken = Taken::default();
    candidates.retain(|candidate| {
        let runs = context.places().single_runs(candidate.stretch);
        let free = !taken.touches(candidate.stretch) && !runs.iter().any(|run| taken.touches(*run));
        if free {
            taken.insert(candidate.stretch);
        }
        free
    });
    candidates
}

/// Stretches that do not overlap one another.
#[derive(Default)]
pub(crate) struct Taken {
    /// The first of them: mostly there are no more.
    few: Vec<Stretch>,
    /// The others, by where they begin.
    more: BTreeMap<usize, usize>,
}

impl Taken {
    const FEW: usize = 16;

    /// Says whether one of them overlaps a stretch.
    pub(crate) fn touches(&self, stretch: Stretch) -> bool {
        // Of those in order only the last one that begins before its end can.
        self.few.iter().any(|taken| overlap(*taken, stretch))
            || self.more.range(..stretch.1).next_back().is_some_and(|(_, stop)| *stop > stretch.0)
    }

    pub(crate) fn insert(&mut self, (start, end): Stretch) {
        if self.few.len() < Self::FEW {
            self.few.push((start, end));
        } else {
            self.more.insert(start, end);
        }
    }
}

/// Gives candidates that are the same value the same number, and returns the columns that each value may be counted for,
/// none if it is too short to count: each is one fact. A cell has one value, so two stretches that pass in one column are
/// equal.
pub(crate) fn number_values(kept: &mut [Candidate]) -> Vec<Vec<usize>> {
    // For each column, ascending, the number of its value; numbers are joined as columns turn out to share one.
    let mut value_of: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    let value = |value_of: &[(usize, usize)], column: usize| {
        let at = value_of.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        value_of.get(at).map(|(_, value)| *value)
    };
    for candidate in kept.iter() {
        let own =
            candidate.columns.iter().find_map(|column| value(&value_of, *column)).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
        for column in &candidate.columns {
            match value_of.binary_search_by_key(column, |(column, _)| *column) {
                Err(at) => value_of.insert(at, (*column, own)),
                Ok(at) => {
                    let joined = value_of.get(at).map_or(own, |(_, value)| *value);
                    let all = value_of.iter_mut().filter(|(_, value)| *value == joined);
                    all.for_each(|(_, value)| *value = own);
                }
            }
        }
    }
    let mut counts = vec![false; next];
    for candidate in kept {
        let known = candidate.columns.first().and_then(|column| value(&value_of, *column));
        candidate.value = known.expect("a candidate is a value of some column, and each has a number");
        counts.iter_mut().skip(candidate.value).take(1).for_each(|counts| *counts |= candidate.counts);
    }
    let mut values: Vec<Vec<usize>> = vec![Vec::new(); next];
    for (column, value) in value_of {
        if counts.get(value) == Some(&true)
            && let Some(columns) = values.get_mut(value)
        {
            columns.push(column);
        }
    }
    values
}
