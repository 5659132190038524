//! The portable level: eight bytes in one 64-bit word (SIMD within a register).

use crate::simd::backend::{CellMasks, PLAIN_BYTES_MAX, ROOM_BYTES, Simd};

/// Bytes of a word.
const WORD: usize = 8;
/// A 1 in each byte: times a byte, it is that byte eight times.
pub(crate) const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of each byte.
pub(crate) const HIGH: u64 = 0x80 * ONES;

/// Gathers the high bits of a word's bytes into one byte, the lowest first.
///
/// ```text
/// word >> 7 & ONES           .......a .......b …  .......h     a bit a byte
/// times 0x0102_0408_1020_4080    shifts byte k by 8 - k, and all land in the top byte
/// >> 56                      hgfedcba
/// ```
///
/// The other bits of the word must be clear or are masked here; no two products meet in one bit, so
/// nothing carries.
#[inline]
pub(crate) fn high_bits(word: u64) -> u64 {
    ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Eight characters at a time in a 64-bit word, which needs no instructions of one processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swar;

/// What is taken to follow a cell: neither letter nor digit.
const BEHIND: u64 = b'~' as u64 * ONES;

impl Simd for Swar {
    #[inline(always)]
    fn classify(self, bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
        let (mut letters, mut digits, mut spaces, mut printable, mut beyond) = (0, 0, 0, HIGH, 0);
        let mut see = |word: u64, index: usize| {
            // Sums of two numbers below 128 stay in their byte, and reach its high bit from a bound
            // on.
            let from = |word: u64, bound: u8| word.wrapping_add(u64::from(0x80 - bound) * ONES);
            let lower = word | (0x20 * ONES);
            letters |= high_bits(from(lower, b'a') & !from(lower, b'z' + 1)) << (index * WORD);
            digits |= high_bits(from(word, b'0') & !from(word, b'9' + 1)) << (index * WORD);
            spaces |= high_bits(from(word, b' ') & !from(word, b' ' + 1)) << (index * WORD);
            printable &= from(word, b' ');
            beyond |= word & HIGH;
        };
        let (words, _) = bytes.as_chunks::<WORD>();
        let whole = length.min(PLAIN_BYTES_MAX) / WORD;
        for (index, word) in words.iter().enumerate().take(whole) {
            see(u64::from_le_bytes(*word), index);
        }
        if !length.is_multiple_of(WORD)
            && let Some(word) = words.get(whole)
        {
            let outside = u64::MAX << (length % WORD * 8);
            see(u64::from_le_bytes(*word) & !outside | BEHIND & outside, whole);
        }
        CellMasks { letters, digits, spaces, printable: printable == HIGH && beyond == 0 }
    }
}
