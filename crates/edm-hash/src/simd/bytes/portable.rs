//! The level of any processor: eight bytes in one number.

use super::{BLOCK_BYTES, Classes, Masks};
use crate::simd::swar::{HIGH, ONES, high_bits};

/// Bytes of a number.
const WORD_BYTES: usize = 8;

pub(super) fn read(text: &[u8], out: &mut Masks) {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    blocks.iter().for_each(|block| out.push(classes(block)));
    if !rest.is_empty() {
        out.push(classes(rest));
    }
}

pub(super) fn read_signs(text: &[u8], out: &mut Vec<u64>) {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    out.extend(blocks.iter().map(|block| signs(block)));
    if !rest.is_empty() {
        out.push(signs(rest));
    }
}

pub(super) fn append_ascii(text: &str, lower: bool, out: &mut String) -> usize {
    let length = ascii_length(text.as_bytes());
    let text = text.get(..length).expect("a run of ASCII ends at a character");
    let from = out.len();
    if text.bytes().fold(false, |any, byte| any | matches!(byte, 0x0B | 0x0C | b'`')) {
        out.extend(text.chars().map(|character| match character {
            '\u{B}' | '\u{C}' => '\n',
            '`' => '\'',
            other => other,
        }));
    } else {
        out.push_str(text);
    }
    if lower {
        out.get_mut(from..).expect("it was appended from there on").make_ascii_lowercase();
    }
    length
}

/// Returns how many bytes a text begins with before the first character beyond ASCII.
fn ascii_length(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    let ascii = |block: &[u8; BLOCK_BYTES]| block.iter().fold(0, |all, byte| all | byte) < 0x80;
    let whole = blocks.iter().take_while(|block| ascii(block)).count();
    let behind = blocks.get(whole).map_or(rest, <[u8; BLOCK_BYTES]>::as_slice);
    whole * BLOCK_BYTES + behind.iter().take_while(|byte| byte.is_ascii()).count()
}

/// Returns the classes of at most 64 bytes.
#[inline]
pub(super) fn classes(bytes: &[u8]) -> Classes {
    let mut all = Classes::default();
    of_words(bytes, |word, shift| {
        let ascii = !word & HIGH;
        // In lower case; what else the bit changes is no letter before or after.
        let lower = word | (ONES * 0x20);
        let joints = within(word, b'.', b'.') | within(word, b'\'', b'\'');
        let own = [
            within(lower, b'a', b'z') & ascii,
            within(word, b'0', b'9') & ascii,
            word & HIGH,
            joints & ascii,
        ];
        all.iter_mut().zip(own).for_each(|(all, own)| *all |= high_bits(own) << shift);
    });
    all
}

/// Returns which of at most 64 bytes an escape may begin with.
#[inline]
pub(super) fn signs(bytes: &[u8]) -> u64 {
    let mut all = 0;
    of_words(bytes, |word, shift| {
        // `%` and `&` follow one another.
        let own = within(word, b'%', b'&') | within(word, b'=', b'=') | within(word, b'\\', b'\\');
        all |= high_bits(own & !word) << shift;
    });
    all
}

/// Calls `each` with eight bytes in a number, and how many bytes are before; zeros after the last
/// one.
#[inline(always)]
fn of_words(bytes: &[u8], mut each: impl FnMut(u64, usize)) {
    let (words, rest) = bytes.as_chunks::<WORD_BYTES>();
    for (index, word) in words.iter().enumerate() {
        each(u64::from_le_bytes(*word), index * WORD_BYTES);
    }
    if !rest.is_empty() {
        let word = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        each(word, words.len() * WORD_BYTES);
    }
}

/// Sets the high bit of each byte whose lower seven bits lie between two bounds.
fn within(word: u64, first: u8, last: u8) -> u64 {
    // Seven bits plus a number below 128 stay within a byte, so no byte carries into the next:
    //   seven + (0x80 - first)  has the high bit from `first` on
    //   seven + (0x7F - last)   has it beyond `last`
    let seven = word & !HIGH;
    let from = seven + ONES * u64::from(0x80 - first);
    let beyond = seven + ONES * u64::from(0x7F - last);
    from & !beyond & HIGH
}

/// Returns which numbers lie between two bounds.
pub(super) fn between(numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    // Numbers below `first` wrap to large ones: one comparison instead of two.
    let lies = |number: &u8| number.wrapping_sub(first) <= last - first;
    numbers.iter().enumerate().fold(0, |word, (at, number)| word | u64::from(lies(number)) << at)
}
