//! Reads records with their lines (RFC 4180) from UTF-8 text, in bounded memory.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::StringRecord;
use edm_extract::MistakenEncoding;
use edm_model::{Columns, limits};
use sha2::{Digest, Sha256};

use super::header::{ExtraColumns, Header};
use super::split::{Behind, QuoteFault, Span, Splitter, Step, are_blank};
use super::unread::{MARKS_BYTES_MAX, Unread};
use super::{Separator, Source, mistaken_warning};
use crate::chunk::Chunk;
use crate::error::{Error, ErrorKind};
use crate::rejections::Rejections;

/// Why a cell's range is valid.
const IN_TEXT: &str = "a cell stands in the text in which it was found";
/// Why a record has a cell for each column.
const AS_THE_HEADER: &str = "a record that was not refused has as many cells as the header";
/// The warning about a record that may be several.
const SUSPICIOUS: &str = "a line of a quoted cell looks like a record of its own: if a quote is missing there, correct it and \
                          upload again";
/// A byte order mark after the one that decoding removes. Some first lines have two.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads the records of a table with a resolved header.
pub(crate) struct RecordReader {
    text: Unread,
    splitter: Splitter,
    bytes_read: Arc<AtomicU64>,
    /// The detected separator, if it is worth reporting.
    sniffed: Option<Separator>,
    mistaken: Option<Arc<MistakenEncoding>>,
    /// A warning before anything is read.
    doubt: Option<String>,
    header: Header,
    header_sha256: [u8; 32],
    /// The lines of the header.
    header_lines: Range<u64>,
    /// The line on which the next record starts.
    line: u64,
    /// The cells of one record. Reused for every record.
    cells: Vec<Span>,
    /// Whether the previous record was refused because of this one.
    behind_tear: bool,
    /// The end of the text that was examined after a multi-line record and found sound.
    looked_until: usize,
}

/// A record that was found.
struct Found {
    /// The start of its text.
    start: usize,
    /// The line on which it starts.
    line: u64,
    /// The number of its lines.
    lines: u64,
    /// The reason why it has no cells.
    fault: Option<QuoteFault>,
}

impl RecordReader {
    /// Reads and resolves the header.
    pub(crate) fn new(source: Source, columns: &Columns, extra: ExtraColumns) -> Result<Self, Error> {
        Self::begin(source, |record| Header::resolve(record, columns, extra))
    }

