//! One column of a block that is being made: every cell takes the fast path, or else the slow one.
//!
//! The loop over many cells is chosen once for a column and then runs without a choice:
//! [`with_type`] picks the data type, [`with_simd`] the level of the processor, and [`ColumnLoop`]
//! is compiled for each pair.
//!
//! ```text
//! take_all(cells)
//!   with_type(rule, TakeAll)              Text, Ssn, Card, …
//!     with_simd(level, ColumnLoop)        portable, AVX2, AVX-512
//!       for each cell: FastPath::take, or take_any where that is not sure
//! ```

use edm_model::{Column, PlaceholderWords};

use crate::key::cmac::Hash;
use crate::rows::cell::Cell;
use crate::rows::fast_path::{FastPath, PlacedCell};
use crate::rows::hashed_rows::{HashedColumn, set_bit};
use crate::rows::rule_state::RuleState;
use crate::simd::backend::{Simd, WithSimd};
use crate::simd::level::Level;
use crate::simd::swar::Swar;
use crate::simd::with_simd;
use crate::text::fold::{FoldOptions, Folded};
use crate::value::canonical::Canonicaliser;
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::name::form::is_text;
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
    /// The level of the loop over many cells.
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

    /// Takes the cell of a row.
    pub(crate) fn take(
        &mut self,
        cell: Cell<'_>,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        if let Some(plain) = &self.plain {
            let cell = PlacedCell { cell, row };
            let work = TakeOne { plain, cell, fast: &mut self.fast, rule: &mut *rule };
            if with_type(self.canonicaliser.rule(), work) {
                return Ok(());
            }
        }
        self.take_any(cell.as_str(), row, rule, folded)
    }

    /// Takes many cells, each with its record and row, and calls `refused` with the records of
    /// those that are refused.
    pub(crate) fn take_all<'a>(
        &mut self,
        cells: impl Iterator<Item = (usize, u32, Cell<'a>)>,
        rule: &mut RuleState,
        folded: &mut Folded,
        refused: impl FnMut(usize, CellRefusal),
    ) {
        let Some(plain) = self.plain.clone() else {
            let mut refused = refused;
            for (record, row, cell) in cells {
                if let Err(refusal) = self.take_any(cell.as_str(), row, rule, folded) {
                    refused(record, refusal);
                }
            }
            return;
        };
        // Cloned once for many cells: the loop borrows the column itself.
        let value_rule = self.canonicaliser.rule().clone();
        with_type(&value_rule, TakeAll { plain: &plain, column: self, cells, rule, folded, refused });
    }

    fn take_any(
        &mut self,
        cell: &str,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        self.scratch.clear();
        folded.fold(cell, FoldOptions::of(self.canonicaliser.rule()));
        match self.canonicaliser.parted_cell(folded, &mut self.scratch) {
            CellForm::Present => {
                if rule.parts_words {
                    self.fast.tally.counts.as_text += u32::from(is_text(&self.scratch));
                }
                set_bit(&mut self.fast.tally.presence, row, true);
                self.fast.take_form(folded.text(), &self.scratch, rule, self.plain.is_some());
            }
            CellForm::Absent => {}
            CellForm::Placeholder => self.fast.tally.counts.placeholders += 1,
            CellForm::Refused(refusal) => {
                let counts = &mut self.fast.tally.counts;
                match refusal {
                    CellRefusal::TooManyTokens => counts.too_long += 1,
                    _ => counts.refused += 1,
                }
                return Err(refusal);
            }
        }
        Ok(())
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

/// Many cells of a column, each with its record and row.
struct TakeAll<'c, I, R> {
    plain: &'c PlainRule,
    column: &'c mut ColumnState,
    cells: I,
    rule: &'c mut RuleState,
    folded: &'c mut Folded,
    refused: R,
}

impl<'a, I: Iterator<Item = (usize, u32, Cell<'a>)>, R: FnMut(usize, CellRefusal)> WithType
    for TakeAll<'_, I, R>
{
    type Output = ();

    #[inline(always)]
    fn with_type<T: ValueType>(self, data_type: T) {
        with_simd(self.column.level, ColumnLoop { all: self, data_type });
    }
}

/// The loop over the cells of a column, compiled for each data type and each level.
struct ColumnLoop<'c, I, R, T> {
    all: TakeAll<'c, I, R>,
    data_type: T,
}

impl<'a, I, R, T> WithSimd for ColumnLoop<'_, I, R, T>
where
    I: Iterator<Item = (usize, u32, Cell<'a>)>,
    R: FnMut(usize, CellRefusal),
    T: ValueType,
{
    #[inline(always)]
    fn with_simd(self, simd: impl Simd) {
        let Self { mut all, data_type } = self;
        for (record, row, cell) in all.cells {
            let placed = PlacedCell { cell, row };
            if all.column.fast.take(all.plain, placed, all.rule, simd, data_type) {
                continue;
            }
            // The slow path, which few cells take.
            if let Err(refusal) = all.column.take_any(cell.as_str(), row, all.rule, all.folded) {
                (all.refused)(record, refusal);
            }
        }
    }
}

/// One cell to be taken: too little work to be compiled for each level.
struct TakeOne<'a> {
    plain: &'a PlainRule,
    cell: PlacedCell<'a>,
    fast: &'a mut FastPath,
    rule: &'a mut RuleState,
}

impl WithType for TakeOne<'_> {
    type Output = bool;

    fn with_type<T: ValueType>(self, data_type: T) -> bool {
        self.fast.take(self.plain, self.cell, self.rule, Swar, data_type)
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
