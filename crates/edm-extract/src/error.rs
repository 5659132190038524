//! Why a file is not read as text.

use std::fmt;

/// Why a file is not read. It contains no piece of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// The reasons for which a file is not read. Lines count from 1; bytes count from 0 in the file as
/// it was given, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file is in another format.
    OtherFormat {
        /// What the file is, as a clause after "the file".
        what: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The file is UTF-16 and has no byte order mark.
    Utf16WithoutMark,
    /// The file is declared as UTF-16 and is UTF-8.
    MistakenUtf16,
    /// The text contains a control character that texts do not have, such as NUL.
    Control {
        /// The line of the character.
        line: u64,
        /// The first byte of the character.
        byte: u64,
        /// The character, U+0000 to U+001F.
        character: u8,
    },
    /// The bytes are not in the encoding.
    Undecodable {
        /// The line of the first bad byte.
        line: u64,
        /// The first bad byte.
        byte: u64,
        /// The declared encoding, if there is one.
        declared: Option<&'static str>,
    },
    /// The label is not that of an encoding.
    UnknownLabel,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind }
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::OtherFormat { what, advice } => write!(f, "it {what}: {advice}"),
            ErrorKind::Utf16WithoutMark => {
                f.write_str("it is UTF-16 without its byte order mark: save it as UTF-8")
            }
            ErrorKind::MistakenUtf16 => {
                f.write_str("it is declared as UTF-16 and is UTF-8: declare it as UTF-8")
            }
            ErrorKind::Control { line, byte, character: 0 } => write!(
                f,
                "line {line}, byte {byte} of the file holds a NUL: a file with NUL bytes is not a text; take them out, or save \
                 its text as UTF-8"
            ),
            ErrorKind::Control { line, byte, character } => write!(
                f,
                "line {line}, byte {byte} of the file holds the control character U+{character:04X}, which is not in texts; \
                 replace it by a space, or save the file's text as UTF-8"
            ),
            ErrorKind::Undecodable { line, byte, declared: None } => write!(
                f,
                "line {line}, byte {byte} of the file: this is neither UTF-8 nor UTF-16 with a byte order mark; convert the \
                 file first, for example with `iconv -f WINDOWS-1252 -t UTF-8`"
            ),
            ErrorKind::Undecodable { line, byte, declared: Some(declared) } => {
                write!(f, "line {line}, byte {byte} of the file: this is not {declared}")
            }
            ErrorKind::UnknownLabel => f.write_str(
                "an encoding is named by its label on the web, such as utf-8, utf-16le, windows-1252, iso-8859-2, koi8-r, \
                 shift_jis, gbk or big5",
            ),
        }
    }
}

impl std::error::Error for Error {}
