//! Which signs stand in values (`docs/formats/hash.md`, section 7): ASCII characters that are no letter, digit, space, `-`, `.` or `/`.

use crate::value_summary::shape::Shape;

/// The signs that the values of a rule hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignSet(u128);

impl SignSet {
    /// No value holds one.
    pub const NONE: Self = Self(0);
    /// Nothing is known.
    pub const ALL: Self = Self(u128::MAX);

    /// Returns what the shapes of a rule's values say; [`SignSet::ALL`] where they say nothing of some.
    pub fn of_shapes<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> Self {
        if !Self::are_told(shapes.clone()) {
            return Self::ALL;
        }
        let signs = shapes.filter(|shape| is_sign(shape));
        Self(signs.fold(0, |all, shape| all | 1 << shape.bytes))
    }

    /// Whether the shapes of some values say which signs these hold: blocks and generations of earlier versions do not.
    ///
    /// Of values of one atom nothing needs to be said: their shapes do not count.
    pub fn are_told<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> bool {
        let holds_one = |shape: &Shape| shape.atoms > 1 && shape.mask & Shape::SIGN != 0;
        !shapes.clone().any(holds_one) || shapes.clone().any(is_sign)
    }

    /// Adds a character of a canonical form, if it is a sign.
    #[inline]
    pub(crate) fn insert(&mut self, byte: u8) {
        self.0 |= u128::from(Shape::mask_of(byte) == Shape::SIGN) << (byte & 127);
    }

    /// Returns what is in one or the other.
    pub fn united(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all signs of a gap are among these. A line break and what may stand behind it is not judged.
    pub(crate) fn hold_all(self, gap: &[u8]) -> bool {
        let is_other = |byte: &u8| Shape::mask_of(*byte) == Shape::SIGN && self.0 >> byte & 1 == 0;
        !gap.iter().any(is_other) || gap.iter().any(u8::is_ascii_control)
    }

    /// Returns the shapes that say this, ascending: of no atom, like [`Shape::of_significant_digits`].
    pub(crate) fn shapes(self) -> impl Iterator<Item = Shape> {
        let shape = |byte: u16| Shape { atoms: 0, bytes: byte, mask: Shape::SIGN };
        (0..128).filter(move |byte| self.0 >> byte & 1 == 1).map(shape)
    }
}

/// Whether a shape is what [`SignSet::shapes`] makes.
pub fn is_sign(shape: &Shape) -> bool {
    let byte = u8::try_from(shape.bytes).unwrap_or(u8::MAX);
    shape.atoms == 0 && shape.mask == Shape::SIGN && Shape::mask_of(byte) == Shape::SIGN
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

    #[test]
    fn what_is_not_told_is_not_known() {
        let (with, without) = (Shape::of(b"a@b", 2), Shape::of(b"ab", 1));
        let check =
            |shapes: &[Shape], expected: SignSet| assert_eq!(SignSet::of_shapes(shapes.iter()), expected);
        check(&[with, without], SignSet::ALL);
        check(&[without], SignSet::NONE);
        let told: Vec<Shape> = of("@").shapes().chain([with, without]).collect();
        check(&told, of("@"));
    }
}
