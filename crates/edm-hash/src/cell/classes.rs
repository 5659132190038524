//! Which characters of a short cell of printable ASCII are letters and digits: one bit a character. Eight characters at
//! a time in a 64-bit word, which needs no instructions of one processor.

/// The longest cell that is seen so, in bytes: one bit of a word each.
pub(crate) const PLAIN_BYTES_MAX: usize = 64;
/// So many bytes are copied at a time; what is copied from or to has so many more.
pub(crate) const STEP: usize = 16;
/// Room for a cell and one step behind it.
pub(crate) const ROOM_BYTES: usize = PLAIN_BYTES_MAX + STEP;

const WORD: usize = 8;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;
/// What is taken to stand behind a cell: neither letter nor digit.
const BEHIND: u64 = b'~' as u64 * ONES;

/// A cell of printable ASCII: the bit of each character says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain<'a> {
    /// The cell and whatever stands behind it.
    bytes: &'a [u8; ROOM_BYTES],
    pub(crate) length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
}

impl<'a> Plain<'a> {
    /// Looks at a cell that stands at the begin of `bytes`; `None` where a character is not ASCII, or a control character.
    #[inline(always)]
    pub(crate) fn of(bytes: &'a [u8; ROOM_BYTES], length: usize) -> Option<Self> {
        let (mut letters, mut digits, mut printable, mut beyond) = (0, 0, HIGH, 0);
        let mut see = |word: u64, index: usize| {
            // Sums of two numbers below 128 stay in their byte, and reach its high bit from a bound on.
            let from = |word: u64, bound: u8| word.wrapping_add(u64::from(0x80 - bound) * ONES);
            let lower = word | (0x20 * ONES);
            letters |= bits(from(lower, b'a') & !from(lower, b'z' + 1)) << (index * WORD);
            digits |= bits(from(word, b'0') & !from(word, b'9' + 1)) << (index * WORD);
            printable &= from(word, b' ');
            beyond |= word & HIGH;
        };
        let (words, _) = bytes.as_chunks::<WORD>();
        let whole = length / WORD;
        for (index, word) in words.iter().enumerate().take(whole) {
            see(u64::from_le_bytes(*word), index);
        }
        if !length.is_multiple_of(WORD)
            && let Some(word) = words.get(whole)
        {
            let outside = u64::MAX << (length % WORD * 8);
            see(u64::from_le_bytes(*word) & !outside | BEHIND & outside, whole);
        }
        let plain = printable == HIGH && beyond == 0 && length <= PLAIN_BYTES_MAX;
        plain.then_some(Self { bytes, length: length as u32, letters, digits })
    }

    /// Returns the letters and digits.
    pub(crate) fn alphanumerics(&self) -> u64 {
        self.letters | self.digits
    }

    /// Returns the characters, as they stand.
    pub(crate) fn text(&self) -> &'a [u8] {
        self.bytes.get(..self.length as usize).unwrap_or(&[])
    }

    /// Returns a character, as it stands; 0 far behind the last one.
    #[inline]
    pub(crate) fn byte(&self, at: u32) -> u8 {
        self.bytes.get(at as usize).copied().unwrap_or(0)
    }

    /// Returns some characters from a place on; what is behind the cell means nothing.
    #[inline]
    pub(crate) fn step(&self, at: usize) -> Option<&'a [u8; STEP]> {
        self.bytes.get(at..)?.first_chunk()
    }
}

/// Gathers the high bits of a word's bytes.
#[inline]
fn bits(word: u64) -> u64 {
    ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Returns a mask of so many low bits.
pub(crate) fn low(count: u32) -> u64 {
    u64::MAX.checked_shr(64 - count.min(64)).unwrap_or(0)
}

/// Returns the runs of set bits, as begin and end.
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
pub(crate) fn starts(bits: u64) -> u64 {
    bits & !(bits << 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte, at places of cells of every length, whatever stands behind.
    #[test]
    fn every_byte_has_its_class() {
        for byte in 0..=u8::MAX {
            for length in 1..=PLAIN_BYTES_MAX {
                let mut bytes = [[b'~', b'x', 0, 0x80, b'1'][length % 5]; ROOM_BYTES];
                bytes[..length].fill(b'~');
                let at = usize::from(byte) * 7 % length;
                bytes[at] = byte;
                let plain = Plain::of(&bytes, length);
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
