//! A cell, and perhaps the text around it; and the cells of a column.

use std::iter::StepBy;
use std::slice::Iter;

use crate::simd::backend::{PLAIN_BYTES_MAX, ROOM_BYTES, Simd};
use crate::simd::swar::Swar;
use crate::value::plain::plain_cell::Plain;

/// A cell, and perhaps the text that it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

/// A cell and its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacedCell<'a> {
    pub(crate) cell: Cell<'a>,
    pub(crate) row: u32,
}

/// The cells of one column of consecutive records, each with its record.
pub(crate) struct ColumnCells<'a> {
    text: &'a str,
    /// The number of the next record.
    record: usize,
    rows: Iter<'a, Option<u32>>,
    spans: StepBy<Iter<'a, (u32, u32)>>,
}

impl<'a> ColumnCells<'a> {
    /// Makes those of the records from `record` on. Cells of a record without a row are passed
    /// over. Of `spans`, every `width`th is of this column, the first among them.
    pub(crate) fn new(
        text: &'a str,
        record: usize,
        rows: &'a [Option<u32>],
        spans: &'a [(u32, u32)],
        width: usize,
    ) -> Self {
        Self { text, record, rows: rows.iter(), spans: spans.iter().step_by(width) }
    }
}

impl<'a> Iterator for ColumnCells<'a> {
    type Item = (usize, PlacedCell<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (row, (start, end)) = (self.rows.next()?, self.spans.next()?);
            let record = self.record;
            self.record += 1;
            if let Some(row) = row {
                let cell = Cell::within(self.text, *start, *end);
                return Some((record, PlacedCell { cell, row: *row }));
            }
        }
    }
}

impl<'a> Cell<'a> {
    pub(crate) fn alone(text: &'a str) -> Self {
        Self { text, start: 0, end: text.len() }
    }

    pub(crate) fn within(text: &'a str, start: u32, end: u32) -> Self {
        Self { text, start: start as usize, end: end as usize }
    }

    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Returns the text from `bytes` after the start of the cell on.
    #[inline(always)]
    pub(crate) fn behind(&self, bytes: usize) -> Option<&'a [u8]> {
        self.text.as_bytes().get(self.start + bytes..)
    }

    pub(crate) fn as_str(&self) -> &'a str {
        self.text.get(self.start..self.end).expect("a cell begins and ends at characters")
    }

    /// Classifies the cell where it is in the text if enough of that follows, else in a copy in
    /// `spare`.
    #[inline(always)]
    pub(crate) fn plain<'p>(&self, spare: &'p mut [u8; ROOM_BYTES], simd: impl Simd) -> Option<Plain<'p>>
    where
        'a: 'p,
    {
        let length = self.len();
        if length > PLAIN_BYTES_MAX {
            return None;
        }
        let rest = self.text.as_bytes().get(self.start..)?;
        match rest.first_chunk() {
            Some(bytes) => Plain::of(bytes, length, simd),
            None => alone(rest.get(..length)?, spare),
        }
    }
}

/// Looks at a text that is alone, if it is plain.
pub(crate) fn alone<'a>(text: &[u8], spare: &'a mut [u8; ROOM_BYTES]) -> Option<Plain<'a>> {
    if text.len() > PLAIN_BYTES_MAX {
        return None;
    }
    spare.get_mut(..text.len())?.copy_from_slice(text);
    Plain::of(spare, text.len(), Swar)
}
