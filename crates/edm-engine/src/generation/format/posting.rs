//! Posting lists: the rows of an address that several rows hold.

use std::fmt;

use crate::generation::format::sealed_file::SealedFile;

const BLOCK_BYTES: usize = 16;
/// Blocks that are decrypted at once: most lists are shorter.
const WINDOW_BLOCKS: usize = 4;

/// A posting list in its file: a count, then the differences of ascending rows, all LEB128.
#[derive(Clone, Copy)]
pub(crate) struct Posting<'a> {
    file: &'a SealedFile,
    at: usize,
    /// Where the lists of the column end.
    end: usize,
}

impl fmt::Debug for Posting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Posting").field("at", &self.at).finish_non_exhaustive()
    }
}

impl PartialEq for Posting<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.at == other.at
    }
}

impl Eq for Posting<'_> {}

impl<'a> Posting<'a> {
    /// Takes where the list begins, and where the last list of its column ends.
    pub(crate) fn new(file: &'a SealedFile, at: usize, end: usize) -> Self {
        Self { file, at, end }
    }

    /// Returns how many rows there are.
    pub(crate) fn len(self) -> usize {
        self.numbers().next().unwrap_or(0) as usize
    }

    /// Returns the rows, ascending.
    pub(crate) fn rows(self) -> Rows<'a> {
        let mut numbers = self.numbers();
        let left = numbers.next().unwrap_or(0);
        Rows { numbers, left, row: 0 }
    }

    fn numbers(self) -> Numbers<'a> {
        Numbers { posting: self, window: [[0; BLOCK_BYTES]; WINDOW_BLOCKS], from: 0, until: 0 }
    }
}

/// The rows of a list.
pub(crate) struct Rows<'a> {
    numbers: Numbers<'a>,
    left: u32,
    row: u32,
}

impl Iterator for Rows<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        self.row = self.row.checked_add(self.numbers.next()?)?;
        Some(self.row)
    }
}

/// The numbers from a place on, decrypted window by window.
struct Numbers<'a> {
    posting: Posting<'a>,
    window: [[u8; BLOCK_BYTES]; WINDOW_BLOCKS],
    /// Where the window begins and ends in the file.
    from: usize,
    until: usize,
}

impl Numbers<'_> {
    fn byte(&mut self) -> Option<u8> {
        let Posting { file, at, end } = self.posting;
        if at >= self.until {
            let first = at / BLOCK_BYTES;
            let blocks = end.checked_sub(first * BLOCK_BYTES)?.div_ceil(BLOCK_BYTES).min(WINDOW_BLOCKS);
            file.blocks(first, self.window.get_mut(..blocks)?)?;
            self.from = first * BLOCK_BYTES;
            self.until = (self.from + blocks * BLOCK_BYTES).min(end);
        }
        // A list that is cut by the end of the lists is damaged, and has no further byte.
        let byte = self.window.as_flattened().get(at - self.from).filter(|_| at < self.until);
        self.posting.at += 1;
        byte.copied()
    }
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}
