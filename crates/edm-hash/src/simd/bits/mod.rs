//! What is done with bit masks, 64 bits a word: positions of set bits, and picking bits out of
//! words.
//!
//! ```text
//! count      how many bits are set                                  popcnt
//! positions  1..1.1 -> 0 3 5                                   vpcompressb, or tzcnt bit by bit
//! pack       bits where `places` has one, close together           pext
//! scattered  the way back: the lowest bits to the set places        pdep
//! pair       starts and ends to ranges and lengths                  compiled for wide registers
//! ```
//!
//! What must stay true: `positions` may write [`POSITIONS_SLACK`] numbers after the last one, so
//! that a register is stored whole, without a branch on how many of its numbers count.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::simd::level::Level;

/// Numbers that [`positions`] may write after the last one.
pub(crate) const POSITIONS_SLACK: usize = 64;

/// Puts the lowest bits where `places` has its bits, the lowest at the lowest.
pub(crate) fn scattered(level: Level, bits: u64, places: u64) -> u64 {
    if bits == 0 || places == u64::MAX {
        return bits;
    }
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) | Level::Avx512(_) => x86::scattered(bits, places),
        _ => portable::scattered(bits, places),
    }
}

/// Returns how many bits are set.
pub(crate) fn count(level: Level, words: &[u64]) -> usize {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) | Level::Avx512(_) => x86::count(words),
        _ => portable::count(words),
    }
}

/// Writes the numbers of the bits that are set, ascending; [`POSITIONS_SLACK`] more may be
/// overwritten. Those for which there is no room are lost.
pub(crate) fn positions(level: Level, words: &[u64], out: &mut [u32]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::positions_bmi(words, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::positions_avx512(words, out),
        _ => portable::positions(words, out),
    }
}

/// Writes those bits that are where `places` has its bits, close together, those of one word after
/// those of the word before.
pub(crate) fn pack(level: Level, bits: &[u64], places: &[u64], out: &mut [u64]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) | Level::Avx512(_) => x86::pack(bits, places, out),
        _ => portable::pack(bits, places, out, portable::gathered),
    }
}

/// Makes pairs of numbers, and of each how far the second lies after the first, or 255 if it is
/// further.
pub(crate) fn pair(
    level: Level,
    starts: &[u32],
    ends: &[u32],
    ranges: &mut [(u32, u32)],
    lengths: &mut [u8],
) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::pair_avx2(starts, ends, ranges, lengths),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::pair_avx512(starts, ends, ranges, lengths),
        _ => portable::pair(starts, ends, ranges, lengths),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words with few bits, with many, and with all of them.
    fn words() -> impl Strategy<Value = Vec<u64>> {
        let word = prop_oneof![
            any::<u64>(),
            (any::<u64>(), any::<u64>()).prop_map(|(a, b)| a & b & b.rotate_left(7)),
            Just(0),
            Just(u64::MAX)
        ];
        proptest::collection::vec(word, 0..20)
    }

    fn bits_of(words: &[u64]) -> Vec<u32> {
        (0..words.len() as u32 * 64).filter(|bit| words[*bit as usize / 64] >> (bit % 64) & 1 == 1).collect()
    }

    proptest! {
        #[test]
        fn every_path_finds_the_same_bits(words in words(), missing in 0usize..80) {
            let expected = bits_of(&words);
            for level in Level::available() {
                prop_assert_eq!(count(level, &words), expected.len());
                let mut out = vec![u32::MAX; expected.len() + POSITIONS_SLACK];
                positions(level, &words, &mut out);
                prop_assert_eq!(&out[..expected.len()], &expected[..], "{:?}", level);
                // Too little room is no reason to write anywhere else.
                let room = expected.len().saturating_sub(missing);
                positions(level, &words, &mut out[..room]);
            }
        }

        #[test]
        fn every_path_packs_alike(words in words(), seed in any::<u64>()) {
            let bits: Vec<u64> = (1..).map(|step| seed.wrapping_mul(step * 2 + 1)).take(words.len()).collect();
            let places = bits_of(&words);
            for level in Level::available() {
                let mut out = vec![0; places.len().div_ceil(64)];
                pack(level, &bits, &words, &mut out);
                for (number, place) in places.iter().enumerate() {
                    let bit = bits[*place as usize / 64] >> (place % 64) & 1;
                    prop_assert_eq!(out[number / 64] >> (number % 64) & 1, bit, "{:?} {}", level, number);
                }
                let set: u32 = out.iter().map(|word| word.count_ones()).sum();
                let expected: u32 = bits.iter().zip(&words).map(|(bits, words)| (bits & words).count_ones()).sum();
                prop_assert_eq!(set, expected, "{:?}", level);
            }
        }

        #[test]
        fn every_path_puts_bits_back(bits in any::<u64>(), places in any::<u64>()) {
            for level in Level::available() {
                let mut packed = [0];
                pack(level, &[bits], &[places], &mut packed);
                prop_assert_eq!(scattered(level, packed[0], places), bits & places, "{:?}", level);
            }
        }

        #[test]
        fn every_path_pairs_alike(pairs in proptest::collection::vec((any::<u32>(), 0u32..600), 0..70)) {
            let starts: Vec<u32> = pairs.iter().map(|(start, _)| start / 2).collect();
            let ends: Vec<u32> = pairs.iter().map(|(start, length)| start / 2 + length).collect();
            for level in Level::available() {
                let (mut ranges, mut lengths) = (vec![(0, 0); pairs.len()], vec![0; pairs.len()]);
                pair(level, &starts, &ends, &mut ranges, &mut lengths);
                for (index, (start, length)) in pairs.iter().enumerate() {
                    prop_assert_eq!(ranges[index], (start / 2, start / 2 + length), "{:?}", level);
                    prop_assert_eq!(u32::from(lengths[index]), (*length).min(255), "{:?}", level);
                }
            }
        }
    }
}