    /// Reads the header and takes every column as text. Refuses what looks like a record.
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
            text: Unread::new(source.text),
            splitter: Splitter::new(source.separator.byte()),
            bytes_read: source.bytes_read,
            sniffed: source.is_sniffed.then_some(source.separator),
            mistaken: source.mistaken,
            doubt: source.doubt,
            header: Header { cells: 0, positions: Vec::new() },
            header_sha256: [0; 32],
            header_lines: 0..0,
            line: 1 + source.lines_before,
            cells: Vec::new(),
            behind_tear: false,
            looked_until: 0,
        };
        let first_line = reader.line;
        reader.text.fill()?;
        if reader.text.bytes().starts_with(BYTE_ORDER_MARK) {
            reader.splitter.seek(BYTE_ORDER_MARK.len());
        }
        match reader.next_record(true)? {
            None => return Err(Error::new(ErrorKind::NoHeader)),
            Some(Found { line, fault: Some(_), .. }) => {
                return Err(Error::new(ErrorKind::TornHeader { line }));
            }
            Some(Found { line, .. }) => reader.header_lines = line..reader.line,
        }
        if reader.text.may_hold_nul() && reader.holds_nul(0) {
            return Err(Error::new(ErrorKind::NotDelimited { what: "holds NUL bytes, so it is no text" }));
        }
        if reader.cells.len() > limits::FILE_COLUMNS_MAX {
            return Err(Error::new(ErrorKind::TooManyCells { cells: reader.cells.len() }));
        }
        let bytes = reader.text.bytes();
        let cells = reader.cells.iter().map(|(start, end)| bytes.get(*start..*end).expect(IN_TEXT));
        let record = StringRecord::from_byte_record(cells.collect()).map_err(|_| {
            Error::new(ErrorKind::TableEncoding { line: first_line, byte: 0, declared: None })
        })?;
        reader.header = resolve(&record)?;
        let mut digest = Sha256::new();
        for cell in &record {
            digest.update((cell.len() as u64).to_le_bytes());
            digest.update(cell);
        }
        reader.header_sha256 = digest.finalize().into();
        Ok(reader)
    }

    /// Returns the lines of the header.
    pub(crate) fn header_lines(&self) -> Range<u64> {
        self.header_lines.clone()
    }

    /// Returns the digest of the header, which is part of the file's identity.
    pub(crate) fn header_sha256(&self) -> [u8; 32] {
        self.header_sha256
    }

    /// Returns the detected separator, if it is worth reporting.
    pub(crate) fn sniffed(&self) -> Option<Separator> {
        self.sniffed
    }

    /// Returns the warnings about a table that was read to its end.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        let mistaken = self.mistaken.as_ref().and_then(|mistaken| mistaken_warning(mistaken));
        self.doubt.clone().into_iter().chain(mistaken)
    }

    /// Returns the position of each column's cell.
    pub(crate) fn positions(&self) -> &[usize] {
        &self.header.positions
    }

    /// Returns the bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Fills the chunk with at most `records_max` records. Each gets the cells at `positions`, and
    /// an empty cell for `None`. The chunk stays empty only at the end of the table.
    pub(crate) fn read(
        &mut self,
        chunk: &mut Chunk,
        records_max: u32,
        positions: &[Option<usize>],
        rejections: &mut Rejections,
    ) -> Result<(), Error> {
        let spare = chunk.take_buffer();
        // Fast path: the columns are all cells of the file in its order, so no lookup is needed.
        let in_order = positions.iter().copied().eq((0..self.header.cells).map(Some));
        while chunk.len() < records_max {
            let Some(found) = self.next_record(chunk.is_empty())? else { break };
            let line = found.line;
            let lines = line..line + found.lines;
            match self.refusal(&found) {
                Some(reason) => {
                    rejections.reject(lines.clone(), &reason);
                    chunk.push_left_out(lines);
                }
                None => {
                    if found.lines > 1 && self.looks_torn(&found) {
                        rejections.note(line, SUSPICIOUS);
                    }
                    if in_order {
                        chunk.push(lines, self.cells.iter().copied());
                        continue;
                    }
                    let own = |position: usize| *self.cells.get(position).expect(AS_THE_HEADER);
                    let cell = |position: &Option<usize>| position.map_or((0, 0), own);
                    chunk.push(lines, positions.iter().map(cell));
                }
            }
        }
        // Positions refer to the buffer, which now starts at the next record.
        self.looked_until = self.looked_until.saturating_sub(self.splitter.at());
        let text = self.text.split_off(self.splitter.at(), spare);
        self.splitter.seek(0);
        // The text was decoded before, so this cannot fail.
        let text = String::from_utf8(text)
            .map_err(|_| Error::new(ErrorKind::TableEncoding { line: self.line, byte: 0, declared: None }))?;
        chunk.set_text(text);
        Ok(())
    }

    /// Finds the cells of the next record that is not blank. Returns `None` at the end of the
    /// table. Also returns `None` at the end of the buffer, unless `wanted` says to read more.
    fn next_record(&mut self, wanted: bool) -> Result<Option<Found>, Error> {
        loop {
            let (start, line) = (self.splitter.at(), self.line);
            match self.step() {
                Step::Blank => self.line += 1,
                Step::Fault { lines, fault } => {
                    self.line += lines;
                    return Ok(Some(Found { start, line, lines, fault: Some(fault) }));
                }
                Step::Record { lines, .. } => {
                    self.line += lines;
                    self.splitter.unescape(self.text.bytes_mut(), &mut self.cells);
                    let text = self.text.bytes();
                    strip_carriage_return(text, &mut self.cells);
                    let blank = are_blank(text, &self.cells);
                    let bytes = || self.cells.iter().map(|(start, end)| end - start).sum::<usize>();
                    if self.splitter.at() - start > limits::RECORD_BYTES_MAX
                        && bytes() > limits::RECORD_BYTES_MAX
                    {
                        return Err(Error::new(ErrorKind::RecordTooLong { line }));
                    }
                    if !blank {
                        return Ok(Some(Found { start, line, lines, fault: None }));
                    }
                }
                Step::End => return Ok(None),
                Step::Unfinished => {
                    if self.text.bytes().len() - start > limits::RECORD_BYTES_MAX + MARKS_BYTES_MAX {
                        return Err(Error::new(ErrorKind::RecordTooLong { line }));
                    }
                    if !wanted {
                        return Ok(None);
                    }
                    // No cell found so far is kept here, so earlier blank lines can be dropped.
                    self.text.forget(start);
                    self.looked_until = self.looked_until.saturating_sub(start);
                    self.splitter.seek(0);
                    self.text.fill()?;
                }
            }
        }
    }

    /// Reads the next record. A multi-line record is a fault if the record after it shows so; then
    /// that one is a fault too.
    fn step(&mut self) -> Step {
        let start = self.splitter.at();
        let (text, ended) = (self.text.bytes(), self.text.is_last());
        let behind_tear = std::mem::take(&mut self.behind_tear);
        match self.splitter.record(text, ended, &mut self.cells) {
            // After a torn record, a literal quote is most likely the missing closing quote.
            Step::Record { lines, bare: true } if behind_tear => {
                Step::Fault { lines, fault: QuoteFault::TextBehind }
            }
            // The header determines how many cells a record has.
            Step::Record { lines, .. }
                if lines > 1 && self.header.cells > 0 && self.splitter.at() >= self.looked_until =>
            {
                match self.splitter.look_behind(text, ended, self.header.cells) {
                    Behind::Sound { looked_until } => {
                        self.looked_until = looked_until;
                        Step::Record { lines, bare: false }
                    }
                    Behind::Torn => {
                        self.behind_tear = true;
                        Step::Fault { lines, fault: QuoteFault::TornBehind }
                    }
                    // Both together exceed the buffer: accept the first without the second.
                    Behind::Unread if text.len() - start > limits::RECORD_BYTES_MAX => {
                        Step::Record { lines, bare: false }
                    }
                    Behind::Unread => {
                        self.splitter.seek(start);
                        Step::Unfinished
                    }
                }
            }
            // The rest of a cell may follow the fault.
            fault @ Step::Fault { .. } => {
                self.behind_tear = true;
                fault
            }
            between @ (Step::Unfinished | Step::Blank) => {
                self.behind_tear = behind_tear;
                between
            }
            other => other,
        }
    }

    /// Returns why the record cannot be used; `None` if it can.
    fn refusal(&self, found: &Found) -> Option<String> {
        if let Some(fault) = found.fault {
            return Some(fault.to_string());
        }
        if self.text.may_hold_nul() && self.holds_nul(found.start) {
            return Some("a cell holds a NUL, which no text has".to_owned());
        }
        if self.header.cells == 1 && self.holds_lone_carriage_return() {
            return Some(
                "a cell contains a single carriage return, as at the end of a line: end all lines in the same way"
                    .to_owned(),
            );
        }
        if self.cells.len() != self.header.cells {
            return Some(format!("wrong number of cells (the header has {})", self.header.cells));
        }
        let too_long = self.header.positions.iter().position(|position| {
            self.cells.get(*position).is_some_and(|(start, end)| end - start > limits::CELL_BYTES_MAX)
        });
        too_long.map(cell_too_long)
    }

    /// Returns whether there is a NUL between `start` and the next record.
    fn holds_nul(&self, start: usize) -> bool {
        memchr::memchr(0, self.text_from(start)).is_some()
    }

    /// Returns whether a cell contains a carriage return that is not part of a line end. In a table
    /// of one column, nothing else reveals that one cell is several records.
    fn holds_lone_carriage_return(&self) -> bool {
        let text = self.text.bytes();
        let is_lone = |place: usize| text.get(place + 1) != Some(&b'\n');
        self.cells.iter().any(|(start, end)| {
            memchr::memchr_iter(b'\r', self.text.between(*start, *end)).any(|place| is_lone(start + place))
        })
    }

    /// Returns the text between `start` and the next record.
    fn text_from(&self, start: usize) -> &[u8] {
        self.text.between(start, self.splitter.at())
    }

    /// Returns whether a line of the record, other than its first, has the separators of a whole
    /// record. An unclosed quote may then have joined several records, which by chance have the
    /// right number of cells together. With at most one separator per record, any line of text may
    /// have as many, so every line must. In a single column, every multi-line record is reported.
    fn looks_torn(&self, found: &Found) -> bool {
        let text = self.text_from(found.start);
        let lines = text.strip_suffix(b"\n").unwrap_or(text).rsplit(|byte| *byte == b'\n');
        let separators = |line: &[u8]| line.iter().filter(|byte| **byte == self.splitter.delimiter()).count();
        // The iterator goes backwards, so the first line is its last item.
        let mut behind = lines.take(found.lines.saturating_sub(1) as usize);
        let is_whole = |line: &[u8]| separators(line) + 1 == self.header.cells;
        match self.header.cells {
            0..=2 => behind.all(is_whole),
            _ => behind.any(is_whole),
        }
    }
}

