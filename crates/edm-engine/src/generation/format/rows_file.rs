//! Row files: the row check of every cell, row by row, and those of the alternative forms of cells.

use std::sync::Arc;

use edm_hash::{HASH_BYTES, Hash, RowCell, RowKey, RowsView};

use crate::error::Error;
use crate::generation::format::layout::{self, FORMAT_VERSION, Reader};
use crate::generation::format::row_positions::row_positions;
use crate::generation::format::sealed_file::{SealedFile, tags_bytes};

/// Cells that are encrypted side by side: with what is written of them they stay in the cache.
const BATCH: usize = 1_024;

/// Returns the content of the row file of one block's rows.
pub(crate) fn write(key: &RowKey, first_row: u32, rows: &RowsView<'_>) -> Vec<u8> {
    let columns = rows.columns.len();
    let mut out = layout::rows::MAGIC.to_vec();
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&(columns as u16).to_le_bytes());
    for field in [first_row, rows.row_count, rows.rejected_count] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    let alternatives = AlternativeChecks::of(key, first_row, rows);
    out.extend_from_slice(&alternatives.count().to_le_bytes());
    out.resize(layout::rows::HEADER_BYTES, 0);
    out.extend_from_slice(rows.rejected);
    out.resize(out.len().next_multiple_of(4), 0);
    let checks_at = out.len();
    let alternatives_at = checks_at + rows.row_count as usize * columns * 4;
    let content_bytes = alternatives_at + alternatives.bytes();
    out.reserve_exact(content_bytes + tags_bytes(content_bytes) - checks_at);
    out.resize(alternatives_at, 0);
    // Row by row in the file, because a look-up compares several cells of one row; column by column
    // in this loop, because a block holds its hashes by column.
    let (cells_out, _) = out[checks_at..].as_chunks_mut::<4>();
    let (mut cells, mut checks) = (Vec::with_capacity(BATCH), Vec::new());
    for (column, view) in rows.columns.iter().enumerate() {
        let positions = row_positions(view);
        let (hashes, _) = view.hashes.as_chunks::<HASH_BYTES>();
        for (positions, hashes) in positions.chunks(BATCH).zip(hashes.chunks(BATCH)) {
            let cell = |(row, hash): (&u32, &Hash)| RowCell {
                hash: *hash,
                row: first_row + row,
                column: column as u16,
            };
            // The cipher works on several messages at once, so cells are gathered before they are
            // encrypted.
            cells.clear();
            cells.extend(positions.iter().zip(hashes).map(cell));
            key.checks(&cells, &mut checks);
            for (row, check) in positions.iter().zip(&checks) {
                cells_out[*row as usize * columns + column] = check.to_le_bytes();
            }
        }
    }
    alternatives.write(&mut out);
    out
}

/// The row checks of the alternative forms of a block's values, by row.
struct AlternativeChecks {
    /// Rows of the block.
    row_count: u32,
    /// The row of each, ascending, counted in the block.
    rows: Vec<u32>,
    checks: Vec<u32>,
}

impl AlternativeChecks {
    fn of(key: &RowKey, first_row: u32, rows: &RowsView<'_>) -> Self {
        let mut cells: Vec<RowCell> = Vec::new();
        for (column, view) in rows.columns.iter().enumerate() {
            let cell = |(row, hash)| RowCell { hash, row: first_row + row, column: column as u16 };
            cells.extend(view.alternatives().map(cell));
        }
        // The order of one row's does not matter: each is compared.
        cells.sort_by_key(|cell| cell.row);
        let mut checks = Vec::new();
        key.checks(&cells, &mut checks);
        Self {
            row_count: rows.row_count,
            rows: cells.iter().map(|cell| cell.row - first_row).collect(),
            checks,
        }
    }

    fn count(&self) -> u32 {
        // A block has at most 16 MiB, and an alternative form takes 20 bytes of it.
        self.checks.len() as u32
    }

    fn bytes(&self) -> usize {
        match self.checks.len() {
            0 => 0,
            count => (directory_entries(self.row_count) + count) * 4,
        }
    }

