//! Which of 64 atoms end with one of some pairs of letters.
//!
//! Problem: what an address must know of a word (is it an ordinal number, does it end with a suffix
//! such as `straße`) needs its text, and most words are neither.
//!
//! Idea: the last two bytes decide for nearly all words, and those of 16 atoms are gathered by one
//! instruction (AVX-512). Atoms whose ends match are then looked at one by one.
//!
//! What must stay true: a match may be wrong, a miss may not. Taking the ends from two registers by
//! one permutation and bounds by two comparisons was one of three steps that together took a scan
//! from 200 to 207 MB/s (`docs/bench/windows.md`, Small tables).

#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::simd::level::Level;

/// Two bytes that a piece may end with, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Bits that are compared: the last byte is the higher one.
    mask: u16,
    value: u16,
}

impl Ending {
    /// Two ASCII letters, in lower case or not.
    pub(crate) const fn letters(letters: &[u8; 2]) -> Self {
        Self { mask: u16::MAX, value: u16::from_le_bytes(*letters) }
    }

    /// A byte beyond ASCII, and an ASCII letter, in lower case or not.
    pub(crate) const fn beyond_ascii_and(letter: u8) -> Self {
        Self { mask: 0xFF80, value: u16::from_le_bytes([0x80, letter]) }
    }

    /// Returns whether something that ends with these bytes ends so.
    pub(crate) fn ends(self, last: [u8; 2]) -> bool {
        (u16::from_le_bytes(last) | LOWER) & self.mask == self.value
    }
}

/// The bit by which small ASCII letters differ from capitals, of two bytes.
const LOWER: u16 = 0x2020;

/// Returns which of at most 64 pieces of a text end with one of some endings. It may say so of
/// pieces that end with other characters than letters, or are shorter than two bytes.
pub(crate) fn ending_with(level: Level, text: &[u8], pieces: &[(u32, u32)], endings: &[Ending]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let (Level::Avx512(_), Some(pieces)) = (level, pieces.first_chunk())
        && let Some(found) = avx512::ending_with(text, pieces, endings)
    {
        return found;
    }
    let mut found = 0;
    for (at, (_, end)) in pieces.iter().take(64).enumerate() {
        let last = text.get(..*end as usize).and_then(<[u8]>::last_chunk).copied().unwrap_or_default();
        found |= u64::from(endings.iter().any(|ending| ending.ends(last))) << at;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_sees_the_same_ends(
            text in proptest::collection::vec(prop_oneof![Just(b's'), Just(b'T'), Just(b'e'), any::<u8>()], 0..120),
            pieces in proptest::collection::vec((0..120u32, 0..120u32), 0..70),
        ) {
            let endings = [Ending::letters(b"st"), Ending::letters(b"te"), Ending::beyond_ascii_and(b'e')];
            let ends = |end: u32| {
                let text = text.get(..end as usize).unwrap_or(&[]).to_ascii_lowercase();
                let beyond = text.len() > 1 && text[text.len() - 2] >= 0x80;
                text.ends_with(b"st") || text.ends_with(b"te") || beyond && text.ends_with(b"e")
            };
            for level in Level::available() {
                let found = ending_with(level, &text, &pieces, &endings);
                for (at, (_, end)) in pieces.iter().take(64).enumerate() {
                    let letters = text.get(..*end as usize).is_some_and(|text| {
                        text.iter().rev().take(2).all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
                    });
                    let seen = found >> at & 1 == 1;
                    prop_assert!(seen || !ends(*end), "{:?} {}", level, at);
                    prop_assert!(!seen || ends(*end) || !letters, "{:?} {}", level, at);
                }
            }
            let all: Vec<u64> = Level::available().map(|level| ending_with(level, &text, &pieces, &endings)).collect();
            prop_assert!(all.iter().all(|found| *found == all[0]), "{:?}", all);
        }
    }
}
