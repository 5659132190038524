//! From the cells of a record to their hashes: the end of plaintext.

use std::fmt;

use edm_model::{Columns, limits};

use crate::key::keys::Salt;
use crate::rows::cell::{Cell, ColumnCells};
use crate::rows::column::ColumnState;
use crate::rows::hashed_rows::{HashedRows, set_bit};
use crate::rows::rule_state::RuleState;
use crate::rows::vocabulary::VOCABULARY_MAX;
use crate::text::fold::Folded;
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::placeholder::Placeholders;

/// Records whose cells are taken column by column: so few that their text stays in the nearest
/// cache meanwhile.
const BATCH: usize = if cfg!(test) { 7 } else { 256 };

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// It was taken; the named cells were taken as absent.
    Accepted {
        /// Column position and reason of each cell that its column cannot hold.
        refused_cells: Vec<(usize, CellRefusal)>,
    },
    /// It was left out, and keeps its ordinal.
    Rejected(RecordRefusal),
}

/// Why a record was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordRefusal {
    /// Its key cell is empty or a placeholder.
    AbsentKey {
        /// The position of the key column.
        column: usize,
    },
    /// A cell is longer than a cell may be.
    CellTooLong {
        /// The position of its column.
        column: usize,
    },
    /// It has fewer or more cells than there are columns.
    WrongCellCount,
    /// A cell is no value of its column, and it is the key, or every one must be.
    BadCell {
        /// The position of its column.
        column: usize,
        /// Why.
        refusal: CellRefusal,
    },
}

impl fmt::Display for RecordRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordRefusal::AbsentKey { .. } => f.write_str("the key cell is empty or a placeholder"),
            RecordRefusal::CellTooLong { .. } => {
                write!(f, "a cell is longer than {} bytes", limits::CELL_BYTES_MAX)
            }
            RecordRefusal::WrongCellCount => f.write_str("the record has the wrong number of cells"),
            RecordRefusal::BadCell { refusal, .. } => write!(f, "{refusal}"),
        }
    }
}

/// Records as a source has read them: a text, and where in it the cells are.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// The text that holds the cells.
    pub text: &'a str,
    /// Start and end in the text of each cell, at character boundaries: record by record, those of
    /// all columns in order.
    pub cells: &'a [(u32, u32)],
    /// The number of records, those without cells included.
    pub count: u32,
    /// The positions of records that have no cells, ascending: the source could not read them, and
    /// they keep their ordinals.
    pub left_out: &'a [u32],
}

/// Turns records into hashes, block after block.
pub struct RecordHasher {
    columns: Vec<ColumnState>,
    rules: Vec<RuleState>,
    key: Option<usize>,
    /// Whether a cell that its column cannot hold rejects its record.
    strict: bool,
    rejected: Vec<u8>,
    rejected_count: u32,
    row_count: u32,
    folded: Folded,
    /// Of the records of a batch that are taken, the row. Reused from batch to batch.
    rows: Vec<Option<u32>>,
}

impl RecordHasher {
    /// Makes one for a session's salt and columns, with the usual placeholders.
    pub fn new(salt: &Salt, columns: &Columns, tokens_max: u32) -> Self {
        let rules = columns.rules();
        let place = |column: &edm_model::Column| {
            rules.iter().position(|rule| *rule == column.rule).expect("the columns bring their rules")
        };
        let columns = columns.as_slice();
        Self {
            columns: columns
                .iter()
                .map(|column| ColumnState::new(column, place(column), tokens_max))
                .collect(),
            key: columns.iter().position(|column| column.key),
            strict: false,
            rules: rules.iter().map(|rule| RuleState::new(salt, rule)).collect(),
            rejected: Vec::new(),
            rejected_count: 0,
            row_count: 0,
            folded: Folded::new(),
            rows: Vec::new(),
        }
    }

    /// Rejects every record with a cell that its column cannot hold. Each cell is looked at twice
    /// then.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Takes cells with these words as empty, given for each column in the order of the store's.
    #[must_use]
    pub fn placeholders(mut self, placeholders: &[Placeholders]) -> Self {
        let columns = self.columns.iter_mut().zip(placeholders);
        columns.for_each(|(column, placeholders)| column.take_as_empty(placeholders.clone()));
        self
    }

