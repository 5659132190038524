//! A sensitive type made ready for scans, and what a query exempts of its table.

use std::cmp::Reverse;
use std::sync::Arc;

use edm_hash::{Canonicaliser, CellForm, Folded, Hash};
use edm_model::{ColumnClass, DataType, Rule, limits};

use crate::generation::{CLOSE, Generation};
use crate::prepared::pattern::PatternPlan;
use crate::prepared::rule_groups::Groups;
use crate::query::{ActiveType, Exempt};
use crate::scan::context::Context;
use crate::scan::explain::notes::RowSet;
use crate::scan::hits::find::Hit;

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
        let class = *self.classes.get(hit.column).expect("each column has a class");
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

    /// Returns the rows of a value, for explanations, and how many were looked at.
    pub(crate) fn rows_of(&self, hit: &Hit) -> (RowSet, u64) {
        let generation = &self.active.generation;
        let Some(rows) = generation.rows_of(hit.column, &hit.hash) else {
            return (RowSet { rows: Vec::new(), count: 0 }, 1);
        };
        let looked_at = rows.len().min(limits::ROWS_LOOKED_AT_MAX) as u64;
        let live: Vec<u32> = generation.live_rows(&rows).collect();
        let count = live.len();
        (RowSet { count, rows: live.into_iter().take(limits::ROW_SET_MAX).collect() }, looked_at)
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
    /// Rows that hold an exempt value of a searchable column, with the column, in order: those that the index names.
    rows: Vec<(u32, usize)>,
    /// The other exempt values: each row is asked for them.
    values: Vec<(usize, Hash)>,
}

/// Rows that are taken from the index for one query's exempt values; values that have more are asked for row by row.
const EXEMPT_ROWS_MAX: usize = 1 << 18;

impl Exemption {
    pub(crate) fn of(exempt: &[Exempt], generation: &Arc<Generation>) -> Self {
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (column, hash) in hashed(exempt, generation) {
            let definition = generation.columns().as_slice().get(column);
            if !definition.is_some_and(|definition| definition.searchable) {
                values.push((column, hash));
                continue;
            }
            let Some(held) = generation.rows_of(column, &hash) else { continue };
            if held.len() > limits::ROW_SET_MAX || rows.len() + held.len() > EXEMPT_ROWS_MAX {
                values.push((column, hash));
                continue;
            }
            let holding = held.iter().filter(|row| generation.holds(*row, column, &hash));
            rows.extend(holding.map(|row| (row, column)));
        }
        rows.sort_unstable();
        Self { generation: generation.clone(), rows, values }
    }

    pub(crate) fn covers(&self, row: u32) -> bool {
        self.named(row).next().is_some() || self.asked(row).next().is_some()
    }

    /// Returns how many row checks [`Exemption::covers`] takes.
    pub(crate) fn work(&self) -> u64 {
        1 + self.values.len() as u64
    }

    /// Returns the columns whose values exempt a row.
    pub(crate) fn columns(&self, row: u32) -> Vec<usize> {
        let mut columns: Vec<usize> = self.named(row).chain(self.asked(row)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn named(&self, row: u32) -> impl Iterator<Item = usize> + '_ {
        let from = self.rows.partition_point(|(other, _)| *other < row);
        let own = self.rows.iter().skip(from).take_while(move |(other, _)| *other == row);
        own.map(|(_, column)| *column)
    }

    fn asked(&self, row: u32) -> impl Iterator<Item = usize> + '_ {
        let holding =
            self.values.iter().filter(move |(column, hash)| self.generation.holds(row, *column, hash));
        holding.map(|(column, _)| *column)
    }
}

/// Hashes the exempt values of the columns that the table has.
fn hashed(exempt: &[Exempt], generation: &Generation) -> Vec<(usize, Hash)> {
    let mut out = Vec::new();
    for exempt in exempt {
        let Some(column) = generation.columns().position(&exempt.column) else { continue };
        let (definition, keys) = generation.rule_of(column).expect("each column of a table has a rule");
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
