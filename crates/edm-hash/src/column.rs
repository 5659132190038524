//! One column and one rule of a block that is being made.

use std::collections::BTreeSet;

use edm_model::{Column, DataType, Rule};

use crate::batch::Hash;
use crate::canonical::{Canonicaliser, CellForm, CellRefusal};
use crate::cell::{self, Form, Judged, PLAIN_BYTES_MAX, Plain, PlainForms};
use crate::date;
use crate::fold::Folded;
use crate::key::{RuleKeys, Salt};
use crate::rows::{ColumnCounts, HashedColumn, Histogram, RuleSummary, set_bit};
use crate::shape::{Alphanumerics, Shape, canonical_atoms};
use crate::vocabulary::Vocabulary;

/// More shapes than this are not listed.
const SHAPES_MAX: usize = 65_536;
/// Canonical forms are hashed whenever a column has gathered so many bytes of them: they stay in the cache.
const ARENA_BYTES: usize = 64 * 1024;
/// Digits and letters in the histogram of shapes are capped here.
const HISTOGRAM_MAX: usize = 63;

/// A cell, and perhaps the text that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Cell<'a> {
    pub(crate) fn alone(text: &'a str) -> Self {
        Self { text, start: 0, end: text.len() }
    }

    pub(crate) fn within(text: &'a str, (start, end): (u32, u32)) -> Self {
        Self { text, start: start as usize, end: end as usize }
    }

    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    fn as_str(&self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or("")
    }

    /// Returns the folded cell if it is plain. Reads what stands behind it too, where that saves copying.
    #[inline]
    fn plain(&self, lower: bool) -> Option<Plain> {
        let length = self.len();
        if length > PLAIN_BYTES_MAX {
            return None;
        }
        if let Some(bytes) = self.text.as_bytes().get(self.start..).and_then(<[u8]>::first_chunk) {
            return Plain::fold(bytes, length, lower);
        }
        let mut bytes = [0; PLAIN_BYTES_MAX];
        bytes.get_mut(..length)?.copy_from_slice(self.text.as_bytes().get(self.start..self.end)?);
        Plain::fold(&bytes, length, lower)
    }
}

/// What is known of a column's cells since the last block.
pub(crate) struct ColumnState {
    canonicaliser: Canonicaliser,
    /// `None`: every cell goes the general way.
    plain: Option<PlainForms>,
    form: Form,
    rule: usize,
    arena: Vec<u8>,
    forms: Vec<(u32, u32)>,
    hashes: Vec<Hash>,
    presence: Vec<u8>,
    /// By digits, then letters.
    histogram: Box<[[u32; HISTOGRAM_MAX + 1]]>,
    counts: ColumnCounts,
}

impl ColumnState {
    /// Makes one for a column whose rule stands at this position.
    pub(crate) fn new(column: &Column, rule: usize, tokens_max: u32) -> Self {
        Self {
            canonicaliser: Canonicaliser::new(&column.rule, tokens_max),
            plain: Some(PlainForms::new(&column.rule, tokens_max)),
            form: Form::new(),
            rule,
            arena: Vec::new(),
            forms: Vec::new(),
            hashes: Vec::new(),
            presence: Vec::new(),
            histogram: vec![[0; HISTOGRAM_MAX + 1]; HISTOGRAM_MAX + 1].into_boxed_slice(),
            counts: ColumnCounts::default(),
        }
    }

    #[cfg(test)]
    pub(crate) fn forget_short_way(&mut self) {
        self.plain = None;
    }

    pub(crate) fn rule(&self) -> usize {
        self.rule
    }

    /// Makes room for the presence of so many rows.
    pub(crate) fn expect_rows(&mut self, row_count: u32) {
        let bytes = (row_count as usize).div_ceil(8);
        if self.presence.len() < bytes {
            self.presence.resize(bytes, 0);
        }
    }

    /// Takes the cell of a row.
    #[inline]
    pub(crate) fn take(
        &mut self,
        cell: Cell<'_>,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        if let Some(plain_forms) = &self.plain
            && let Some(plain) = cell.plain(plain_forms.lower())
        {
            match plain_forms.judge(&plain, &mut self.form) {
                Judged::Value => {
                    self.take_plain(&plain, rule);
                    set_bit(&mut self.presence, row, true);
                    return Ok(());
                }
                Judged::Absent => return Ok(()),
                Judged::Placeholder => {
                    self.counts.placeholders += 1;
                    return Ok(());
                }
                Judged::Unsure => {}
            }
        }
        self.take_any(cell.as_str(), row, rule, folded)
    }

    fn take_plain(&mut self, plain: &Plain, rule: &mut RuleState) {
        let from = self.arena.len() as u32;
        self.form.push_to(&mut self.arena);
        self.forms.push((from, self.arena.len() as u32));
        self.counts.dates += u32::from(cell::reads_as_date(plain));
        let (digits, letters) = (self.form.digits.count_ones(), self.form.letters.count_ones());
        self.count(digits as usize, letters as usize);
        let sign = digits > 0 || self.form.at_sign;
        self.counts.anchors += u32::from(sign && digits + letters >= 5);
        rule.see_plain(&self.form);
        self.flush_if_full(rule);
    }

