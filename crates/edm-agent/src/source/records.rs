//! UTF-8 text → records (RFC 4180), each with its line. Bounded: no record and no cell grows beyond its limit.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::StringRecord;
use edm_model::{Columns, limits};
use sha2::{Digest, Sha256};

use super::header::{ExtraColumns, Header};
use super::split::{Span, Splitter, Step};
use super::{Source, from_io};
use crate::chunk::{CHUNK_BYTES, Chunk};
use crate::error::{Error, ErrorKind};
use crate::rejections::Rejections;

/// Separators and quotes of a record beyond the bytes of its cells.
const MARKS_BYTES_MAX: usize = 64 * 1024;
/// The longest record with its marks, and a byte that tells that it is longer: more is never held of a table's text.
const BUFFER_BYTES_MAX: usize = limits::RECORD_BYTES_MAX + MARKS_BYTES_MAX + 1;
/// Why a cell's bytes are there.
const IN_TEXT: &str = "a cell stands in the text in which it was found";
/// Why a record has a cell for each column.
const AS_THE_HEADER: &str = "a record that was not refused has as many cells as the header";
/// Why a place of the text is in the buffer.
const IN_BUFFER: &str = "no more is handed out than was read into the buffer";
/// A byte order mark behind the one that decoding takes off; the first line may have two.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads the records of a table whose header is resolved.
pub(crate) struct RecordReader {
    text: Text,
    splitter: Splitter,
    bytes_read: Arc<AtomicU64>,
    header: Header,
    header_sha256: [u8; 32],
    /// The line on which the next record starts.
    line: u64,
    /// The cells of one record. Reused from record to record.
    cells: Vec<Span>,
}

/// The text that was read and not handed out yet.
struct Text {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// The bytes of the buffer that are text.
    filled: usize,
    ended: bool,
}

impl RecordReader {
    /// Reads and resolves the header.
    pub(crate) fn new(source: Source, columns: &Columns, extra: ExtraColumns) -> Result<Self, Error> {
        Self::begin(source, |record| Header::resolve(record, columns, extra))
    }

    /// Reads the header and takes every column that it names, as text. Refuses what looks like a record.
    pub(crate) fn of_every_column(source: Source) -> Result<(Self, Columns), Error> {
        let mut columns = None;
        let reader = Self::begin(source, |record| {
            let (header, found) = Header::whole(record)?;
            columns = Some(found);
            Ok(header)
        })?;
        columns.map(|columns| (reader, columns)).ok_or_else(|| Error::new(ErrorKind::NoHeader))
    }

    fn begin(
        source: Source,
        resolve: impl FnOnce(&StringRecord) -> Result<Header, Error>,
    ) -> Result<Self, Error> {
        let mut reader = Self {
            text: Text { source: source.text, buffer: vec![0; CHUNK_BYTES], filled: 0, ended: false },
            splitter: Splitter::new(source.separator.byte()),
            bytes_read: source.bytes_read,
            header: Header { cells: 0, positions: Vec::new() },
            header_sha256: [0; 32],
            line: 1 + source.lines_before,
            cells: Vec::new(),
        };
        let first_line = reader.line;
        reader.text.fill()?;
        if reader.text.bytes().starts_with(BYTE_ORDER_MARK) {
            reader.splitter.seek(BYTE_ORDER_MARK.len());
        }
        let found = reader.next_record(true).map_err(|error| match error.kind() {
            ErrorKind::UnclosedQuote { .. } => Error::new(ErrorKind::UnclosedQuote { line: first_line }),
            _ => error,
        })?;
        if found.is_none() {
            return Err(Error::new(ErrorKind::NoHeader));
        }
        if reader.cells.len() > limits::FILE_COLUMNS_MAX {
            return Err(Error::new(ErrorKind::TooManyCells { cells: reader.cells.len() }));
        }
        let bytes = reader.text.bytes();
        let cells = reader.cells.iter().map(|(start, end)| bytes.get(*start..*end).expect(IN_TEXT));
        let record = StringRecord::from_byte_record(cells.collect())
            .map_err(|_| Error::new(ErrorKind::UnknownEncoding { line: first_line, byte: 0 }))?;
        reader.header = resolve(&record)?;
        let mut digest = Sha256::new();
        for cell in &record {
            digest.update((cell.len() as u64).to_le_bytes());
            digest.update(cell);
        }
        reader.header_sha256 = digest.finalize().into();
        Ok(reader)
    }

