//! One column of a block that is being made: every cell takes the fast path, or else the slow one.
//!
//! The loop over many cells is chosen once for a column and then runs without a choice:
//! [`with_type`] picks the data type, [`with_simd`] the level of the processor, and [`ColumnLoop`]
//! is compiled for each pair.
//!
//! ```text
//! take(cells)
//!   with_type(rule, TakeAll)              Text, Ssn, Card, …
//!     with_simd(level, ColumnLoop)        portable, AVX2, AVX-512
//!       for each cell: FastPath::take, or SlowPath::take where that is not sure
//! ```
//!
//! Thirty copies of this loop are a large part of what the compiler does for this crate. So it has
//! no other parameter: its cells come from one type of iterator, and one cell is a list of one.

use edm_model::{Column, PlaceholderWords};

use crate::key::cmac::Hash;
use crate::rows::cell::{Cell, ColumnCells, PlacedCell};
use crate::rows::fast_path::FastPath;
use crate::rows::hashed_rows::{HashedColumn, set_bit};
use crate::rows::rule_state::RuleState;
use crate::simd::backend::{Simd, WithSimd};
use crate::simd::level::Level;
use crate::simd::swar::Swar;
use crate::simd::with_simd;
use crate::text::fold::Folded;
use crate::value::canonical::Canonicaliser;
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::placeholder::Placeholders;
use crate::value::plain::form::Form;
use crate::value::plain::judge::{Judged, judge};
use crate::value::plain::plain_rule::PlainRule;
use crate::value::value_type::{ValueType, WithType};
use crate::value::with_type;

/// What is known of a column's cells since the last block.
pub(crate) struct ColumnState {
    canonicaliser: Canonicaliser,
    /// `None`: every cell takes the slow path.
    plain: Option<PlainRule>,
    /// The level of the loop over cells.
    level: Level,
    rule: usize,
    fast: FastPath,
    /// The form of a cell that took the slow path. Reused from cell to cell.
    scratch: Vec<u8>,
}

impl ColumnState {
    /// Makes one for a column whose rule is at this position.
    pub(crate) fn new(column: &Column, rule: usize, tokens_max: u32) -> Self {
        let placeholders = Placeholders::of_column(&PlaceholderWords::usual(), column);
        Self {
            canonicaliser: Canonicaliser::new(&column.rule, tokens_max)
                .with_placeholders(placeholders.clone()),
            plain: Some(PlainRule::new(&column.rule, tokens_max, placeholders)),
            level: Level::current(),
            rule,
            fast: FastPath::new(),
            scratch: Vec::new(),
        }
    }

    /// Takes cells with these words as empty.
    pub(crate) fn take_as_empty(&mut self, placeholders: Placeholders) {
        if let Some(plain) = &mut self.plain {
            plain.placeholders = placeholders.clone();
        }
        self.canonicaliser = self.canonicaliser.clone().with_placeholders(placeholders);
    }

    #[cfg(test)]
    pub(crate) fn forget_fast_path(&mut self) {
        self.plain = None;
    }

    #[cfg(test)]
    pub(crate) fn prefer(&mut self, level: Level) {
        self.level = level;
    }

    pub(crate) fn rule(&self) -> usize {
        self.rule
    }

    /// Makes room for the hashes of `row_count` rows.
    pub(crate) fn expect_hashes(&mut self, row_count: u32) {
        let hashes = &mut self.fast.values.hashes;
        hashes.reserve_exact((row_count as usize).saturating_sub(hashes.len()));
    }

    /// Makes room for the presence of `row_count` rows.
    pub(crate) fn expect_rows(&mut self, row_count: u32) {
        let bytes = (row_count as usize).div_ceil(8);
        if self.fast.tally.presence.len() < bytes {
            self.fast.tally.presence.resize(bytes, 0);
        }
    }

    /// Takes the cells of some records, and adds to `refused` those that are refused, each with its
    /// record.
    pub(crate) fn take(
        &mut self,
        cells: ColumnCells<'_>,
        rule: &mut RuleState,
        folded: &mut Folded,
        refused: &mut Vec<(usize, CellRefusal)>,
    ) {
        let Self { canonicaliser, plain, level, fast, scratch, .. } = self;
        let (canonicaliser, has_fast_path) = (&*canonicaliser, plain.is_some());
        let mut slow = SlowPath { canonicaliser, has_fast_path, scratch, folded, refused };
        match plain {
            Some(plain) => {
                let all = TakeAll { plain, level: *level, cells, fast, slow, rule };
                with_type(canonicaliser.rule(), all);
            }
            None => cells.for_each(|(record, placed)| slow.take(record, placed, fast, rule)),
        }
    }

