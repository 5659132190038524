//! Which characters of a short cell of printable ASCII are letters and digits: one bit a character.

use crate::simd::backend::{CellMasks, PLAIN_BYTES_MAX, ROOM_BYTES, STEP, Simd};
use crate::simd::mask::low;

/// A cell of printable ASCII: the bit of each character says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain<'a> {
    /// The cell and whatever follows it.
    bytes: &'a [u8; ROOM_BYTES],
    pub(crate) length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    pub(crate) spaces: u64,
}

impl<'a> Plain<'a> {
    /// Looks at a cell that is at the start of `bytes`; `None` where a character is not ASCII, or a
    /// control character.
    #[inline(always)]
    pub(crate) fn of(bytes: &'a [u8; ROOM_BYTES], length: usize, simd: impl Simd) -> Option<Self> {
        if length > PLAIN_BYTES_MAX {
            return None;
        }
        let CellMasks { letters, digits, spaces, printable } = simd.classify(bytes, length);
        // One answer for the whole cell: a control character or a byte beyond ASCII sends it to the
        // slow path.
        printable.then_some(Self { bytes, length: length as u32, letters, digits, spaces })
    }

    /// Returns the letters and digits.
    #[inline(always)]
    pub(crate) fn alphanumerics(&self) -> u64 {
        self.letters | self.digits
    }

    /// Returns the characters from the first atom to the last.
    #[inline(always)]
    pub(crate) fn inside(&self) -> u64 {
        let atoms = self.alphanumerics();
        if atoms == 0 { 0 } else { low(64 - atoms.leading_zeros()) & !low(atoms.trailing_zeros()) }
    }

    /// Returns the characters, as they are.
    #[inline(always)]
    pub(crate) fn text(&self) -> &'a [u8] {
        &self.bytes[..self.length as usize]
    }

    /// Returns a character, as it is; 0 far after the last one.
    #[inline(always)]
    pub(crate) fn byte(&self, at: u32) -> u8 {
        self.bytes.get(at as usize).copied().unwrap_or(0)
    }

    /// Returns some characters from a place in the cell on; what is after the cell means nothing.
    #[inline(always)]
    pub(crate) fn step(&self, at: usize) -> &'a [u8; STEP] {
        self.bytes[at..].first_chunk().expect("a room has one step after the longest cell")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::swar::Swar;

    /// Every byte, at places of cells of every length, whatever follows.
    #[test]
    fn every_byte_has_its_class() {
        for byte in 0..=u8::MAX {
            for length in 1..=PLAIN_BYTES_MAX {
                let mut bytes = [[b'~', b'x', 0, 0x80, b'1'][length % 5]; ROOM_BYTES];
                bytes[..length].fill(b'~');
                let at = usize::from(byte) * 7 % length;
                bytes[at] = byte;
                let plain = Plain::of(&bytes, length, Swar);
                assert_eq!(plain.is_some(), matches!(byte, b' '..=0x7f), "{byte} {length}");
                let Some(plain) = plain else { continue };
                let bit = |is: bool| if is { 1 << at } else { 0 };
                assert_eq!(plain.letters, bit(byte.is_ascii_alphabetic()), "{byte} {length}");
                assert_eq!(plain.digits, bit(byte.is_ascii_digit()), "{byte} {length}");
                assert_eq!((plain.byte(at as u32), plain.text().len()), (byte, length));
            }
        }
    }
}
