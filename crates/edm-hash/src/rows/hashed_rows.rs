//! Hashed rows: what leaves the agent, column by column, and how a reader sees them.

use crate::key::cmac::{HASH_BYTES, Hash};
use crate::value_summary::shape_summary::ShapeSummary;

/// What the builder must know of a column's cells beside their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnCounts {
    /// Cells left out because they have too many atoms.
    pub too_long: u32,
    /// Cells that the type refused.
    pub refused: u32,
    /// Cells that count as empty by their text.
    pub placeholders: u32,
    /// Values that can anchor a default type's match.
    pub anchors: u32,
    /// Values that read as dates.
    pub dates: u32,
}

/// How many values have this many digits and letters (each capped at 63).
pub type Histogram = Vec<((u8, u8), u32)>;

/// One column of hashed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedColumn {
    /// The counts.
    pub counts: ColumnCounts,
    /// Ascending by digits, then letters.
    pub histogram: Histogram,
    /// Bit r%8 of byte r/8 says whether record r has a value.
    pub presence: Vec<u8>,
    /// The hashes of the values, in row order.
    pub hashes: Vec<Hash>,
}

/// What the builder must know of the values of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// The shapes that occur, and what they say of all values; `None`: too many to list.
    pub shapes: Option<ShapeSummary>,
    /// The vocabulary tags of the atoms of values of two atoms and more, ascending; `None`: too
    /// many to list.
    pub vocabulary: Option<Vec<u32>>,
}

/// The hashes of consecutive records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedRows {
    /// The number of records, rejected ones included.
    pub row_count: u32,
    /// Bit r%8 of byte r/8 says whether record r was left out.
    pub rejected: Vec<u8>,
    /// How many bits of `rejected` are set.
    pub rejected_count: u32,
    /// In the order of the store's columns.
    pub columns: Vec<HashedColumn>,
    /// In the order of [`edm_model::Columns::rules`].
    pub rules: Vec<RuleSummary>,
}

impl HashedRows {
    /// Returns the rows as a reader of blocks sees them.
    pub fn view(&self) -> RowsView<'_> {
        RowsView {
            row_count: self.row_count,
            rejected: &self.rejected,
            rejected_count: self.rejected_count,
            columns: self
                .columns
                .iter()
                .map(|column| ColumnView {
                    counts: column.counts.clone(),
                    histogram: column.histogram.clone(),
                    presence: &column.presence,
                    hashes: column.hashes.as_flattened(),
                })
                .collect(),
            rules: self.rules.clone(),
        }
    }
}

/// One column of [`RowsView`].
#[derive(Debug, Clone)]
pub struct ColumnView<'a> {
    /// The counts.
    pub counts: ColumnCounts,
    /// Ascending by digits, then letters.
    pub histogram: Histogram,
    /// Bit r%8 of byte r/8 says whether record r has a value.
    pub presence: &'a [u8],
    /// 16 bytes for each value, in row order.
    pub hashes: &'a [u8],
}

impl<'a> ColumnView<'a> {
    /// Returns the record's place among these rows and the hash of each value, in row order.
    pub fn values(&self) -> impl Iterator<Item = (u32, Hash)> + use<'a> {
        let (hashes, _) = self.hashes.as_chunks::<HASH_BYTES>();
        set_bits(self.presence).zip(hashes.iter().copied())
    }

    /// Returns the number of values.
    pub fn present(&self) -> u32 {
        (self.hashes.len() / HASH_BYTES) as u32
    }
}

/// Hashed rows inside a verified block.
#[derive(Debug, Clone)]
pub struct RowsView<'a> {
    /// The number of records, rejected ones included.
    pub row_count: u32,
    /// Bit r%8 of byte r/8 says whether record r was left out.
    pub rejected: &'a [u8],
    /// How many bits of `rejected` are set.
    pub rejected_count: u32,
    /// In the order of the store's columns.
    pub columns: Vec<ColumnView<'a>>,
    /// In the order of [`edm_model::Columns::rules`].
    pub rules: Vec<RuleSummary>,
}

/// Returns the positions of the set bits, ascending.
pub fn set_bits(bitmap: &[u8]) -> impl Iterator<Item = u32> + use<'_> {
    bitmap.iter().enumerate().flat_map(|(index, byte)| {
        let mut rest = *byte;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                index as u32 * 8 + bit
            })
        })
    })
}

/// Sets or leaves bit `row`, growing the bitmap to hold it.
#[inline(always)]
pub(crate) fn set_bit(bitmap: &mut Vec<u8>, row: u32, value: bool) {
    let byte = row as usize / 8;
    if bitmap.len() <= byte {
        bitmap.resize(byte + 1, 0);
    }
    // tidy: own bytes
    bitmap[byte] |= u8::from(value) << (row % 8);
}
