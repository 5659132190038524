//! A short cell of printable ASCII, folded, and which of its characters are letters, digits and spaces: one bit a
//! character. Eight characters at a time in a 64-bit word, which needs no instructions of one processor.

/// The longest cell that is seen so, in bytes: one bit of a word each.
pub(crate) const PLAIN_BYTES_MAX: usize = 64;
/// So many bytes are copied at a time; what is copied from or to has so many more.
pub(crate) const STEP: usize = 16;
/// Room for a cell and one step behind it.
pub(crate) const ROOM_BYTES: usize = PLAIN_BYTES_MAX + STEP;

const WORD: usize = 8;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// A folded cell: the bit of each character says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The folded characters, and zeros behind them.
    pub(crate) bytes: [u8; ROOM_BYTES],
    pub(crate) length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    pub(crate) spaces: u64,
}

impl Plain {
    /// Folds a cell that stands at the begin of `bytes`; `None` where one of its characters folds otherwise than a letter
    /// to lower case, or is white space other than the space.
    #[inline]
    pub(crate) fn fold(bytes: &[u8; PLAIN_BYTES_MAX], length: usize, lower: bool) -> Option<Self> {
        let mut own =
            Self { bytes: [0; ROOM_BYTES], length: length as u32, letters: 0, digits: 0, spaces: 0 };
        let mut odd = 0;
        let (words, _) = bytes.as_chunks::<WORD>();
        let (folded, _) = own.bytes.as_chunks_mut::<WORD>();
        for (index, (word, folded)) in words.iter().zip(folded).enumerate().take(length.div_ceil(WORD)) {
            let inside = (length - index * WORD).min(WORD) as u32;
            let word = u64::from_le_bytes(*word) & u64::MAX >> (64 - 8 * inside);
            let classes = Classes::of(word);
            // Zeros behind the cell are control characters.
            odd |= classes.odd & u64::MAX >> (64 - 8 * inside);
            let at = index * WORD;
            own.letters |= bits(classes.letters) << at;
            own.digits |= bits(classes.digits) << at;
            own.spaces |= bits(classes.spaces) << at;
            *folded = (word | if lower { classes.letters >> 2 } else { 0 }).to_le_bytes();
        }
        (odd == 0).then_some(own)
    }

    /// Returns the letters and digits.
    pub(crate) fn alphanumerics(&self) -> u64 {
        self.letters | self.digits
    }

    /// Returns the folded characters.
    pub(crate) fn text(&self) -> &[u8] {
        self.bytes.get(..self.length as usize).unwrap_or(&[])
    }

    /// Returns a character; 0 behind the last one.
    pub(crate) fn byte(&self, at: u32) -> u8 {
        self.bytes[at as usize % PLAIN_BYTES_MAX]
    }
}

/// The high bit of each byte of a word says whether it is of the class.
struct Classes {
    letters: u64,
    digits: u64,
    spaces: u64,
    /// Not ASCII, a control character or a grave accent.
    odd: u64,
}

impl Classes {
    #[inline]
    fn of(word: u64) -> Self {
        let ascii = word & !HIGH;
        // Sums of two numbers below 128 stay in their byte, and reach its high bit from the bound on.
        let from = |bound: u8| ascii + u64::from(0x80 - bound) * ONES;
        let is = |byte: u8| !((ascii ^ (u64::from(byte) * ONES)) + 0x7f * ONES);
        let letter =
            |word: u64| (word + u64::from(0x80 - b'a') * ONES) & !(word + u64::from(0x80 - b'z' - 1) * ONES);
        Self {
            letters: letter(ascii | (0x20 * ONES)) & !word & HIGH,
            digits: from(b'0') & !from(b'9' + 1) & !word & HIGH,
            spaces: is(b' ') & !word & HIGH,
            odd: (word | !from(b' ') | is(b'`')) & HIGH,
        }
    }
}

/// Gathers the high bits of a word's bytes.
#[inline]
fn bits(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
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

    /// Every byte, at every place of a cell of every length.
    #[test]
    fn every_byte_has_its_class() {
        for byte in 0..=u8::MAX {
            for length in 1..=PLAIN_BYTES_MAX {
                let mut bytes = [b'~'; PLAIN_BYTES_MAX];
                let at = usize::from(byte) * 7 % length;
                bytes[at] = byte;
                let bit = 1 << at;
                let letter = byte.is_ascii_alphabetic();
                for lower in [false, true] {
                    let plain = Plain::fold(&bytes, length, lower);
                    assert_eq!(plain.is_some(), matches!(byte, b' '..=0x7f) && byte != b'`', "{byte}");
                    let Some(plain) = plain else { continue };
                    assert_eq!(plain.letters, if letter { bit } else { 0 }, "{byte} {length}");
                    assert_eq!(plain.digits, if byte.is_ascii_digit() { bit } else { 0 }, "{byte} {length}");
                    assert_eq!(plain.spaces, if byte == b' ' { bit } else { 0 }, "{byte} {length}");
                    let folded = if lower { byte.to_ascii_lowercase() } else { byte };
                    assert_eq!((plain.bytes[at], plain.text().len()), (folded, length));
                    assert!(plain.bytes[length..].iter().all(|byte| *byte == 0));
                }
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
