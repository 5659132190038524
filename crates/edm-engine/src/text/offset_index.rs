//! From byte offsets to offsets in units (bytes, UTF-16 units or code points), and to distances in
//! which a run of white space counts one. Counting is lazy: a text in which nothing is found is
//! never walked.
//!
//! Both are prefix sums with samples. An offset is counted from the nearest known one: the one
//! returned last, or a multiple of 4 KiB. A distance is counted over whole blocks of 256 bytes,
//! each counted once, and the two ends:
//!
//! ```text
//! text      |----|----|----|----|----|----|      blocks
//! distance      ^from            ^to
//!               |~|----|----|----|~~|
//!              walk   known      walk
//! ```
//!
//! What must stay true: offsets that are passed in are offsets of characters of the text, or its
//! end. A block is counted as if the whole text were counted from its start.

use std::cell::{Cell, RefCell};

use edm_model::OffsetUnit;

/// Bytes between two offsets whose offset in units is kept.
const STRIDE: usize = 4_096;
/// Bytes of a block whose distance is kept.
const BLOCK: usize = 256;
/// A block that was not counted yet: no block has this many units.
const UNKNOWN: u16 = u16::MAX;
/// Bytes that are counted side by side, and rows of these: after 127 rows a count might no longer
/// fit into a byte.
const LANES: usize = 32;
const ROWS: usize = 32;

/// Returns how many units a text has.
pub(crate) fn units_in(text: &str, unit: OffsetUnit) -> u64 {
    units_of(text.as_bytes(), unit)
}

/// Counts a character at its first byte: one unit, and one more of UTF-16 where UTF-8 takes four
/// bytes.
fn units_of(bytes: &[u8], unit: OffsetUnit) -> u64 {
    let first = |byte: u8| u8::from(byte as i8 >= -0x40);
    match unit {
        OffsetUnit::Byte => bytes.len() as u64,
        OffsetUnit::CodePoint => count(bytes, first),
        OffsetUnit::Utf16 => count(bytes, |byte| first(byte) + u8::from(byte >= 0xF0)),
    }
}

/// Adds up what each byte counts: one in ASCII, and at most two.
fn count(bytes: &[u8], units: impl Fn(u8) -> u8) -> u64 {
    let mut count = 0;
    for piece in bytes.chunks(LANES * ROWS) {
        // Nearly all text is ASCII in pieces of this size, and then nothing is counted at all.
        if piece.is_ascii() {
            count += piece.len() as u64;
            continue;
        }
        // One counter for each column of 32 bytes: the compiler adds whole vector registers. A
        // counter grows by at most 2 for each row, so 32 rows fit into a byte.
        let mut lanes = [0u8; LANES];
        let (rows, rest) = piece.as_chunks::<LANES>();
        for row in rows {
            for (lane, byte) in lanes.iter_mut().zip(row) {
                *lane += units(*byte);
            }
        }
        let all = lanes.iter().map(|lane| u64::from(*lane)).sum::<u64>();
        count += all + rest.iter().map(|byte| u64::from(units(*byte))).sum::<u64>();
    }
    count
}

/// The positions of a text.
pub(crate) struct OffsetIndex<'a> {
    text: &'a str,
    unit: OffsetUnit,
    /// Units before each stride, as far as they were counted.
    strides: RefCell<Vec<u64>>,
    /// The last offset and its units: the next one is mostly near.
    last: Cell<(usize, u64)>,
    /// For each block how far it is from its first character to that of the next one.
    blocks: RefCell<Vec<u16>>,
}

impl<'a> OffsetIndex<'a> {
    /// `unit` is that of offsets; distances are in UTF-16 units.
    pub(crate) fn new(text: &'a str, unit: OffsetUnit) -> Self {
        let (last, blocks) = (Cell::default(), RefCell::default());
        Self { text, unit, strides: RefCell::new(vec![0]), last, blocks }
    }

    /// Returns the offset in units of a byte offset.
    pub(crate) fn units(&self, offset: usize) -> u64 {
        let bytes = self.text.as_bytes();
        // Offsets are ends of spans of this text, so a range of them is never out of bounds.
        let units = |from: usize, to: usize| units_of(&bytes[from..to], self.unit);
        // Hits come in text order, so the last offset is nearly always close.
        let (last, there) = self.last.get();
        let found = if last <= offset && offset - last <= STRIDE {
            there + units(last, offset)
        } else if offset < last && last - offset <= STRIDE {
            there - units(offset, last)
        } else {
            self.units_from_stride(offset, units)
        };
        self.last.set((offset, found));
        found
    }