    fn take_any(
        &mut self,
        cell: &str,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        let from = self.arena.len();
        match self.canonicaliser.cell(cell, folded, &mut self.arena) {
            CellForm::Present => {
                self.forms.push((from as u32, self.arena.len() as u32));
                self.counts.dates += u32::from(date::reads_as_date(folded.text()));
                let canonical = self.arena.get(from..).unwrap_or(&[]);
                let alphanumerics = Alphanumerics::of(canonical);
                rule.see(canonical);
                self.count(alphanumerics.digits, alphanumerics.letters);
                self.counts.anchors += u32::from(alphanumerics.anchors);
                set_bit(&mut self.presence, row, true);
                self.flush_if_full(rule);
            }
            CellForm::Absent => {}
            CellForm::Placeholder => self.counts.placeholders += 1,
            CellForm::Refused(refusal) => {
                match refusal {
                    CellRefusal::TooManyTokens => self.counts.too_long += 1,
                    _ => self.counts.refused += 1,
                }
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Judges a cell and keeps nothing of it.
    pub(crate) fn form_of(&mut self, cell: Cell<'_>, folded: &mut Folded) -> CellForm {
        if let Some(plain_forms) = &self.plain
            && let Some(plain) = cell.plain(plain_forms.lower())
        {
            match plain_forms.judge(&plain, &mut self.form) {
                Judged::Value => return CellForm::Present,
                Judged::Absent => return CellForm::Absent,
                Judged::Placeholder => return CellForm::Placeholder,
                Judged::Unsure => {}
            }
        }
        let from = self.arena.len();
        let form = self.canonicaliser.cell(cell.as_str(), folded, &mut self.arena);
        self.arena.truncate(from);
        form
    }

    fn count(&mut self, digits: usize, letters: usize) {
        let row = self.histogram.get_mut(digits.min(HISTOGRAM_MAX));
        if let Some(count) = row.and_then(|row| row.get_mut(letters.min(HISTOGRAM_MAX))) {
            *count += 1;
        }
    }

    fn flush_if_full(&mut self, rule: &RuleState) {
        if self.arena.len() >= ARENA_BYTES {
            self.flush(&rule.keys);
        }
    }

    fn flush(&mut self, keys: &RuleKeys) {
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        self.arena.clear();
        self.forms.clear();
    }

    /// Hashes what was taken and starts afresh.
    pub(crate) fn finish(&mut self, rule: &RuleState, row_count: u32) -> HashedColumn {
        self.flush(&rule.keys);
        let mut presence = std::mem::take(&mut self.presence);
        presence.resize((row_count as usize).div_ceil(8), 0);
        let histogram = self.take_histogram();
        // The next block has about as many values.
        let next = Vec::with_capacity(self.hashes.len());
        HashedColumn {
            counts: std::mem::take(&mut self.counts),
            histogram,
            presence,
            hashes: std::mem::replace(&mut self.hashes, next),
        }
    }

    fn take_histogram(&mut self) -> Histogram {
        let mut histogram = Histogram::new();
        for (digits, row) in (0u8..).zip(&mut self.histogram) {
            for (letters, count) in (0u8..).zip(row.iter_mut()).filter(|(_, count)| **count > 0) {
                histogram.push(((digits, letters), std::mem::take(count)));
            }
        }
        histogram
    }
}

/// What is known of the values of a rule since the last block.
pub(crate) struct RuleState {
    keys: RuleKeys,
    shapes: BTreeSet<Shape>,
    /// Shapes seen last, so that the set is asked only for new ones.
    recent: [Option<Shape>; 64],
    vocabulary: Vocabulary,
}

impl RuleState {
    pub(crate) fn new(salt: &Salt, rule: &Rule) -> Self {
        // Windows of the other types are found without asking which atoms occur.
        let gathers = matches!(rule.data_type, DataType::Text | DataType::Name | DataType::Address);
        Self {
            keys: RuleKeys::derive(salt, rule),
            shapes: BTreeSet::new(),
            recent: [None; 64],
            vocabulary: Vocabulary::new(gathers),
        }
    }

    #[inline]
    fn see_plain(&mut self, form: &Form) {
        let atoms = form.atom_starts().count_ones();
        if atoms > 1 {
            self.vocabulary.see(form, &self.keys);
        }
        // A plain form has at most 64 characters.
        self.see_shape(Shape { atoms: atoms as u16, bytes: form.length() as u16, mask: form.mask() });
    }

    fn see(&mut self, canonical: &[u8]) {
        let atoms = canonical_atoms(canonical, |_| ());
        if atoms > 1 {
            self.vocabulary.see_all(&self.keys, |each| {
                canonical_atoms(canonical, each);
            });
        }
        self.see_shape(Shape::of(canonical, atoms));
    }

    #[inline]
    fn see_shape(&mut self, shape: Shape) {
        let slot =
            (usize::from(shape.bytes) * 7 + usize::from(shape.atoms) * 31 + usize::from(shape.mask)) % 64;
        if self.recent[slot] != Some(shape) {
            self.recent[slot] = Some(shape);
            if self.shapes.len() <= SHAPES_MAX {
                self.shapes.insert(shape);
            }
        }
    }

    /// Returns what is known and starts afresh. `room` is what is left for vocabulary tags of this block's rules.
    pub(crate) fn finish(&mut self, room: &mut usize) -> RuleSummary {
        let shapes = std::mem::take(&mut self.shapes);
        self.recent = [None; 64];
        RuleSummary {
            shapes: (shapes.len() <= SHAPES_MAX).then(|| shapes.into_iter().collect()),
            vocabulary: self.vocabulary.finish(&self.keys, room),
        }
    }
}
