//! Row checks: how many a part of the text may ask for, and what they told. In one part a value is judged once, and so is what
//! stands beside it, however often both stand there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use edm_hash::{Hash, RowCell};
use edm_model::limits;

use crate::generation::Generation;
use crate::scan::hits::find::Hit;
use crate::text::runs::Stretch;

/// A value in a table: the table, the column, the hash.
type Value = (usize, usize, Hash);

/// Which rows of a value hold another one, a bit each.
type Holders = [u64; limits::ROW_SET_MAX / 64];

/// Answers about pairs of values that are kept at one time. Which are kept changes only the work.
const PAIRS_KEPT: usize = 1 << 16;

/// The row checks of a scan. A part is as much of the text as one share is for, counted from the text's front; who spends goes
/// through the text part by part, and what it spends behind the part that it has come to is taken from that one.
#[derive(Default)]
pub(crate) struct RowChecks {
    part: Cell<usize>,
    spent: Cell<u64>,
    judged: RefCell<Judged>,
}

/// What was found of values of one part. It depends on them alone, not on where they stand.
#[derive(Default)]
struct Judged {
    rows: Vec<u32>,
    values: HashMap<Value, ValueRows>,
    /// By the first row of the one value and the other value.
    pairs: HashMap<(ValueRows, usize, Hash), Holders>,
    cells: Vec<RowCell>,
    checks: Vec<u32>,
}

/// The live rows of a value that are evaluated, at most `ROW_SET_MAX`, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ValueRows {
    /// Where they stand among all of the part.
    first: u32,
    count: u32,
    /// Whether there may be more.
    pub(crate) beyond: bool,
}

impl RowChecks {
    /// Asks for row checks around a primary value; false when its part of the text has used up its share.
    pub(crate) fn spend(&self, primary: Stretch, count: u64) -> bool {
        let spent = limits::ROW_CHECKS_MAX - self.left(primary);
        self.spent.set(spent.saturating_add(count));
        spent.saturating_add(count) <= limits::ROW_CHECKS_MAX
    }

    /// Returns how many row checks are left around a primary value.
    pub(crate) fn left(&self, primary: Stretch) -> u64 {
        let part = primary.0 / limits::ROW_CHECKS_BYTES;
        if part > self.part.get() {
            self.part.set(part);
            self.spent.set(0);
            self.judged.borrow_mut().forget();
        }
        limits::ROW_CHECKS_MAX.saturating_sub(self.spent.get())
    }

    /// Returns the rows of a value, and how many row checks it took to know them.
    pub(crate) fn rows_of(&self, generation: &Generation, hit: &Hit) -> (ValueRows, u64) {
        let mut judged = self.judged.borrow_mut();
        let value = (hit.table, hit.column, hit.hash);
        if let Some(known) = judged.values.get(&value) {
            return (*known, 1);
        }
        let (rows, looked_at) = judged.find(generation, hit);
        judged.values.insert(value, rows);
        (rows, looked_at)
    }

    /// Appends the rows.
    pub(crate) fn append(&self, rows: ValueRows, out: &mut Vec<u32>) {
        out.extend_from_slice(self.judged.borrow().of(rows));
    }

    /// Calls `each` with the index of every row that holds a value in a column, and returns how many row checks it took to know
    /// them.
    pub(crate) fn each_holder(
        &self,
        generation: &Generation,
        rows: ValueRows,
        (column, hash): (usize, &Hash),
        mut each: impl FnMut(usize),
    ) -> u64 {
        let mut judged = self.judged.borrow_mut();
        let (holders, cost) = judged.holders(generation, rows, (column, hash));
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

impl Judged {
    fn forget(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.pairs.clear();
    }

    fn of(&self, rows: ValueRows) -> &[u32] {
        let first = rows.first as usize;
        self.rows.get(first..first + rows.count as usize).expect("rows of this part are kept until it ends")
    }

    /// Looks for the rows of a value.
    fn find(&mut self, generation: &Generation, hit: &Hit) -> (ValueRows, u64) {
        let (first, mut looked_at) = (self.rows.len(), 1);
        let mut beyond = false;
        if let Some(rows) = generation.rows_of(hit.column, &hit.hash) {
            beyond = rows.len() > limits::ROWS_LOOKED_AT_MAX;
            for row in rows.iter().take(limits::ROWS_LOOKED_AT_MAX) {
                looked_at += 1;
                if generation.is_tombstone(row) {
                    continue;
                }
                if self.rows.len() - first == limits::ROW_SET_MAX {
                    beyond = true;
                    break;
                }
                self.rows.push(row);
            }
        }
        // The address has 64 bits of the hash, the row check 32 more.
        let count = self.rows.len() - first;
        let cells = self.rows.iter().skip(first).map(|row| (*row, hit.column, hit.hash));
        let cells = cells.map(|(row, column, hash)| RowCell { hash, row, column: column as u16 });
        self.cells.clear();
        self.cells.extend(cells);
        generation.row_key().checks(&self.cells, &mut self.checks);
        let mut kept = first;
        for at in 0..count {
            let (Some(row), Some(check)) = (self.rows.get(first + at).copied(), self.checks.get(at)) else {
                break;
            };
            if generation.stored_check(row, hit.column) == *check {
                self.rows.swap(kept, first + at);
                kept += 1;
            }
        }
        self.rows.truncate(kept);
        (ValueRows { first: first as u32, count: (kept - first) as u32, beyond }, looked_at + count as u64)
    }

    fn holders(
        &mut self,
        generation: &Generation,
        rows: ValueRows,
        (column, hash): (usize, &Hash),
    ) -> (Holders, u64) {
        let pair = (rows, column, *hash);
        if let Some(known) = self.pairs.get(&pair) {
            return (*known, 1);
        }
        self.cells.clear();
        let first = rows.first as usize;
        let own = self.rows.get(first..first + rows.count as usize).unwrap_or(&[]);
        let cells = own.iter().map(|row| RowCell { hash: *hash, row: *row, column: column as u16 });
        self.cells.extend(cells);
        generation.row_key().checks(&self.cells, &mut self.checks);
        let mut holders = Holders::default();
        for (at, (row, check)) in own.iter().zip(&self.checks).enumerate() {
            if generation.stored_check(*row, column) == *check
                && let Some(word) = holders.get_mut(at / 64)
            {
                *word |= 1 << (at % 64);
            }
        }
        if self.pairs.len() >= PAIRS_KEPT {
            self.pairs.clear();
        }
        self.pairs.insert(pair, holders);
        (holders, 1 + u64::from(rows.count))
    }
}
