//! The source of a table: a file or standard input, plain or gzip, with its separator and encoding.

mod byte_scan;
#[cfg(test)]
mod exports;
mod header;
mod one_column;
mod records;
mod sniff;
mod split;
mod unread;

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edm_extract::{ErrorKind as NotText, MistakenEncoding, TextEncoding, Utf8Text};
use flate2::read::MultiGzDecoder;

use crate::error::{Error, ErrorKind};
pub use header::ExtraColumns;
pub use one_column::OtherSeparator;
pub(crate) use records::RecordReader;

/// Where a table is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file. It can be read again, so its upload can be resumed.
    File(PathBuf),
    /// Standard input. It can be read once.
    StandardInput,
}

impl Input {
    /// Parses an argument: `-` is standard input, anything else a path.
    pub fn from_argument(argument: &str) -> Self {
        if argument == "-" { Input::StandardInput } else { Input::File(PathBuf::from(argument)) }
    }

    /// Returns whether it can be read more than once, unlike a pipe. A missing file or a folder is
    /// reported when it is opened.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Input::File(path) => {
                std::fs::metadata(path).map_or(true, |found| found.is_file() || found.is_dir())
            }
            Input::StandardInput => false,
        }
    }

    /// Returns the path; `-` for standard input.
    pub fn path(&self) -> PathBuf {
        match self {
            Input::File(path) => path.clone(),
            Input::StandardInput => PathBuf::from("-"),
        }
    }
}

/// The character between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separator(u8);

impl Separator {
    /// The comma of RFC 4180.
    pub const COMMA: Separator = Separator(b',');

    pub(crate) fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Separator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let byte = match text.to_ascii_lowercase().as_str() {
            "tab" | "\\t" => b'\t',
            "comma" => b',',
            "pipe" => b'|',
            "semicolon" => b';',
            other => match other.as_bytes() {
                [byte] => *byte,
                _ => return Err(Error::new(ErrorKind::BadSeparator)),
            },
        };
        let refused =
            matches!(byte, b'"' | b'\r' | b'\n' | 0) || byte.is_ascii_alphanumeric() || !byte.is_ascii();
        if refused { Err(Error::new(ErrorKind::BadSeparator)) } else { Ok(Self(byte)) }
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            b',' => f.write_str("comma"),
            b'|' => f.write_str("pipe"),
            b';' => f.write_str("semicolon"),
            byte => write!(f, "{:?}", char::from(byte)),
        }
    }
}

/// The declared format of a table's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableFormat {
    /// The separator. By default it is that of the file's `sep=` line, or else the one that gives
    /// its first records the most cells.
    pub separator: Option<Separator>,
    /// The encoding. By default it is UTF-8 or UTF-16.
    pub encoding: Option<TextEncoding>,
}

/// An opened table: a reader of UTF-8 text.
pub(crate) struct Source {
    pub(crate) text: Box<dyn Read + Send>,
    pub(crate) separator: Separator,
    /// Whether the separator was detected and is worth reporting.
    pub(crate) is_sniffed: bool,
    /// Watches for signs that the declared encoding is wrong.
    pub(crate) mistaken: Option<Arc<MistakenEncoding>>,
    /// A warning before anything is read: the declared separator does not occur.
    pub(crate) doubt: Option<String>,
    /// The number of lines before the header (the `sep=` line).
    pub(crate) lines_before: u64,
    /// Bytes of the file read so far, before decompression.
    pub(crate) bytes_read: Arc<AtomicU64>,
    /// The size of the file, if it is known.
    pub(crate) bytes_total: Option<u64>,
}

/// How much of a table was examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The whole table.
    Whole,
    /// The first records, for a pipe.
    Begin,
}

/// How a gzip stream begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How much text of a pipe is examined before hashing starts, in bytes.
const BEGIN_BYTES: usize = 16 * 1024 * 1024;

impl Source {
    /// Returns the start of a table that cannot be read twice, or all of it if it is short. The
    /// source still returns this text.
    pub(crate) fn begin(&mut self) -> Result<(Source, Extent), Error> {
        let text = read_up_to(&mut self.text, BEGIN_BYTES)?;
        let extent = if text.len() < BEGIN_BYTES { Extent::Whole } else { Extent::Begin };
        let rest = std::mem::replace(&mut self.text, Box::new(io::empty()));
        let mut begun = text.clone();
        self.text = Box::new(Cursor::new(text).chain(rest));
        if extent == Extent::Begin {
            // The cut must be at a line end. Inside a line it might be inside a character.
            let lines = begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            begun.truncate(lines);
        }
        let begin = Source {
            text: Box::new(Cursor::new(begun)),
            separator: self.separator,
            is_sniffed: self.is_sniffed,
            lines_before: self.lines_before,
            bytes_read: Arc::default(),
            bytes_total: None,
            mistaken: None,
            doubt: None,
        };
        Ok((begin, extent))
    }
}

