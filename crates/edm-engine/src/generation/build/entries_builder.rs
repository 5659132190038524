//! Gathers the entries of one part of the address space, column by column, and has them written.

use std::sync::Arc;

use edm_hash::{Hash, RowsView, address};
use edm_model::{Columns, Rule};

use crate::generation::build::entries_writer::{Filter, Section, Table, file};
use crate::generation::build::value_sorter::ValueSorter;
use crate::generation::format::entries_file::Statistics;
use crate::generation::format::part::Part;
use crate::generation::read::generation::Generation;

/// What one gathered value takes: address and row. Without the row where its column is only
/// counted.
pub(crate) const GATHERED_VALUE_BYTES: u64 = 12;

/// Gathers the addresses of one part and writes its file.
pub(crate) struct EntriesBuilder {
    part: Part,
    rows_total: u32,
    rules: Vec<Rule>,
    columns: Vec<ColumnBuilder>,
    /// What a delta changes; `None` in a whole table.
    update: Option<Update>,
}

/// What a delta builds on, and what its rows do to it.
struct Update {
    base: Arc<Generation>,
    /// The keys that the delta names, each with the row that does.
    named: Vec<(u64, u32)>,
    /// The same keys, whole.
    keys: Vec<Hash>,
    /// Rows of the delta that hold no record. Kept by the first part, for all.
    removing_rows: Vec<u32>,
}

impl Update {
    /// Returns the rows that can be found no longer: of the base, those whose key the delta names;
    /// of the delta, those whose key a later row names, and those that only say what is removed.
    fn superseded(&mut self, key_column: usize) -> Vec<u32> {
        // By key and then by row: of rows with one key all but the last are superseded.
        self.named.sort_unstable();
        let mut superseded: Vec<u32> = Vec::new();
        for same in self.named.chunk_by(|a, b| a.0 == b.0) {
            superseded.extend(same.iter().rev().skip(1).map(|(_, row)| row));
        }
        // A row that only removes holds no record and must never be found itself.
        superseded.append(&mut self.removing_rows);
        // Once for each key, however often the delta names it: its rows in the base may be many.
        self.keys.sort_unstable();
        self.keys.dedup();
        for hash in &self.keys {
            let Some(rows) = self.base.rows_of(key_column, hash) else { continue };
            // The index has 64 bits of the key; the row check rules out a key that only shares
            // them.
            let held = |row: &u32| !self.base.is_tombstone(*row) && self.base.holds(*row, key_column, hash);
            superseded.extend(rows.iter().filter(held));
        }
        superseded.sort_unstable();
        superseded.dedup();
        superseded
    }
}

/// Returns the rows whose address a later row has too, ascending.
fn overtaken(gathered: &ValueSorter) -> Vec<u32> {
    let mut rows = Vec::new();
    gathered.each(|_, same| rows.extend(same.iter().rev().skip(1)));
    rows.sort_unstable();
    rows
}

struct ColumnBuilder {
    searchable: bool,
    key: bool,
    rule: usize,
    gathered: ValueSorter,
}

impl EntriesBuilder {
    /// Begins a part of a table whose rows end at `rows_total`, of which `rows` are given.
    pub(crate) fn new(columns: &Columns, part: Part, rows: u32, rows_total: u32) -> Self {
        let rules = columns.rules();
        // A hundredth more than its share: hashes fall evenly, and a list that must grow after all
        // may.
        let share = rows as usize >> part.bits;
        let share = share + share / 100;
        let column = |column: &edm_model::Column| ColumnBuilder {
            searchable: column.searchable,
            key: column.key,
            rule: rules.iter().position(|rule| *rule == column.rule).expect("the columns bring their rules"),
            gathered: ValueSorter::with_capacity(share, column.searchable),
        };
        let columns = columns.as_slice().iter().map(column).collect();
        Self { part, rows_total, rules, columns, update: None }
    }

    /// Builds on a generation: takes in what earlier deltas brought and, where it compacts, what
    /// they built on. Its rows come before those that are added.
    pub(crate) fn on(mut self, base: Arc<Generation>, compacts: bool) -> Self {
        for (index, column) in self.columns.iter_mut().enumerate().filter(|(_, column)| column.searchable) {
            base.gather(index, self.part, compacts, |address, row| column.gathered.push(address, row));
        }
        let (named, keys, removing_rows) = (Vec::new(), Vec::new(), Vec::new());
        self.update = Some(Update { base, named, keys, removing_rows });
        self
    }

    pub(crate) fn add(&mut self, first_row: u32, rows: &RowsView<'_>) {
        for (column, view) in self.columns.iter_mut().zip(&rows.columns) {
            // Other columns are counted for the classes, which a delta leaves as they are.
            if column.searchable || self.update.is_none() {
                column.gathered.extend(self.part, first_row, view, column.searchable);
            }
        }
        self.name_keys(first_row, rows);
    }

    /// Takes rows that name the keys of records to be removed; their other cells count for nothing.
    pub(crate) fn remove(&mut self, first_row: u32, rows: &RowsView<'_>) {
        let Some(update) = self.update.as_mut() else { return };
        // Every part is given every row; only one may note the rows, or they would be counted once
        // for each part.
        if self.part.number == 0 {
            let rejected = |row: u32| {
                let byte = rows.rejected.get(row as usize / 8).copied().unwrap_or(0);
                byte >> (row % 8) & 1 == 1
            };
            let removing = (0..rows.row_count).filter(|row| !rejected(*row));
            update.removing_rows.extend(removing.map(|row| first_row + row));
        }
        self.name_keys(first_row, rows);
    }

    /// Notes the keys that a delta names.
    fn name_keys(&mut self, first_row: u32, rows: &RowsView<'_>) {
        let Some(update) = &mut self.update else { return };
        // Each key falls into one part, and only its part looks for the rows that it supersedes.
        for (column, view) in self.columns.iter().zip(&rows.columns).filter(|(column, _)| column.key) {
            // A key is looked up by its entries, and only searchable columns have entries.
            debug_assert!(column.searchable, "a key column is searchable");
            for (row, hash) in view.values().filter(|(_, hash)| self.part.holds(address(hash))) {
                update.keys.push(hash);
                update.named.push((address(&hash), first_row + row));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        // One scratch for all columns: it grows to the largest and is freed before anything is
        // written.
        let mut scratch = ValueSorter::default();
        for column in &mut self.columns {
            column.gathered.sort(self.part.bits, &mut scratch);
        }
        // Freed now, because writing needs memory of the same size.
        drop(scratch);
        let (columns, update) = (&mut self.columns, &mut self.update);
        let tables = columns.iter_mut().enumerate().map(|(index, column)| {
            let superseded = match update {
                _ if !column.key => Vec::new(),
                Some(update) => update.superseded(index),
                // A whole table may name a key twice: the later row wins there too.
                None => overtaken(&column.gathered),
            };
            // Each column's values are given away, so that they are freed as soon as they are
            // written.
            let gathered = std::mem::take(&mut column.gathered);
            if !column.searchable {
                return Table::Counted(counted(&gathered));
            }
            let section = Section::measure(gathered, self.part, self.rows_total, superseded);
            Table::Searchable { rule: column.rule, section }
        });
        let tables: Vec<Table> = tables.collect();
        let filters = (0..self.rules.len()).map(|rule| Filter::sized(&tables, rule)).collect();
        file(self.part, tables, filters)
    }
}

/// Counts sorted values.
fn counted(gathered: &ValueSorter) -> Statistics {
    let mut statistics = Statistics::default();
    gathered.addresses.chunk_by(|a, b| a == b).for_each(|same| statistics.count(same.len() as u64));
    statistics
}
