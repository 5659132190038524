//! The path of any processor: eight bytes in one number.

use super::{BLOCK_BYTES, Masks};

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

pub(super) fn masks(block: &[u8; BLOCK_BYTES]) -> Masks {
    let mut out = Masks::default();
    let (words, _) = block.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let shift = index * 8;
        let ascii = !word & HIGH;
        // In lower case; what else the bit changes is no letter before or after.
        let lower = word | (LOW * 0x20);
        out.letters |= high_bits(within(lower, b'a', b'z') & ascii) << shift;
        out.digits |= high_bits(within(word, b'0', b'9') & ascii) << shift;
        out.beyond |= high_bits(word & HIGH) << shift;
        let joints = within(word, b'.', b'.') | within(word, b'\'', b'\'');
        out.joints |= high_bits(joints & ascii) << shift;
    }
    out
}

/// Sets the high bit of each byte whose lower seven bits lie between two bounds.
fn within(word: u64, first: u8, last: u8) -> u64 {
    let seven = word & !HIGH;
    let from = seven + LOW * u64::from(0x80 - first);
    let beyond = seven + LOW * u64::from(0x7F - last);
    from & !beyond & HIGH
}

/// Returns which numbers lie between two bounds.
pub(super) fn between(numbers: &[u8; BLOCK_BYTES], (first, last): (u8, u8)) -> u64 {
    let lies = |number: &u8| number.wrapping_sub(first) <= last - first;
    numbers.iter().enumerate().fold(0, |word, (at, number)| word | u64::from(lies(number)) << at)
}

/// Returns the bits at the places, close together.
pub(super) fn gathered(bits: u64, mut places: u64) -> u64 {
    let mut out = 0;
    let mut next = 0;
    while places != 0 {
        out |= (bits >> places.trailing_zeros() & 1) << next;
        places &= places - 1;
        next += 1;
    }
    out
}

/// Returns the lowest bits at the places.
pub(super) fn scattered(mut bits: u64, mut places: u64) -> u64 {
    let mut out = 0;
    while places != 0 {
        out |= (bits & 1) << places.trailing_zeros();
        places &= places - 1;
        bits >>= 1;
    }
    out
}

/// Gathers the high bits of eight bytes, the lowest byte first.
fn high_bits(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
