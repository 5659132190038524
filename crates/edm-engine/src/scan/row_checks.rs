//! Row checks: how many a part of the text may use, and a memo of what they answered.
//!
//! A row check compares a value with a cell of a row. A text that repeats values of a large table
//! could need millions of them, so each part of 64 KiB has a budget. Within a part each value's
//! rows are found once, and each pair of values is checked once, however often both occur:
//!
//! ```text
//! values  (table, column, hash)          → its live rows
//! pairs   (rows of value, column, hash)  → which of the rows hold the other value, a bit each
//! ```

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use edm_hash::{Hash, RowCell};
use edm_model::limits;

use crate::generation::Generation;
use crate::scan::hits::hit::Hit;
use crate::text::span::TextSpan;

/// A value of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TableValue {
    table: usize,
    column: usize,
    hash: Hash,
}

/// A value and the rows that are checked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    rows: ValueRows,
    column: usize,
    hash: Hash,
}

/// Which rows of a value hold another one, a bit each.
type Holders = [u64; limits::ROW_SET_MAX / 64];

/// Pairs that are remembered at one time. Which ones changes only the work.
const PAIRS_KEPT: usize = 1 << 16;

/// The row checks of a scan. Parts are counted from the text's start. Callers go through the text
/// part by part; what they spend on a later part than the current one starts that part.
#[derive(Default)]
pub(crate) struct RowChecks {
    part: Cell<usize>,
    spent: Cell<u64>,
    memo: RefCell<Memo>,
}

/// What is known of the values of one part. It depends on the values alone, not on where they are.
#[derive(Default)]
struct Memo {
    rows: Vec<u32>,
    values: HashMap<TableValue, ValueRows>,
    pairs: HashMap<Pair, Holders>,
    cells: Vec<RowCell>,
    checks: Vec<u32>,
}

/// A value of a column, wherever it may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnHash {
    pub(crate) column: usize,
    pub(crate) hash: Hash,
}

/// The live rows of a value that are evaluated, at most `ROW_SET_MAX`, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ValueRows {
    /// Where they are among all rows of the part.
    first: u32,
    count: u32,
    /// Whether there may be more.
    pub(crate) beyond: bool,
}

impl RowChecks {
    /// Spends row checks around a primary value; returns false when its part of the text has used
    /// up its share.
    pub(crate) fn spend(&self, primary: TextSpan, count: u64) -> bool {
        // What is spent beyond the bound stays spent: once a part is out of row checks, it stays
        // out.
        let spent = limits::ROW_CHECKS_MAX - self.left(primary);
        self.spent.set(spent.saturating_add(count));
        spent.saturating_add(count) <= limits::ROW_CHECKS_MAX
    }

    /// Returns how many row checks are left around a primary value.
    pub(crate) fn left(&self, primary: TextSpan) -> u64 {
        self.enter(primary);
        limits::ROW_CHECKS_MAX.saturating_sub(self.spent.get())
    }

    /// Begins the part of the text that a primary value is in, unless it has begun. Rows of values
    /// of the part before are forgotten, so this comes before [`RowChecks::rows_of`].
    pub(crate) fn enter(&self, primary: TextSpan) {
        let part = primary.start / limits::ROW_CHECKS_BYTES;
        // Parts ascend: zones are evaluated in order, and explanations, which follow at a distance,
        // have another `RowChecks`.
        if part > self.part.get() {
            self.part.set(part);
            self.spent.set(0);
            self.memo.borrow_mut().forget();
        }
    }

    /// Returns the rows of a value, and how many row checks it took to know them.
    pub(crate) fn rows_of(&self, generation: &Generation, hit: &Hit) -> (ValueRows, u64) {
        let mut memo = self.memo.borrow_mut();
        let value = TableValue { table: hit.table, column: hit.column, hash: hit.hash };
        if let Some(known) = memo.values.get(&value) {
            return (*known, 1);
        }
        let (rows, looked_at) = memo.find(generation, hit);
        memo.values.insert(value, rows);
        (rows, looked_at)
    }

    /// Appends the rows.
    pub(crate) fn append(&self, rows: ValueRows, out: &mut Vec<u32>) {
        out.extend_from_slice(self.memo.borrow().of(rows));
    }

