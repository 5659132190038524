//! The atoms of values of several atoms, by their tags (`docs/formats/hash.md`, section 6): most
//! atoms of a text are in none.

use edm_hash::Level;

#[cfg(target_arch = "x86_64")]
mod avx512;

/// Bits a tag has at least; their number is a power of two.
const BITS_PER_TAG: usize = 16;
/// Larger sets have fewer bits a tag: 512 MiB.
const WORDS_LOG_MAX: u32 = 26;

/// A set of tags as a bit array: it may say yes too often (at most once in fifty times with the
/// bits above), never too seldom. A tag has three bits in one word, so that a question reads one
/// cache line.
pub(crate) struct Vocabulary {
    words: Vec<u64>,
    /// How far a tag is moved to the right to be the number of a word.
    shift: u32,
}

impl Vocabulary {
    /// Returns the set of these tags, of which there are at most `count`. Fastest where they
    /// ascend.
    pub(crate) fn new(count: usize, tags: impl Iterator<Item = u32>) -> Self {
        // A power of two, so that a shift chooses the word.
        let words = (count.saturating_mul(BITS_PER_TAG) / 64).next_power_of_two();
        let log = words.trailing_zeros().clamp(1, WORDS_LOG_MAX);
        let mut own = Self { words: vec![0; 1 << log], shift: 32 - log };
        tags.for_each(|tag| own.insert(tag));
        own
    }

    /// Adds a tag.
    pub(crate) fn insert(&mut self, tag: u32) {
        if let Some(word) = self.words.get_mut((tag >> self.shift) as usize) {
            *word |= bits(tag);
        }
    }

    /// Returns whether the tag may be in the set.
    pub(crate) fn holds(&self, tag: u32) -> bool {
        self.words.get((tag >> self.shift) as usize).is_some_and(|word| word & bits(tag) == bits(tag))
    }

    /// Marks each tag that may be in the set; a mark that is there stays.
    #[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0013")]
    pub(crate) fn mark(&self, level: Level, tags: &[u32], marks: &mut [u64]) {
        match level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this path is given only where the processor has its instructions, AVX-512 F
            // and AVX2 among them.
            Level::Avx512(_) => unsafe { avx512::mark(self, tags, marks) },
            _ => self.mark_one_by_one(tags, marks),
        }
    }

    fn mark_one_by_one(&self, tags: &[u32], marks: &mut [u64]) {
        for (tags, word) in tags.chunks(64).zip(marks) {
            // 64 answers are gathered in a register before they are written.
            let mut marked = 0;
            for (index, tag) in tags.iter().enumerate() {
                marked |= u64::from(self.holds(*tag)) << index;
            }
            *word |= marked;
        }
    }
}

/// Odd, so that no two tags become the same number.
const SPREAD: u32 = 0x9e37_79b1;

/// Returns the bits of a tag in its word: of the tag's bits those are used too that did not choose
/// the word.
#[inline(always)]
fn bits(tag: u32) -> u64 {
    let spread = tag.wrapping_mul(SPREAD);
    1 << (spread >> 26) | 1 << (spread >> 20 & 63) | 1 << (spread >> 14 & 63)
}

#[cfg(test)]
mod tests;
