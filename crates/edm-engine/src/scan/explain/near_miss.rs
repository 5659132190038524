//! What kept one row from one pattern: the same steps as the pattern's own, with everything that fell out on the way.

use std::collections::BTreeSet;

use crate::prepared::pattern::{Candidate, PatternPlan, number_values, reduce};
use crate::scan::context::{Context, overlap};
use crate::scan::evidence::assign::{GroupPlan, assign};
use crate::scan::evidence::nearby::Pass;
use crate::scan::hits::find::Hit;
use crate::text::runs::Stretch;

/// A value of the row in the text, for a column of the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub(crate) stretch: Stretch,
    pub(crate) column: usize,
    pub(crate) fate: Fate,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It is a fact.
    Fact,
    /// It voids the pattern.
    Voids,
    /// Its column is shown and not counted.
    NotCounted,
    /// It is too short to count.
    Short,
    /// It stands in one run with the primary value or a kept one.
    InOneRun,
    /// It shares characters with the primary value or a kept one.
    Covered,
    /// It stands too far away.
    Far,
}

/// Why a row does not reach a pattern.
#[derive(Debug, Clone)]
pub(crate) struct Miss {
    /// In text order.
    pub(crate) pieces: Vec<Piece>,
    /// How many facts are missing, at least.
    pub(crate) lacking: usize,
    /// Whether there are more facts than the groups may count.
    pub(crate) surplus: bool,
}

impl Miss {
    pub(crate) fn has(&self, fate: Fate) -> bool {
        self.pieces.iter().any(|piece| piece.fate == fate)
    }

    pub(crate) fn facts(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.fate == Fate::Fact).count()
    }
}

impl PatternPlan {
    /// Tells what kept a row of which `passes` stand around the hit from this pattern.
    pub(crate) fn miss(&self, context: &Context<'_>, hit: &Hit, passes: &[Pass]) -> Miss {
        let candidates = self.candidates(context, hit, passes);
        let mut kept = reduce(context, candidates.clone(), &self.named);
        let values = number_values(&mut kept);
        let countable: Vec<usize> = self.groups.iter().flat_map(|group| group.columns.clone()).collect();
        let mut pieces = self.outside(context, hit, passes);
        kept.sort_unstable_by_key(|kept| kept.stretch);
        for candidate in &candidates {
            let voiding = candidate.columns.iter().find(|column| self.void_if.contains(column));
            let at = kept.binary_search_by_key(&candidate.stretch, |kept| kept.stretch);
            let own = at.ok().and_then(|at| kept.get(at));
            let named = candidate.columns.iter().find(|column| self.named.contains(column));
            let Some(column) = voiding.or(named).copied() else { continue };
            let fate = match own {
                _ if voiding.is_some() => Fate::Voids,
                None if covers(&kept, candidate.stretch) => Fate::Covered,
                None => Fate::InOneRun,
                Some(own) => fate_of(own, &values, &countable),
            };
            let column = match (fate, own.and_then(|own| values.get(own.value))) {
                (Fate::Fact, Some(value)) => {
                    value.iter().find(|column| countable.contains(column)).copied().unwrap_or(column)
                }
                _ => column,
            };
            pieces.push(Piece { stretch: candidate.stretch, column, fate });
        }
        pieces.sort_unstable();
        pieces.dedup();
        let unbound: Vec<GroupPlan> =
            self.groups.iter().map(|group| GroupPlan { min: 0, ..group.clone() }).collect();
        let surplus = assign(&unbound, &values).is_none();
        let satisfied = assign(&self.groups, &values).is_some();
        let there = values.iter().filter(|value| value.iter().any(|c| countable.contains(c))).count();
        let lacking = if satisfied || surplus { 0 } else { self.wants().saturating_sub(there).max(1) };
        Miss { pieces, lacking, surplus }
    }

    /// Values of the row that may be no evidence of this hit: too far away, in one run with it, or a part of it.
    fn outside(&self, context: &Context<'_>, hit: &Hit, passes: &[Pass]) -> Vec<Piece> {
        let own_runs = context.places().single_runs(hit.stretch);
        let of_primary = passes.iter().filter(|pass| pass.column == hit.column);
        let own_places: BTreeSet<Stretch> = of_primary.map(|pass| pass.stretch).collect();
        let is_own = |pass: &Pass| pass.column == hit.column || own_places.contains(&pass.stretch);
        let counted = |pass: &&Pass| pass.counts && self.counts(pass.column);
        let mut pieces: Vec<Piece> = Vec::new();
        for pass in passes.iter().filter(counted) {
            let fate = if overlap(pass.stretch, hit.stretch) {
                Fate::Covered
            } else if !context.is_near(&self.proximity, hit.stretch, pass.stretch) {
                Fate::Far
            } else if own_runs.iter().any(|run| overlap(*run, pass.stretch)) {
                Fate::InOneRun
            } else {
                continue;
            };
            if !is_own(pass) {
                pieces.push(Piece { stretch: pass.stretch, column: pass.column, fate });
            }
        }
        // Of what is too far only the nearest of each column is worth telling.
        pieces.sort_by_cached_key(|piece| (context.characters_between(hit.stretch, piece.stretch), *piece));
        let mut told = BTreeSet::new();
        pieces.retain(|piece| told.insert(piece.column) || piece.fate != Fate::Far);
        pieces
    }
}

/// Says whether one of the kept candidates, which are in order and overlap none of each other, overlaps a stretch.
fn covers(kept: &[Candidate], stretch: Stretch) -> bool {
    let begun = kept.partition_point(|kept| kept.stretch.0 < stretch.1);
    begun.checked_sub(1).and_then(|last| kept.get(last)).is_some_and(|kept| overlap(kept.stretch, stretch))
}

fn fate_of(own: &Candidate, values: &[Vec<usize>], countable: &[usize]) -> Fate {
    let may = values.get(own.value).is_some_and(|value| value.iter().any(|c| countable.contains(c)));
    match may {
        true => Fate::Fact,
        false if own.columns.iter().any(|column| countable.contains(column)) => Fate::Short,
        false => Fate::NotCounted,
    }
}
