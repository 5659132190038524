//! Bytes of a file → its text. The first bytes decide if they can; otherwise the XML declaration
//! does.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::{PurviewError, PurviewErrorKind, shown};

/// The number of bytes that are searched for an XML declaration.
const DECLARATION_BYTES_MAX: usize = 256;

/// A file's text, and a warning about its encoding.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) warning: Option<String>,
}

/// Decodes UTF-8 and UTF-16, with or without a byte order mark, and any encoding that a declaration
/// names.
///
/// If a declaration contradicts the first bytes, the first bytes count, with a warning: tools
/// convert files to another encoding and leave the declaration unchanged. Fails on bytes that are
/// invalid in the encoding.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, PurviewError> {
    let (by_bytes, mark) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            return Err(PurviewError::whole(PurviewErrorKind::UnknownEncoding { name: "UTF-32".to_owned() }));
        }
        [0xef, 0xbb, 0xbf, ..] => (Some(UTF_8), 3),
        [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
        [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
        // The first character of XML is `<` or white space, so a zero byte next to it shows UTF-16.
        [0, second, ..] if *second != 0 => (Some(UTF_16BE), 0),
        [first, 0, ..] if *first != 0 => (Some(UTF_16LE), 0),
        _ => (None, 0),
    };
    let bytes = bytes.get(mark..).unwrap_or_default();
    let label = declared_label(bytes, by_bytes);
    let declared = label.as_deref().map(known).transpose()?;
    let encoding = match (by_bytes, declared) {
        (Some(encoding), _) => encoding,
        // A text whose declaration is readable as single bytes is not UTF-16, whatever it declares.
        (None, None) | (None, Some(Declared::Utf16)) => UTF_8,
        (None, Some(Declared::Is(encoding))) => encoding,
    };
    let contradicted = match declared {
        None => false,
        Some(Declared::Utf16) => encoding != UTF_16LE && encoding != UTF_16BE,
        Some(Declared::Is(declared)) => declared != encoding,
    };
    let warning = contradicted.then(|| {
        let label = shown(label.as_deref().unwrap_or_default());
        format!(
            "the XML declaration says {label}, and the file was read as {}, which its bytes are",
            encoding.name()
        )
    });
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(Decoded { text: text.into_owned(), warning }),
        None => {
            let kind = PurviewErrorKind::NotInEncoding { encoding: encoding.name() };
            Err(match first_bad_line(bytes, encoding) {
                Some(line) => PurviewError::at(line, kind),
                None => PurviewError::whole(kind),
            })
        }
    }
}

#[derive(Clone, Copy)]
enum Declared {
    /// UTF-16 of either byte order.
    Utf16,
    Is(&'static Encoding),
}

fn known(label: &str) -> Result<Declared, PurviewError> {
    // The Encoding Standard reads this label as little-endian; XML permits either order.
    if label.eq_ignore_ascii_case("utf-16") {
        return Ok(Declared::Utf16);
    }
    let unknown = || PurviewError::at(1, PurviewErrorKind::UnknownEncoding { name: shown(label) });
    Encoding::for_label_no_replacement(label.as_bytes()).map(Declared::Is).ok_or_else(unknown)
}

/// Returns the encoding's name in the XML declaration. A declaration is ASCII, so it can be read
/// before the encoding is known.
fn declared_label(bytes: &[u8], by_bytes: Option<&'static Encoding>) -> Option<String> {
    let wide = by_bytes.is_some_and(|encoding| encoding != UTF_8);
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES_MAX * if wide { 2 } else { 1 }))?;
    let ascii: String =
        head.iter().filter(|byte| !wide || **byte != 0).map(|byte| char::from(*byte)).collect();
    let declaration = ascii.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(str::to_owned)
}

/// Returns the line of the first invalid byte. Only for UTF-8, whose lines can be counted before
/// decoding.
fn first_bad_line(bytes: &[u8], encoding: &'static Encoding) -> Option<u64> {
    let valid = std::str::from_utf8(bytes).err().filter(|_| encoding == UTF_8)?.valid_up_to();
    Some(1 + bytes.iter().take(valid).filter(|byte| **byte == b'\n').count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str, little: bool, mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let units: Vec<u16> =
            mark.into_iter().collect::<String>().encode_utf16().chain(text.encode_utf16()).collect();
        units
            .into_iter()
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    }

    fn check(bytes: &[u8], expected: Result<(&str, bool), &str>) {
        match (decode(bytes), expected) {
            (Ok(decoded), Ok((text, warned))) => {
                assert_eq!((decoded.text.as_str(), decoded.warning.is_some()), (text, warned));
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (Ok(decoded), Err(part)) => panic!("{:?}, expected {part}", decoded.text),
            (Err(error), Ok(_)) => panic!("{error}"),
        }
    }

    #[test]
    fn encodings() {
        let plain = "<a>é 山 😀</a>";
        check(plain.as_bytes(), Ok((plain, false)));
        check(format!("\u{feff}{plain}").as_bytes(), Ok((plain, false)));
        for (label, warned) in [("utf-16", false), ("UTF-16", false), ("utf-8", true), ("iso-8859-1", true)] {
            let text = format!("<?xml version='1.0' encoding=\"{label}\"?>{plain}");
            for (little, mark) in [(true, true), (true, false), (false, true), (false, false)] {
                check(&utf_16(&text, little, mark), Ok((&text, warned)));
            }
        }
        for little in [true, false] {
            check(&utf_16(plain, little, false), Ok((plain, false)));
            let text =
                format!("<?xml version='1.0' encoding='utf-16{}'?>{plain}", if little { "le" } else { "be" });
            check(&utf_16(&text, little, true), Ok((&text, false)));
            check(&utf_16(&text, !little, true), Ok((&text, true)));
        }
    }

    #[test]
    fn declarations() {
        check(
            b"<?xml version='1.0' encoding = 'ISO-8859-1' ?><a>\xe9</a>",
            Ok(("<?xml version='1.0' encoding = 'ISO-8859-1' ?><a>é</a>", false)),
        );
        check(
            b"<?xml version='1.0' encoding='windows-1250'?>\xb9",
            Ok(("<?xml version='1.0' encoding='windows-1250'?>ą", false)),
        );
        let text = "<?xml version='1.0' encoding='utf-16'?><a>é</a>";
        check(text.as_bytes(), Ok((text, true)));
        let text = "<?xml version='1.0' encoding='windows-1252'?><a>é</a>";
        check(format!("\u{feff}{text}").as_bytes(), Ok((text, true)));
        check(b"<?xml version='1.0' encoding='klingon'?><a/>", Err("line 1: the encoding “klingon”"));
        check(b"<a>\n\xe9</a>", Err("line 2: the bytes are no UTF-8"));
        check(b"\xff\xfe<\0a\0\x00\xd8", Err("no UTF-16LE"));
        check(b"\xff\xfe<\0a", Err("no UTF-16LE"));
        check(b"\xff\xfe\0\0<\0\0\0", Err("UTF-32"));
        check(b"<\0\0\0a\0\0\0", Err("UTF-32"));
        check(b"", Ok(("", false)));
    }
}
