//! Strings of JSON: one without escapes stays where it lies, one with some is copied by blocks.
//! Where the marks of a block stand is asked once for the whole block, not anew behind each escape:
//! in logs and JSON within JSON they stand dense, and then each would wait for what was learned of
//! the one before.

use std::borrow::Cow;

/// Bytes below this one must be escaped in a string.
const CONTROL_END: u8 = 0x20;
/// Bytes that are looked at and copied in one step: as many as a word has bits.
const BLOCK_BYTES: usize = u64::BITS as usize;
/// Bytes from the begin of a block on that must be there, so that a block can be copied from
/// anywhere in it.
const AHEAD_BYTES: usize = 2 * BLOCK_BYTES;
const WORD_BYTES: usize = size_of::<u64>();

/// What the letters behind a backslash stand for; zero for those that stand for nothing so short.
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

/// Reads a string behind its opening mark; returns it and what stands behind its closing one. Gives
/// nothing where another reader must decide: of what is no string, and why.
pub(crate) fn read(bytes: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let first = memchr::memchr2(b'"', b'\\', bytes)?;
    let (plain, rest) = bytes.split_at_checked(first)?;
    // Without a way out of the loop, so that many are compared at once.
    if plain.iter().fold(false, |control, byte| control | (*byte < CONTROL_END)) {
        return None;
    }
    if let Some(behind) = rest.strip_prefix(b"\"") {
        return Some((Cow::Borrowed(std::str::from_utf8(plain).ok()?), behind));
    }
    // No escape is shorter than what it stands for; the last copy of a block may go beyond its end.
    let mut text = vec![0; bytes.len() + AHEAD_BYTES];
    text.get_mut(..first)?.copy_from_slice(plain);
    let (length, behind) = match copy(bytes, first, first, &mut text)? {
        Reached::Mark { length, behind } => (length, behind),
        Reached::End { from, length } => {
            // The last bytes once more, with so many behind them that no copy leaves them. These
            // would have to be escaped.
            let (mut padded, rest) = ([0; 2 * AHEAD_BYTES], bytes.get(from..)?);
            padded.get_mut(..rest.len())?.copy_from_slice(rest);
            let Reached::Mark { length, behind } = copy(&padded, 0, length, &mut text)? else {
                return None;
            };
            (length, from + behind)
        }
    };
    text.truncate(length);
    // No character is made of what stands before and behind an escape: those begin and end with
    // whole ones.
    Some((Cow::Owned(String::from_utf8(text).ok()?), bytes.get(behind..)?))
}

/// How far a copy came: so much of the text is there.
enum Reached {
    /// The closing mark.
    Mark { length: usize, behind: usize },
    /// Fewer bytes are left than a block and a copy need.
    End { from: usize, length: usize },
}

/// Copies a string from an offset of the bytes to one of the text, with its escapes replaced.
fn copy(bytes: &[u8], mut from: usize, mut length: usize, text: &mut [u8]) -> Option<Reached> {
    'blocks: while let Some(ahead) = bytes.get(from..).and_then(|rest| rest.first_chunk::<AHEAD_BYTES>()) {
        let mut marks = specials(ahead.first_chunk()?);
        let mut begin = 0;
        loop {
            let end = if marks == 0 { BLOCK_BYTES } else { marks.trailing_zeros() as usize };
            // More than is plain, which is overwritten by what follows: to copy as much as is costs
            // a wrong guess.
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
            // What is escaped is no mark.
            marks &= u64::MAX << begin;
        }
    }
    Some(Reached::End { from, length })
}

/// Returns a bit for each byte of a block that does not stand for itself.
fn specials(block: &[u8; BLOCK_BYTES]) -> u64 {
    // Moves the lowest bits of eight bytes into the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let is_special = |byte: u8| (byte < CONTROL_END) | (byte == b'"') | (byte == b'\\');
    // All bytes first, so that many are compared at once.
    let flags = block.map(|byte| u8::from(is_special(byte)));
    let (words, _) = flags.as_chunks::<WORD_BYTES>();
    let bits = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> (u64::BITS - 8));
    bits.rev().fold(0, |marks, bits| (marks << 8) | bits)
}

/// Reads a character that is written as one unit of UTF-16 or two, behind the first `\u`; returns
/// the bytes that it takes too.
fn character(bytes: &[u8]) -> Option<(char, usize)> {
    const DIGITS: usize = 4;
    let first = unit(bytes.get(..DIGITS)?)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first.into())?, DIGITS));
    }
    // The other half of a pair.
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
