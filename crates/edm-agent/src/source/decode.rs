//! Bytes of a file → UTF-8 without a byte order mark. The first step of the walk: everything after it may rely
//! on valid UTF-8 without NUL. Streams; holds one buffer.

use std::io::{self, Read};
use std::str::FromStr;
use std::sync::Arc;

use edm_hash::Level;
use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use super::glance;
use super::mistaken::{MistakenEncoding, Watch};
use crate::error::{Error, ErrorKind};

const BUFFER_BYTES: usize = 64 * 1024;
/// Who asks for so much gets UTF-8 without a buffer between.
const DIRECT_BYTES_MIN: usize = 4 * 1024;

/// Bytes from which UTF-16 without a byte order mark is told.
const GLANCE_BYTES: usize = 512;

/// The encoding of a file, where somebody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static encoding_rs::Encoding);

impl TextEncoding {
    pub(super) fn encoding(self) -> &'static encoding_rs::Encoding {
        self.0
    }

    /// Returns the name by which browsers know it too.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for TextEncoding {
    type Err = Error;

    /// Reads a label of the Encoding Standard (encoding.spec.whatwg.org), such as `windows-1252`, `latin1` or `shift_jis`.
    fn from_str(label: &str) -> Result<Self, Error> {
        let known = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
        known.map(Self).ok_or_else(|| Error::new(ErrorKind::UnknownEncodingLabel))
    }
}

/// What is read, and what of it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// A text, which holds no NUL.
    Text,
    /// A table, in this encoding if somebody says so. A NUL passes: it costs its record and not the table.
    Table(Option<TextEncoding>),
}

/// Reads UTF-8 (with or without a byte order mark) or UTF-16 (with one) and gives UTF-8.
///
/// Anything else is an [`io::Error`] that wraps [`ErrorKind::UnknownEncoding`] with line and byte. A NUL is no text either, but the
/// mark of a binary file, or of UTF-16 without its mark: [`ErrorKind::Nul`].
pub struct Utf8Text<R> {
    inner: R,
    reading: Reading,
    encoding: Encoding,
    /// Bytes read and not decoded yet.
    raw: Vec<u8>,
    /// Decoded text not handed out yet.
    text: Vec<u8>,
    text_start: usize,
    /// Bytes decoded so far, the byte order mark included.
    decoded_bytes: u64,
    lines: u64,
    ended: bool,
    /// Whether the encoding that somebody said may be a mistake.
    watch: Option<Watch>,
}

enum Encoding {
    Undecided,
    Utf8,
    Other(Decoder),
}

impl<R: Read> Utf8Text<R> {
    /// Decodes what `inner` gives, as it is read.
    pub fn new(inner: R) -> Self {
        Self::reading(inner, Reading::Text)
    }

    /// Decodes a table. NULs pass, and UTF-16 without a byte order mark is read where its first line is mostly ASCII. Notes whether the
    /// encoding that was said may be a mistake.
    pub(crate) fn of_table(
        inner: R,
        declared: Option<TextEncoding>,
        mistaken: Option<Arc<MistakenEncoding>>,
    ) -> Self {
        Self { watch: mistaken.map(Watch::new), ..Self::reading(inner, Reading::Table(declared)) }
    }

    fn reading(inner: R, reading: Reading) -> Self {
        Self {
            inner,
            reading,
            encoding: Encoding::Undecided,
            raw: Vec::with_capacity(BUFFER_BYTES),
            text: Vec::new(),
            text_start: 0,
            decoded_bytes: 0,
            lines: 0,
            ended: false,
            watch: None,
        }
    }

    fn fill_raw(&mut self) -> io::Result<()> {
        let start = self.raw.len();
        self.raw.resize(start.max(BUFFER_BYTES - 4) + 4, 0);
        let (_, room) = self.raw.split_at_mut(start);
        let result = self.inner.read(room);
        self.raw.truncate(start + result.as_ref().map_or(0, |count| *count));
        if result? == 0 {
            self.ended = true;
        }
        Ok(())
    }

    /// Looks at the first bytes. UTF-32 would pass for UTF-16 with NULs, so it is named here.
    fn decide(&mut self) -> io::Result<()> {
        let wanted = if self.reading == Reading::Text { 4 } else { GLANCE_BYTES };
        while self.raw.len() < wanted && !self.ended {
            self.fill_raw()?;
        }
        if let Reading::Table(Some(declared)) = self.reading {
            self.begin_declared(declared);
            return Ok(());
        }
        let mark = match self.raw.as_slice() {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(self.refuse(0)),
            [0xef, 0xbb, 0xbf, ..] => 3,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
            _ => 0,
        };
        let utf16 = match self.raw.first() {
            Some(0xff) if mark == 2 => Some(UTF_16LE),
            Some(0xfe) if mark == 2 => Some(UTF_16BE),
            _ if self.reading == Reading::Text => None,
            _ => unmarked_utf16(&self.raw),
        };
        self.encoding = match utf16 {
            Some(encoding) => Encoding::Other(encoding.new_decoder_without_bom_handling()),
            None => Encoding::Utf8,
        };
        self.raw.drain(..mark);
        self.decoded_bytes = mark as u64;
        Ok(())
    }

