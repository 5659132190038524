//! Sets of atoms of a folded text: a bit for each.

use std::ops::Range;

use crate::simd::bits;
use crate::simd::level::Level;
use crate::simd::mask::low;

/// Bits of a word: atoms that are handled together.
pub const ATOMS_A_WORD: usize = 64;

/// Puts the lowest bits of a word at its places that are set in `places`, the lowest at the lowest.
pub fn scattered(bits: u64, places: u64) -> u64 {
    bits::scattered(Level::current(), bits, places)
}

/// A set of atoms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtomSet {
    words: Vec<u64>,
}

impl AtomSet {
    /// Makes the set one of `atoms` atoms, of which none is in it.
    pub fn reset(&mut self, atoms: usize) {
        self.words.clear();
        self.words.resize(atoms.div_ceil(ATOMS_A_WORD), 0);
    }

    /// Makes the set one of `atoms` atoms. Which of them are in it means nothing before their words
    /// are set: of a long text that is looked at piece by piece only those of the piece are.
    pub fn fit(&mut self, atoms: usize) {
        self.words.resize(atoms.div_ceil(ATOMS_A_WORD), 0);
    }

    /// Returns 64 atoms: bit `k` of word `n` is atom `64 n + k`. What lies after the last atom is
    /// not in the set.
    #[inline]
    pub fn word(&self, number: usize) -> u64 {
        // This zero hides no broken invariant: a look at neighbours goes beyond the last word, and
        // a set that was made for no atoms has no word at all.
        self.words.get(number).copied().unwrap_or(0)
    }

    /// Sets 64 atoms of a set that has them.
    ///
    /// # Panics
    /// If the set was made for fewer atoms: an atom that is dropped would be a missed match.
    #[inline]
    pub fn set_word(&mut self, number: usize, bits: u64) {
        self.words[number] = bits;
    }

    /// Adds a run of atoms to a set that has them.
    ///
    /// # Panics
    /// If the set was made for fewer atoms.
    pub fn insert(&mut self, run: Range<usize>) {
        for number in run.start / ATOMS_A_WORD..run.end.div_ceil(ATOMS_A_WORD) {
            let base = number * ATOMS_A_WORD;
            let bits = below(run.end, base) & !below(run.start, base);
            self.words[number] |= bits;
        }
    }

    /// Returns whether an atom is in the set.
    #[inline]
    pub fn contains(&self, atom: usize) -> bool {
        self.word(atom / ATOMS_A_WORD) >> (atom % ATOMS_A_WORD) & 1 == 1
    }

    /// Returns whether no atom is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Returns the words, to be written.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Calls `each` with every maximal run of atoms of a range that are in the set.
    pub fn each_run(&self, range: Range<usize>, mut each: impl FnMut(Range<usize>)) {
        let mut run: Option<Range<usize>> = None;
        for number in range.start / ATOMS_A_WORD..range.end.div_ceil(ATOMS_A_WORD) {
            let base = number * ATOMS_A_WORD;
            // Runs inside a word by bit tricks; a run that reaches the word's end is joined with
            // the next word's first.
            let mut word = self.word(number) & below(range.end, base) & !below(range.start, base);
            while word != 0 {
                let start = word.trailing_zeros();
                let length = (word >> start).trailing_ones();
                word &= !(low(length) << start);
                let start = base + start as usize;
                match &mut run {
                    Some(run) if run.end == start => run.end += length as usize,
                    _ => {
                        if let Some(whole) = run.replace(start..start + length as usize) {
                            each(whole);
                        }
                    }
                }
            }
        }
        if let Some(last) = run {
            each(last);
        }
    }
}

/// Returns the bits of a word that begins at atom `base` which lie below an atom.
fn below(atom: usize, base: usize) -> u64 {
    match atom.saturating_sub(base) {
        count @ 0..64 => (1 << count) - 1,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_those_of_the_bits(bits in proptest::collection::vec(any::<bool>(), 0..300), cut in any::<(u16, u16)>()) {
            let mut set = AtomSet::default();
            set.reset(bits.len());
            for (at, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
                set.words_mut()[at / 64] |= 1 << (at % 64);
            }
            prop_assert!(bits.iter().enumerate().all(|(at, bit)| set.contains(at) == *bit));
            let (from, to) = (usize::from(cut.0) % 320, usize::from(cut.1) % 320);
            let mut found = Vec::new();
            set.each_run(from..to.max(from), |run| found.push(run));
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
            let inside = |at: usize| (from..to).contains(&at) && bits.get(at) == Some(&true);
            prop_assert!((0..400).all(|at| found.iter().any(|run| run.contains(&at)) == inside(at)));
        }
    }
}
