//! The survey of a text, made while it is streamed: its length, the starts of its lines, and
//! whether it has encoded parts that are not searched. Its memory is bounded for a text of any
//! length.

/// Maximum size of the line table. Offsets after its end have no line number.
const ENDS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Maximum number of recorded characters outside the Basic Multilingual Plane.
const WIDE_MAX: usize = 2 * 1024 * 1024;
/// The number of lines between two entry points for a search.
const LINES_PER_MARK: u64 = 1024;
/// The mail header that declares the encoding of a part, and the value that hides the part's text.
const ENCODING_HEADER: &[u8] = b"content-transfer-encoding:";
const BASE64: &[u8] = b"base64";

/// Line and column, counted from 1. Columns count characters.
pub type Place = (u64, u64);

/// The survey of a text.
#[derive(Debug)]
pub struct Survey {
    bytes: u64,
    /// The number of UTF-16 units so far; offsets use this unit.
    units: u64,
    line_start: u64,
    lines: u64,
    /// The length of each line with its end, in UTF-16 units, as LEB128: seven bits per byte,
    /// lowest first. The high bit is set if more follow.
    ends: Vec<u8>,
    /// Every [`LINES_PER_MARK`] lines: the position in `ends`, and the offset of the line's start
    /// in units.
    marks: Vec<(usize, u64)>,
    /// The offsets of characters of two units.
    wide: Vec<u64>,
    /// The offset at which the survey stopped because it was full.
    noted_to: Option<u64>,
    header: Header,
    base64: bool,
}

/// How much of the header was matched on this line.
#[derive(Debug, Clone, Copy)]
enum Header {
    /// The number of matched bytes of its name.
    Name(usize),
    /// Its name, and the number of matched bytes of the value.
    Value(usize),
    /// This line is not the header.
    Other,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            bytes: 0,
            units: 0,
            line_start: 0,
            lines: 0,
            ends: Vec::new(),
            marks: vec![(0, 0)],
            wide: Vec::new(),
            noted_to: None,
            header: Header::Name(0),
            base64: false,
        }
    }
}