    /// Returns the digest of the header, part of the file's identity.
    pub(crate) fn header_sha256(&self) -> [u8; 32] {
        self.header_sha256
    }

    /// Returns for each column of the store the position of its cell.
    pub(crate) fn positions(&self) -> &[usize] {
        &self.header.positions
    }

    /// Returns the bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Fills the chunk with the next records, at most so many, each with the cells of these positions; where there is
    /// none, the cell is empty. The chunk stays empty at the end of the table alone.
    pub(crate) fn read(
        &mut self,
        chunk: &mut Chunk,
        records_max: u32,
        positions: &[Option<usize>],
        rejections: &mut Rejections,
    ) -> Result<(), Error> {
        let spare = chunk.take_buffer();
        let in_order = positions.iter().copied().eq((0..self.header.cells).map(Some));
        while chunk.len() < records_max {
            let Some(line) = self.next_record(chunk.is_empty())? else { break };
            match self.refusal() {
                Some(reason) => {
                    rejections.reject(line, &reason);
                    chunk.push_left_out(line);
                }
                None => {
                    if in_order {
                        chunk.push(line, self.cells.iter().copied());
                        continue;
                    }
                    let own = |position: usize| *self.cells.get(position).expect(AS_THE_HEADER);
                    let cell = |position: &Option<usize>| position.map_or((0, 0), own);
                    chunk.push(line, positions.iter().map(cell));
                }
            }
        }
        let text = self.text.split_off(self.splitter.at(), spare);
        self.splitter.seek(0);
        // It was decoded before, so there can be nothing wrong with it.
        let text = String::from_utf8(text)
            .map_err(|_| Error::new(ErrorKind::UnknownEncoding { line: self.line, byte: 0 }))?;
        chunk.set_text(text);
        Ok(())
    }

    /// Finds the cells of the next record that is no blank line, and returns the line on which it starts. `None` at the
    /// end of the table; and at the end of what was read, unless `wanted` says that more must be read for it.
    fn next_record(&mut self, wanted: bool) -> Result<Option<u64>, Error> {
        loop {
            let (start, line) = (self.splitter.at(), self.line);
            let (text, ended) = self.text.bytes_mut();
            match self.splitter.record(text, ended, &mut self.cells) {
                Step::Blank => self.line += 1,
                Step::Record { lines } => {
                    self.line += lines;
                    let text = self.text.bytes();
                    let blank = !strip_carriage_return(text, &mut self.cells);
                    let bytes = || self.cells.iter().map(|(start, end)| end - start).sum::<usize>();
                    if self.splitter.at() - start > limits::RECORD_BYTES_MAX
                        && bytes() > limits::RECORD_BYTES_MAX
                    {
                        return Err(Error::new(ErrorKind::RecordTooLong { line }));
                    }
                    if !blank {
                        return Ok(Some(line));
                    }
                }
                Step::Unclosed => return Err(Error::new(ErrorKind::UnclosedQuote { line })),
                Step::End => return Ok(None),
                Step::Unfinished => {
                    if self.text.filled - start > limits::RECORD_BYTES_MAX + MARKS_BYTES_MAX {
                        return Err(Error::new(ErrorKind::RecordTooLong { line }));
                    }
                    if !wanted {
                        return Ok(None);
                    }
                    // No cell of what was read is kept, so blank lines before this record make no room needed.
                    self.text.forget(start);
                    self.splitter.seek(0);
                    self.text.fill()?;
                }
            }
        }
    }

