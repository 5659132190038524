//! A set of indices as bits: which of a batch passed a test.

/// A set of indices below a bound, 64 in a word.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct BitSet {
    words: Vec<u64>,
    count: usize,
}

impl BitSet {
    /// Makes it the empty set of indices below `count`.
    pub(crate) fn clear(&mut self, count: usize) {
        self.words.clear();
        self.words.resize(count.div_ceil(64), 0);
        self.count = count;
    }

    /// Makes it the set of all indices below `count`.
    pub(crate) fn mark_all(&mut self, count: usize) {
        self.clear(count);
        self.words.fill(u64::MAX);
        if let Some(last) = self.words.last_mut().filter(|_| !count.is_multiple_of(64)) {
            *last >>= 64 - count % 64;
        }
    }

    /// Returns the words, for setting bits; the lowest bit of the first is index 0.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Returns whether an index is in the set.
    #[cfg(test)]
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.from(index) & 1 == 1
    }

    /// Returns the bits of 64 indices, the first in the lowest bit; those beyond the bound are 0.
    pub(crate) fn from(&self, index: usize) -> u64 {
        let word = |number: usize| self.words.get(number).copied().unwrap_or(0);
        let (number, shift) = (index / 64, index % 64);
        word(number) >> shift | word(number + 1).checked_shl(64 - shift as u32).unwrap_or(0)
    }

    /// Returns the indices in the set, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_where_they_were_made() {
        let check = |count: usize, marked: &[usize]| {
            let mut marks = BitSet::default();
            marks.mark_all(7);
            marks.clear(count);
            for index in marked {
                marks.words_mut()[index / 64] |= 1 << (index % 64);
            }
            assert_eq!(marks.iter().collect::<Vec<_>>(), marked);
            assert!((0..count + 70).all(|index| marks.contains(index) == marked.contains(&index)));
            marks.mark_all(count);
            assert!(marks.iter().eq(0..count), "{count}");
        };
        check(0, &[]);
        check(1, &[0]);
        check(64, &[0, 63]);
        check(65, &[1, 64]);
        check(300, &[5, 127, 128, 255, 299]);
    }
}
