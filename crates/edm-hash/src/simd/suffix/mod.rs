//! Which of 64 atoms end with one of some pairs of letters.
//!
//! Problem: what an address must know of a word (is it an ordinal number, does it end with a suffix
//! such as `straße`) needs its text, and most words are neither.
//!
//! Idea: the last two bytes decide for nearly all words. All endings are one table of 32 words of
//! 32 bits: the last letter is the word's number, the letter before it the bit.
//!
//! ```text
//! "straße": last 'e' → row 5, before it 0xBA (beyond ASCII) → bit 31
//! rows [0 … 31]: row 5 has bits {'s' = 19, 't' = 20, 'd' = 4, beyond ASCII = 31}
//! ```
//!
//! The table is two registers (AVX-512), and one instruction gathers the ends of 16 atoms, so the
//! number of endings costs nothing. Atoms whose ends match are then compared one by one.
//!
//! What must stay true: a match may be wrong, a miss may not. Comparing 19 endings one after
//! another took 9 % of a scan.

#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::simd::level::Level;

/// Pairs of letters that a piece may end with, in lower case or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndingSet {
    /// By the last letter the letters before it, as bits.
    rows: [u32; LETTERS],
}

/// Values of [`letter`].
const LETTERS: usize = 32;
/// What stands for every byte beyond ASCII before the last letter.
const BEYOND_ASCII: u8 = 31;

/// Returns the number of an ASCII letter in the alphabet, in lower case or not. Other ASCII
/// characters share the numbers of letters.
const fn letter(byte: u8) -> u8 {
    byte % LETTERS as u8
}

impl EndingSet {
    /// The set of these pairs of ASCII letters, and of a byte beyond ASCII before each of
    /// `after_others`.
    pub(crate) const fn new(pairs: &[[u8; 2]], after_others: &[u8]) -> Self {
        let mut rows = [0; LETTERS];
        let mut at = 0;
        while at < pairs.len() {
            let [before, last] = pairs[at];
            rows[letter(last) as usize] |= 1 << letter(before);
            at += 1;
        }
        at = 0;
        while at < after_others.len() {
            rows[letter(after_others[at]) as usize] |= 1 << BEYOND_ASCII;
            at += 1;
        }
        Self { rows }
    }

    /// Returns whether what ends with these bytes may end with a pair of the set.
    pub(crate) fn has(&self, [before, last]: [u8; 2]) -> bool {
        let bit = if before.is_ascii() { letter(before) } else { BEYOND_ASCII };
        last.is_ascii() && self.rows[usize::from(letter(last))] >> bit & 1 == 1
    }
}

/// Returns which of at most 64 pieces of a text end with a pair of a set. It may report pieces that
/// end with other characters than letters, or are shorter than two bytes.
pub(crate) fn ending_with(level: Level, text: &[u8], pieces: &[(u32, u32)], endings: &EndingSet) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let (Level::Avx512(_), Some(pieces)) = (level, pieces.first_chunk())
        && let Some(found) = avx512::ending_with(text, pieces, endings)
    {
        return found;
    }
    let mut found = 0;
    for (at, (_, end)) in pieces.iter().take(64).enumerate() {
        let last = text.get(..*end as usize).and_then(<[u8]>::last_chunk).copied().unwrap_or_default();
        found |= u64::from(endings.has(last)) << at;
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
            let endings = EndingSet::new(&[*b"st", *b"te"], b"e");
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
