//! The portable implementation: eight bytes at a time in a 64-bit word (SWAR).

use super::WINDOW;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

#[inline]
pub(super) fn marks(window: &[u8; WINDOW], delimiter: u8) -> u64 {
    let (words, _) = window.as_chunks();
    let mark = |(index, word): (usize, &[u8; 8])| {
        let word = u64::from_le_bytes(*word);
        // XOR makes a byte zero where it equals the mark. Adding 0x7f sets the high bit of every
        // other byte below 128. All three marks are ASCII.
        let differs = |mark: u8| ((word & !HIGH) ^ (u64::from(mark) * ONES)) + 0x7f * ONES;
        let found = !(differs(b'"') & differs(delimiter) & differs(b'\n')) & !word & HIGH;
        // The multiplication gathers the high bits of the eight bytes in the top byte.
        ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (index * 8)
    };
    words.iter().enumerate().map(mark).fold(0, |marks, own| marks | own)
}
