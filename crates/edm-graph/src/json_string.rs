//! Strings of JSON. A string without escapes is borrowed; a string with escapes is copied in blocks
//! of 64 bytes.
//!
//! One mask of special bytes is computed for each block and used for all its escapes. Escapes are
//! dense in logs and in JSON within JSON. Computing the mask again after each escape would make
//! every step wait for the one before.

use std::borrow::Cow;

/// Bytes below this one must be escaped in a string.
const CONTROL_END: u8 = 0x20;
/// The bytes that are examined and copied in one step: as many as a word has bits.
const BLOCK_BYTES: usize = u64::BITS as usize;
/// The bytes that must be available from the start of a block, so that 64 bytes can be copied from
/// any offset in it.
const AHEAD_BYTES: usize = 2 * BLOCK_BYTES;
const WORD_BYTES: usize = size_of::<u64>();

/// The byte that a letter after a backslash means. Zero for letters that are not such an escape.
const ESCAPED: [u8; 256] = {
    let mut escaped = [0; 256];
    escaped[b'"' as usize] = b'"';
    escaped[b'\\' as usize] = b'\\';
    escaped[b'/' as usize] = b'/';
    escaped[b'n' as usize] = b'\n';
    escaped[b't' as usize] = b'\t';
    escaped[b'r' as usize] = b'\r';
    escaped[b'b' as usize] = 0x8;
    escaped[b'f' as usize] = 0xc;
    escaped
};

/// Reads a string after its opening quote. Returns it and the bytes after its closing quote. `None`
/// if the string is not valid or not complete; another reader then reports why.
pub(crate) fn read(bytes: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let first = memchr::memchr2(b'"', b'\\', bytes)?;
    let (plain, rest) = bytes.split_at_checked(first)?;
    // Without an early exit, so that the compiler vectorises the comparison.
    if plain.iter().fold(false, |control, byte| control | (*byte < CONTROL_END)) {
        return None;
    }
    if let Some(behind) = rest.strip_prefix(b"\"") {
        return Some((Cow::Borrowed(std::str::from_utf8(plain).ok()?), behind));
    }
    // No escape is shorter than the character that it means. The last copy of a block may extend
    // past the text's end.
    let mut text = vec![0; bytes.len() + AHEAD_BYTES];
    text.get_mut(..first)?.copy_from_slice(plain);
    let (length, behind) = match copy(bytes, first, first, &mut text)? {
        Reached::Mark { length, behind } => (length, behind),
        Reached::End { from, length } => {
            // The last bytes again, padded so that no copy reads past them. The padding is NULs,
            // which end the string with an error.
            let (mut padded, rest) = ([0; 2 * AHEAD_BYTES], bytes.get(from..)?);
            padded.get_mut(..rest.len())?.copy_from_slice(rest);
            let Reached::Mark { length, behind } = copy(&padded, 0, length, &mut text)? else {
                return None;
            };
            (length, from + behind)
        }
    };
    text.truncate(length);
    // Validating the whole text is the same as validating each part. An escape means a whole
    // character, so no character can begin before it and end after it.
    Some((Cow::Owned(String::from_utf8(text).ok()?), bytes.get(behind..)?))
}

/// Where a copy ended. `length` bytes of the text are written.
enum Reached {
    /// At the closing quote.
    Mark { length: usize, behind: usize },
    /// At the end of the bytes: too few are left for a block and a copy.
    End { from: usize, length: usize },
}

/// Copies a string from an offset of the bytes to one of the text, with its escapes replaced.
fn copy(bytes: &[u8], mut from: usize, mut length: usize, text: &mut [u8]) -> Option<Reached> {
    'blocks: while let Some(ahead) = bytes.get(from..).and_then(|rest| rest.first_chunk::<AHEAD_BYTES>()) {
        let mut marks = specials(ahead.first_chunk()?);
        let mut begin = 0;
        loop {
            let end = if marks == 0 { BLOCK_BYTES } else { marks.trailing_zeros() as usize };
            // Always copies a whole block; the excess is overwritten by what follows. A copy of
            // variable length would cost a branch misprediction.
            let plain: &[u8; BLOCK_BYTES] = ahead.get(begin..)?.first_chunk()?;
            *text.get_mut(length..)?.first_chunk_mut()? = *plain;
            length += end - begin;
            if marks == 0 {
                from += BLOCK_BYTES;
                continue 'blocks;
            }
            match *ahead.get(end)? {
                b'"' => return Some(Reached::Mark { length, behind: from + end + 1 }),
                b'\\' => {}
                _ => return None,
            }
            let letter = *ahead.get(end + 1)?;
            let byte = *ESCAPED.get(usize::from(letter))?;
            if byte == 0 {
                let (character, bytes_read) =
                    (letter == b'u').then(|| character(ahead.get(end + 2..)?))??;
                length += character.encode_utf8(text.get_mut(length..)?).len();
                from += end + 2 + bytes_read;
                continue 'blocks;
            }
            *text.get_mut(length)? = byte;
            length += 1;
            begin = end + 2;
            if begin >= BLOCK_BYTES {
                from += begin;
                continue 'blocks;
            }
            // An escaped byte is not special.
            marks &= u64::MAX << begin;
        }
    }
    Some(Reached::End { from, length })
}

