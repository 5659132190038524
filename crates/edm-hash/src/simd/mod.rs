//! Kernels over 64 bytes, atoms or bits at a time, for each level of the processor's instructions.
//! See `README.md` beside this file.

use self::backend::WithSimd;
use self::level::Level;
use self::swar::Swar;

pub(crate) mod backend;
pub(crate) mod bits;
pub(crate) mod bytes;
pub(crate) mod level;
pub(crate) mod mask;
pub(crate) mod suffix;
pub(crate) mod swar;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Runs a loop with the instructions of a level.
pub(crate) fn with_simd(level: Level, work: impl WithSimd) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(token) => x86::avx512(token, work),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(token) => x86::avx2(token, work),
        _ => work.with_simd(Swar),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::backend::*;
    use super::*;

    /// Sees one cell on a level.
    struct One<'a> {
        bytes: &'a [u8; ROOM_BYTES],
        length: usize,
        seen: &'a mut Option<CellMasks>,
    }

    impl WithSimd for One<'_> {
        #[inline(always)]
        fn with_simd(self, simd: impl Simd) {
            *self.seen = Some(simd.classify(self.bytes, self.length));
        }
    }

    fn check(bytes: &[u8; ROOM_BYTES], length: usize) {
        let cell = &bytes[..length];
        let places = |is: fn(&u8) -> bool| {
            cell.iter().enumerate().fold(0, |places, (at, byte)| places | u64::from(is(byte)) << at)
        };
        let printable = cell.iter().all(|byte| matches!(byte, b' '..=0x7f));
        for level in Level::available() {
            let mut seen = None;
            with_simd(level, One { bytes, length, seen: &mut seen });
            let seen = seen.expect("the work was done");
            assert_eq!(seen.printable, printable, "{level:?} {cell:?}");
            if printable {
                assert_eq!(seen.letters, places(u8::is_ascii_alphabetic), "{level:?} {cell:?}");
                assert_eq!(seen.digits, places(u8::is_ascii_digit), "{level:?} {cell:?}");
                assert_eq!(seen.spaces, places(|byte| *byte == b' '), "{level:?} {cell:?}");
            }
        }
    }

    /// Every byte, at places of cells of every length, whatever follows.
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
