//! Row files: the row check of every cell, row by row.

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
    out.resize(layout::rows::HEADER_BYTES, 0);
    out.extend_from_slice(rows.rejected);
    out.resize(out.len().next_multiple_of(4), 0);
    let checks_at = out.len();
    let content_bytes = checks_at + rows.row_count as usize * columns * 4;
    out.reserve_exact(content_bytes + tags_bytes(content_bytes) - checks_at);
    out.resize(content_bytes, 0);
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
    out
}

/// An opened row file.
pub(crate) struct RowsFile {
    file: Arc<SealedFile>,
    pub(crate) first_row: u32,
    pub(crate) row_count: u32,
    pub(crate) rejected_count: u32,
    columns: usize,
    checks_at: usize,
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
        let bitmap = (row_count as usize).div_ceil(8);
        let checks_at = (layout::rows::HEADER_BYTES + bitmap).next_multiple_of(4);
        let length =
            (row_count as usize).checked_mul(columns * 4).and_then(|length| length.checked_add(checks_at));
        if own_columns != columns
            || length != Some(sealed.length())
            || first_row.checked_add(row_count).is_none()
        {
            return Err(Error::damaged(file));
        }
        Ok(Self { first_row, row_count, rejected_count, columns, checks_at, file: sealed })
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
}
