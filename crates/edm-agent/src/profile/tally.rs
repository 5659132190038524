//! The counts of one column on one thread.

use edm_hash::{Canonicaliser, CellForm, FoldOptions, Folded, HashedColumn, Placeholders};
use edm_model::{FormStatistics, PlaceholderWords, Rule};

use super::candidate::CANDIDATES;
use super::form::Forms;
use super::phone_country::PhoneCells;
use crate::cell_damage::CellDamage;

/// Lengths from here on only count for the maximum.
const LENGTHS_MAX: usize = 256;

/// Counts of a column's cells. Those of several threads can be added.
pub(super) struct ColumnTally {
    /// Records read.
    pub(super) cells: u64,
    /// Cells with text, without placeholders and too long ones. The shares of types refer to these.
    pub(super) texts: u64,
    /// Cells without any letter or digit.
    pub(super) empty: u64,
    pub(super) too_long: u64,
    pub(super) refused: u64,
    pub(super) placeholders: u64,
    /// Cells of a column of names that cannot be read as one.
    pub(super) as_text: u64,
    pub(super) forms_seen: FormStatistics,
    pub(super) forms: Forms,
    pub(super) damage: CellDamage,
    pub(super) phones: PhoneCells,
    /// The number of texts by their length in characters. The last entry counts all longer ones.
    pub(super) lengths: Vec<u64>,
    pub(super) longest: u64,
    /// For each candidate, the number of texts that are values of it.
    pub(super) taken: Vec<u64>,
    pub(super) text: Canonicaliser,
    candidates: Vec<Canonicaliser>,
    folded: Folded,
    canonical: Vec<u8>,
}

impl ColumnTally {
    pub(super) fn new(tokens_max: u32, words: &Placeholders) -> Self {
        let usual = Placeholders::new(&PlaceholderWords::usual(), &Rule::default());
        Self {
            cells: 0,
            texts: 0,
            empty: 0,
            too_long: 0,
            refused: 0,
            placeholders: 0,
            as_text: 0,
            forms_seen: FormStatistics::default(),
            forms: Forms::default(),
            damage: CellDamage::default(),
            phones: PhoneCells::default(),
            lengths: vec![0; LENGTHS_MAX + 1],
            longest: 0,
            taken: vec![0; CANDIDATES.len()],
            text: Canonicaliser::new(&Rule::default(), tokens_max)
                .with_placeholders(if words.takes_nines() { usual.taking_nines() } else { usual }),
            candidates: CANDIDATES.iter().map(|candidate| candidate.canonicaliser(tokens_max)).collect(),
            folded: Folded::new(),
            canonical: Vec::new(),
        }
    }

    /// Inspects the text of a cell. Every candidate folds like `text`, so it is folded once.
    pub(super) fn see(&mut self, cell: &str) {
        self.cells += 1;
        self.damage.see(cell);
        self.folded.fold(cell, FoldOptions::of(self.text.rule()));
        self.canonical.clear();
        match self.text.folded_cell(&mut self.folded, &mut self.canonical) {
            CellForm::Present => {}
            CellForm::Absent => {
                self.empty += 1;
                return;
            }
            CellForm::Placeholder | CellForm::Refused(_) => return,
        }
        self.texts += 1;
        self.forms.see(cell);
        self.phones.see(cell);
        let length = cell.trim().chars().count();
        if let Some(count) = self.lengths.get_mut(length.min(LENGTHS_MAX)) {
            *count += 1;
        }
        self.longest = self.longest.max(length as u64);
        let candidates = CANDIDATES.iter().zip(&self.candidates).zip(&mut self.taken);
        for ((candidate, canonicaliser), taken) in candidates {
            self.canonical.clear();
            let is_value = candidate.may_be(cell)
                && canonicaliser.folded_cell(&mut self.folded, &mut self.canonical) == CellForm::Present
                && !canonicaliser.is_matched_as_text(&self.canonical);
            *taken += u64::from(is_value);
        }
    }

    /// Adds the findings from hashing the column.
    pub(super) fn add(&mut self, column: &HashedColumn) {
        self.too_long += u64::from(column.counts.too_long);
        self.refused += u64::from(column.counts.refused);
        self.placeholders += u64::from(column.counts.placeholders);
        self.as_text += u64::from(column.counts.as_text);
        self.forms_seen.anchors += u64::from(column.counts.anchors);
        self.forms_seen.dates += u64::from(column.counts.dates);
        for (form, values) in &column.histogram {
            *self.forms_seen.histogram.entry(*form).or_default() += u64::from(*values);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        self.texts += other.texts;
        self.empty += other.empty;
        self.too_long += other.too_long;
        self.refused += other.refused;
        self.placeholders += other.placeholders;
        self.as_text += other.as_text;
        self.forms_seen.anchors += other.forms_seen.anchors;
        self.forms_seen.dates += other.forms_seen.dates;
        for (form, values) in &other.forms_seen.histogram {
            *self.forms_seen.histogram.entry(*form).or_default() += values;
        }
        self.forms.merge(&other.forms);
        self.damage.merge(&other.damage);
        self.phones.merge(&other.phones);
        self.lengths.iter_mut().zip(&other.lengths).for_each(|(own, other)| *own += other);
        self.longest = self.longest.max(other.longest);
        self.taken.iter_mut().zip(&other.taken).for_each(|(own, other)| *own += other);
    }
}
