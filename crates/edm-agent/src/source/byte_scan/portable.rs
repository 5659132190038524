//! The portable implementation: eight bytes at a time in a 64-bit word (SWAR).

use super::{ByteStats, WINDOW};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

pub(super) fn byte_stats(bytes: &[u8]) -> ByteStats {
    // A byte counts to 255, so that the compiler counts many bytes in one vector.
    let few = |part: &[u8]| part.iter().fold(0u8, |count, byte| count + u8::from(*byte == b'\n'));
    ByteStats {
        line_ends: bytes.chunks(255).map(|part| u64::from(few(part))).sum(),
        nul: bytes.contains(&0),
        beyond: !bytes.is_ascii(),
    }
}

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