/// Returns the reason for an oversized cell. Columns are named by their position in the store.
pub(crate) fn cell_too_long(column: usize) -> String {
    format!("a cell of more than {} bytes in column {} of the data store", limits::CELL_BYTES_MAX, column + 1)
}

/// Removes the CR before the line feed.
fn strip_carriage_return(text: &[u8], cells: &mut [Span]) {
    let Some((start, end)) = cells.last_mut() else { return };
    if *end > *start && text.get(*end - 1) == Some(&b'\r') {
        *end -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::source::unread::BUFFER_BYTES_MAX;
    use crate::source::{TableFormat, open_bytes};
    use edm_model::Column;

    fn read_all(text: String) -> Result<Vec<String>, Error> {
        let columns =
            Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")]).expect("valid");
        let source = open_bytes(Box::new(std::io::Cursor::new(text.into_bytes())), TableFormat::default())?;
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
                chunk.rows(2).map(|(lines, cells)| (lines.start, row((lines.start, cells)))).collect();
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
        check("ssn,\"lastName\n1,a\n", Err(ErrorKind::TornHeader { line: 1 }));
        check("ssn,\"last\"Name\n1,a\n", Err(ErrorKind::TornHeader { line: 1 }));
        check("\0ssn,lastName\n", Err(ErrorKind::NotDelimited { what: "holds NUL bytes, so it is no text" }));
    }

    /// Every line belongs to a record that is read, or to one that is refused.
    #[test]
    fn refused_records_are_told_with_all_their_lines() {
        let check = |table: &str, expected: &[&str]| {
            let seen = read_all(format!("ssn,lastName\n{table}")).expect("reads on");
            let short = |line: String| {
                line.split_once('!').map_or(line.clone(), |(line, reason)| {
                    format!("{line}!{}", reason.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
                })
            };
            assert_eq!(seen.into_iter().map(short).collect::<Vec<_>>(), expected, "{table:?}");
        };
        check("1,\"a\n2,b\n", &["2!a quote is not", "3!a quote is not"]);
        let behind = ["2!text stands behind a", "3!text stands behind a", "4!text stands behind a", "5:4|d"];
        check("1,\"a\n2,b\n3,\"c\"\n4,d\n", &behind);
        check("1,\"a\nb\",c\n2,d\n", &["2!wrong number of cells", "3!wrong number of cells", "4:2|d"]);
        check("1,\"a\nb\"\n", &["2:1|a\nb"]);
        // It may be one record as it seems, or two.
        check("1,\"a\n2,b\"\n", &["2!a line of a", "2:1|a\n2,b"]);
        check("1,a\0b\n2,c\n", &["2!a cell holds a", "3:2|c"]);
        check("1,a\n,\n  ,\t\n\"\",\r\n2,b\n", &["2:1|a", "6:2|b"]);
    }

    #[test]
    fn a_carriage_return_makes_no_one_record_of_two() {
        let columns = Columns::new(vec![Column::text("id").searchable()]).expect("valid");
        let text = "id\r\n1\r2\r\n3\r\n\"a\r\nb\"\r\n\"c\rd\"\r\n";
        let source = open_bytes(Box::new(std::io::Cursor::new(text)), TableFormat::default()).expect("opens");
        let mut reader = RecordReader::new(source, &columns, ExtraColumns::Refuse).expect("a header");
        let (mut chunk, mut rejections) = (Chunk::default(), Rejections::default());
        reader.read(&mut chunk, 10, &[Some(0)], &mut rejections).expect("reads");
        let cells: Vec<String> = chunk.rows(1).map(|(_, cells)| Vec::from_iter(cells).concat()).collect();
        assert_eq!((cells, rejections.bad_lines), (vec!["3".to_owned(), "a\r\nb".to_owned()], 2));
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

    /// Returns the head and then repeats the same bytes, more than a reader should hold.
    struct Endless {
        head: std::io::Cursor<Vec<u8>>,
        piece: Vec<u8>,
        at: usize,
        given: Arc<AtomicU64>,
        given_bytes_max: u64,
    }

    /// The number of bytes returned; what may be held is below.
    const GIVEN_MAX: u64 = 3 * 1024 * 1024;
    /// What the decoder and the separator detection hold of the file, besides the reader.
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

    /// The buffers stay within their limits: either reading stops, or read text is released.
    #[test]
    fn memory_is_bounded_whatever_comes() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let check = |head: &[u8], piece: &[u8], expected: Option<fn(&ErrorKind) -> bool>| {
            let shown = String::from_utf8_lossy(piece);
            let given = Arc::new(AtomicU64::new(0));
            let head = std::io::Cursor::new(head.to_vec());
            // A UTF-16 character is two bytes of the file and may be one byte of text.
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
                let source = open_bytes(Box::new(endless), TableFormat::default())?;
                let mut reader = RecordReader::new(source, &columns.expect("valid"), ExtraColumns::Ignore)?;
                let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
                let (mut chunk, mut rejections) = (Chunk::default(), Rejections::default());
                loop {
                    reader.read(&mut chunk, u32::MAX, &positions, &mut rejections)?;
                    assert!(reader.text.capacity() <= BUFFER_BYTES_MAX, "{shown:?}");
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
        check(header, b"\n", None);
        check(header, b"\r\n", None);
        check(header, b",\n", None);
        check(header, &[b",".repeat(255).as_slice(), b"\n"].concat(), None);
        check(header, b"a", too_long);
        check(header, b",", too_long);
        check(header, b"\r", too_long);
        check(header, b"\"", too_long);
        check(&[header.as_slice(), b"\""].concat(), b"a\n", None);
        check(&[header.as_slice(), b"\""].concat(), b"\"\"", too_long);
        check(header, b"\0", too_long);
        check(b"", b"a,", too_long);
        let torn: Option<fn(&ErrorKind) -> bool> = Some(|kind| matches!(kind, ErrorKind::TornHeader { .. }));
        check(b"\"", b"a\n", torn);
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