    fn begin_declared(&mut self, TextEncoding(declared): TextEncoding) {
        // A byte order mark says more than an option.
        let (encoding, mark) = encoding_rs::Encoding::for_bom(&self.raw).unwrap_or((declared, 0));
        self.encoding = match encoding == UTF_8 {
            true => Encoding::Utf8,
            false => Encoding::Other(encoding.new_decoder_without_bom_handling()),
        };
        self.raw.drain(..mark);
        self.decoded_bytes = mark as u64;
        if mark > 0
            && let Some(watch) = self.watch.take()
        {
            watch.is_marked();
        }
    }

    fn refuse(&self, offset: usize) -> io::Error {
        self.refuse_at(self.decoded_bytes + offset as u64)
    }

    fn refuse_at(&self, byte: u64) -> io::Error {
        let line = self.lines + 1;
        io::Error::other(Error::new(match self.reading {
            Reading::Text => ErrorKind::UnknownEncoding { line, byte },
            Reading::Table(declared) => {
                ErrorKind::TableEncoding { line, byte, declared: declared.map(TextEncoding::name) }
            }
        }))
    }

    fn refuse_nul(&self, byte: u64) -> io::Error {
        io::Error::other(Error::new(ErrorKind::Nul { line: self.lines + 1, byte }))
    }

    fn decode(&mut self) -> io::Result<()> {
        self.text.clear();
        self.text_start = 0;
        match &mut self.encoding {
            Encoding::Undecided => return self.decide(),
            Encoding::Utf8 => self.decode_utf8()?,
            Encoding::Other(_) => {
                self.decode_other()?;
                self.lines += line_ends(&self.text);
            }
        }
        Ok(())
    }

    fn decode_utf8(&mut self) -> io::Result<()> {
        let mut raw = std::mem::take(&mut self.raw);
        let valid = self.check_utf8(&raw);
        self.text.extend(raw.drain(..*valid.as_ref().unwrap_or(&0)));
        self.raw = raw;
        valid.map(drop)
    }

    /// Reads UTF-8 to where it is asked for, without a copy between.
    fn read_utf8(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let carried = self.raw.len();
            let (front, room) = out.split_at_mut(carried);
            front.copy_from_slice(&self.raw);
            let count = self.inner.read(room)?;
            self.ended = count == 0;
            let (bytes, _) = out.split_at(carried + count);
            let valid = self.check_utf8(bytes)?;
            self.raw.clear();
            self.raw.extend_from_slice(bytes.split_at(valid).1);
            if valid > 0 || self.ended {
                return Ok(valid);
            }
        }
    }

    /// Returns how much of the bytes that follow is text, all but the begin of a last character, and counts its lines.
    fn check_utf8(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let seen = glance::survey(Level::current(), bytes);
        let (valid, whole) = match seen.beyond.then(|| std::str::from_utf8(bytes)) {
            None | Some(Ok(_)) => (bytes.len(), true),
            Some(Err(error)) => (error.valid_up_to(), error.error_len().is_none() && !self.ended),
        };
        let (text, _) = bytes.split_at(valid);
        // The first of what is wrong is named, however the bytes came.
        let nul = if seen.nul && self.reading == Reading::Text {
            text.iter().position(|byte| *byte == 0)
        } else {
            None
        };
        if let Some(nul) = nul {
            self.lines += line_ends(bytes.split_at(nul).0);
            return Err(self.refuse_nul(self.decoded_bytes + nul as u64));
        }
        if !whole {
            self.lines += line_ends(text);
            return Err(self.refuse(valid));
        }
        self.decoded_bytes += valid as u64;
        self.lines += if valid == bytes.len() { seen.line_ends } else { line_ends(text) };
        Ok(valid)
    }

    fn decode_other(&mut self) -> io::Result<()> {
        let Encoding::Other(decoder) = &mut self.encoding else { return Ok(()) };
        // A byte is at most three bytes of UTF-8; what finds no room waits.
        self.text.resize(self.raw.len() * 3 + 16, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw, &mut self.text, self.ended);
        self.text.truncate(written);
        let bad = match result {
            // The decoder may have swallowed the first bytes of a bad sequence in an earlier call.
            DecoderResult::Malformed(length, extra) => {
                Some((self.decoded_bytes + read as u64).saturating_sub(u64::from(length) + u64::from(extra)))
            }
            DecoderResult::InputEmpty | DecoderResult::OutputFull => None,
        };
        if self.reading == Reading::Text
            && let Some(nul) = self.text.iter().position(|byte| *byte == 0)
        {
            // Texts that are not UTF-8 are UTF-16.
            let (before, from_nul) = self.text.split_at(nul);
            let lines = line_ends(before);
            // Counted from the end, because the decoder may hold the first byte of a unit of an earlier call.
            let units = String::from_utf8_lossy(from_nul).encode_utf16().count() as u64;
            let end = (self.decoded_bytes + read as u64) & !1;
            self.lines += lines;
            return Err(self.refuse_nul(end.saturating_sub(units * 2)));
        }
        if let Some(bad) = bad {
            self.lines += line_ends(&self.text);
            return Err(self.refuse_at(bad));
        }
        self.decoded_bytes += read as u64;
        if let Some(watch) = &mut self.watch {
            watch.see(self.raw.split_at(read).0);
            if self.ended && read == self.raw.len() {
                watch.end();
            }
        }
        self.raw.drain(..read);
        Ok(())
    }
}

