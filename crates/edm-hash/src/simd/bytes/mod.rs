//! Classes of a text's bytes as bit masks, and the folding of ASCII.
//!
//! ```text
//! bytes     M a i n   S t .   1 2
//! letters   1 1 1 1 . 1 1 . . . .      (byte | 0x20) - 'a' < 26, unsigned
//! digits    . . . . . . . . . 1 1      byte - '0' < 10
//! beyond    . . . . . . . . . . .      the high bit
//! joints    . . . . . . . 1 . . .      `.` and `'`
//! links     . . . . . . . . . . .      `'`, `-` and the first byte of `·`
//! openings  . . . . . . . . . . .      `(`, `[`, `"`, `'` and what is beyond, after white space
//! ```
//!
//! AVX-512 compares into a mask; AVX2 has no unsigned comparison, so it uses "the smaller of both
//! is itself", or signed comparisons where bytes beyond ASCII are negative and so in no range. The
//! portable way has eight bytes in a word and adds bounds so that the high bit of a byte says the
//! answer (`simd/swar`).
//!
//! What must stay true: bytes after the end of a text are of no class.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::simd::level::Level;

/// The byte that `·` begins with.
const MIDDLE_DOT: u8 = 0xC2;

/// Bytes that are looked at together.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The classes of a text's bytes, 64 in a word, the first in the lowest bit of the first word.
/// Bytes after the end are of no class.
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
    /// `'`, `-` and the byte that `·` begins with, which may make two words one.
    pub(crate) links: Vec<u64>,
    /// What may open a nickname: `(`, `[`, `"`, `'` and bytes beyond ASCII, after white space.
    pub(crate) openings: Vec<u64>,
    /// Whether no byte is beyond ASCII.
    pub(crate) is_ascii: bool,
    /// Whether the last byte of the last block is white space.
    ends_white: u64,
}

/// The classes of 64 bytes: letters, digits, bytes beyond ASCII, joints, links, opening signs of
/// ASCII, white space.
type Classes = [u64; 7];

impl Masks {
    /// Makes them those of a text.
    pub(crate) fn read(&mut self, level: Level, text: &[u8]) {
        let blocks = text.len().div_ceil(BLOCK_BYTES);
        let classes = [&mut self.letters, &mut self.digits, &mut self.beyond, &mut self.joints];
        for masks in classes.into_iter().chain([&mut self.links, &mut self.openings]) {
            masks.clear();
            masks.reserve(blocks);
        }
        self.ends_white = 0;
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => x86::read_avx2(text, self),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => x86::read_avx512(text, self),
            _ => portable::read(text, self),
        }
        self.is_ascii = self.beyond.iter().all(|beyond| *beyond == 0);
    }

    #[inline(always)]
    fn push(&mut self, [letters, digits, beyond, joints, links, signs, white]: Classes) {
        self.letters.push(letters);
        self.digits.push(digits);
        self.beyond.push(beyond);
        self.joints.push(joints);
        self.links.push(links);
        self.openings.push((signs | beyond) & (white << 1 | self.ends_white));
        self.ends_white = white >> 63;
    }
}

/// Returns which of 64 numbers lie between two bounds, these included.
pub(crate) fn between(level: Level, numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::between_avx2(numbers, first, last),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::between_avx512(numbers, first, last),
        _ => portable::between(numbers, first, last),
    }
}

/// Appends what a text begins with, as far as it is ASCII: folded, and in lower case if asked for.
/// Returns how many bytes.
pub(crate) fn append_ascii(level: Level, text: &str, lower: bool, out: &mut String) -> usize {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::append_ascii_avx2(text, lower, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::append_ascii_avx512(text, lower, out),
        _ => portable::append_ascii(text, lower, out),
    }
}

/// Makes of a text the masks of those bytes that an escape may begin with: `\`, `%`, `&` and `=`.
pub(crate) fn read_signs(level: Level, text: &[u8], out: &mut Vec<u64>) {
    out.clear();
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::read_signs_avx2(text, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::read_signs_avx512(text, out),
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
            for level in Level::available() {
                let (mut masks, mut signs) = (Masks::default(), vec![7]);
                masks.read(level, b"1 Main St.");
                masks.read(level, &text);
                read_signs(level, &text, &mut signs);
                let all =
                    [&masks.letters, &masks.digits, &masks.beyond, &masks.joints, &masks.links, &masks.openings, &signs];
                for (at, byte) in text.iter().enumerate() {
                    let seen = all.map(|masks| masks[at / BLOCK_BYTES] >> (at % BLOCK_BYTES) & 1 == 1);
                    let (joint, sign) = (matches!(byte, b'.' | b'\''), matches!(byte, b'\\' | b'%' | b'&' | b'='));
                    let link = matches!(byte, b'\'' | b'-' | 0xC2);
                    let behind_white = at > 0 && matches!(text[at - 1], b'\t'..=b'\r' | b' ');
                    let opening = behind_white && (matches!(byte, b'(' | b'[' | b'"' | b'\'') || !byte.is_ascii());
                    let expected =
                        [byte.is_ascii_alphabetic(), byte.is_ascii_digit(), !byte.is_ascii(), joint, link, opening, sign];
                    prop_assert_eq!(seen, expected, "{:?} {}", level, at);
                }
                for masks in all {
                    prop_assert_eq!(masks.len(), text.len().div_ceil(BLOCK_BYTES));
                    if let Some(last) = masks.last().filter(|_| text.len() % BLOCK_BYTES != 0) {
                        prop_assert_eq!(last >> (text.len() % BLOCK_BYTES), 0, "{:?}", level);
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
            for level in Level::available() {
                let mut out = "in front".to_owned();
                prop_assert_eq!(append_ascii(level, &text, lower, &mut out), ascii, "{:?}", level);
                prop_assert_eq!(out.strip_prefix("in front"), Some(expected.as_str()), "{:?}", level);
            }
        }

        #[test]
        fn every_path_compares_alike(numbers in proptest::collection::vec(any::<u8>(), 64), bounds in any::<(u8, u8)>()) {
            let numbers: [u8; 64] = numbers.try_into().expect("64 of them");
            let bounds = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
            let lies = |number: u8| (bounds.0..=bounds.1).contains(&number);
            let expected = (0..64).fold(0, |word, at| word | u64::from(lies(numbers[at])) << at);
            for level in Level::available() {
                prop_assert_eq!(between(level, &numbers, bounds.0, bounds.1), expected, "{:?}", level);
            }
        }
    }
}
