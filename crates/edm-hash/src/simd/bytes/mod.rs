//! What kinds of bytes a text has, as bit masks, and the folding of ASCII: a path for each kind of processor, all giving the
//! same. A path is given only where the processor has its instructions.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::simd::level::ProcessorPath;

/// Bytes that are looked at together.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The classes of a text's bytes, 64 in a word, the first in the lowest bit of the first word. Bytes behind the end are of no
/// class.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// ASCII letters.
    pub(crate) letters: Vec<u64>,
    /// ASCII digits.
    pub(crate) digits: Vec<u64>,
    /// Bytes of characters beyond ASCII.
    pub(crate) beyond: Vec<u64>,
    /// `.` and `'`, which may join two words.
    pub(crate) joints: Vec<u64>,
    /// Whether no byte is beyond ASCII.
    pub(crate) is_ascii: bool,
}

/// The classes of 64 bytes: letters, digits, bytes beyond ASCII, joints.
type Classes = [u64; 4];

impl Masks {
    /// Makes them those of a text.
    pub(crate) fn read(&mut self, path: ProcessorPath, text: &[u8]) {
        let blocks = text.len().div_ceil(BLOCK_BYTES);
        for masks in [&mut self.letters, &mut self.digits, &mut self.beyond, &mut self.joints] {
            masks.clear();
            masks.reserve(blocks);
        }
        match path {
            #[cfg(target_arch = "x86_64")]
            ProcessorPath::Avx2 => x86::read_avx2(text, self),
            #[cfg(target_arch = "x86_64")]
            ProcessorPath::Avx512 => x86::read_avx512(text, self),
            _ => portable::read(text, self),
        }
        self.is_ascii = self.beyond.iter().all(|beyond| *beyond == 0);
    }

    #[inline(always)]
    fn push(&mut self, [letters, digits, beyond, joints]: Classes) {
        self.letters.push(letters);
        self.digits.push(digits);
        self.beyond.push(beyond);
        self.joints.push(joints);
    }
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

/// Appends what a text begins with, as far as it is ASCII: folded, and in lower case if asked for. Returns how many bytes.
pub(crate) fn append_ascii(path: ProcessorPath, text: &str, lower: bool, out: &mut String) -> usize {
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 => x86::append_ascii_avx2(text, lower, out),
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx512 => x86::append_ascii_avx512(text, lower, out),
        _ => portable::append_ascii(text, lower, out),
    }
}

/// Makes of a text the masks of those bytes that an escape may begin with: `\`, `%`, `&` and `=`.
pub(crate) fn read_signs(path: ProcessorPath, text: &[u8], out: &mut Vec<u64>) {
    out.clear();
    match path {
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx2 => x86::read_signs_avx2(text, out),
        #[cfg(target_arch = "x86_64")]
        ProcessorPath::Avx512 => x86::read_signs_avx512(text, out),
        _ => portable::read_signs(text, out),
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
                let (mut masks, mut signs) = (Masks::default(), vec![7]);
                masks.read(path, b"1 Main St.");
                masks.read(path, &text);
                read_signs(path, &text, &mut signs);
                let all = [&masks.letters, &masks.digits, &masks.beyond, &masks.joints, &signs];
                for (at, byte) in text.iter().enumerate() {
                    let seen = all.map(|masks| masks[at / BLOCK_BYTES] >> (at % BLOCK_BYTES) & 1 == 1);
                    let (joint, sign) = (matches!(byte, b'.' | b'\''), matches!(byte, b'\\' | b'%' | b'&' | b'='));
                    let expected = [byte.is_ascii_alphabetic(), byte.is_ascii_digit(), !byte.is_ascii(), joint, sign];
                    prop_assert_eq!(seen, expected, "{:?} {}", path, at);
                }
                for masks in all {
                    prop_assert_eq!(masks.len(), text.len().div_ceil(BLOCK_BYTES));
                    if let Some(last) = masks.last().filter(|_| text.len() % BLOCK_BYTES != 0) {
                        prop_assert_eq!(last >> (text.len() % BLOCK_BYTES), 0, "{:?}", path);
                    }
                }
            }
        }

        #[test]
        fn every_path_folds_ascii_alike(text in "[ -~\t-\r]{0,200}[é漢]{0,2}[ -~]{0,3}", lower in any::<bool>()) {
            let ascii = text.bytes().take_while(u8::is_ascii).count();
            let folded = |character| match character {
                '\u{B}' | '\u{C}' => '\n',
                '`' => '\'',
                other if lower => other.to_ascii_lowercase(),
                other => other,
            };
            let expected: String = text[..ascii].chars().map(folded).collect();
            for path in ProcessorPath::available() {
                let mut out = "in front".to_owned();
                prop_assert_eq!(append_ascii(path, &text, lower, &mut out), ascii, "{:?}", path);
                prop_assert_eq!(out.strip_prefix("in front"), Some(expected.as_str()), "{:?}", path);
            }
        }

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