    /// Takes the slow path for every cell, which the fast path is compared with.
    #[cfg(test)]
    pub(crate) fn without_fast_path(mut self) -> Self {
        self.columns.iter_mut().for_each(ColumnState::forget_fast_path);
        self
    }

    /// Looks at many cells at this level.
    #[cfg(test)]
    pub(crate) fn on_path(mut self, level: crate::simd::level::Level) -> Self {
        self.columns.iter_mut().for_each(|column| column.prefer(level));
        self
    }

    /// Returns how many records were pushed since the last block, rejected ones included.
    pub fn len(&self) -> usize {
        self.row_count as usize
    }

    /// Returns whether no record was pushed since the last block.
    pub fn is_empty(&self) -> bool {
        self.row_count == 0
    }

    /// Makes room for the hashes of a block of `records` records, which need not be moved then as
    /// they become more.
    pub fn expect(&mut self, records: u32) {
        self.columns.iter_mut().for_each(|column| column.expect_hashes(records));
    }

    /// Counts a record that the source could not read: it keeps its ordinal and has no cells.
    pub fn push_rejected(&mut self) {
        set_bit(&mut self.rejected, self.row_count, true);
        self.rejected_count += 1;
        self.row_count += 1;
    }

    /// Takes a record's cells, in the order of the store's columns.
    pub fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str> + Clone) -> RecordOutcome {
        if let Err(refusal) = self.check(cells.clone().map(Cell::alone)) {
            self.push_rejected();
            return RecordOutcome::Rejected(refusal);
        }
        // A refused cell counts as absent; its record stays.
        let (mut refused_cells, mut of_column) = (Vec::new(), Vec::new());
        let row = [Some(self.row_count)];
        for (position, (column, cell)) in self.columns.iter_mut().zip(cells).enumerate() {
            // A list of one. A longer cell than four gigabytes has refused its record already.
            let span = [(0, cell.len() as u32)];
            let cells = ColumnCells::new(cell, 0, &row, &span, 1);
            column.take(cells, &mut self.rules[column.rule()], &mut self.folded, &mut of_column);
            refused_cells.extend(of_column.drain(..).map(|(_, refusal)| (position, refusal)));
        }
        self.row_count += 1;
        RecordOutcome::Accepted { refused_cells }
    }

    /// Takes many records, column by column. Returns what became of those of which something was
    /// refused: the position of the record, ascending.
    ///
    /// # Panics
    /// If there are more or fewer cells than columns for each record that has cells: that is the
    /// caller's mistake.
    pub fn push_all(&mut self, records: &Records<'_>) -> Vec<(u32, RecordOutcome)> {
        let width = self.columns.len();
        let held = (records.count as usize).checked_sub(records.left_out.len());
        assert_eq!(
            held.map(|held| held * width),
            Some(records.cells.len()),
            "every record has a cell for each column"
        );
        let mut outcomes = self.place(records);
        let mut refused: Vec<(usize, usize, CellRefusal)> = Vec::new();
        let mut of_column = Vec::new();
        self.columns.iter_mut().for_each(|column| column.expect_rows(self.row_count));
        // A batch of records goes through all columns before the next batch is touched, so that its
        // text stays in the cache.
        for (batch, (rows, cells)) in
            self.rows.chunks(BATCH).zip(records.cells.chunks(BATCH * width)).enumerate()
        {
            for (position, column) in self.columns.iter_mut().enumerate() {
                let rule = &mut self.rules[column.rule()];
                // The cells of one column lie `width` apart.
                let cells = ColumnCells::new(records.text, batch * BATCH, rows, &cells[position..], width);
                column.take(cells, rule, &mut self.folded, &mut of_column);
                refused.extend(of_column.drain(..).map(|(record, refusal)| (record, position, refusal)));
            }
        }
        // Columns were taken one after the other; reports are by record.
        refused.sort_by_key(|(record, position, _)| (*record, *position));
        let first_row = self.row_count - records.count;
        for cells in refused.chunk_by(|one, other| one.0 == other.0) {
            let (record, ..) = cells[0];
            let row = self.rows[record].expect("only the cells of records that have a row were taken");
            let refused_cells = cells.iter().map(|(_, position, refusal)| (*position, *refusal)).collect();
            outcomes.push((row - first_row, RecordOutcome::Accepted { refused_cells }));
        }
        outcomes.sort_by_key(|(record, _)| *record);
        outcomes
    }

    /// Gives every record its row and finds out which ones are rejected.
    fn place(&mut self, records: &Records<'_>) -> Vec<(u32, RecordOutcome)> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        let too_long =
            |(start, end): &(u32, u32)| end.saturating_sub(*start) as usize > limits::CELL_BYTES_MAX;
        // Without a branch for each cell: nearly always there is none.
        let none_too_long = !records.cells.iter().fold(false, |any, span| any | too_long(span));
        if self.key.is_none() && !self.strict && records.left_out.is_empty() && none_too_long {
            rows.extend((self.row_count..self.row_count + records.count).map(Some));
            self.row_count += records.count;
            self.rows = rows;
            return Vec::new();
        }
        let mut outcomes = Vec::new();
        // Left-out records have no cells, so cells and records advance at different steps.
        let mut left_out = records.left_out.iter().copied().peekable();
        let mut cells = records.cells.chunks_exact(self.columns.len().max(1));
        for record in 0..records.count {
            if left_out.next_if_eq(&record).is_some() {
                self.push_rejected();
                continue;
            }
            let cells = cells.next().expect("every record has a cell for each column");
            let cells = cells.iter().map(|span| Cell::within(records.text, span.0, span.1));
            if let Err(refusal) = self.check(cells) {
                self.push_rejected();
                rows.push(None);
                outcomes.push((record, RecordOutcome::Rejected(refusal)));
                continue;
            }
            rows.push(Some(self.row_count));
            self.row_count += 1;
        }
        self.rows = rows;
        outcomes
    }

    fn check<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>> + Clone) -> Result<(), RecordRefusal> {
        let mut count = 0;
        for (position, cell) in cells.clone().enumerate() {
            if cell.len() > limits::CELL_BYTES_MAX {
                return Err(RecordRefusal::CellTooLong { column: position });
            }
            count += 1;
        }
        if count != self.columns.len() {
            return Err(RecordRefusal::WrongCellCount);
        }
        for (position, (column, cell)) in self.columns.iter_mut().zip(cells).enumerate() {
            let is_key = self.key == Some(position);
            // Only these cells are judged before the record is taken: judging costs a second look
            // at the cell.
            if !is_key && !self.strict {
                continue;
            }
            match column.form_of(cell, &mut self.folded) {
                CellForm::Present => {}
                CellForm::Refused(refusal) if is_key || self.strict => {
                    return Err(RecordRefusal::BadCell { column: position, refusal });
                }
                _ if is_key => return Err(RecordRefusal::AbsentKey { column: position }),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes rows that are not needed any more: their memory, which was touched already, is used
    /// for the next block.
    pub fn reuse(&mut self, rows: HashedRows) {
        self.columns.iter_mut().zip(rows.columns).for_each(|(column, old)| column.reuse(old.hashes));
    }

    /// Hashes what was pushed and starts afresh.
    pub fn finish(&mut self) -> HashedRows {
        let row_count = std::mem::take(&mut self.row_count);
        let mut rejected = std::mem::take(&mut self.rejected);
        // The bitmap grew only as far as the last rejected record.
        rejected.resize((row_count as usize).div_ceil(8), 0);
        let columns = self.columns.iter_mut();
        let columns = columns.map(|column| column.finish(&self.rules[column.rule()], row_count)).collect();
        // One bound over all rules of the block, first come first served.
        let mut room = VOCABULARY_MAX;
        let rules = self.rules.iter_mut().map(|rule| rule.finish(&mut room)).collect();
        HashedRows {
            row_count,
            rejected,
            rejected_count: std::mem::take(&mut self.rejected_count),
            columns,
            rules,
        }
    }
}
