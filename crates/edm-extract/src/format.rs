//! The formats that are not text, known by the bytes at their start.
//!
//! A signature of printable characters may also begin a text: `ORCID,name` is the header of a
//! table, and `ORC` is the signature of ORC files. Such a signature counts only in a file whose
//! start contains control characters.

use memchr::memmem;

use crate::control::first_control;

/// A format by its signature.
struct Format {
    offset: usize,
    signature: &'static [u8],
    begins_texts: bool,
    /// What the file is, as a clause after "the file".
    what: &'static str,
    advice: &'static str,
}

/// A format, and what to do about a file in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherFormat {
    pub(crate) what: &'static str,
    pub(crate) advice: &'static str,
}

const fn surely(signature: &'static [u8], what: &'static str, advice: &'static str) -> Format {
    Format { offset: 0, signature, begins_texts: false, what, advice }
}

const fn perhaps(signature: &'static [u8], what: &'static str, advice: &'static str) -> Format {
    Format { begins_texts: true, ..surely(signature, what, advice) }
}

const OFFICE: OtherFormat = OtherFormat { what: "is an office document", advice: TEXT_AS_UTF_8 };
const OLD_OFFICE: &str = "is an old office document";
const ZIP: &str = "is a zip archive";
const IMAGE: &str = "is an image";
const PROGRAM: &str = "is a program";
const UTF_32: &str = "is UTF-32";
const AS_UTF_8: &str = "edm does not read it; save it as UTF-8";
const TEXT_AS_UTF_8: &str = "edm does not read its text yet; save that as UTF-8";
const AS_CSV: &str = "export it as CSV";
const UNPACK: &str = "unpack it";
const NO_TEXT: &str = "edm does not look for text in it";

const FORMATS: [Format; 26] = [
    surely(b"\xFF\xFE\0\0", UTF_32, AS_UTF_8),
    surely(b"\0\0\xFE\xFF", UTF_32, AS_UTF_8),
    surely(b"%PDF-", "is a PDF document", TEXT_AS_UTF_8),
    surely(b"%!PS", "is a PostScript document", TEXT_AS_UTF_8),
    surely(b"{\\rtf", "is an RTF document", TEXT_AS_UTF_8),
    surely(b"PK\x03\x04", ZIP, UNPACK),
    surely(b"PK\x05\x06", ZIP, UNPACK),
    surely(b"\xD0\xCF\x11\xE0", OLD_OFFICE, TEXT_AS_UTF_8),
    surely(b"\x1F\x8B", "is packed with gzip", "unpack it, for example with `gzip -d`"),
    surely(b"\xFD7zXZ\0", "is packed with xz", "unpack it, for example with `xz -d`"),
    surely(b"\x28\xB5\x2F\xFD", "is packed with zstd", "unpack it, for example with `zstd -d`"),
    Format {
        offset: 4,
        ..surely(b"1AY&SY", "is packed with bzip2", "unpack it, for example with `bzip2 -d`")
    },
    surely(b"7z\xBC\xAF\x27\x1C", "is a 7z archive", UNPACK),
    surely(b"Rar!\x1A\x07", "is a RAR archive", UNPACK),
    Format { offset: 257, ..perhaps(b"ustar", "is a tar archive", "unpack it, for example with `tar -xf`") },
    surely(b"SQLite format 3\0", "is an SQLite database", "export its tables as text"),
    perhaps(b"PAR1", "is a Parquet file", AS_CSV),
    surely(b"Obj\x01", "is an Avro file", AS_CSV),
    perhaps(b"ORC", "is an ORC file", AS_CSV),
    perhaps(b"PGDMP", "is a dump of PostgreSQL in its own format", "export its tables as CSV"),
    perhaps(b"!BDN", "is an Outlook mailbox (pst)", "export its mails as text"),
    surely(b"\x89PNG\r\n\x1A\n", IMAGE, NO_TEXT),
    surely(b"\xFF\xD8\xFF", IMAGE, NO_TEXT),
    perhaps(b"GIF8", IMAGE, NO_TEXT),
    surely(b"\x7FELF", PROGRAM, NO_TEXT),
    perhaps(b"MZ", PROGRAM, NO_TEXT),
];

/// Names in the first bytes of a zip archive that is an office document.
const OFFICE_NAMES: [&[u8]; 3] = [b"[Content_Types].xml", b"_rels/.rels", b"mimetypeapplication/vnd.oasis"];

/// Returns the format of a file that starts with `front`; `None` if it may be a text.
pub(crate) fn other_format(front: &[u8]) -> Option<OtherFormat> {
    let found = FORMATS.iter().find(|format| {
        front.get(format.offset..).is_some_and(|rest| rest.starts_with(format.signature))
            && !(format.begins_texts && first_control(front).is_none())
    })?;
    let is_office = found.what == ZIP && OFFICE_NAMES.iter().any(|name| memmem::find(front, name).is_some());
    let named = OtherFormat { what: found.what, advice: found.advice };
    Some(if is_office { OFFICE } else { named })
}