    fn units_from_stride(&self, offset: usize, units: impl Fn(usize, usize) -> u64) -> u64 {
        let mut known = self.strides.borrow_mut();
        let stride = offset / STRIDE;
        // Samples are taken up to the offset, not for the whole text. The first one is there from
        // the beginning: stride 0 has no units before it.
        while known.len() <= stride {
            let last = known.len() - 1;
            let start = last * STRIDE;
            let units_before = known[last] + units(start, start + STRIDE);
            known.push(units_before);
        }
        known[stride] + units(stride * STRIDE, offset)
    }

    /// Returns how far it is from one offset to a later one: in UTF-16 units, a run of white
    /// space counting one where it begins. Zero where the other one is not later.
    pub(crate) fn distance(&self, from: usize, to: usize) -> u64 {
        // Spans that overlap have no distance.
        if to <= from {
            return 0;
        }
        // A short walk is cheaper than two partial blocks and a table.
        if to <= from + 2 * BLOCK {
            return self.walk(from, to);
        }
        let (first, last) = (from.div_ceil(BLOCK), to / BLOCK);
        let whole = (first..last).map(|block| self.block(block)).sum::<u64>();
        self.walk(from, self.block_start(first)) + whole + self.walk(self.block_start(last), to)
    }

    /// Returns the first offset of a character from which it is at most so far to `offset`.
    pub(crate) fn back(&self, offset: usize, distance: u64) -> usize {
        // Whole blocks are skipped by their known distance; only the last one is walked.
        //
        //     |== block ==|=========|== ~ offset
        //     |<--------- left --------->|
        //          |<----- distance ---->|     the result is left - distance after the block's start
        //
        let mut block = offset / BLOCK;
        let mut left = self.walk(self.block_start(block), offset);
        while left <= distance {
            let Some(before) = block.checked_sub(1) else { return 0 };
            block = before;
            left += self.block(block);
        }
        let start = self.block_start(block);
        self.advance(start, left - distance).min(offset)
    }

    /// Returns the first offset of a character after `offset` that is at least this far from it, or
    /// the text's end.
    pub(crate) fn forward(&self, offset: usize, distance: u64) -> usize {
        // `at` moves from block to block as long as the step to the next one does not reach the
        // distance that is left.
        let mut block = offset / BLOCK + 1;
        let (mut at, mut left) = (offset, distance);
        let mut step = self.walk(offset, self.block_start(block));
        while step < left && self.block_start(block) < self.text.len() {
            left -= step;
            at = self.block_start(block);
            step = self.block(block);
            block += 1;
        }
        self.advance(at, left)
    }

    /// Returns the first offset of a character from `start` on that is at least `distance` from it.
    fn advance(&self, start: usize, distance: u64) -> usize {
        let (mut start, mut left) = (start, distance);
        // A binary search: the offset is within two blocks, and a step that does not reach it is
        // skipped. Only the last few bytes are walked character by character.
        for half in [BLOCK, BLOCK / 2, BLOCK / 4, BLOCK / 8] {
            let middle = self.text.ceil_char_boundary((start + half).min(self.text.len()));
            let step = self.walk(start, middle);
            if step < left {
                (start, left) = (middle, left - step);
            }
        }
        let mut in_white = self.is_white_before(start);
        let mut passed = 0;
        for (offset, character) in self.text[start..].char_indices() {
            if passed >= left {
                return start + offset;
            }
            passed += units_and_state(character, &mut in_white);
        }
        self.text.len()
    }

    /// Returns where the first character begins that starts in a block or after it.
    fn block_start(&self, block: usize) -> usize {
        self.text.ceil_char_boundary((block * BLOCK).min(self.text.len()))
    }

    fn block(&self, block: usize) -> u64 {
        let mut blocks = self.blocks.borrow_mut();
        if blocks.is_empty() {
            blocks.resize(self.text.len() / BLOCK + 1, UNKNOWN);
        }
        // Callers pass only blocks in which a character starts.
        let known = &mut blocks[block];
        if *known == UNKNOWN {
            // No byte counts more than one unit, so the distance of a block fits and is not
            // UNKNOWN.
            *known = self.walk(self.block_start(block), self.block_start(block + 1)) as u16;
        }
        u64::from(*known)
    }

