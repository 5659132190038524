//! Which calling codes the telephone numbers of a rule have (`docs/formats/hash.md`, section 7).

/// Calling codes have at most three digits (E.164, section 6).
pub(crate) const CALLING_CODES: usize = 1_000;
const WORDS: usize = CALLING_CODES.div_ceil(64);

/// A set of calling codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingCodes([u64; WORDS]);

impl CallingCodes {
    /// No value has one.
    pub const NONE: Self = Self([0; WORDS]);
    /// Nothing is known.
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    /// Adds a code, which is less than [`CALLING_CODES`].
    pub(crate) fn insert(&mut self, code: u16) {
        self.0[usize::from(code) / 64] |= 1 << (code % 64);
    }

    /// Returns what is in one or the other.
    pub fn united(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
        self
    }

    /// Returns the codes in it, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let words = self.0.iter().zip((0..).step_by(64)).filter(|(word, _)| **word != 0);
        let codes = words.flat_map(|(word, from)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| from + bit)
        });
        codes.filter(|code| usize::from(*code) < CALLING_CODES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back() {
        let mut codes = CallingCodes::NONE;
        [44, 1, 998, 64, 63].into_iter().for_each(|code| codes.insert(code));
        assert_eq!(codes.iter().collect::<Vec<_>>(), [1, 44, 63, 64, 998]);
        assert_eq!(CallingCodes::ALL.iter().count(), CALLING_CODES);
        assert_eq!(CallingCodes::NONE.united(&codes), codes);
    }
}
