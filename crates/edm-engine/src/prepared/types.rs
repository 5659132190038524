//! What a scan needs that depends on its types alone, made once for many texts.

use std::sync::Arc;

use crate::prepared::active_type::ActiveType;
use crate::prepared::proximity::Margins;
use crate::prepared::rule_groups::RuleGroups;
use crate::prepared::type_plan::TypePlan;

/// Sensitive types made ready for scans: their tables, each once; the rules of these, each hashed
/// once however many tables have it; their patterns with columns for names; how far each looks
/// around a value.
///
/// Preparing takes many times as long as scanning a short text, so callers that scan more than one
/// text keep it. It never changes: another type or another generation needs a new one.
pub struct PreparedTypes {
    types: Vec<Arc<ActiveType>>,
    pub(crate) groups: RuleGroups,
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
    pub fn prepare(types: impl IntoIterator<Item = Arc<ActiveType>>) -> Self {
        let mut prepared = Self::prepare_without_combined_filter(types);
        prepared.groups.combine_filters();
        prepared
    }

    /// Prepares the types without one filter for all tables of a salt. Scans are slower where there
    /// are many tables, but the filter's memory is not needed: for callers that keep many sets of
    /// types.
    pub fn prepare_without_combined_filter(types: impl IntoIterator<Item = Arc<ActiveType>>) -> Self {
        let types: Vec<Arc<ActiveType>> = types.into_iter().collect();
        let groups = RuleGroups::new(types.iter().map(|active| active.generation.clone()));
        let plans: Vec<TypePlan> = types.iter().map(|active| TypePlan::new(&groups, active)).collect();
        let mut by_table = vec![Vec::new(); groups.tables.len()];
        for (number, plan) in plans.iter().enumerate() {
            by_table[plan.table].push(number);
        }
        let (plain, explaining) = (Margins::new(&types, false), Margins::new(&types, true));
        Self { groups, plans, by_table, plain, explaining, types }
    }

    /// Returns the types, in their order.
    pub fn types(&self) -> &[Arc<ActiveType>] {
        &self.types
    }

    /// Returns the types of a table, with their positions.
    pub(crate) fn of_table(&self, table: usize) -> impl Iterator<Item = (usize, &TypePlan)> {
        self.by_table[table].iter().map(|number| (*number, &self.plans[*number]))
    }

    /// Returns how far around a value a scan looks.
    pub(crate) const fn margins(&self, explain: bool) -> Margins {
        if explain { self.explaining } else { self.plain }
    }
}