    /// Returns why the record that was found cannot be used.
    fn refusal(&self) -> Option<String> {
        if self.cells.len() != self.header.cells {
            return Some(format!("wrong number of cells (the header has {})", self.header.cells));
        }
        let too_long = self.header.positions.iter().position(|position| {
            self.cells.get(*position).is_some_and(|(start, end)| end - start > limits::CELL_BYTES_MAX)
        });
        too_long.map(cell_too_long)
    }
}

impl Text {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).expect(IN_BUFFER)
    }

    /// Returns the text, and whether nothing follows it.
    fn bytes_mut(&mut self) -> (&mut [u8], bool) {
        (self.buffer.get_mut(..self.filled).expect(IN_BUFFER), self.ended)
    }

    /// Reads until the buffer is full, or nothing follows. A full one grows, within the bound of a record.
    fn fill(&mut self) -> Result<(), Error> {
        if self.filled == self.buffer.len() {
            let wider = (2 * self.buffer.len()).min(BUFFER_BYTES_MAX);
            // Not twice as much as before, which is what a vector takes by itself.
            self.buffer.reserve_exact(wider.saturating_sub(self.buffer.len()));
            self.buffer.resize(wider, 0);
        }
        while !self.ended
            && let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty())
        {
            match self.source.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(error)),
            }
        }
        Ok(())
    }

    /// Drops the text up to here.
    fn forget(&mut self, end: usize) {
        self.buffer.copy_within(end..self.filled, 0);
        self.filled -= end;
    }

    /// Hands out the text up to here; what is behind goes into the spare buffer, which takes the place of the text's.
    fn split_off(&mut self, end: usize, mut spare: Vec<u8>) -> Vec<u8> {
        let rest = self.buffer.get(end..self.filled).expect(IN_BUFFER);
        spare.resize(CHUNK_BYTES.max(rest.len()), 0);
        if let Some(room) = spare.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        self.filled = rest.len();
        let mut text = std::mem::replace(&mut self.buffer, spare);
        text.truncate(end);
        text
    }
}

/// Returns the reason for a record with a cell beyond its bound; columns are named by their place in the store.
pub(crate) fn cell_too_long(column: usize) -> String {
    format!("a cell of more than {} bytes in column {} of the data store", limits::CELL_BYTES_MAX, column + 1)
}

