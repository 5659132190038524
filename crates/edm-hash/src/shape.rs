//! Shapes: what an index must know of the form of values that it cannot see (`docs/formats/hash.md`, section 7).

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// Its number of atoms.
    pub atoms: u16,
    /// The bytes of its canonical form.
    pub bytes: u16,
    /// Which classes of characters occur in it.
    pub mask: u8,
}

impl Shape {
    /// Returns the shape of a canonical form.
    pub fn of(canonical: &[u8], atoms: usize) -> Self {
        let mask = canonical.iter().fold(0, |mask, byte| mask | MASKS[*byte as usize]);
        Self {
            atoms: u16::try_from(atoms).unwrap_or(u16::MAX),
            bytes: u16::try_from(canonical.len()).unwrap_or(u16::MAX),
            mask,
        }
    }
}

const MASKS: [u8; 256] = {
    let mut masks = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        masks[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => 1,
            b'0'..=b'9' => 2,
            b' ' => 4,
            b'-' => 8,
            b'.' => 16,
            b'/' => 32,
            0..=127 => 64,
            _ => 128,
        };
        byte += 1;
    }
    masks
};

/// How many letters (clusters included) and digits a value has, and whether it can identify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alphanumerics {
    /// Decimal digits.
    pub digits: usize,
    /// Letters and clusters.
    pub letters: usize,
    /// Whether it holds a digit or `@` and at least 5 letters and digits: only such values anchor a default type's
    /// match (matching, section 5).
    pub anchors: bool,
}

impl Alphanumerics {
    /// Counts a canonical form.
    pub fn of(canonical: &[u8]) -> Self {
        let text = std::str::from_utf8(canonical).unwrap_or("");
        let (mut digits, mut letters, mut at_sign) = (0, 0, false);
        for character in text.chars() {
            match character {
                '0'..='9' => digits += 1,
                '@' => at_sign = true,
                other if other.is_ascii_alphabetic() => letters += 1,
                other if other.is_ascii() => {}
                other => letters += usize::from(is_letter(other)),
            }
        }
        Self { digits, letters, anchors: (digits > 0 || at_sign) && digits + letters >= 5 }
    }
}

fn is_letter(character: char) -> bool {
    use crate::table::{Class, TABLE};
    matches!(TABLE.entry(character).class, Class::Letter | Class::Cluster)
}