impl<R: Read> Read for Utf8Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text_start == self.text.len() {
            let carried = self.raw.len();
            if matches!(self.encoding, Encoding::Utf8)
                && carried < 4
                && out.len() >= DIRECT_BYTES_MIN
                && !self.ended
            {
                return self.read_utf8(out);
            }
            if self.ended && self.raw.is_empty() && !matches!(self.encoding, Encoding::Undecided) {
                return Ok(0);
            }
            if !self.ended {
                self.fill_raw()?;
            }
            self.decode()?;
        }
        let (_, waiting) = self.text.split_at(self.text_start);
        let count = waiting.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), waiting.get(..count)) {
            to.copy_from_slice(from);
        }
        self.text_start += count;
        Ok(count)
    }
}

/// Returns the byte order of UTF-16 whose first line is mostly ASCII: every other byte is zero.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let (units, _) = bytes.get(..GLANCE_BYTES).unwrap_or(bytes).as_chunks::<2>();
    let count = units.len();
    let first = units.iter().filter(|[first, _]| *first == 0).count();
    let second = units.iter().filter(|[_, second]| *second == 0).count();
    let (few, most) = (count / 16, count - count / 4);
    match count >= 4 {
        true if second >= most && first <= few => Some(UTF_16LE),
        true if first >= most && second <= few => Some(UTF_16BE),
        _ => None,
    }
}

fn line_ends(text: &[u8]) -> u64 {
    glance::survey(Level::current(), text).line_ends
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, as a slow pipe may.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// Reads with so much room at a time.
    fn read_all(mut from: impl Read, room: usize, text: &mut Vec<u8>) -> io::Result<()> {
        let mut buffer = vec![0; room];
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(()),
                count => text.extend_from_slice(&buffer[..count]),
            }
        }
    }

    fn check(bytes: &[u8], expected: Result<&str, (u64, u64)>) {
        check_kind(bytes, expected.map_err(|(line, byte)| ErrorKind::UnknownEncoding { line, byte }));
    }

    fn check_kind(bytes: &[u8], expected: Result<&str, ErrorKind>) {
        for (drip, room) in [(false, 1), (true, 1), (false, DIRECT_BYTES_MIN), (true, DIRECT_BYTES_MIN)] {
            let mut text = Vec::new();
            let result = if drip {
                read_all(Utf8Text::new(Drip(bytes)), room, &mut text)
            } else {
                read_all(Utf8Text::new(bytes), room, &mut text)
            };
            match (result, &expected) {
                (Ok(()), Ok(expected)) => assert_eq!(String::from_utf8(text).as_deref(), Ok(*expected)),
                (Err(error), Err(expected)) => {
                    let inner = error.into_inner().expect("wraps ours").downcast::<Error>().expect("is ours");
                    assert_eq!(inner.kind(), expected, "{bytes:?} drip {drip} room {room}");
                }
                (result, expected) => panic!("{bytes:?}: {result:?}, expected {expected:?}"),
            }
        }
    }

    #[test]
    fn encodings() {
        check(b"", Ok(""));
        check(b"\xef\xbb\xbf", Ok(""));
        check(b"a", Ok("a"));
        check("a,é\n山田".as_bytes(), Ok("a,é\n山田"));
        check(b"\xef\xbb\xbfa\n", Ok("a\n"));
        check(b"\xff\xfea\x00\x71\x5c\x3d\xd8\x00\xde", Ok("a山😀"));
        check(b"\xfe\xff\x00a\x5c\x71\xd8\x3d\xde\x00", Ok("a山😀"));
        check(b"a,b\n1,M\xfcller\n", Err((2, 7)));
        check(b"abc\xe5\xb1", Err((1, 3)));
        check(b"\xff\xfea\x00\n\x00\x00\xdc", Err((2, 6)));
        check(b"\xff\xfe\x00\x00a\x00\x00\x00", Err((1, 0)));
        check(b"\xff\xfe", Ok(""));
        check(b"\xff\xfe\x00\xdea\x00", Err((1, 2)));
        check(b"\xff\xfea\x00\x3d\xd8", Err((1, 4)));
        check(b"\xff\xfea\x00b", Err((1, 4)));
    }

    #[test]
    fn a_nul_is_called_one() {
        let check =
            |bytes: &[u8], line: u64, byte: u64| check_kind(bytes, Err(ErrorKind::Nul { line, byte }));
        check(b"a\n\n\x00", 3, 3);
        check(b"ab\x00\xff", 1, 2);
        check(b"a\x00b\x00", 1, 1);
        check(b"\xff\xfea\x00\x00\x00", 1, 4);
    }
}