/// Takes the CR off that stands in front of the line feed; false where the record was nothing but that.
fn strip_carriage_return(text: &[u8], cells: &mut [Span]) -> bool {
    let alone = cells.len() == 1;
    let Some((start, end)) = cells.last_mut() else { return true };
    if *end == *start || text.get(*end - 1) != Some(&b'\r') {
        return true;
    }
    *end -= 1;
    !(alone && *end == *start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::open_bytes;
    use edm_model::Column;

    fn read_all(text: String) -> Result<Vec<String>, Error> {
        let columns =
            Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")]).expect("valid");
        let source = open_bytes(Box::new(std::io::Cursor::new(text.into_bytes())), None)?;
        let mut reader = RecordReader::new(source, &columns, ExtraColumns::Refuse)?;
        let mut seen = Vec::new();
        let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
        loop {
            let (mut chunk, mut rejections) = (Chunk::default(), Rejections::default());
            reader.read(&mut chunk, 3, &positions, &mut rejections)?;
            if chunk.is_empty() {
                break;
            }
            let row = |(line, cells): (u64, _)| format!("{line}:{}", Vec::from_iter(cells).join("|"));
            let mut own: Vec<(u64, String)> =
                chunk.rows(2).map(|(line, cells)| (line, row((line, cells)))).collect();
            for (reason, count) in rejections.reasons {
                own.extend(count.lines.into_iter().map(|line| (line, format!("{line}!{reason}"))));
            }
            own.sort();
            seen.extend(own.into_iter().map(|(_, shown)| shown));
        }
        Ok(seen)
    }

    fn check(text: impl Into<String>, expected: Result<&[&str], ErrorKind>) {
        match (read_all(text.into()), expected) {
            (Ok(seen), Ok(expected)) => assert_eq!(seen, expected),
            (Err(error), Err(kind)) => assert_eq!(*error.kind(), kind),
            (got, expected) => panic!("{got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn records() {
        check("ssn,lastName\n1,a\n2,b\n", Ok(&["2:1|a", "3:2|b"]));
        check("lastName,ssn\r\na,1\r\nb,2", Ok(&["2:1|a", "3:2|b"]));
        check("sep=;\nssn;lastName\n1;a\n", Ok(&["3:1|a"]));
        check("ssn,lastName\n1,\"a, \"\"b\"\"\nc\"\n2,d\n", Ok(&["2:1|a, \"b\"\nc", "4:2|d"]));
        check(
            "ssn,lastName\n1\n2,b,c\n3,d\n",
            Ok(&[
                "2!wrong number of cells (the header has 2)",
                "3!wrong number of cells (the header has 2)",
                "4:3|d",
            ]),
        );
        check(
            "\r\nssn,lastName\r\n\r\n1,a\r\n\r\n2\r\n3,\"c\r\nd\"\r\n4,e",
            Ok(&["4:1|a", "6!wrong number of cells (the header has 2)", "7:3|c\r\nd", "9:4|e"]),
        );
        check("ssn,lastName\n", Ok(&[]));
        check("ssn,lastName", Ok(&[]));
        check("", Err(ErrorKind::NoHeader));
        check("\n\n", Err(ErrorKind::NoHeader));
        check("ssn,lastName\n1,\"a\n2,b\n", Err(ErrorKind::UnclosedQuote { line: 2 }));
        check("ssn,lastName\n\"1,a\n2,b\n", Err(ErrorKind::UnclosedQuote { line: 2 }));
        check("ssn,\"lastName\n1,a\n", Err(ErrorKind::UnclosedQuote { line: 1 }));
    }

    #[test]
    fn bounds() {
        let cell = |length| "x".repeat(length);
        let seen = read_all(format!("ssn,lastName\n1,{}\n", cell(limits::CELL_BYTES_MAX))).expect("fits");
        assert!(seen[0].starts_with("2:1|x"));
        let seen = read_all(format!("ssn,lastName\n1,{}\n2,b\n", cell(limits::CELL_BYTES_MAX + 1)))
            .expect("reads on");
        assert_eq!(seen, ["2!a cell of more than 4096 bytes in column 2 of the data store", "3:2|b"]);
        let record = |length| format!("ssn,lastName\n0,a\n1,{}\n", cell(length - 1));
        assert!(read_all(record(limits::RECORD_BYTES_MAX)).is_ok());
        check(record(limits::RECORD_BYTES_MAX + 1), Err(ErrorKind::RecordTooLong { line: 3 }));
        check(record(3 * limits::RECORD_BYTES_MAX), Err(ErrorKind::RecordTooLong { line: 3 }));
    }

    /// Gives the head, and then the same bytes again and again up to a count that no reader should hold.
    struct Endless {
        head: std::io::Cursor<Vec<u8>>,
        piece: Vec<u8>,
        at: usize,
        given: Arc<AtomicU64>,
        given_bytes_max: u64,
    }

    /// So many characters are given; what may be held is below.
    const GIVEN_MAX: u64 = 3 * 1024 * 1024;
    /// What the decoder and the separator's search hold of the file beside the reader.
    const DECODED_BYTES_MAX: u64 = 512 * 1024;

    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let head = self.head.read(out)?;
            if head > 0 || self.given.load(Ordering::Relaxed) >= self.given_bytes_max {
                return Ok(head);
            }
            let piece = &self.piece[self.at..];
            let count = piece.len().min(out.len());
            out[..count].copy_from_slice(&piece[..count]);
            self.at = (self.at + count) % self.piece.len();
            self.given.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }

    /// Whatever comes, the buffers stay within their bounds: either nothing more is read, or what was read is let go.
    #[test]
    fn memory_is_bounded_whatever_comes() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let check = |head: &[u8], piece: &[u8], expected: Option<fn(&ErrorKind) -> bool>| {
            let shown = String::from_utf8_lossy(piece);
            let given = Arc::new(AtomicU64::new(0));
            let head = std::io::Cursor::new(head.to_vec());
            // A character of UTF-16 is two bytes of the file and may be one of text.
            let width = if piece.contains(&0) { 2 } else { 1 };
            let given_bytes_max = width * GIVEN_MAX;
            let endless = Endless {
                head,
                piece: piece.repeat(4096),
                at: 0,
                given: Arc::clone(&given),
                given_bytes_max,
            };
            let columns = Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")]);
            let read = || {
                let source = open_bytes(Box::new(endless), None)?;
                let mut reader = RecordReader::new(source, &columns.expect("valid"), ExtraColumns::Ignore)?;
                let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
                let (mut chunk, mut rejections) = (Chunk::default(), Rejections::default());
                loop {
                    reader.read(&mut chunk, u32::MAX, &positions, &mut rejections)?;
                    assert!(reader.text.buffer.capacity() <= BUFFER_BYTES_MAX, "{shown:?}");
                    assert!(reader.cells.capacity() <= 2 * BUFFER_BYTES_MAX, "{shown:?}");
                    if chunk.is_empty() {
                        return Ok(());
                    }
                    assert!(chunk.held_bytes() <= 16 * BUFFER_BYTES_MAX, "{shown:?}");
                }
            };
            let result: Result<(), Error> = read();
            let fits = match (&result, expected) {
                (Err(error), Some(expected)) => expected(error.kind()),
                (result, expected) => result.is_ok() && expected.is_none(),
            };
            assert!(fits, "{shown:?}: {result:?}");
            let taken = given.load(Ordering::Relaxed);
            let bound = width * BUFFER_BYTES_MAX as u64 + DECODED_BYTES_MAX;
            assert!(result.is_ok() || taken <= bound, "{shown:?}: {taken} bytes were read");
        };
        let header = b"ssn,lastName\n";
        let too_long: Option<fn(&ErrorKind) -> bool> =
            Some(|kind| matches!(kind, ErrorKind::RecordTooLong { .. }));
        let nul: Option<fn(&ErrorKind) -> bool> = Some(|kind| matches!(kind, ErrorKind::Nul { .. }));
        check(header, b"\n", None);
        check(header, b"\r\n", None);
        check(header, b",\n", None);
        check(header, &[b",".repeat(255).as_slice(), b"\n"].concat(), None);
        check(header, b"a", too_long);
        check(header, b",", too_long);
        check(header, b"\r", too_long);
        check(header, b"\"", too_long);
        check(&[header.as_slice(), b"\""].concat(), b"a\n", too_long);
        check(&[header.as_slice(), b"\""].concat(), b"\"\"", too_long);
        check(header, b"\0", nul);
        check(b"", b"a,", too_long);
        check(b"\"", b"a\n", too_long);
        check(b"\xFF\xFE", &utf16("a"), too_long);
        let wide = [b"\xFF\xFE".to_vec(), utf16("ssn,lastName\n")].concat();
        check(&wide, &utf16("\n"), None);
        check(&wide, &utf16(","), too_long);
    }

    #[test]
    fn a_header_of_too_many_cells_is_refused() {
        let header = |cells: usize| format!("ssn,lastName{}\n1,a\n", ",x".repeat(cells - 2));
        let cells = limits::FILE_COLUMNS_MAX + 1;
        check(header(cells), Err(ErrorKind::TooManyCells { cells }));
        let error = read_all(header(cells - 1)).expect_err("columns that the store does not have");
        assert!(matches!(error.kind(), ErrorKind::ExtraColumns { .. }), "{error}");
    }
}