    /// Returns the distance from one offset of a character to a later one, by counting.
    fn walk(&self, from: usize, to: usize) -> u64 {
        let mut in_white = self.is_white_before(from);
        let piece = &self.text[from..to];
        if !piece.is_ascii() {
            return piece.chars().map(|character| units_and_state(character, &mut in_white)).sum();
        }
        // In ASCII each byte is a unit, but for white space after white space. The first byte has
        // its predecessor outside of the piece.
        let bytes = piece.as_bytes();
        let first = bytes.first().is_some_and(|first| in_white && is_white(*first));
        bytes.len() as u64 - white_after_white(bytes) - u64::from(first)
    }

    fn is_white_before(&self, offset: usize) -> bool {
        self.text[..offset].chars().next_back().is_some_and(char::is_whitespace)
    }
}

/// Counts the white space that follows white space.
fn white_after_white(bytes: &[u8]) -> u64 {
    let Some((_, next_bytes)) = bytes.split_first() else { return 0 };
    // Pairs of neighbours, counted without a branch so that the compiler uses vector registers. The
    // count of 255 pairs fits into a byte, and a narrow counter means more lanes in a register.
    let pieces = bytes.chunks(255).zip(next_bytes.chunks(255));
    let of_piece = |(piece, next): (&[u8], &[u8])| {
        let pairs = piece.iter().zip(next).map(|(a, b)| u8::from(is_white(*a) & is_white(*b)));
        u64::from(pairs.fold(0u8, u8::wrapping_add))
    };
    pieces.map(of_piece).sum()
}

/// White space of ASCII, as `char::is_whitespace` has it.
fn is_white(byte: u8) -> bool {
    byte == b' ' || byte.wrapping_sub(b'\t') < 5
}

/// Returns what a character adds to a distance.
fn units_and_state(character: char, in_white: &mut bool) -> u64 {
    let white = character.is_whitespace();
    match (white, std::mem::replace(in_white, white)) {
        (false, _) => character.len_utf16() as u64,
        (true, false) => 1,
        (true, true) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything counted from the start of the text, character by character.
    struct Counted {
        /// By character: its offset, the UTF-16 units before it, its distance from the start.
        points: Vec<(usize, u64, u64)>,
    }

    impl Counted {
        fn of(text: &str) -> Self {
            let (mut points, mut in_white) = (Vec::new(), false);
            let (mut utf16, mut distance) = (0, 0);
            for (offset, character) in text.char_indices() {
                points.push((offset, utf16, distance));
                utf16 += character.len_utf16() as u64;
                distance += units_and_state(character, &mut in_white);
            }
            points.push((text.len(), utf16, distance));
            Self { points }
        }

        fn first(&self, distance: u64) -> usize {
            self.points
                .iter()
                .find(|point| point.2 >= distance)
                .or(self.points.last())
                .map_or(0, |point| point.0)
        }
    }

    fn check(text: &str) {
        let (index, slow) = (OffsetIndex::new(text, OffsetUnit::Utf16), Counted::of(text));
        let other = |unit| OffsetIndex::new(text, unit);
        let (points, bytes) = (other(OffsetUnit::CodePoint), other(OffsetUnit::Byte));
        assert_eq!(units_in(text, OffsetUnit::Utf16), slow.points.last().unwrap().1);
        let step = slow.points.len() / 40 + 1;
        for (offset, utf16, there) in slow.points.iter().step_by(step).rev() {
            assert_eq!(index.units(*offset), *utf16, "{offset}");
            assert_eq!(points.units(*offset), text[..*offset].chars().count() as u64, "{offset}");
            assert_eq!(bytes.units(*offset), *offset as u64);
            for (other, _, far) in slow.points.iter().step_by(step + 3) {
                let expected = if other < offset { 0 } else { far - there };
                assert_eq!(index.distance(*offset, *other), expected, "{offset} {other}");
            }
            for distance in [0, 1, 5, 255, 256, 300, 700, 5_000] {
                let back = slow.first(there.saturating_sub(distance));
                assert_eq!(index.back(*offset, distance), back.min(*offset), "{offset} {distance}");
                let forward = slow.first(there + distance).max(*offset);
                assert_eq!(index.forward(*offset, distance), forward, "{offset} {distance}");
            }
        }
    }

    #[test]
    fn positions_are_those_counted_from_the_start() {
        check("");
        check("a  b\t\tc");
        check(&"word, and  more\r\n\r\n".repeat(400));
        check(&"é\u{3000}\u{3000} 😀x ".repeat(700));
        check(&format!("{}{}😀{}", " ".repeat(900), "x".repeat(600), "\n".repeat(300)));
        check(&format!("{}{}", "x".repeat(255), "é ".repeat(300)));
        check(&"漢字かな交じり文。".repeat(500));
    }
}
