//! How the characters of a plain cell are told apart: a way for each kind of processor, all seeing the same. Work on many
//! cells is compiled for each of them.

#[cfg(target_arch = "x86_64")]
use super::x86;
use crate::simd::level::ProcessorPath;
use crate::value::plain::plain_cell::{PLAIN_BYTES_MAX, ROOM_BYTES};

/// The characters of a cell: the bit of each says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    /// The spaces of ASCII.
    pub(crate) spaces: u64,
    /// Whether all are printable ASCII.
    pub(crate) printable: bool,
}

/// A way of seeing.
pub(crate) trait Sight: Copy {
    /// Looks at a cell of at most [`PLAIN_BYTES_MAX`] bytes at the begin of `bytes`.
    fn see(self, bytes: &[u8; ROOM_BYTES], length: usize) -> Seen;

    /// Asks for what stands at the begin of `bytes`, which will be looked at soon.
    #[inline(always)]
    fn prefetch(self, bytes: &[u8]) {
        let _ = bytes;
    }
}

/// Work on many cells. Implementations are `#[inline(always)]`, and so is what they call for every cell: it becomes part of
/// code for instructions that nothing else was compiled for.
pub(crate) trait Looks {
    /// Does it, seeing so.
    fn look(self, sight: impl Sight);
}

/// Does the work in the way of a path; in the portable one where the machine lacks that.
pub(crate) fn with_sight(path: ProcessorPath, work: impl Looks) {
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx512 if x86::has_avx512() => x86::look_avx512(work),
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 | ProcessorPath::Avx512 if x86::has_avx2() => x86::look_avx2(work),
        _ => work.look(Words),
    }
}

/// Eight characters at a time in a 64-bit word, which needs no instructions of one processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words;

const WORD: usize = 8;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;
/// What is taken to stand behind a cell: neither letter nor digit.
const BEHIND: u64 = b'~' as u64 * ONES;

impl Sight for Words {
    #[inline(always)]
    fn see(self, bytes: &[u8; ROOM_BYTES], length: usize) -> Seen {
        let (mut letters, mut digits, mut spaces, mut printable, mut beyond) = (0, 0, 0, HIGH, 0);
        let mut see = |word: u64, index: usize| {
            // Sums of two numbers below 128 stay in their byte, and reach its high bit from a bound on.
            let from = |word: u64, bound: u8| word.wrapping_add(u64::from(0x80 - bound) * ONES);
            let lower = word | (0x20 * ONES);
            letters |= bits(from(lower, b'a') & !from(lower, b'z' + 1)) << (index * WORD);
            digits |= bits(from(word, b'0') & !from(word, b'9' + 1)) << (index * WORD);
            spaces |= bits(from(word, b' ') & !from(word, b' ' + 1)) << (index * WORD);
            printable &= from(word, b' ');
            beyond |= word & HIGH;
        };
        let (words, _) = bytes.as_chunks::<WORD>();
        let whole = length.min(PLAIN_BYTES_MAX) / WORD;
        for (index, word) in words.iter().enumerate().take(whole) {
            see(u64::from_le_bytes(*word), index);
        }
        if !length.is_multiple_of(WORD)
            && let Some(word) = words.get(whole)
        {
            let outside = u64::MAX << (length % WORD * 8);
            see(u64::from_le_bytes(*word) & !outside | BEHIND & outside, whole);
        }
        Seen { letters, digits, spaces, printable: printable == HIGH && beyond == 0 }
    }
}

/// Gathers the high bits of a word's bytes.
#[inline]
fn bits(word: u64) -> u64 {
    ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sees one cell on a path.
    struct One<'a> {
        bytes: &'a [u8; ROOM_BYTES],
        length: usize,
        seen: &'a mut Option<Seen>,
    }

    impl Looks for One<'_> {
        #[inline(always)]
        fn look(self, sight: impl Sight) {
            *self.seen = Some(sight.see(self.bytes, self.length));
        }
    }

    fn check(bytes: &[u8; ROOM_BYTES], length: usize) {
        let cell = &bytes[..length];
        let places = |is: fn(&u8) -> bool| {
            cell.iter().enumerate().fold(0, |places, (at, byte)| places | u64::from(is(byte)) << at)
        };
        let printable = cell.iter().all(|byte| matches!(byte, b' '..=0x7f));
        for path in ProcessorPath::available() {
            let mut seen = None;
            with_sight(path, One { bytes, length, seen: &mut seen });
            let seen = seen.expect("the work was done");
            assert_eq!(seen.printable, printable, "{path:?} {cell:?}");
            if printable {
                assert_eq!(seen.letters, places(u8::is_ascii_alphabetic), "{path:?} {cell:?}");
                assert_eq!(seen.digits, places(u8::is_ascii_digit), "{path:?} {cell:?}");
                assert_eq!(seen.spaces, places(|byte| *byte == b' '), "{path:?} {cell:?}");
            }
        }
    }

    /// Every byte, at places of cells of every length, whatever stands behind.
    #[test]
    fn every_path_sees_every_byte() {
        for byte in 0..=u8::MAX {
            for length in 1..=PLAIN_BYTES_MAX {
                let mut bytes = [[b'~', b'x', 0, 0x80, b'1'][length % 5]; ROOM_BYTES];
                bytes[..length].fill(b'~');
                bytes[usize::from(byte) * 7 % length] = byte;
                check(&bytes, length);
            }
        }
    }

    proptest! {
        #[test]
        fn every_path_sees_the_same(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), 0x20u8..0x7f], ROOM_BYTES), length in 0..=PLAIN_BYTES_MAX) {
            check(&bytes.try_into().expect("as many"), length);
        }
    }
}
