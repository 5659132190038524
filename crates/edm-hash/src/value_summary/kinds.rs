//! In which order digits and words are in values of several atoms (`docs/formats/hash.md`, section
//! 7).

use crate::text::canonical_atoms::canonical_atoms;

/// Atoms whose kinds are reported; what follows them is not.
const ATOMS_MAX: u32 = 8;
/// How many [`Kinds`] there are, and some numbers that are none.
pub(super) const NUMBERS: usize = 1 << (ATOMS_MAX + 1);

/// Which of a value's first eight atoms are digits: a 1, then a bit for each atom, the first
/// highest, 1 for digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(pub(super) u16);

impl Default for Kinds {
    fn default() -> Self {
        Self(1)
    }
}

impl Kinds {
    /// Returns those of a canonical form.
    pub fn of(canonical: &[u8]) -> Self {
        let mut own = Self::default();
        canonical_atoms(canonical, |atom| {
            own = own.then(atom.first().is_some_and(u8::is_ascii_digit));
        });
        own
    }

    /// Adds an atom after the others.
    #[inline]
    pub fn then(self, is_digits: bool) -> Self {
        // Atoms beyond the eighth are not recorded, so all longer values agree with it.
        if self.is_full() { self } else { Self(self.0 << 1 | u16::from(is_digits)) }
    }

    /// Adds several atoms after the others.
    pub(crate) fn followed_by(self, others: Self) -> Self {
        // The highest bit marks the length: below it is one bit for each atom.
        let count = others.0.ilog2();
        (0..count).rev().fold(self, |all, at| all.then(others.0 >> at & 1 == 1))
    }

    fn is_full(self) -> bool {
        self.0 >> ATOMS_MAX != 0
    }
}

/// The kinds that the values of a rule have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindSet {
    words: [u64; NUMBERS / 64],
}

impl KindSet {
    /// No value has several atoms.
    pub const NONE: Self = Self { words: [0; NUMBERS / 64] };
    /// Nothing is known.
    pub const ALL: Self = Self { words: [u64::MAX; NUMBERS / 64] };

    /// Adds kinds.
    #[inline]
    pub fn insert(&mut self, kinds: Kinds) {
        // A set has a bit for all kinds that there are.
        self.words[usize::from(kinds.0) / 64] |= 1 << (kinds.0 % 64);
    }

    /// Returns whether a value has just these.
    #[inline]
    pub fn contains(&self, kinds: Kinds) -> bool {
        self.words[usize::from(kinds.0) / 64] >> (kinds.0 % 64) & 1 == 1
    }

    /// Returns the kinds that values begin with.
    pub fn beginnings(&self) -> Self {
        let mut own = self.clone();
        // From long to short: a beginning of a beginning is reached in the same pass.
        for number in (2..NUMBERS as u16).rev() {
            if own.contains(Kinds(number)) {
                own.insert(Kinds(number >> 1));
            }
        }
        own
    }

    /// Returns the kinds in it, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Kinds> + '_ {
        (2..NUMBERS as u16).map(Kinds).filter(|kinds| self.contains(*kinds))
    }

    /// Returns what is in one or the other.
    pub fn united(&self, other: &Self) -> Self {
        let mut own = self.clone();
        own.words.iter_mut().zip(other.words).for_each(|(own, other)| *own |= other);
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_forms() {
        let check = |form: &str, number: u16| assert_eq!(Kinds::of(form.as_bytes()).0, number, "{form}");
        check("", 1);
        check("word", 0b10);
        check("12 main st", 0b1100);
        check("a1b2", 0b1_0101);
        check("1 2 3 4 5 6 7 a", 0b1_1111_1110);
        check("1 2 3 4 5 6 7 a 9 9", 0b1_1111_1110);
        check("山9", 0b101);
        let both = Kinds::of(b"1 a").followed_by(Kinds::of(b"2 b c"));
        assert_eq!(both, Kinds::of(b"1 a 2 b c"));
        assert_eq!(both.followed_by(both), Kinds::of(b"1 a 2 b c 1 a 2"));
    }

    #[test]
    fn sets_know_beginnings() {
        let mut set = KindSet::NONE;
        set.insert(Kinds::of(b"12 main st"));
        assert_eq!(set.iter().collect::<Vec<_>>(), [Kinds::of(b"12 main st")]);
        let begun = set.beginnings();
        let holds = |set: &KindSet, form: &str| set.contains(Kinds::of(form.as_bytes()));
        assert!(holds(&begun, "1") && holds(&begun, "1 a") && holds(&begun, "1 a b") && holds(&set, "1 a b"));
        assert!(
            !holds(&set, "1 a") && !holds(&begun, "a") && !holds(&begun, "1 1") && !holds(&begun, "1 a b c")
        );
    }
}
