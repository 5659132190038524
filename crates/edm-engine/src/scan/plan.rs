//! A sensitive type made ready for scans, and what a query exempts of its table.

use std::cmp::Reverse;
use std::sync::Arc;

use edm_hash::{Canonicaliser, CellForm, Folded, Hash};
use edm_model::{ColumnClass, DataType, Rule, limits};

use super::context::Context;
use super::find::Hit;
use super::group::Groups;
use super::pattern::PatternPlan;
use super::story::RowSet;
use crate::generation::{CLOSE, Generation};
use crate::query::{ActiveType, Exempt};

/// A type made ready for scans.
pub(crate) struct TypePlan {
    pub(crate) active: Arc<ActiveType>,
    pub(crate) table: usize,
    /// From the highest confidence down; equal ones in the type's order.
    pub(crate) patterns: Vec<PatternPlan>,
    pub(crate) classes: Vec<ColumnClass>,
}

impl TypePlan {
    pub(crate) fn new(groups: &Groups, active: &Arc<ActiveType>) -> Self {
        let columns = active.generation.columns();
        let mut patterns: Vec<PatternPlan> =
            active.patterns.iter().filter_map(|pattern| PatternPlan::new(pattern, columns)).collect();
        patterns.sort_by_key(|pattern| Reverse(pattern.confidence));
        Self {
            table: groups.table(&active.generation),
            patterns,
            classes: active.generation.classes(),
            active: active.clone(),
        }
    }

    /// Returns the patterns that begin with this hit, from the highest confidence down.
    pub(crate) fn anchored(&self, hit: &Hit) -> impl Iterator<Item = &PatternPlan> {
        self.patterns.iter().filter(|pattern| self.anchors(pattern, hit))
    }

    /// Says whether a pattern has this hit's column as its primary, and the hit's value may anchor it.
    pub(crate) fn anchors(&self, pattern: &PatternPlan, hit: &Hit) -> bool {
        if pattern.primary.is_some_and(|primary| primary != hit.column) {
            return false;
        }
        if !self.active.default_type {
            return true;
        }
        let class = self.classes.get(hit.column).copied().unwrap_or_default();
        // A column whose type has a written form always has the pattern of the primary alone.
        let by_form = self.rule(hit).is_some_and(|rule| rule.data_type.has_written_form());
        let suffices = !by_form || class.standalone || hit.written_form || !pattern.is_primary_alone();
        // The default type stays as its first generation made it, whatever later ones make of the column.
        let identifies = pattern.proximity != CLOSE;
        suffices && (!identifies || hit.anchors)
    }

    /// Says whether a hit is a part of a longer card or account number. One that has check digits itself is a number of its
    /// own, whatever stands behind it.
    pub(crate) fn is_inside_number(&self, context: &Context<'_>, hit: &Hit) -> bool {
        let joined = may_join(context.text.get(..hit.stretch.0).and_then(|front| front.chars().next_back()))
            || may_join(context.text.get(hit.stretch.1..).and_then(|rest| rest.chars().next()));
        joined
            && self.rule(hit).is_some_and(|rule| {
                !matches!(rule.data_type, DataType::Card | DataType::Iban)
                    && context.readings.is_inside_number(rule, hit.stretch)
            })
    }

    fn rule(&self, hit: &Hit) -> Option<&Rule> {
        self.active.generation.columns().as_slice().get(hit.column).map(|column| &column.rule)
    }

    pub(crate) fn is_searchable(&self, column: usize) -> bool {
        let columns = self.active.generation.columns().as_slice();
        columns.get(column).is_some_and(|column| column.searchable)
    }

    /// Returns the rows of a hit, for explanations.
    pub(crate) fn rows_of(&self, hit: &Hit) -> RowSet {
        let generation = &self.active.generation;
        let Some(rows) = generation.rows_of(hit.column, &hit.hash) else {
            return RowSet { rows: Vec::new(), count: 0 };
        };
        let live: Vec<u32> = generation.live_rows(&rows).collect();
        RowSet { count: live.len(), rows: live.into_iter().take(limits::ROW_SET_MAX).collect() }
    }
}

/// Says whether a card or account number may go on over a character beside a value: over those that join its groups, over those
/// that an escape begins or ends with, and over all that folding may make one of them.
fn may_join(beside: Option<char>) -> bool {
    beside.is_some_and(|character| {
        !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '-' | '>' | '\n'..='\r' | '\\' | '%' | '&' | '=' | ';')
    })
}

/// The rows of one table that a query leaves out.
pub(crate) struct Exemption {
    generation: Arc<Generation>,
    values: Vec<(usize, Hash)>,
}

impl Exemption {
    pub(crate) fn of(exempt: &[Exempt], generation: &Arc<Generation>) -> Self {
        Self { values: hashed(exempt, generation), generation: generation.clone() }
    }

    pub(crate) fn covers(&self, row: u32) -> bool {
        self.values.iter().any(|(column, hash)| self.generation.holds(row, *column, hash))
    }

    /// Returns the columns whose values exempt a row.
    pub(crate) fn columns(&self, row: u32) -> Vec<usize> {
        let holding = self.values.iter().filter(|(column, hash)| self.generation.holds(row, *column, hash));
        let mut columns: Vec<usize> = holding.map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// Hashes the exempt values of the columns that the table has.
fn hashed(exempt: &[Exempt], generation: &Generation) -> Vec<(usize, Hash)> {
    let mut out = Vec::new();
    for exempt in exempt {
        let Some(column) = generation.columns().position(&exempt.column) else { continue };
        let Some(rule) = generation.rule_position(column) else { continue };
        let (Some(definition), Some(keys)) = (generation.rules().get(rule), generation.rule_keys(rule))
        else {
            continue;
        };
        let canonicaliser = Canonicaliser::new(definition, generation.tokens_max());
        for value in &exempt.values {
            let mut form = Vec::new();
            if canonicaliser.cell(value, &mut Folded::new(), &mut form) == CellForm::Present {
                let mut hashes = Vec::new();
                keys.hash_all(&form, &[(0, form.len() as u32)], &mut hashes);
                out.extend(hashes.into_iter().map(|hash| (column, hash)));
            }
        }
    }
    out
}
