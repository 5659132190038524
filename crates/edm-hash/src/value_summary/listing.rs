//! The entries of the one ascending list of shapes that blocks and generations hold of a rule
//! (`docs/formats/hash.md`, section 7): decoded and encoded here alone.
//!
//! ```text
//! atoms  bytes   mask              means
//! >= 1   length  classes           a value has this form
//! 0      n       digits            a number that was written to a width has n significant digits
//! 0      kinds   letters, digits   a value of several atoms has these kinds
//! 0      sign    sign              a value holds this sign
//! ```

use crate::text::char_class::{BEYOND, DIGIT, LETTER, SIGN, class_of};
use crate::value_summary::kinds::{Kinds, NUMBERS};
use crate::value_summary::shape::Shape;

/// What one entry of the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
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
    pub(crate) fn decode(shape: Shape) -> Option<Self> {
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
}
