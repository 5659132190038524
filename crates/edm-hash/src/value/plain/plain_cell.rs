//! Which characters of a short cell of printable ASCII are letters and digits: one bit a character.

use crate::simd::vector::{Seen, Sight};

/// The longest cell that is seen so, in bytes: one bit of a word each.
pub(crate) const PLAIN_BYTES_MAX: usize = 64;
/// So many bytes are copied at a time; what is copied from or to has so many more.
pub(crate) const STEP: usize = 16;
/// Room for a cell and one step behind it.
pub(crate) const ROOM_BYTES: usize = PLAIN_BYTES_MAX + STEP;

/// A cell of printable ASCII: the bit of each character says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain<'a> {
    /// The cell and whatever stands behind it.
    bytes: &'a [u8; ROOM_BYTES],
    pub(crate) length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    pub(crate) spaces: u64,
}

impl<'a> Plain<'a> {
    /// Looks at a cell that stands at the begin of `bytes`; `None` where a character is not ASCII, or a control character.
    #[inline(always)]
    pub(crate) fn of(bytes: &'a [u8; ROOM_BYTES], length: usize, sight: impl Sight) -> Option<Self> {
        if length > PLAIN_BYTES_MAX {
            return None;
        }
        let Seen { letters, digits, spaces, printable } = sight.see(bytes, length);
        printable.then_some(Self { bytes, length: length as u32, letters, digits, spaces })
    }

    /// Returns the letters and digits.
    #[inline(always)]
    pub(crate) fn alphanumerics(&self) -> u64 {
        self.letters | self.digits
    }

    /// Returns the characters, as they stand.
    #[inline(always)]
    pub(crate) fn text(&self) -> &'a [u8] {
        self.bytes.get(..self.length as usize).unwrap_or(&[])
    }

    /// Returns a character, as it stands; 0 far behind the last one.
    #[inline(always)]
    pub(crate) fn byte(&self, at: u32) -> u8 {
        self.bytes.get(at as usize).copied().unwrap_or(0)
    }

    /// Returns some characters from a place on; what is behind the cell means nothing.
    #[inline(always)]
    pub(crate) fn step(&self, at: usize) -> Option<&'a [u8; STEP]> {
        self.bytes.get(at..)?.first_chunk()
    }
}

/// Returns a mask of so many low bits.
#[inline(always)]
pub(crate) fn low(count: u32) -> u64 {
    // What wide processors do in one instruction.
    if count < 64 { !(u64::MAX << count) } else { u64::MAX }
}

/// Returns the runs of set bits, as begin and end.
#[inline(always)]
pub(crate) fn runs(bits: u64) -> impl Iterator<Item = (u32, u32)> {
    let mut rest = bits;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let start = rest.trailing_zeros();
        let end = start + (rest >> start).trailing_ones();
        rest &= !low(end);
        Some((start, end))
    })
}

/// Returns the first bit of each run.
#[inline(always)]
pub(crate) fn starts(bits: u64) -> u64 {
    bits & !(bits << 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::vector::Words;

    /// Every byte, at places of cells of every length, whatever stands behind.
    #[test]
    fn every_byte_has_its_class() {
        for byte in 0..=u8::MAX {
            for length in 1..=PLAIN_BYTES_MAX {
                let mut bytes = [[b'~', b'x', 0, 0x80, b'1'][length % 5]; ROOM_BYTES];
                bytes[..length].fill(b'~');
                let at = usize::from(byte) * 7 % length;
                bytes[at] = byte;
                let plain = Plain::of(&bytes, length, Words);
                assert_eq!(plain.is_some(), matches!(byte, b' '..=0x7f), "{byte} {length}");
                let Some(plain) = plain else { continue };
                let bit = |is: bool| if is { 1 << at } else { 0 };
                assert_eq!(plain.letters, bit(byte.is_ascii_alphabetic()), "{byte} {length}");
                assert_eq!(plain.digits, bit(byte.is_ascii_digit()), "{byte} {length}");
                assert_eq!((plain.byte(at as u32), plain.text().len()), (byte, length));
            }
        }
    }

    #[test]
    fn runs_of_bits() {
        let check = |bits: u64, expected: &[(u32, u32)]| assert_eq!(runs(bits).collect::<Vec<_>>(), expected);
        check(0, &[]);
        check(0b1011_1001, &[(0, 1), (3, 6), (7, 8)]);
        check(u64::MAX, &[(0, 64)]);
        check(1 << 63 | 1, &[(0, 1), (63, 64)]);
        assert_eq!((starts(0b1011_1001), low(0), low(64), low(3)), (0b1000_1001, 0, u64::MAX, 7));
    }
}
