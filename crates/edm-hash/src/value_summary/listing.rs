//! How what is known of a rule's values is written in the one ascending list of shapes that blocks
//! and generations hold (`docs/formats/hash.md`, section 7): decoded and encoded here alone.
//!
//! ```text
//! atoms  bytes   mask              means
//! >= 1   length  classes           a value has this form
//! 0      n       digits            a number that was written to a width has n significant digits
//! 0      kinds   letters, digits   a value of several atoms has these kinds
//! 0      sign    sign              a value holds this sign
//! ```
//!
//! Blocks of earlier versions list forms alone. So an absent fact means "no value has it" only if
//! the list says anything of that sort, or holds no form of which something would have to be said.

use crate::text::char_class::{BEYOND, DIGIT, LETTER, SIGN, class_of};
use crate::value_summary::kinds::{KindSet, Kinds, NUMBERS};
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;

/// What one entry of the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// A value has this form.
    Form(Shape),
    /// A number that was written to a width has this many significant digits.
    SignificantDigits(u16),
    /// A value of several atoms has these kinds.
    Kinds(Kinds),
    /// A value holds this ASCII character.
    Sign(u8),
}

/// The mask of an entry that says kinds.
const KINDS: u8 = LETTER | DIGIT;

impl Fact {
    /// Decodes an entry; `None` for one that no version writes.
    pub fn decode(shape: Shape) -> Option<Self> {
        let Shape { atoms, bytes, mask } = shape;
        match (atoms, mask) {
            (1.., _) => Some(Self::Form(shape)),
            // Two atoms at least.
            (0, KINDS) => (4..NUMBERS).contains(&usize::from(bytes)).then_some(Self::Kinds(Kinds(bytes))),
            (0, SIGN) => {
                let sign = u8::try_from(bytes).ok().filter(|byte| class_of(*byte) == SIGN)?;
                Some(Self::Sign(sign))
            }
            (0, mask) if mask & DIGIT != 0 && mask & (LETTER | BEYOND) == 0 => {
                Some(Self::SignificantDigits(bytes))
            }
            _ => None,
        }
    }

    /// Returns the entry that says this.
    pub(crate) fn encode(self) -> Shape {
        match self {
            Self::Form(shape) => shape,
            Self::SignificantDigits(count) => Shape { atoms: 0, bytes: count, mask: DIGIT },
            Self::Kinds(kinds) => Shape { atoms: 0, bytes: kinds.0, mask: KINDS },
            Self::Sign(byte) => Shape { atoms: 0, bytes: byte.into(), mask: SIGN },
        }
    }
}

/// Returns whether an entry says kinds.
pub fn is_kinds(shape: &Shape) -> bool {
    matches!(Fact::decode(*shape), Some(Fact::Kinds(_)))
}

/// Returns whether an entry says that values hold a sign.
pub fn is_sign(shape: &Shape) -> bool {
    matches!(Fact::decode(*shape), Some(Fact::Sign(_)))
}

impl KindSet {
    /// Returns what the shapes of a rule's values say; [`KindSet::ALL`] where they say nothing of
    /// some.
    pub fn of_shapes<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> Self {
        if !Self::are_told(shapes.clone()) {
            return Self::ALL;
        }
        let mut own = Self::NONE;
        shapes.filter(|shape| is_kinds(shape)).for_each(|shape| own.insert(Kinds(shape.bytes)));
        own
    }

    /// Returns whether the shapes of some values say what kinds those of several atoms have: blocks
    /// and generations of earlier versions do not.
    pub fn are_told<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> bool {
        shapes.clone().all(|shape| shape.atoms < 2) || shapes.clone().any(is_kinds)
    }

    /// Returns the entries that say this, ascending.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = Shape> + '_ {
        let kinds = (2..NUMBERS as u16).map(Kinds).filter(|kinds| self.contains(*kinds));
        kinds.map(|kinds| Fact::Kinds(kinds).encode())
    }
}

impl SignSet {
    /// Returns what the shapes of a rule's values say; [`SignSet::ALL`] where they say nothing of
    /// some.
    pub fn of_shapes<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> Self {
        if !Self::are_told(shapes.clone()) {
            return Self::ALL;
        }
        let signs = shapes.filter(|shape| is_sign(shape));
        Self(signs.fold(0, |all, shape| all | 1 << shape.bytes))
    }

    /// Returns whether the shapes of some values say which signs these hold: blocks and generations
    /// of earlier versions do not.
    ///
    /// Of values of one atom nothing needs to be said: their shapes do not count.
    pub fn are_told<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> bool {
        let holds_one = |shape: &Shape| shape.atoms > 1 && shape.mask & SIGN != 0;
        !shapes.clone().any(holds_one) || shapes.clone().any(is_sign)
    }

    /// Returns the entries that say this, ascending.
    pub(crate) fn shapes(self) -> impl Iterator<Item = Shape> {
        let signs = (0..128u8).filter(move |byte| self.0 >> byte & 1 == 1);
        signs.map(|byte| Fact::Sign(byte).encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        for fact in [
            Fact::Form(Shape::of(b"a b", 2)),
            Fact::SignificantDigits(7),
            Fact::Kinds(Kinds::of(b"1 a")),
            Fact::Sign(b'@'),
        ] {
            assert_eq!(Fact::decode(fact.encode()), Some(fact));
        }
        for (bytes, mask) in
            [(3, KINDS), (512, KINDS), (u16::from(b'a'), SIGN), (128, SIGN), (1, LETTER), (1, BEYOND)]
        {
            assert_eq!(Fact::decode(Shape { atoms: 0, bytes, mask }), None, "{bytes} {mask}");
        }
    }

    #[test]
    fn kinds_that_are_not_told_are_not_known() {
        let (several, one) = (Shape::of(b"a b", 2), Shape::of(b"ab", 1));
        let kinds = Fact::Kinds(Kinds::of(b"a b")).encode();
        let check =
            |shapes: &[Shape], expected: KindSet| assert_eq!(KindSet::of_shapes(shapes.iter()), expected);
        check(&[several, one], KindSet::ALL);
        check(&[one], KindSet::NONE);
        let mut known = KindSet::NONE;
        known.insert(Kinds::of(b"a b"));
        check(&[kinds, several, one], known);
    }

    #[test]
    fn signs_that_are_not_told_are_not_known() {
        let (with, without) = (Shape::of(b"a@b", 2), Shape::of(b"ab", 1));
        let check =
            |shapes: &[Shape], expected: SignSet| assert_eq!(SignSet::of_shapes(shapes.iter()), expected);
        check(&[with, without], SignSet::ALL);
        check(&[without], SignSet::NONE);
        let told: Vec<Shape> = SignSet(1 << b'@').shapes().chain([with, without]).collect();
        check(&told, SignSet(1 << b'@'));
    }
}