    /// Judges a cell and keeps nothing of it.
    pub(crate) fn form_of(&mut self, cell: Cell<'_>, folded: &mut Folded) -> CellForm {
        if let Some(rule) = &self.plain {
            match with_type(self.canonicaliser.rule(), JudgeOne { rule, cell, fast: &mut self.fast }) {
                Judged::Value => return CellForm::Present,
                Judged::Absent => return CellForm::Absent,
                Judged::Placeholder => return CellForm::Placeholder,
                Judged::Unsure => {}
            }
        }
        self.scratch.clear();
        self.canonicaliser.cell(cell.as_str(), folded, &mut self.scratch)
    }

    /// Hashes what was taken and starts afresh.
    pub(crate) fn finish(&mut self, rule: &RuleState, row_count: u32) -> HashedColumn {
        self.fast.values.flush(&rule.keys);
        let mut presence = std::mem::take(&mut self.fast.tally.presence);
        // The bitmap grew only as far as the last row with a value.
        presence.resize((row_count as usize).div_ceil(8), 0);
        HashedColumn {
            counts: std::mem::take(&mut self.fast.tally.counts),
            histogram: self.fast.tally.take_histogram(),
            presence,
            hashes: std::mem::take(&mut self.fast.values.hashes),
        }
    }

    /// Takes a list of hashes that is not needed any more, to be filled again.
    pub(crate) fn reuse(&mut self, mut hashes: Vec<Hash>) {
        // Pages that were touched before are not faulted in again.
        if self.fast.values.hashes.capacity() < hashes.capacity() && self.fast.values.hashes.is_empty() {
            hashes.clear();
            self.fast.values.hashes = hashes;
        }
    }
}

/// The slow path of a column, which any cell can take: folding, atoms, the type's canonical form.
struct SlowPath<'c> {
    canonicaliser: &'c Canonicaliser,
    /// Whether a form of printable ASCII may be counted by its masks.
    has_fast_path: bool,
    scratch: &'c mut Vec<u8>,
    folded: &'c mut Folded,
    /// The records of cells that are refused.
    refused: &'c mut Vec<(usize, CellRefusal)>,
}

impl SlowPath<'_> {
    #[inline(never)]
    fn take(&mut self, record: usize, placed: PlacedCell<'_>, fast: &mut FastPath, rule: &mut RuleState) {
        let PlacedCell { cell, row } = placed;
        self.scratch.clear();
        match self.canonicaliser.cell(cell.as_str(), self.folded, self.scratch) {
            CellForm::Present => {
                set_bit(&mut fast.tally.presence, row, true);
                fast.take_form(self.folded.text(), self.scratch, rule, self.has_fast_path);
            }
            CellForm::Absent => {}
            CellForm::Placeholder => fast.tally.counts.placeholders += 1,
            CellForm::Refused(refusal) => {
                match refusal {
                    CellRefusal::TooManyTokens => fast.tally.counts.too_long += 1,
                    _ => fast.tally.counts.refused += 1,
                }
                self.refused.push((record, refusal));
            }
        }
    }
}

/// The cells of a column, and what they are taken with.
struct TakeAll<'c> {
    plain: &'c PlainRule,
    level: Level,
    cells: ColumnCells<'c>,
    fast: &'c mut FastPath,
    slow: SlowPath<'c>,
    rule: &'c mut RuleState,
}

impl WithType for TakeAll<'_> {
    type Output = ();

    #[inline(always)]
    fn with_type<T: ValueType>(self, data_type: T) {
        with_simd(self.level, ColumnLoop { all: self, data_type });
    }
}

/// The loop over the cells of a column, compiled for each data type and each level.
struct ColumnLoop<'c, T> {
    all: TakeAll<'c>,
    data_type: T,
}

impl<T: ValueType> WithSimd for ColumnLoop<'_, T> {
    #[inline(always)]
    fn with_simd(self, simd: impl Simd) {
        let Self { all: TakeAll { plain, cells, fast, mut slow, rule, .. }, data_type } = self;
        for (record, placed) in cells {
            if !fast.take(plain, placed, rule, simd, data_type) {
                // The slow path, which few cells take.
                slow.take(record, placed, fast, rule);
            }
        }
    }
}

/// One cell to be judged, of which nothing is kept.
struct JudgeOne<'a> {
    rule: &'a PlainRule,
    cell: Cell<'a>,
    fast: &'a mut FastPath,
}

impl WithType for JudgeOne<'_> {
    type Output = Judged;

    fn with_type<T: ValueType>(self, data_type: T) -> Judged {
        let Some(plain) = self.cell.plain(&mut self.fast.spare, Swar) else { return Judged::Unsure };
        judge(data_type, &plain, self.rule, &mut Form::new(self.fast.values.room(), self.rule.lower))
    }
}
