//! What of a scan depends on its types alone, made once for many texts.

use std::sync::Arc;

use edm_model::{ProximityUnit, limits};

use crate::prepared::rule_groups::Groups;
use crate::prepared::type_plan::TypePlan;
use crate::query::ActiveType;
use crate::scan::context::reach_bytes;

/// Sensitive types made ready for scans: their tables, each once; the rules of these, each hashed once however many tables
/// have it; their patterns with columns for names; how far each looks around a value.
///
/// Making it takes many times as long as scanning a short text, so whoever scans more than one text keeps it. It never
/// changes: another type or another generation makes another one.
pub struct PreparedTypes {
    types: Vec<Arc<ActiveType>>,
    pub(crate) groups: Groups,
    /// In the order of the types.
    plans: Vec<TypePlan>,
    /// For each table the positions of its types.
    by_table: Vec<Vec<usize>>,
    plain: Margins,
    explaining: Margins,
}

impl std::fmt::Debug for PreparedTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedTypes").field("types", &self.types).finish_non_exhaustive()
    }
}

impl PreparedTypes {
    /// Prepares the types; reports name them by their positions here.
    pub fn new(types: impl IntoIterator<Item = Arc<ActiveType>>) -> Self {
        let mut own = Self::apart(types);
        own.groups.unite();
        own
    }

    /// Does the same without uniting what tables of one salt know of their values: that is slower where there are many tables, and takes
    /// no memory. For sets of types of which there may be many.
    pub fn apart(types: impl IntoIterator<Item = Arc<ActiveType>>) -> Self {
        let types: Vec<Arc<ActiveType>> = types.into_iter().collect();
        let groups = Groups::new(types.iter().map(|active| active.generation.clone()));
        let plans: Vec<TypePlan> = types.iter().map(|active| TypePlan::new(&groups, active)).collect();
        let mut by_table = vec![Vec::new(); groups.tables.len()];
        for (number, plan) in plans.iter().enumerate() {
            by_table.iter_mut().skip(plan.table).take(1).for_each(|types| types.push(number));
        }
        let (plain, explaining) = (Margins::of(&types, false), Margins::of(&types, true));
        Self { groups, plans, by_table, plain, explaining, types }
    }

    /// Returns the types, in their order.
    pub fn types(&self) -> &[Arc<ActiveType>] {
        &self.types
    }

    /// Returns the types of a table, with their positions.
    pub(crate) fn of_table(&self, table: usize) -> impl Iterator<Item = (usize, &TypePlan)> {
        let numbers = self.by_table.get(table).into_iter().flatten();
        numbers.map(|number| (*number, self.plans.get(*number).expect("each type has a plan")))
    }

    /// Returns how far around a value is looked.
    pub(crate) const fn margins(&self, explain: bool) -> Margins {
        if explain { self.explaining } else { self.plain }
    }
}

/// How far around a value is looked, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margins {
    /// As far as evidence may stand.
    reach: usize,
    /// How far explanations stay behind the findings, so that all matches are known that a value may be evidence of.
    pub(crate) lag: usize,
    /// How far beyond that they look.
    explained: usize,
    /// What must be known of the text on either side of a zone.
    pub(crate) around: usize,
}

impl Margins {
    fn of(types: &[Arc<ActiveType>], explain: bool) -> Self {
        let patterns = || types.iter().flat_map(|active| &active.patterns);
        let of_rows = patterns()
            .any(|pattern| pattern.proximity.or_same_row || pattern.proximity.unit == ProximityUnit::Row);
        let reach = patterns().map(|pattern| reach_bytes(&pattern.proximity)).max().unwrap_or(0);
        let reach = reach.max(if of_rows { limits::TABLE_ROW_BYTES_MAX } else { 0 });
        let (lag, explained) = match explain {
            true => (reach + limits::PLACE_BYTES_MAX, limits::EXPLAIN_BYTES_MAX),
            false => (0, 0),
        };
        let lag = lag.next_multiple_of(limits::ROW_CHECKS_BYTES);
        // The value at the far end of the reach, then what its place depends on: its run, its line, its neighbour's line.
        let beyond = limits::PLACE_BYTES_MAX
            + limits::RUN_BYTES_MAX.max(limits::TABLE_ROW_BYTES_MAX + limits::TABLE_GAP_BYTES_MAX)
            + limits::PLACE_BYTES_MAX;
        let around = lag + reach.max(explained) + beyond;
        Self { reach, lag, explained, around: around.next_multiple_of(limits::ROW_CHECKS_BYTES) }
    }

    /// Returns how far from a zone hits are looked for: those that may be evidence of its own, which may begin before what is
    /// reached.
    pub(crate) fn hits(self) -> usize {
        self.reach.max(self.lag + self.explained) + limits::PLACE_BYTES_MAX
    }
}
