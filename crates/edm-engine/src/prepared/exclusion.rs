//! Rows that a query leaves out: records of those who may see them.

use std::sync::Arc;

use edm_hash::{Canonicaliser, CellForm, Folded, Hash};
use edm_model::limits;

use crate::generation::Generation;

/// Values whose rows are never reported by a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The name of a column; stores without such a column are not affected.
    pub column: String,
    /// The values, as a cell would hold them.
    pub values: Vec<String>,
}

/// The rows of one table that a query leaves out.
pub(crate) struct ExcludedRows {
    generation: Arc<Generation>,
    /// Rows that hold an excluded value of a searchable column, in order: the index names them.
    indexed: Vec<IndexedRow>,
    /// The other excluded values. They have no entries, so each row is checked for them.
    checked: Vec<ColumnValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct IndexedRow {
    row: u32,
    column: usize,
}

#[derive(Debug, Clone, Copy)]
struct ColumnValue {
    column: usize,
    hash: Hash,
}

/// Rows that are listed for one query's exclusions; values that have more are checked row by row.
const INDEXED_ROWS_MAX: usize = 1 << 18;

impl ExcludedRows {
    pub(crate) fn new(exclusions: &[Exclusion], generation: &Arc<Generation>) -> Self {
        let (mut indexed, mut checked) = (Vec::new(), Vec::new());
        for value in hashed(exclusions, generation) {
            let ColumnValue { column, hash } = value;
            if !generation.columns().as_slice()[column].searchable {
                checked.push(value);
                continue;
            }
            let Some(found) = generation.rows_of(column, &hash) else { continue };
            // A value of very many rows would fill the list: its rows are checked one by one as
            // they match.
            if found.len() > limits::ROW_SET_MAX || indexed.len() + found.len() > INDEXED_ROWS_MAX {
                checked.push(value);
                continue;
            }
            let holding = found.iter().filter(|row| generation.holds(*row, column, &hash));
            indexed.extend(holding.map(|row| IndexedRow { row, column }));
        }
        indexed.sort_unstable();
        Self { generation: generation.clone(), indexed, checked }
    }

    /// Returns whether a row is excluded.
    pub(crate) fn contains(&self, row: u32) -> bool {
        self.indexed_columns(row).next().is_some() || self.checked_columns(row).next().is_some()
    }

    /// Returns how many row checks [`ExcludedRows::contains`] takes.
    pub(crate) fn work(&self) -> u64 {
        1 + self.checked.len() as u64
    }

    /// Returns the columns whose values exclude a row.
    pub(crate) fn columns(&self, row: u32) -> Vec<usize> {
        let mut columns: Vec<usize> = self.indexed_columns(row).chain(self.checked_columns(row)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn indexed_columns(&self, row: u32) -> impl Iterator<Item = usize> + '_ {
        let from = self.indexed.partition_point(|other| other.row < row);
        let same = self.indexed[from..].iter().take_while(move |other| other.row == row);
        same.map(|indexed| indexed.column)
    }

    fn checked_columns(&self, row: u32) -> impl Iterator<Item = usize> + '_ {
        let holds = move |value: &&ColumnValue| self.generation.holds(row, value.column, &value.hash);
        self.checked.iter().filter(holds).map(|value| value.column)
    }
}

/// Hashes the excluded values of the columns that the table has.
fn hashed(exclusions: &[Exclusion], generation: &Generation) -> Vec<ColumnValue> {
    let mut out = Vec::new();
    for exclusion in exclusions {
        let Some(column) = generation.columns().position(&exclusion.column) else { continue };
        let (definition, keys) = generation.rule_of(column).expect("each column of a table has a rule");
        let canonicaliser = Canonicaliser::new(definition, generation.tokens_max());
        for value in &exclusion.values {
            let mut form = Vec::new();
            if canonicaliser.cell(value, &mut Folded::new(), &mut form) == CellForm::Present {
                let mut hashes = Vec::new();
                keys.hash_all(&form, &[(0, form.len() as u32)], &mut hashes);
                out.extend(hashes.into_iter().map(|hash| ColumnValue { column, hash }));
            }
        }
    }
    out
}
