//! Which signs are in values (`docs/formats/hash.md`, section 7): ASCII characters that are no
//! letter, digit, space, `-`, `.` or `/`.

use crate::text::char_class;

/// The signs that the values of a rule hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignSet(u128);

impl SignSet {
    /// No value holds one.
    pub const NONE: Self = Self(0);
    /// Nothing is known.
    pub const ALL: Self = Self(u128::MAX);

    /// Adds a character of a canonical form, if it is a sign.
    #[inline]
    pub(crate) fn insert(&mut self, byte: u8) {
        self.0 |= u128::from(char_class::class_of(byte) == char_class::SIGN) << (byte & 127);
    }

    /// Returns the signs in it, ascending.
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..128).filter(move |byte| self.0 >> byte & 1 == 1)
    }

    /// Returns what is in one or the other.
    pub fn united(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether all signs of a gap are among these. A line break and what may follow it is
    /// not judged.
    pub(crate) fn hold_all(self, gap: &[u8]) -> bool {
        let is_other = |byte: &u8| char_class::class_of(*byte) == char_class::SIGN && self.0 >> byte & 1 == 0;
        !gap.iter().any(is_other) || gap.iter().any(u8::is_ascii_control)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> SignSet {
        let mut own = SignSet::NONE;
        text.bytes().for_each(|byte| own.insert(byte));
        own
    }

    #[test]
    fn signs_of_forms() {
        let check = |held: &str, gap: &str, holds: bool| {
            assert_eq!(of(held).hold_all(gap.as_bytes()), holds, "{held:?} {gap:?}");
        };
        check("a.b@c, d", ", ", true);
        check("a.b@c, d", "\", ", false);
        check("a.b@c", " - ./", true);
        check("ab", "\n> ", true);
        check("ab", "\u{b7}", true);
        assert_eq!(of("a@b.c, @"), of("@,"));
        assert!(SignSet::ALL.hold_all(b"\"|#"));
    }
}
