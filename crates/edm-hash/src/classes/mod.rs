//! Which bytes of a block are letters, digits or no ASCII, as bit masks: a path for each kind of processor, all giving
//! the same masks. A path is given only where the processor has its instructions.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::processor::ProcessorPath;

/// Bytes that are looked at together.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The classes of 64 bytes, the first in the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Masks {
    /// ASCII letters.
    pub(crate) letters: u64,
    /// ASCII digits.
    pub(crate) digits: u64,
    /// Bytes of characters beyond ASCII.
    pub(crate) beyond: u64,
    /// `.` and `'`, which may join two words.
    pub(crate) joints: u64,
}

/// Returns which of 64 numbers lie between two bounds, these included.
pub(crate) fn between(path: ProcessorPath, numbers: &[u8; BLOCK_BYTES], (first, last): (u8, u8)) -> u64 {
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 => x86::between_avx2(numbers, (first, last)),
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx512 => x86::between_avx512(numbers, (first, last)),
        _ => portable::between(numbers, (first, last)),
    }
}

/// Returns those bits that stand where `places` has its bits, close together: the lowest place in the lowest bit.
pub(crate) fn gathered(path: ProcessorPath, bits: u64, places: u64) -> u64 {
    if bits == 0 {
        return 0;
    }
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 | ProcessorPath::Avx512 => x86::gathered(bits, places),
        _ => portable::gathered(bits, places),
    }
}

/// Puts the lowest bits where `places` has its bits, the lowest at the lowest: undoes [`gathered`].
pub(crate) fn scattered(path: ProcessorPath, bits: u64, places: u64) -> u64 {
    if bits == 0 || places == u64::MAX {
        return bits;
    }
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 | ProcessorPath::Avx512 => x86::scattered(bits, places),
        _ => portable::scattered(bits, places),
    }
}

/// Appends the masks of a text, block by block; bytes behind its end are of no class.
pub(crate) fn append_masks(path: ProcessorPath, text: &[u8], out: &mut Vec<Masks>) {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 => x86::append_avx2(blocks, out),
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx512 => x86::append_avx512(blocks, out),
        _ => out.extend(blocks.iter().map(portable::masks)),
    }
    if !rest.is_empty() {
        let mut last = [0; BLOCK_BYTES];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        out.push(portable::masks(&last));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_sees_what_the_definition_says(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            for path in ProcessorPath::available() {
                let mut masks = Vec::new();
                append_masks(path, &text, &mut masks);
                for (at, byte) in text.iter().enumerate() {
                    let own = masks[at / BLOCK_BYTES];
                    let bit = |mask: u64| mask >> (at % BLOCK_BYTES) & 1 == 1;
                    let seen = (bit(own.letters), bit(own.digits), bit(own.beyond), bit(own.joints));
                    let joint = matches!(byte, b'.' | b'\'');
                    let expected = (byte.is_ascii_alphabetic(), byte.is_ascii_digit(), !byte.is_ascii(), joint);
                    prop_assert_eq!(seen, expected, "{:?} {}", path, at);
                }
                prop_assert_eq!(masks.len(), text.len().div_ceil(BLOCK_BYTES));
                if let Some(last) = masks.last().filter(|_| text.len() % BLOCK_BYTES != 0) {
                    prop_assert_eq!((last.letters | last.digits | last.beyond | last.joints) >> (text.len() % BLOCK_BYTES), 0);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_path_gathers_alike(bits in any::<u64>(), places in any::<u64>()) {
            let at = (0..64).filter(|at| places >> at & 1 == 1);
            let expected = at.enumerate().fold(0, |word, (index, at)| word | (bits >> at & 1) << index);
            for path in ProcessorPath::available() {
                prop_assert_eq!(gathered(path, bits, places), expected);
                prop_assert_eq!(scattered(path, expected, places), bits & places);
            }
        }
    }

    proptest! {
        #[test]
        fn every_path_compares_alike(numbers in proptest::collection::vec(any::<u8>(), 64), bounds in any::<(u8, u8)>()) {
            let numbers: [u8; 64] = numbers.try_into().expect("64 of them");
            let bounds = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
            let lies = |number: u8| (bounds.0..=bounds.1).contains(&number);
            let expected = (0..64).fold(0, |word, at| word | u64::from(lies(numbers[at])) << at);
            for path in ProcessorPath::available() {
                prop_assert_eq!(between(path, &numbers, bounds), expected, "{:?}", path);
            }
        }
    }
}
