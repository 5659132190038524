//! Detects by the first bytes that a file is not text, with a reason that says what to do.

/// The number of bytes examined.
pub(super) const FRONT_BYTES: usize = 8 * 1024;

/// The first bytes of a file type, and the reason to refuse it.
struct Kind {
    offset: usize,
    mark: &'static [u8],
    /// Whether a text may start like this. Then the file is refused only if it is not valid text.
    like_text: bool,
    reason: &'static str,
}

const fn marked(mark: &'static [u8], reason: &'static str) -> Kind {
    Kind { offset: 0, mark, like_text: false, reason }
}

const OFFICE: &str = "it is an office document, which edm does not read yet: save its text as UTF-8";
const ZIP: &str = "it is a zip archive: unpack it";
const IMAGE: &str = "it is an image, in which edm does not look for text";

const KINDS: [Kind; 21] = [
    marked(b"%PDF-", "it is a PDF document, which edm does not read yet: save its text as UTF-8"),
    marked(b"PK\x03\x04", ZIP),
    marked(b"PK\x05\x06", ZIP),
    marked(b"\xD0\xCF\x11\xE0", OFFICE),
    marked(b"\x1F\x8B", "it is packed with gzip: unpack it, for example with `gzip -d`"),
    marked(b"\xFD7zXZ\0", "it is packed with xz: unpack it, for example with `xz -d`"),
    marked(b"\x28\xB5\x2F\xFD", "it is packed with zstd: unpack it, for example with `zstd -d`"),
    marked(b"7z\xBC\xAF\x27\x1C", "it is a 7z archive: unpack it"),
    marked(b"Rar!\x1A\x07", "it is a RAR archive: unpack it"),
    Kind {
        like_text: true,
        ..marked(b"BZh", "it is packed with bzip2: unpack it, for example with `bzip2 -d`")
    },
    Kind {
        offset: 257,
        like_text: true,
        ..marked(b"ustar", "it is a tar archive: unpack it, for example with `tar -xf`")
    },
    marked(b"SQLite format 3\0", "it is an SQLite database: export its tables as text"),
    Kind { like_text: true, ..marked(b"PAR1", "it is a Parquet file: export it as CSV") },
    Kind { like_text: true, ..marked(b"!BDN", "it is an Outlook mailbox (pst): export its mails as text") },
    marked(b"\x89PNG\r\n\x1A\n", IMAGE),
    marked(b"\xFF\xD8\xFF", IMAGE),
    Kind { like_text: true, ..marked(b"GIF8", IMAGE) },
    marked(b"\x7FELF", "it is a program"),
    Kind { like_text: true, ..marked(b"MZ", "it is a program") },
    marked(b"\xFF\xFE\0\0", "it is UTF-32, which edm does not read: save it as UTF-8"),
    marked(b"\0\0\xFE\xFF", "it is UTF-32, which edm does not read: save it as UTF-8"),
];

/// The byte order marks of UTF-16, which contains NUL bytes and is text.
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// The file names at the start of an office document's archive.
const OFFICE_NAMES: [&[u8]; 3] = [b"[Content_Types].xml", b"_rels/.rels", b"mimetypeapplication/vnd.oasis"];

/// Returns why a file with these first bytes is not read; `None` if it may be text.
pub(super) fn reason_against(front: &[u8]) -> Option<&'static str> {
    let marked = KINDS.iter().find(|kind| {
        front.get(kind.offset..).is_some_and(|rest| rest.starts_with(kind.mark))
            && !(kind.like_text && may_be_text(front))
    });
    if let Some(kind) = marked {
        let office = kind.reason == ZIP && OFFICE_NAMES.iter().any(|name| contains(front, name));
        return Some(if office { OFFICE } else { kind.reason });
    }
    if !front.contains(&0) || UTF16_MARKS.iter().any(|mark| front.starts_with(mark)) {
        return None;
    }
    Some(match is_utf16_without_mark(front) {
        true => "it is UTF-16 without its byte order mark: save it as UTF-8",
        false => "it has NUL bytes, so it is no text: if it holds one, save that as UTF-8",
    })
}

/// Returns whether the bytes are UTF-8 without NUL, apart from a truncated last character.
fn may_be_text(front: &[u8]) -> bool {
    let whole = std::str::from_utf8(front).map_or_else(|error| error.error_len().is_none(), |_| true);
    whole && !front.contains(&0)
}

/// In most languages, every second byte of UTF-16 is NUL in many places and the bytes in between
/// are not.
fn is_utf16_without_mark(front: &[u8]) -> bool {
    let nul_at = |parity: usize| front.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nul_at(0), nul_at(1));
    let (fewer, more) = (even.min(odd), even.max(odd));
    fewer == 0 && more * 4 >= front.len()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        let check = |front: &[u8], expected: Option<&str>| {
            let reason = reason_against(front);
            assert!(
                match expected {
                    Some(part) => reason.is_some_and(|reason| reason.contains(part)),
                    None => reason.is_none(),
                },
                "{:?}: {reason:?}",
                String::from_utf8_lossy(front)
            );
        };
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        check(b"", None);
        check("née".as_bytes(), None);
        check(b"\xFF\xFEa\0", None);
        check(b"M\xFCller", None);
        check(b"%PDF-1.7\n", Some("a PDF document"));
        check(b"PK\x03\x04\x14\0word/document.xml", Some("a zip archive"));
        check(b"PK\x03\x04\x14\0\0[Content_Types].xml", Some("an office document"));
        check(
            b"PK\x03\x04\x14\0\0mimetypeapplication/vnd.oasis.opendocument.text",
            Some("an office document"),
        );
        check(b"PKV Muster, Langer\n", None);
        check(b"\xD0\xCF\x11\xE0\xA1\xB1", Some("an office document"));
        check(b"\x1F\x8B\x08\0", Some("gzip"));
        check(&[b"a.txt".as_slice(), &[0; 252], b"ustar\x0000Langer"].concat(), Some("a tar archive"));
        check(&[b"a".repeat(257).as_slice(), b"ustar"].concat(), None);
        check(b"SQLite format 3\0\x10", Some("SQLite"));
        check(b"PAR1\x15\0\x15", Some("Parquet"));
        check(b"PAR1 is how Parquet begins", None);
        check(b"!BDN\0\0", Some("pst"));
        check(b"\x89PNG\r\n\x1A\n\0", Some("an image"));
        check(b"\xFF\xD8\xFF\xE0", Some("an image"));
        check(b"\x7FELF\x02", Some("a program"));
        check(b"MZ\x90\0", Some("a program"));
        check(b"MZ is a station", None);
        check(b"BZh91AY&SY\xAA", Some("bzip2"));
        check(b"\xFF\xFE\0\0a\0\0\0", Some("UTF-32"));
        check(&utf16("Langer, 900-12-3456"), Some("UTF-16 without"));
        check(b"one\0log line", Some("NUL bytes"));
        check(b"{\\rtf1 Langer}", None);
    }
}
