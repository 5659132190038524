//! Bytes of a file → UTF-8 without a byte order mark. Streams; holds one buffer.

use std::io::{self, Read};
use std::sync::Arc;

use encoding_rs::{Decoder, DecoderResult, UTF_8};
use memchr::memchr_iter;
use zeroize::Zeroize as _;

use crate::control::first_control;
use crate::encoding::TextEncoding;
use crate::error::{Error, ErrorKind};
use crate::mistaken::{MistakenEncoding, Watch};
use crate::sniff::{FRONT_BYTES, Reading, Start, sniff};

const BUFFER_BYTES: usize = 64 * 1024;
/// A read with a buffer of at least this size gets UTF-8 without a copy through our buffer.
const DIRECT_BYTES_MIN: usize = 4 * 1024;

/// Decodes a whole file as a text, in the declared encoding unless a byte order mark names another.
///
/// # Errors
/// The file is not a text, or not in this encoding.
pub fn text_of(bytes: &[u8], declared: TextEncoding) -> Result<String, Error> {
    // Capacity for the whole text, so that a growing buffer leaves no copies in memory.
    // `read_to_end` needs 32 bytes more to detect the end.
    let mut text = Vec::with_capacity((bytes.len() / 2 * 3).max(DIRECT_BYTES_MIN) + 32);
    let read = Utf8Text::reading(bytes, Reading::Text(declared)).read_to_end(&mut text);
    match read {
        Ok(_) => Ok(String::from_utf8(text).expect("a reader that ended without an error gave UTF-8")),
        Err(error) => Err(error.downcast::<Error>().expect("a slice is read without an error")),
    }
}

/// Reads a file as UTF-8.
///
/// What is not text is an [`io::Error`] that wraps an [`Error`] of this crate. The buffers are
/// wiped when the reader is dropped.
pub struct Utf8Text<R> {
    inner: R,
    reading: Reading,
    encoding: Encoding,
    /// Bytes read and not decoded yet.
    raw: Vec<u8>,
    /// Decoded text that was not returned yet.
    text: Vec<u8>,
    text_start: usize,
    /// The number of bytes decoded so far, byte order mark included.
    decoded_bytes: u64,
    lines: u64,
    ended: bool,
    /// Watches whether the declared encoding may be a mistake.
    watch: Option<Watch>,
}

enum Encoding {
    Undecided,
    Utf8,
    Other(Decoder),
}

impl<R: Read> Utf8Text<R> {
    /// Decodes the bytes of `inner` as a text: UTF-8, or UTF-16 with a byte order mark.
    pub fn new(inner: R) -> Self {
        Self::reading(inner, Reading::Text(TextEncoding::UTF_8))
    }

    /// Decodes a table, in the declared encoding if there is one. Control characters pass. UTF-16
    /// without a byte order mark is read if its first characters are mostly ASCII. `mistaken`
    /// records whether the declared encoding may be a mistake.
    pub fn of_table(
        inner: R,
        declared: Option<TextEncoding>,
        mistaken: Option<Arc<MistakenEncoding>>,
    ) -> Self {
        let mut table = Self::reading(inner, Reading::Table(declared));
        table.watch = mistaken.map(Watch::new);
        table
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

    /// Decides the encoding by the first bytes.
    fn decide(&mut self) -> io::Result<()> {
        while self.raw.len() < FRONT_BYTES && !self.ended {
            self.fill_raw()?;
        }
        let front = self.raw.get(..FRONT_BYTES).unwrap_or(&self.raw);
        let Start { encoding, mark_bytes } = sniff(front, self.reading).map_err(io::Error::other)?;
        self.encoding = match encoding == UTF_8 {
            true => Encoding::Utf8,
            false => Encoding::Other(encoding.new_decoder_without_bom_handling()),
        };
        self.raw.drain(..mark_bytes);
        self.decoded_bytes = mark_bytes as u64;
        if mark_bytes > 0
            && let Some(watch) = self.watch.take()
        {
            watch.is_marked();
        }
        Ok(())
    }

    fn refuse_at(&self, byte: u64) -> io::Error {
        let declared = self.reading.declared().map(TextEncoding::name);
        io::Error::other(Error::new(ErrorKind::Undecodable { line: self.lines + 1, byte, declared }))
    }

    fn refuse_control(&self, byte: u64, character: u8) -> io::Error {
        io::Error::other(Error::new(ErrorKind::Control { line: self.lines + 1, byte, character }))
    }

    /// Returns the first control character that a text must not have, and its offset; `None` in a
    /// table.
    fn control(&self, text: &[u8]) -> Option<(usize, u8)> {
        match self.reading {
            Reading::Text(_) => first_control(text).and_then(|at| Some((at, *text.get(at)?))),
            Reading::Table(_) => None,
        }
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

    /// Reads UTF-8 directly into the caller's buffer.
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

    /// Returns the number of next bytes that are text, without an incomplete last character, and
    /// counts their lines.
    fn check_utf8(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (valid, whole) = match (!bytes.is_ascii()).then(|| std::str::from_utf8(bytes)) {
            None | Some(Ok(_)) => (bytes.len(), true),
            Some(Err(error)) => (error.valid_up_to(), error.error_len().is_none() && !self.ended),
        };
        let (text, _) = bytes.split_at(valid);
        // The first fault is reported, however the bytes arrived.
        if let Some((at, character)) = self.control(text) {
            self.lines += line_ends(text.split_at(at).0);
            return Err(self.refuse_control(self.decoded_bytes + at as u64, character));
        }
        self.lines += line_ends(text);
        if !whole {
            return Err(self.refuse_at(self.decoded_bytes + valid as u64));
        }
        self.decoded_bytes += valid as u64;
        Ok(valid)
    }

    fn decode_other(&mut self) -> io::Result<()> {
        let Encoding::Other(decoder) = &mut self.encoding else { return Ok(()) };
        // A byte becomes at most three bytes of UTF-8. Input that does not fit waits.
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
        if let Some((at, character)) = self.control(&self.text) {
            // Texts that are not UTF-8 are UTF-16.
            let (before, rest) = self.text.split_at(at);
            let lines = line_ends(before);
            // Counted from the end, because the decoder may hold the first byte of a unit of an
            // earlier call.
            let units = String::from_utf8_lossy(rest).encode_utf16().count() as u64;
            let end = (self.decoded_bytes + read as u64) & !1;
            self.lines += lines;
            return Err(self.refuse_control(end.saturating_sub(units * 2), character));
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

impl<R> Drop for Utf8Text<R> {
    fn drop(&mut self) {
        self.raw.zeroize();
        self.text.zeroize();
    }
}

fn line_ends(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}