    /// Appends the directory and the checks; nothing where there are none.
    fn write(&self, out: &mut Vec<u8>) {
        if self.checks.is_empty() {
            return;
        }
        for bucket in 0..directory_entries(self.row_count) {
            let first = self.rows.partition_point(|row| (*row as usize) < bucket * BUCKET_ROWS);
            out.extend_from_slice(&(first as u32).to_le_bytes());
        }
        out.extend(self.checks.iter().flat_map(|check| check.to_le_bytes()));
    }
}

/// Rows that share an entry of the directory of alternative forms.
const BUCKET_ROWS: usize = 16;

/// Returns how many entries the directory of so many rows has: one for each bucket, and the end.
fn directory_entries(row_count: u32) -> usize {
    (row_count as usize).div_ceil(BUCKET_ROWS) + 1
}

/// An opened row file.
pub(crate) struct RowsFile {
    file: Arc<SealedFile>,
    pub(crate) first_row: u32,
    pub(crate) row_count: u32,
    pub(crate) rejected_count: u32,
    columns: usize,
    checks_at: usize,
    /// Row checks of alternative forms.
    alternative_count: u32,
}

impl RowsFile {
    pub(crate) fn open(sealed: Arc<SealedFile>, columns: usize) -> Result<Self, Error> {
        let name = sealed.name();
        let file = name.as_str();
        let head = sealed.plain(0, layout::rows::HEADER_BYTES).ok_or_else(|| Error::damaged(file))?;
        layout::check_head(&head, layout::rows::MAGIC, file)?;
        let mut reader = Reader { bytes: &head, at: 10, file };
        let own_columns = usize::from(reader.u16()?);
        let (first_row, row_count, rejected_count) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let alternative_count = reader.u32()?;
        let bitmap = (row_count as usize).div_ceil(8);
        let checks_at = (layout::rows::HEADER_BYTES + bitmap).next_multiple_of(4);
        let alternatives = match alternative_count as usize {
            0 => 0,
            count => (directory_entries(row_count) + count) * 4,
        };
        let length = (row_count as usize)
            .checked_mul(columns * 4)
            .and_then(|length| length.checked_add(checks_at + alternatives));
        if own_columns != columns
            || length != Some(sealed.length())
            || first_row.checked_add(row_count).is_none()
        {
            return Err(Error::damaged(file));
        }
        Ok(Self { first_row, row_count, rejected_count, columns, checks_at, alternative_count, file: sealed })
    }

    /// Prefetches the stored check of a cell.
    pub(crate) fn prefetch_check(&self, row: u32, column: usize) {
        self.file.prefetch(self.check_at(row, column));
    }

    fn check_at(&self, row: u32, column: usize) -> usize {
        self.checks_at + (row.wrapping_sub(self.first_row) as usize * self.columns + column) * 4
    }

    /// Returns the stored check of a cell; 0 where it is absent.
    pub(crate) fn check(&self, row: u32, column: usize) -> u32 {
        let check = self.file.read(self.check_at(row, column));
        u32::from_le_bytes(check.expect("the caller knows that the row is in the file"))
    }

    /// Returns whether a row has an alternative form with this row check.
    pub(crate) fn has_alternative(&self, row: u32, check: u32) -> bool {
        if self.alternative_count == 0 {
            return false;
        }
        let directory_at = self.checks_at + self.row_count as usize * self.columns * 4;
        let bucket = (row - self.first_row) as usize / BUCKET_ROWS;
        let number = |at: usize| {
            let bytes = self.file.read(at).expect("the length was compared when the file was opened");
            u32::from_le_bytes(bytes)
        };
        let checks_at = directory_at + directory_entries(self.row_count) * 4;
        // Rows of a bucket are not told apart: a row check depends on its row, so that of another
        // is equal as seldom as a wrong value's.
        let (first, end) = (number(directory_at + bucket * 4), number(directory_at + bucket * 4 + 4));
        let end = end.min(self.alternative_count);
        (first..end).any(|index| number(checks_at + index as usize * 4) == check)
    }
}