/// Opens the table.
pub(crate) fn open(input: &Input, format: TableFormat) -> Result<Source, Error> {
    let unreadable = |error| Error::caused(ErrorKind::FileUnreadable { path: input.path() }, error);
    let (bytes, total): (Box<dyn Read + Send>, Option<u64>) = match input {
        Input::StandardInput => (Box::new(io::stdin()), None),
        Input::File(path) => {
            let file = File::open(path).map_err(unreadable)?;
            let metadata = file.metadata().map_err(unreadable)?;
            if metadata.is_dir() {
                return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
            }
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        }
    };
    let source = open_bytes(bytes, format).map_err(|error| match error.kind() {
        ErrorKind::FileUnreadable { .. } => {
            Error::caused(ErrorKind::FileUnreadable { path: input.path() }, Box::new(error))
        }
        _ => error,
    })?;
    Ok(Source { bytes_total: total, ..source })
}

/// Opens a table from bytes.
pub(crate) fn open_bytes(bytes: Box<dyn Read + Send>, format: TableFormat) -> Result<Source, Error> {
    let TableFormat { separator, encoding } = format;
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut counted = Counted { inner: bytes, count: Arc::clone(&bytes_read) };
    let magic = read_up_to(&mut counted, GZIP.len())?;
    let zipped = magic == GZIP;
    let whole = Cursor::new(magic).chain(counted);
    let mistaken = encoding.and_then(MistakenEncoding::watch);
    let mut text: Box<dyn Read + Send> = if zipped {
        let unzipped = Unzipped(MultiGzDecoder::new(whole));
        Box::new(Utf8Text::of_table(unzipped, encoding, mistaken.clone()))
    } else {
        Box::new(Utf8Text::of_table(whole, encoding, mistaken.clone()))
    };
    let first = read_up_to(&mut text, sniff::SNIFF_BYTES)?;
    sniff::refuse_other_texts(&first)?;
    let (declared, skipped) = match declared_separator(&first) {
        Some((byte, length)) => {
            let declared = std::str::from_utf8(&[byte]).unwrap_or_default().parse::<Separator>()?;
            (Some(declared), length)
        }
        None => (None, 0),
    };
    let rest = first.split_at(skipped).1.to_vec();
    let said = separator.or(declared);
    let sniffed = match said {
        Some(_) => None,
        None => sniff::separator(&rest, first.len() < sniff::SNIFF_BYTES),
    };
    let taken = said.or(sniffed.map(|sniffed| sniffed.separator)).unwrap_or(Separator::COMMA);
    let ended = first.len() < sniff::SNIFF_BYTES;
    let other = sniff::is_one_cell(&rest, ended, taken).then(|| OtherSeparator::of(&rest, ended)).flatten();
    let doubt = match (other, separator) {
        (Some(other), None) => return Err(Error::new(ErrorKind::OneColumn { other })),
        (Some(other), Some(said)) => Some(one_column::warning(said, other)),
        (None, _) => None,
    };
    Ok(Source {
        text: Box::new(Cursor::new(rest).chain(text)),
        separator: taken,
        is_sniffed: sniffed.is_some_and(|sniffed| !sniffed.is_expected),
        mistaken,
        doubt,
        lines_before: u64::from(declared.is_some()),
        bytes_read,
        bytes_total: None,
    })
}

/// Returns the separator that a leading `sep=` line declares, and the length of that line with its
/// end.
fn declared_separator(first: &[u8]) -> Option<(u8, usize)> {
    for (before, after) in [(&b"sep="[..], &b""[..]), (b"\"sep=", b"\"")] {
        let head = first.get(..before.len())?;
        if !head.eq_ignore_ascii_case(before) {
            continue;
        }
        let byte = *first.get(before.len())?;
        let rest = first.get(before.len() + 1..)?.strip_prefix(after)?;
        let end = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] | [b'\r', ..] => 1,
            _ => return None,
        };
        return Some((byte, before.len() + 1 + after.len() + end));
    }
    None
}

/// Returns a warning for a table whose declared encoding may be a mistake.
fn mistaken_warning(mistaken: &MistakenEncoding) -> Option<String> {
    let characters = mistaken.utf8_characters()?;
    let declared = mistaken.declared().name();
    Some(format!(
        "the file reads as UTF-8 from end to end, and as {declared} each of its {characters} characters beyond ASCII becomes \
         others, which nobody writes: leave --encoding out and upload again"
    ))
}

fn read_up_to(reader: &mut impl Read, count: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    reader.take(count as u64).read_to_end(&mut bytes).map_err(from_io)?;
    Ok(bytes)
}

/// Unwraps our error from an I/O error, or wraps the I/O error.
pub(crate) fn from_io(error: io::Error) -> Error {
    let named = |error| Error::caused(ErrorKind::FileUnreadable { path: PathBuf::from("the file") }, error);
    let not_text = |error: edm_extract::Error| {
        Error::new(match error.kind() {
            NotText::OtherFormat { what, .. } => ErrorKind::NotDelimited { what },
            NotText::Undecodable { line, byte, declared } => {
                ErrorKind::TableEncoding { line, byte, declared }
            }
            _ => ErrorKind::NotText(error),
        })
    };
    error
        .downcast::<Error>()
        .or_else(|error| error.downcast::<edm_extract::Error>().map(not_text))
        .unwrap_or_else(named)
}

