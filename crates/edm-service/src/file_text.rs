//! What of a file's bytes is text. Whatever is not told for sure is no text: a file whose values are hidden by its format would
//! seem to hold none.

use zeroize::Zeroizing;

/// How the sender says that a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// Not at all: a byte order mark says it, else it is UTF-8.
    Unsaid,
    /// UTF-16, and a byte order mark must say in which order.
    Utf16,
    /// UTF-16, little end first unless a byte order mark says otherwise.
    Utf16Little,
    /// UTF-16, big end first unless a byte order mark says otherwise.
    Utf16Big,
}

/// Formats that are written in the characters of a text and are none.
const DISGUISED: [&str; 3] = ["%PDF-", "%!PS", "{\\rtf"];

/// Returns the text of a file without its byte order mark; `None` where it is no text.
pub(crate) fn text_of(bytes: &[u8], encoding: TextEncoding) -> Option<String> {
    if DISGUISED.iter().any(|sign| bytes.starts_with(sign.as_bytes())) {
        return None;
    }
    // What is UTF-8 through and through was called UTF-16 by mistake: read as such it would seem to hold nothing.
    let is_unmarked_utf8 = || utf8(bytes).is_some_and(|text| !text.contains('\0'));
    let text = match (bytes, encoding) {
        ([0xEF, 0xBB, 0xBF, rest @ ..], TextEncoding::Unsaid) => utf8(rest)?,
        ([0xFF, 0xFE, rest @ ..], _) => utf16(rest, u16::from_le_bytes)?,
        ([0xFE, 0xFF, rest @ ..], _) => utf16(rest, u16::from_be_bytes)?,
        (_, TextEncoding::Utf16) => return None,
        (_, TextEncoding::Utf16Little | TextEncoding::Utf16Big)
            if !bytes.is_empty() && is_unmarked_utf8() =>
        {
            return None;
        }
        (_, TextEncoding::Utf16Little) => utf16(bytes, u16::from_le_bytes)?,
        (_, TextEncoding::Utf16Big) => utf16(bytes, u16::from_be_bytes)?,
        (_, TextEncoding::Unsaid) => utf8(bytes)?,
    };
    let is_text = !text.chars().any(is_foreign) && !DISGUISED.iter().any(|sign| text.starts_with(sign));
    is_text.then_some(text)
}

fn utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(pairs.iter().map(|pair| unit(*pair)).collect());
    String::from_utf16(&units).ok()
}

/// Control characters that no text has: formats of programs have them soon.
fn is_foreign(character: char) -> bool {
    character.is_ascii_control() && !matches!(character, '\t'..='\r' | '\u{8}' | '\u{1B}' | '\u{7F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_other_files() {
        let check = |bytes: &[u8], encoding: TextEncoding, expected: Option<&str>| {
            assert_eq!(text_of(bytes, encoding).as_deref(), expected, "{bytes:?} {encoding:?}");
        };
        use TextEncoding::{Unsaid, Utf16, Utf16Big, Utf16Little};
        check(b"", Unsaid, Some(""));
        check("Müller\t1\r\n😀".as_bytes(), Unsaid, Some("Müller\t1\r\n😀"));
        check(b"\xEF\xBB\xBFa", Unsaid, Some("a"));
        check(b"\xFF\xFEa\0=\xD8\0\xDE", Unsaid, Some("a😀"));
        check(b"\xFE\xFF\0a", Unsaid, Some("a"));
        check(b"a\0", Utf16Little, Some("a"));
        check(b"\0a", Utf16Big, Some("a"));
        check(b"\xFE\xFF\0a", Utf16Little, Some("a"));
        check(b"\xFF\xFEa\0", Utf16, Some("a"));
        // Called UTF-16 and none, or none that says in which order.
        check(b"a\0", Utf16, None);
        check(b"abcd", Utf16Big, None);
        check(b"abcd", Utf16Little, None);
        check(b"\xEF\xBB\xBFabc", Utf16Big, None);
        check(b"%PDF-1.7\n1", Utf16Little, None);
        check(b"", Utf16Big, Some(""));
        // Half a unit, half a pair, no UTF-8, windows-1252.
        check(b"\xFF\xFEa\0b", Unsaid, None);
        check(b"\xFF\xFE=\xD8", Unsaid, None);
        check(b"\xC3(", Unsaid, None);
        check(b"M\xFCller", Unsaid, None);
        // UTF-16 of which nobody says so, an archive, a PDF without one byte that is no character.
        check(b"a\0b\0", Unsaid, None);
        check(b"PK\x03\x04", Unsaid, None);
        check(b"%PDF-1.7\n1 0 obj", Unsaid, None);
        check(b"{\\rtf1\\ansi 900}", Unsaid, None);
    }
}