/// Returns a bit for each byte of a block that is a quote, a backslash or a control character.
fn specials(block: &[u8; BLOCK_BYTES]) -> u64 {
    // Multiplying by it moves the lowest bits of eight bytes into the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let is_special = |byte: u8| (byte < CONTROL_END) | (byte == b'"') | (byte == b'\\');
    // All bytes are compared first, so that the compiler vectorises it.
    let flags = block.map(|byte| u8::from(is_special(byte)));
    let (words, _) = flags.as_chunks::<WORD_BYTES>();
    let bits = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> (u64::BITS - 8));
    bits.rev().fold(0, |marks, bits| (marks << 8) | bits)
}

/// Reads a character that is written as one or two UTF-16 units, after the first `\u`. Returns it
/// and the number of bytes read.
fn character(bytes: &[u8]) -> Option<(char, usize)> {
    const DIGITS: usize = 4;
    let first = unit(bytes.get(..DIGITS)?)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first.into())?, DIGITS));
    }
    // The low surrogate.
    let second = unit(bytes.get(DIGITS..)?.strip_prefix(b"\\u")?.get(..DIGITS)?)?;
    Some((char::decode_utf16([first, second]).next()?.ok()?, DIGITS + 2 + DIGITS))
}

fn unit(digits: &[u8]) -> Option<u16> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_plain_or_special_wherever_it_stands() {
        let is_plain = |byte: &u8| *byte >= CONTROL_END && *byte != b'"' && *byte != b'\\';
        for (byte, around) in
            (0..=u8::MAX).flat_map(|byte| [b'a', 0x80, 0xff, b'"', 0].map(|around| (byte, around)))
        {
            for at in 0..BLOCK_BYTES {
                let mut block = [around; BLOCK_BYTES];
                block[at] = byte;
                let expected =
                    block.iter().rev().fold(0, |marks, byte| (marks << 1) | u64::from(!is_plain(byte)));
                assert_eq!(specials(&block), expected, "{block:?}");
            }
        }
    }

    #[test]
    fn an_escape_is_read_wherever_it_stands() {
        let check = |escape: &str, meant: Option<&str>, before: usize, behind: usize| {
            let (before, behind) = ("b".repeat(before), "c".repeat(behind));
            let text = format!("\\n{before}{escape}{behind}\" rest");
            let expected = meant.map(|meant| (format!("\n{before}{meant}{behind}"), &b" rest"[..]));
            let read = read(text.as_bytes()).map(|(text, rest)| (text.into_owned(), rest));
            assert_eq!(read, expected, "{text}");
        };
        let escapes = [
            ("\\\\", Some("\\")),
            ("\\\"", Some("\"")),
            ("\\\\\\\"\\/\\b\\f\\n\\r\\t", Some("\\\"/\u{8}\u{c}\n\r\t")),
            ("\\u00e4", Some("ä")),
            ("\\ud83d\\ude00", Some("😀")),
            ("\\u0000", Some("\0")),
            ("ä😀", Some("ä😀")),
            ("\\ud83d", None),
            ("\\ude00", None),
            ("\\u12g4", None),
            ("\\x", None),
            ("\0", None),
            ("\u{1f}", None),
        ];
        for (escape, meant) in escapes {
            for before in 0..AHEAD_BYTES + BLOCK_BYTES {
                for behind in [0, 1, BLOCK_BYTES, AHEAD_BYTES, 2 * AHEAD_BYTES] {
                    check(escape, meant, before, behind);
                }
            }
        }
        for cut in ["", "\\", "\\u", "\\u12", "\\ud83d\\", "\\ud83d\\u", "\\n"] {
            for before in 0..AHEAD_BYTES + BLOCK_BYTES {
                let text = format!("\\n{}{cut}", "b".repeat(before));
                assert_eq!(read(text.as_bytes()), None, "{text}");
            }
        }
    }
}