/// Counts the bytes that pass through.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Reports a damaged gzip stream as such.
struct Unzipped<R>(MultiGzDecoder<R>);

impl<R: Read> Read for Unzipped<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                io::Error::other(Error::caused(ErrorKind::GzipDamaged, error))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn check(bytes: &[u8], asked: Option<&str>, expected: Result<(&str, u8), ErrorKind>) {
        let asked = asked.map(|text| text.parse::<Separator>().expect("a separator"));
        let format = TableFormat { separator: asked, encoding: None };
        let got = open_bytes(Box::new(Cursor::new(bytes.to_vec())), format).and_then(|mut source| {
            let mut text = String::new();
            source.text.read_to_string(&mut text).map_err(from_io)?;
            Ok((text, source.separator.byte()))
        });
        match (got, expected) {
            (Ok((text, separator)), Ok(expected)) => assert_eq!((text.as_str(), separator), expected),
            (Err(error), Err(kind)) => assert_eq!(*error.kind(), kind),
            (got, expected) => panic!("{bytes:?}: {got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn separators_and_gzip() {
        check(b"a,b\n", None, Ok(("a,b\n", b',')));
        check(b"sep=;\na;b\n", None, Ok(("a;b\n", b';')));
        check(b"SEP=|\r\na|b\n", None, Ok(("a|b\n", b'|')));
        check(b"\"sep=\t\"\r\na\tb\n", None, Ok(("a\tb\n", b'\t')));
        check(b"\xef\xbb\xbfsep=;\na\n", None, Ok(("a\n", b';')));
        check(b"sep=;\na\n", Some("semicolon"), Ok(("a\n", b';')));
        // A declared separator overrides that of the file.
        check(b"sep=;\na\n", Some("tab"), Ok(("a\n", b'\t')));
        check(b"sep=x\na\n", None, Err(ErrorKind::BadSeparator));
        check(b"sep=value\n", None, Ok(("sep=value\n", b',')));
        check(b"sep", Some("pipe"), Ok(("sep", b'|')));
        check(b"", None, Ok(("", b',')));
        check(&gzip(b"a,b\n1,2\n"), None, Ok(("a,b\n1,2\n", b',')));
        check(&[gzip(b"a,b\n"), gzip(b"1,2\n")].concat(), None, Ok(("a,b\n1,2\n", b',')));
        let whole = gzip(&b"abcdefgh,ijkl\n".repeat(1000));
        check(&whole[..whole.len() - 9], None, Err(ErrorKind::GzipDamaged));
        check(b"a;b\n1;2\n", None, Ok(("a;b\n1;2\n", b';')));
        let archive = ErrorKind::NotDelimited { what: "is a zip archive" };
        check(b"PK\x03\x04....", None, Err(archive));
    }

    /// Once, the start of a pipe ended inside a character, and the table was refused as invalid
    /// UTF-8.
    #[test]
    fn the_begin_of_a_long_table_ends_with_a_line() {
        for first in ["id,name\n", "id,name \n", "id,name  \n", "id,name   \n"] {
            let text = format!("{first}{}", "1,Ж山Ж\n".repeat(BEGIN_BYTES / 10 + 1));
            let bytes: Box<dyn Read + Send> = Box::new(Cursor::new(text.clone().into_bytes()));
            let mut source = open_bytes(bytes, TableFormat::default()).expect("a table");
            let (mut begin, extent) = source.begin().expect("reads");
            assert_eq!(extent, Extent::Begin);
            let (mut begun, mut whole) = (String::new(), String::new());
            begin.text.read_to_string(&mut begun).expect("whole characters");
            source.text.read_to_string(&mut whole).expect("whole characters");
            assert!(begun.ends_with('\n') && whole.starts_with(&begun) && whole == text);
        }
        let mut source =
            open_bytes(Box::new(Cursor::new(b"a,b\n1,2".to_vec())), TableFormat::default()).expect("a table");
        let (mut begin, extent) = source.begin().expect("reads");
        let mut begun = String::new();
        begin.text.read_to_string(&mut begun).expect("reads");
        assert_eq!((begun.as_str(), extent), ("a,b\n1,2", Extent::Whole));
    }

    #[test]
    fn separator_words() {
        for (text, byte) in [("tab", b'\t'), ("\\t", b'\t'), ("\t", b'\t'), ("|", b'|'), ("Semicolon", b';')]
        {
            assert_eq!(text.parse::<Separator>().expect(text).byte(), byte);
        }
        for text in ["", "ab", "\"", "\n", "é", "a", "7"] {
            assert!(text.parse::<Separator>().is_err(), "{text:?}");
        }
    }
}
