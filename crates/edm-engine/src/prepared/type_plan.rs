//! A sensitive type prepared for scans.

use std::cmp::Reverse;
use std::sync::Arc;

use edm_model::{ColumnClass, Rule};

use crate::prepared::active_type::ActiveType;
use crate::prepared::pattern::PatternPlan;
use crate::prepared::rule_groups::RuleGroups;

/// A type prepared for scans: its table's number, and its patterns with column positions for names.
pub(crate) struct TypePlan {
    pub(crate) active: Arc<ActiveType>,
    pub(crate) table: usize,
    /// From the highest confidence down; equal ones in the type's order.
    pub(crate) patterns: Vec<PatternPlan>,
    /// One class for each column.
    pub(crate) classes: Vec<ColumnClass>,
}

impl TypePlan {
    pub(crate) fn new(groups: &RuleGroups, active: &Arc<ActiveType>) -> Self {
        let columns = active.generation.columns();
        let resolved = active
            .patterns
            .iter()
            .filter_map(|pattern| PatternPlan::new(pattern, active.default_type, columns));
        let mut patterns: Vec<PatternPlan> = resolved.collect();
        patterns.sort_by_key(|pattern| Reverse(pattern.confidence));
        Self {
            table: groups.table(&active.generation),
            patterns,
            classes: active.generation.classes(),
            active: active.clone(),
        }
    }

    /// Returns the rule of a column of the type's table.
    pub(crate) fn rule(&self, column: usize) -> &Rule {
        &self.active.generation.columns().as_slice()[column].rule
    }

    pub(crate) fn is_searchable(&self, column: usize) -> bool {
        self.active.generation.columns().as_slice()[column].searchable
    }

    /// Returns whether values of a column may count as evidence.
    pub(crate) fn is_evidence(&self, column: usize) -> bool {
        self.classes[column].evidence
    }
}
