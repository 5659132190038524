//! Shapes: what an index must know of the form of values that it cannot see
//! (`docs/formats/hash.md`, section 7).

use crate::text::canonical_atoms::canonical_atoms;
use crate::text::char_class::{self, ATOM, BEYOND, DIGIT, LETTER, MASKS};
use crate::text::unicode_data::{Class, TABLE};

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// The number of atoms that its canonical form is cut into.
    pub atoms: u16,
    /// The bytes of its canonical form.
    pub bytes: u16,
    /// Which classes of characters occur in it.
    pub mask: u8,
}

impl Shape {
    /// Returns the shape of a canonical form of `atoms` atoms ([`canonical_atoms`]).
    pub fn of(canonical: &[u8], atoms: usize) -> Self {
        Self::counted(atoms, canonical.len(), char_class::mask_of(canonical))
    }
}

impl Shape {
    /// Those of one character each.
    pub(crate) const LETTERS: Self = Self { atoms: 1, bytes: 1, mask: LETTER };
    pub(crate) const DIGITS: Self = Self { atoms: 1, bytes: 1, mask: DIGIT };

    /// Returns the shape with these counts. Those that no `u16` holds are far above any value's
    /// and stay so.
    pub(crate) fn counted(atoms: usize, bytes: usize, mask: u8) -> Self {
        let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        Self { atoms: count(atoms), bytes: count(bytes), mask }
    }

    /// Returns the shape of a canonical form that is not cut yet.
    pub(crate) fn of_form(canonical: &[u8]) -> Self {
        let (mut mask, mut atoms, mut before) = (0, 0, 0);
        for byte in canonical {
            let own = MASKS[usize::from(*byte)];
            mask |= own;
            // Of the two bits of a kind one is set at most: what is left of them where an atom
            // begins is 1 or 2.
            atoms += usize::from(((own & ATOM & !before) + 1) >> 1);
            before = own;
        }
        // Beyond ASCII, what is an atom takes the Unicode table.
        if mask & BEYOND != 0 {
            atoms = canonical_atoms(canonical, |_| ());
        }
        Self::counted(atoms, canonical.len(), mask)
    }

    /// Returns whether a digit occurs in it.
    pub fn has_digit(&self) -> bool {
        self.mask & DIGIT != 0
    }

    /// Returns whether an ASCII letter occurs in it.
    pub fn has_ascii_letter(&self) -> bool {
        self.mask & LETTER != 0
    }

    /// Returns whether a letter may occur in it: any character beyond ASCII may be one.
    pub fn has_letter(&self) -> bool {
        self.mask & (LETTER | BEYOND) != 0
    }
}

/// Returns how many digits a number has after its leading zeros.
pub(crate) fn significant_digits(canonical: &[u8]) -> u16 {
    let zeros = canonical.iter().take_while(|digit| **digit == b'0').count();
    u16::try_from(canonical.len() - zeros).expect("no cell has so many bytes")
}

/// How many letters (clusters included) and digits a value has, and whether it can identify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alphanumerics {
    /// Decimal digits.
    pub digits: usize,
    /// Letters and clusters.
    pub letters: usize,
    /// Clusters among the letters.
    pub clusters: usize,
    /// Whether it holds a digit or `@` and at least 5 letters and digits: only such values anchor a
    /// default type's match.
    pub anchors: bool,
}

impl Alphanumerics {
    /// Counts a canonical form.
    pub fn of(canonical: &[u8]) -> Self {
        let text = std::str::from_utf8(canonical).expect("a canonical form is UTF-8");
        let (mut digits, mut letters, mut clusters, mut at_sign) = (0, 0, 0, false);
        for character in text.chars() {
            match character {
                '0'..='9' => digits += 1,
                '@' => at_sign = true,
                other if other.is_ascii() => letters += usize::from(other.is_ascii_alphabetic()),
                other => match TABLE.entry(other).class {
                    Class::Letter => letters += 1,
                    Class::Cluster => {
                        letters += 1;
                        clusters += 1;
                    }
                    _ => {}
                },
            }
        }
        Self { digits, letters, clusters, anchors: (digits > 0 || at_sign) && digits + letters >= 5 }
    }

    /// Returns whether the value counts as evidence (docs/matching.md#evidence): at least 3
    /// letters, 4 digits or 2 clusters.
    pub fn counts_as_evidence(&self) -> bool {
        self.letters - self.clusters >= 3 || self.digits >= 4 || self.clusters >= 2
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_form_is_cut_the_same_way(form in "[a-z0-9 .,'@é山-]{0,30}") {
            let atoms = canonical_atoms(form.as_bytes(), |_| ());
            prop_assert_eq!(Shape::of_form(form.as_bytes()), Shape::of(form.as_bytes(), atoms));
        }
    }
}
