//! Records of one block on their way from the reader to a hashing thread: their text as read, and
//! the positions of the cells in it. No cell is copied.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use edm_hash::Records;

use crate::budget::Permit;

/// Text of a chunk in bytes. A chunk with one long record may exceed it.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// Maximum number of records in a chunk. It bounds the list of cells when records are short.
pub(crate) const CHUNK_RECORDS_MAX: u32 = 16 * 1024;
/// Maximum number of spare chunks. With fewer than the reader may be ahead, their memory would be
/// allocated over and over.
const SPARE_CHUNKS_MAX: usize = 256;

/// Why a cell's range is valid.
const IN_TEXT: &str = "cells end between characters of the text in which they were found";

/// Consecutive records.
#[derive(Default)]
pub(crate) struct Chunk {
    text: String,
    /// Start and end of each cell of the store's columns. Every record with cells has the same
    /// number of them.
    cells: Vec<(u32, u32)>,
    /// The line on which each record starts.
    lines: Vec<u64>,
    /// Positions of records with several lines, each with the number of lines after its first.
    further_lines: Vec<(u32, u32)>,
    /// Positions of records that the reader refused.
    left_out: Vec<u32>,
    /// Returns the bytes of the text to the budget once the chunk is hashed.
    permit: Option<Permit>,
}

impl Chunk {
    /// Returns the number of records, refused ones included.
    pub(crate) fn len(&self) -> u32 {
        // A chunk has at most CHUNK_RECORDS_MAX.
        self.lines.len() as u32
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the memory that the chunk takes while it waits. For short records the positions take
    /// more than the text.
    pub(crate) fn held_bytes(&self) -> usize {
        self.text.capacity()
            + self.cells.len() * size_of::<(u32, u32)>()
            + self.lines.len() * size_of::<u64>()
            + self.further_lines.len() * size_of::<(u32, u32)>()
            + self.left_out.len() * size_of::<u32>()
    }

    pub(crate) fn hold(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }

    /// Adds a refused record, which has lines but no cells.
    pub(crate) fn push_left_out(&mut self, lines: Range<u64>) {
        self.left_out.push(self.lines.len() as u32);
        self.push_lines(lines);
    }

    /// Adds a record with its lines and cells.
    pub(crate) fn push(&mut self, lines: Range<u64>, cells: impl Iterator<Item = (usize, usize)>) {
        // A chunk contains a buffer and at most one record more, far below 4 GiB.
        self.cells.extend(cells.map(|(start, end)| (start as u32, end as u32)));
        self.push_lines(lines);
    }

    fn push_lines(&mut self, lines: Range<u64>) {
        let further = lines.end.saturating_sub(lines.start + 1);
        if further > 0 {
            // A record has at most `limits::RECORD_LINES_MAX` lines.
            self.further_lines.push((self.lines.len() as u32, further as u32));
        }
        self.lines.push(lines.start);
    }

    /// Sets the text that the cells refer to.
    pub(crate) fn set_text(&mut self, text: String) {
        self.text = text;
    }

    /// Clears the chunk and returns its buffer.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        self.clear();
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Returns the records in the form in which they are hashed.
    pub(crate) fn records(&self) -> Records<'_> {
        Records { text: &self.text, cells: &self.cells, count: self.len(), left_out: &self.left_out }
    }

    /// Returns the lines of a record, without blank lines after it.
    pub(crate) fn lines(&self, record: u32) -> Range<u64> {
        let first = *self.lines.get(record as usize).expect("every record of a chunk has its line");
        let found = self.further_lines.binary_search_by_key(&record, |(position, _)| *position);
        let further = found.ok().and_then(|place| self.further_lines.get(place));
        first..first + 1 + further.map_or(0, |(_, count)| u64::from(*count))
    }

    /// Returns lines and cells of each record that has cells. `columns` is the number of cells per
    /// record.
    pub(crate) fn rows(
        &self,
        columns: usize,
    ) -> impl Iterator<Item = (Range<u64>, impl Iterator<Item = &str> + Clone)> {
        let mut left_out = self.left_out.iter().copied().peekable();
        let records = (0..self.len()).filter(move |record| left_out.next_if_eq(record).is_none());
        let cell = |span: &(u32, u32)| self.text.get(span.0 as usize..span.1 as usize).expect(IN_TEXT);
        records
            .zip(self.cells.chunks_exact(columns.max(1)))
            .map(move |(record, cells)| (self.lines(record), cells.iter().map(cell)))
    }

    fn clear(&mut self) {
        self.cells.clear();
        self.lines.clear();
        self.further_lines.clear();
        self.left_out.clear();
        self.permit = None;
    }
}

/// Hashed chunks for reuse. Their memory needs no further page faults.
#[derive(Default)]
pub(crate) struct SpareChunks(Mutex<Vec<Chunk>>);

impl SpareChunks {
    pub(crate) fn take(&self) -> Chunk {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes a chunk back, and returns its bytes to the budget.
    pub(crate) fn give_back(&self, mut chunk: Chunk) {
        chunk.permit = None;
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_CHUNKS_MAX && chunk.text.capacity() <= 2 * CHUNK_BYTES {
            spare.push(chunk);
        }
    }
}
