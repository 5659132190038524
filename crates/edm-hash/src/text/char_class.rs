//! The class of each byte, as a bit: the mask of a [`Shape`](crate::value_summary::shape::Shape) is
//! the union of the classes of a value's bytes (`docs/formats/hash.md`, section 7).

/// An ASCII letter.
pub(crate) const LETTER: u8 = 1;
/// An ASCII digit.
pub(crate) const DIGIT: u8 = 2;
/// The space.
pub(crate) const BLANK: u8 = 4;
/// `-`
pub(crate) const DASH: u8 = 8;
/// `.`
pub(crate) const DOT: u8 = 16;
/// `/`
pub(crate) const SLASH: u8 = 32;
/// Any other ASCII character.
pub(crate) const SIGN: u8 = 64;
/// A byte of a character beyond ASCII.
pub(crate) const BEYOND: u8 = 128;
/// What atoms are made of.
pub(crate) const ATOM: u8 = LETTER | DIGIT;

/// The class of each byte.
pub(crate) const MASKS: [u8; 256] = {
    let mut masks = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        masks[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b' ' => BLANK,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => SLASH,
            0..=127 => SIGN,
            _ => BEYOND,
        };
        byte += 1;
    }
    masks
};

/// Returns the class of a byte.
#[inline]
pub(crate) fn class_of(byte: u8) -> u8 {
    MASKS[usize::from(byte)]
}

/// Returns the union of the classes of some bytes.
#[inline]
pub(crate) fn mask_of(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |mask, byte| mask | class_of(*byte))
}