    /// Calls `each` with the index of every row that holds a value in a column, and returns how
    /// many row checks it took to know them.
    pub(crate) fn each_holder(
        &self,
        generation: &Generation,
        rows: ValueRows,
        other: ColumnHash,
        mut each: impl FnMut(usize),
    ) -> u64 {
        let mut memo = self.memo.borrow_mut();
        let (holders, cost) = memo.holders(generation, rows, other);
        for (word, holders) in holders.iter().enumerate() {
            let mut left = *holders;
            while left != 0 {
                each(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        cost
    }
}

impl Memo {
    fn forget(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.pairs.clear();
    }

    fn of(&self, rows: ValueRows) -> &[u32] {
        let first = rows.first as usize;
        // Rows of a part are kept until it ends, and `ValueRows` never outlives its part.
        &self.rows[first..first + rows.count as usize]
    }

    /// Looks for the rows of a value.
    fn find(&mut self, generation: &Generation, hit: &Hit) -> (ValueRows, u64) {
        let (first, mut looked_at) = (self.rows.len(), 1);
        let mut beyond = false;
        if let Some(rows) = generation.rows_of(hit.column, &hit.hash) {
            beyond = rows.len() > limits::ROWS_LOOKED_AT_MAX;
            for row in rows.iter().take(limits::ROWS_LOOKED_AT_MAX) {
                looked_at += 1;
                // Costs a row check like any other, but is no row of the table any more.
                if generation.is_tombstone(row) {
                    continue;
                }
                // A value in half of all rows identifies nothing: some hundred rows are evaluated
                // and the limit is reported.
                if self.rows.len() - first == limits::ROW_SET_MAX {
                    beyond = true;
                    break;
                }
                self.rows.push(row);
            }
        }
        // An address has 64 bits of the hash; the row check compares 32 more.
        let cells = self.rows[first..].iter();
        let cells = cells.map(|row| RowCell { hash: hit.hash, row: *row, column: hit.column as u16 });
        self.cells.clear();
        self.cells.extend(cells);
        generation.row_checks(&self.cells, &mut self.checks);
        debug_assert_eq!(self.checks.len(), self.rows.len() - first, "each cell has a check");
        // `rows` holds the rows of all values of the part, one value after the other. Those of this
        // value are the last, so the ones whose check differs can be dropped in place:
        //
        //     rows   | other values … | r0 r1 r2 r3 |      only r0 and r2 hold the value
        //                             ^ first
        //     rows   | other values … | r0 r2 |
        let count = self.checks.len();
        let mut kept = first;
        for (at, check) in self.checks.iter().enumerate() {
            let row = self.rows[first + at];
            if generation.stored_check(row, hit.column) == *check {
                self.rows[kept] = row;
                kept += 1;
            }
        }
        self.rows.truncate(kept);
        (ValueRows { first: first as u32, count: (kept - first) as u32, beyond }, looked_at + count as u64)
    }

    fn holders(&mut self, generation: &Generation, rows: ValueRows, other: ColumnHash) -> (Holders, u64) {
        let ColumnHash { column, hash } = other;
        let pair = Pair { rows, column, hash };
        if let Some(known) = self.pairs.get(&pair) {
            return (*known, 1);
        }
        self.cells.clear();
        let first = rows.first as usize;
        let value_rows = &self.rows[first..first + rows.count as usize];
        self.cells.extend(value_rows.iter().map(|row| RowCell { hash, row: *row, column: column as u16 }));
        generation.row_checks(&self.cells, &mut self.checks);
        debug_assert_eq!(self.checks.len(), value_rows.len(), "each cell has a check");
        let mut holders = Holders::default();
        for (at, (row, check)) in value_rows.iter().zip(&self.checks).enumerate() {
            if generation.stored_check(*row, column) == *check {
                holders[at / 64] |= 1 << (at % 64);
            }
        }
        // Cleared as a whole: it is a memo, so forgetting costs time only, and a smarter policy
        // would cost more than it saves.
        if self.pairs.len() >= PAIRS_KEPT {
            self.pairs.clear();
        }
        self.pairs.insert(pair, holders);
        (holders, 1 + u64::from(rows.count))
    }
}