impl Survey {
    /// Surveys the next bytes of a UTF-8 text.
    pub fn see(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        for byte in text.iter().copied() {
            // Not a continuation byte, so a character starts here. Four-byte characters (0xF0 and
            // above) take two UTF-16 units.
            if byte & 0xC0 != 0x80 {
                if byte >= 0xF0 && self.noted_to.is_none() {
                    self.wide.push(self.units);
                }
                self.units += if byte >= 0xF0 { 2 } else { 1 };
            }
            // Fast path: most bytes are on lines that are not the header.
            if !matches!((self.header, byte), (Header::Other, byte) if byte != b'\n') {
                self.header = self.header_after(byte);
            }
            if byte == b'\n' {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let mut length = self.units - self.line_start;
        if self.ends.len() >= ENDS_BYTES_MAX || self.wide.len() >= WIDE_MAX {
            // Stops before this line, so that every recorded line is complete.
            self.noted_to.get_or_insert(self.line_start);
        }
        self.line_start = self.units;
        self.lines += 1;
        if self.noted_to.is_some() {
            return;
        }
        while length >= 0x80 {
            self.ends.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.ends.push(length as u8);
        if self.lines.is_multiple_of(LINES_PER_MARK) {
            self.marks.push((self.ends.len(), self.line_start));
        }
    }

    fn header_after(&mut self, byte: u8) -> Header {
        let lower = byte.to_ascii_lowercase();
        match self.header {
            Header::Name(met) if ENCODING_HEADER.get(met) == Some(&lower) => {
                if met + 1 == ENCODING_HEADER.len() { Header::Value(0) } else { Header::Name(met + 1) }
            }
            // The value may be on the next line.
            Header::Value(0) if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => Header::Value(0),
            Header::Value(met) if BASE64.get(met) == Some(&lower) => {
                self.base64 |= met + 1 == BASE64.len();
                Header::Value(met + 1)
            }
            _ if byte == b'\n' => Header::Name(0),
            _ => Header::Other,
        }
    }

    /// Returns the length of the text in bytes of UTF-8.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether the text contains base64-encoded parts of a mail, which are not searched.
    pub fn has_base64_parts(&self) -> bool {
        self.base64
    }

    /// Returns the line and column of an offset in UTF-16 units; `None` if it was not recorded.
    pub fn place(&self, offset: u64) -> Option<Place> {
        if offset > self.units || self.noted_to.is_some_and(|end| offset >= end) {
            return None;
        }
        // Binary search for the entry point, then a decode of at most `LINES_PER_MARK` lengths.
        let mark = self.marks.partition_point(|(_, start)| *start <= offset).checked_sub(1)?;
        let (bytes, mut start) = *self.marks.get(mark)?;
        let mut line = mark as u64 * LINES_PER_MARK + 1;
        let (mut length, mut shift) = (0u64, 0);
        for byte in self.ends.get(bytes..)? {
            length |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                if start + length > offset {
                    break;
                }
                start += length;
                line += 1;
                (length, shift) = (0, 0);
            }
        }
        // Columns count characters, so each wide character before the offset counts one unit less.
        let wide_before = |end: u64| self.wide.partition_point(|place| *place < end) as u64;
        Some((line, offset - start - (wide_before(offset) - wide_before(start)) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surveyed(text: &str, piece_bytes: usize) -> Survey {
        let mut survey = Survey::default();
        text.as_bytes().chunks(piece_bytes).for_each(|piece| survey.see(piece));
        survey
    }

    /// Compares line and column of every offset with a count of the lines.
    #[test]
    fn every_offset_has_its_line_and_column() {
        let many = "a\n".repeat(3000) + "𠮷b\n\n" + &"x".repeat(300) + "\né";
        for text in ["", "a", "a\n", "a\r\nb", "é𠮷b\n\n山c𠮷", &many] {
            let survey = surveyed(text, 7);
            let (mut offset, mut line, mut column) = (0, 1, 1);
            for character in text.chars() {
                assert_eq!(survey.place(offset), Some((line, column)), "{offset}");
                offset += character.len_utf16() as u64;
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            assert_eq!(survey.place(offset), Some((line, column)));
            assert_eq!(survey.place(offset + 1), None);
            assert_eq!(survey.bytes(), text.len() as u64);
        }
    }

    #[test]
    fn notes_are_bounded_and_what_is_behind_them_has_no_line() {
        let mut survey = Survey::default();
        let line = "𠮷\n".repeat(64 * 1024);
        for _ in 0..40 {
            survey.see(line.as_bytes());
        }
        assert!(survey.wide.len() <= WIDE_MAX && survey.ends.len() <= ENDS_BYTES_MAX);
        assert_eq!(survey.place(3), Some((2, 1)));
        let end = WIDE_MAX as u64 * 3;
        assert_eq!((survey.place(end), survey.place(end - 6).is_some()), (None, true));
    }

    #[test]
    fn parts_in_base64_are_noticed() {
        let check = |text: &str, expected: bool| {
            for piece_bytes in [1, 5, 1000] {
                assert_eq!(surveyed(text, piece_bytes).has_base64_parts(), expected, "{text:?}");
            }
        };
        check("Content-Transfer-Encoding: base64\n\nTGFuZ2Vy\n", true);
        check("a\r\ncontent-transfer-encoding:BASE64\r\n", true);
        check("Content-Transfer-Encoding:\r\n base64", true);
        check("Content-Transfer-Encoding: quoted-printable\nbase64\n", false);
        check("Content-Transfer-Encoding: base6\n4", false);
        check("a Content-Transfer-Encoding: base64\n", false);
        check("Content-Type: text/plain\nbase64\n", false);
    }
}
