//! Decides from the first bytes of a file whether it can be a text, and in which encoding.
//!
//! The order of the checks matters. A byte order mark overrides a declaration. Signatures are
//! searched in the bytes and, unless these are plain UTF-8, in the decoded text: an RTF document
//! may be UTF-16.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::control::first_control;
use crate::encoding::TextEncoding;
use crate::error::{Error, ErrorKind};
use crate::format::other_format;

/// The bytes at the start of a file that decide its format and encoding.
pub(crate) const FRONT_BYTES: usize = 8 * 1024;
/// The bytes that UTF-16 without a byte order mark is detected by.
const UNMARKED_BYTES: usize = 512;

/// The purpose of reading a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A text, in which a control character such as NUL is an error: it may belong to a format that
    /// hides values.
    Text(TextEncoding),
    /// A table, in the declared encoding if there is one. Control characters pass: they cost their
    /// record, not the table.
    Table(Option<TextEncoding>),
}

impl Reading {
    /// Returns the declared encoding; `None` for a text in UTF-8, which needs no declaration.
    pub(crate) fn declared(self) -> Option<TextEncoding> {
        match self {
            Reading::Text(declared) => (declared != TextEncoding::UTF_8).then_some(declared),
            Reading::Table(declared) => declared,
        }
    }
}

/// How the text of a file starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) encoding: &'static Encoding,
    /// Length of the byte order mark.
    pub(crate) mark_bytes: usize,
}

/// Returns how the text of a file starts; `front` is the first [`FRONT_BYTES`] bytes, or the whole
/// file.
pub(crate) fn sniff(front: &[u8], reading: Reading) -> Result<Start, Error> {
    let refuse_format = |bytes: &[u8]| match other_format(bytes) {
        Some(found) => Err(Error::new(ErrorKind::OtherFormat { what: found.what, advice: found.advice })),
        None => Ok(()),
    };
    refuse_format(front)?;
    let start = start(front, reading)?;
    if start.mark_bytes > 0 || start.encoding != UTF_8 {
        let (_, text) = front.split_at(start.mark_bytes);
        let (text, _) = start.encoding.decode_without_bom_handling(text);
        refuse_format(text.as_bytes())?;
    }
    Ok(start)
}

fn start(front: &[u8], reading: Reading) -> Result<Start, Error> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(front) {
        return Ok(Start { encoding, mark_bytes });
    }
    let unmarked = |encoding| Ok(Start { encoding, mark_bytes: 0 });
    match reading.declared() {
        // Read as UTF-16, such a text would have other characters, and nothing would be found in
        // it.
        Some(declared) if declared.is_utf16() && !front.is_empty() && is_plain_utf8(front) => {
            Err(Error::new(ErrorKind::MistakenUtf16))
        }
        Some(declared) if declared.needs_mark() => Err(Error::new(ErrorKind::Utf16WithoutMark)),
        Some(declared) => unmarked(declared.encoding()),
        None => match (unmarked_utf16(front), reading) {
            // The header shows whether the guess is right: its columns must be those of the store.
            (Some(guess), Reading::Table(_)) => unmarked(guess),
            (Some(_), Reading::Text(_)) => Err(Error::new(ErrorKind::Utf16WithoutMark)),
            (None, _) => unmarked(UTF_8),
        },
    }
}

/// Returns whether the bytes are UTF-8 without control characters. The last character may be cut
/// off.
fn is_plain_utf8(front: &[u8]) -> bool {
    let is_utf8 = std::str::from_utf8(front).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && first_control(front).is_none()
}

/// Returns the byte order of UTF-16 whose first characters are mostly ASCII: every other byte is
/// zero.
fn unmarked_utf16(front: &[u8]) -> Option<&'static Encoding> {
    let (units, _) = front.get(..UNMARKED_BYTES).unwrap_or(front).as_chunks::<2>();
    let count = units.len();
    let first = units.iter().filter(|[first, _]| *first == 0).count();
    let second = units.iter().filter(|[_, second]| *second == 0).count();
    let (few, most) = (count / 16, count - count / 4);
    match count >= 2 {
        true if second >= most && first <= few => Some(UTF_16LE),
        true if first >= most && second <= few => Some(UTF_16BE),
        _ => None,
    }
}
