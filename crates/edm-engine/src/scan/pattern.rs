//! One pattern against one row (matching, sections 5 and 6; `docs/matching.md`, Evidence and Patterns).

use edm_model::{Columns, Pattern, Proximity};

use super::context::{Context, overlap};
use super::evidence::Pass;
use super::find::Hit;
use super::place::Stretch;

/// A pattern with its columns resolved.
pub(crate) struct PatternPlan {
    pub(crate) confidence: u8,
    /// `None`: any searchable column.
    pub(crate) primary: Option<usize>,
    pub(crate) proximity: Proximity,
    groups: Vec<GroupPlan>,
    /// Columns whose values are shown.
    named: Vec<usize>,
    void_if: Vec<usize>,
}

struct GroupPlan {
    min: usize,
    max: Option<usize>,
    columns: Vec<usize>,
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
struct Candidate {
    stretch: Stretch,
    columns: Vec<usize>,
    counts: bool,
    value: usize,
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

    /// Returns the columns whose values near a hit matter.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.named.iter().chain(&self.void_if).copied()
    }

    /// Tries the pattern on a row of which `passes` stand near the hit. They include the primary's own column.
    pub(crate) fn try_row(&self, context: &Context<'_>, hit: &Hit, passes: &[Pass]) -> Option<Satisfied> {
        let candidates = self.candidates(context, hit, passes);
        if candidates.iter().any(|candidate| candidate.columns.iter().any(|c| self.void_if.contains(c))) {
            return None;
        }
        let mut kept = reduce(context, candidates, &self.named);
        number_values(&mut kept);
        let mut assigned: Vec<Option<usize>> = vec![None; kept.len()];
        let mut facts = 0;
        for group in &self.groups {
            let mut own = 0;
            for value in 0..kept.len() {
                let members: Vec<usize> = (0..kept.len()).filter(|i| kept[*i].value == value).collect();
                let used = members.iter().any(|i| assigned[*i].is_some());
                let column = members
                    .iter()
                    .filter(|i| kept[**i].counts)
                    .flat_map(|i| &kept[*i].columns)
                    .filter(|column| group.columns.contains(column))
                    .min();
                if let (false, Some(column)) = (used, column) {
                    members.iter().for_each(|i| assigned[*i] = Some(*column));
                    own += 1;
                }
            }
            if own < group.min || group.max.is_some_and(|max| own > max) {
                return None;
            }
            facts += own;
        }
        if hit.attached && facts == 0 {
            return None;
        }
        let mut shown: Vec<Shown> = kept
            .iter()
            .zip(&assigned)
            .map(|(candidate, assigned)| Shown {
                stretch: candidate.stretch,
                column: assigned.or(candidate.columns.first().copied()).unwrap_or_default(),
                counted: assigned.is_some(),
            })
            .collect();
        shown.sort_unstable_by_key(|shown| (shown.stretch, shown.column));
        Some(Satisfied { facts, shown })
    }

    /// Groups the passes that are near enough and may be evidence by where they stand.
    fn candidates(&self, context: &Context<'_>, hit: &Hit, passes: &[Pass]) -> Vec<Candidate> {
        let own_value =
            |stretch: Stretch| passes.iter().any(|pass| pass.stretch == stretch && pass.column == hit.column);
        let own_runs = context.places().single_runs(hit.stretch);
        let mut candidates: Vec<Candidate> = Vec::new();
        for pass in passes {
            let wanted = self.named.contains(&pass.column) || self.void_if.contains(&pass.column);
            if !wanted
                || pass.column == hit.column
                || overlap(pass.stretch, hit.stretch)
                || own_value(pass.stretch)
            {
                continue;
            }
            let known = candidates.iter_mut().find(|candidate| candidate.stretch == pass.stretch);
            if let Some(candidate) = known {
                candidate.columns.push(pass.column);
                candidate.counts |= pass.counts;
                continue;
            }
            let same_place = own_runs.iter().any(|run| overlap(*run, pass.stretch));
            if same_place || !context.is_near(&self.proximity, hit.stretch, pass.stretch) {
                continue;
            }
            candidates.push(Candidate {
                stretch: pass.stretch,
                columns: vec![pass.column],
                counts: pass.counts,
                value: 0,
            });
        }
        for candidate in &mut candidates {
            candidate.columns.sort_unstable();
            candidate.columns.dedup();
        }
        candidates
    }
}

/// Keeps non-overlapping candidates, greedily: longest, leftmost, column order; one for each one-place run.
fn reduce(context: &Context<'_>, mut candidates: Vec<Candidate>, named: &[usize]) -> Vec<Candidate> {
    for candidate in &mut candidates {
        candidate.columns.retain(|column| named.contains(column));
    }
    candidates.retain(|candidate| !candidate.columns.is_empty());
    candidates.sort_by_key(|candidate| {
        let (start, end) = candidate.stretch;
        (std::cmp::Reverse(end - start), start, candidate.columns.first().copied())
    });
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let runs = context.places().single_runs(candidate.stretch);
        let taken = kept.iter().any(|other| {
            overlap(other.stretch, candidate.stretch) || runs.iter().any(|run| overlap(*run, other.stretch))
        });
        if !taken {
            kept.push(candidate);
        }
    }
    kept
}

/// Gives candidates that are the same value the same number: they are one fact. A cell has one value, so two stretches that
/// pass in one column are equal.
fn number_values(kept: &mut [Candidate]) {
    for index in 0..kept.len() {
        kept[index].value = index;
    }
    for left in 0..kept.len() {
        for right in left + 1..kept.len() {
            let shared = kept[left].columns.iter().any(|column| kept[right].columns.contains(column));
            if shared && kept[left].value != kept[right].value {
                let (from, to) = (kept[right].value, kept[left].value);
                kept.iter_mut().filter(|candidate| candidate.value == from).for_each(|c| c.value = to);
            }
        }
    }
}
