//! UTF-8 text → records (RFC 4180), each with its line. Bounded: no record and no cell grows beyond its limit.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use csv::StringRecord;
use edm_model::{Columns, limits};
use sha2::{Digest, Sha256};

use super::header::{ExtraColumns, Header};
use super::{Source, from_io};
use crate::error::{Error, ErrorKind};

/// Bytes that the CSV reader may have read ahead of the record it works on.
const READ_AHEAD_BYTES: usize = 64 * 1024;

/// Put behind the end of the file. When it does not come back as a record of its own, a quote was left open.
const END_RECORD: &str = "\u{1}end of the table\u{1}";

/// Reads the records of a table whose header is resolved.
pub(crate) struct RecordReader {
    csv: csv::Reader<Bounded<Ended<Box<dyn Read + Send>>>>,
    since_record: Arc<AtomicUsize>,
    bytes_read: Arc<AtomicU64>,
    header: Header,
    header_sha256: [u8; 32],
    lines_before: u64,
    record: StringRecord,
}

/// One record of the file.
pub(crate) enum Record<'a> {
    /// Its cells, in the order of the file.
    Cells {
        /// The line on which it starts.
        line: u64,
        /// As many as the header has.
        cells: &'a StringRecord,
    },
    /// It cannot be used, but keeps its number.
    Refused {
        /// The line on which it starts.
        line: u64,
        /// Why, without content.
        reason: String,
    },
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
        let since_record = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded {
            inner: Ended { inner: source.text, tail: None },
            since_record: Arc::clone(&since_record),
        };
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(source.separator.byte())
            .has_headers(false)
            .flexible(true)
            // Only LF ends a line for the reader, and a CR before it is taken off below: otherwise the lines
            // of a file with CRLF would be counted one behind.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(READ_AHEAD_BYTES)
            .from_reader(bounded);
        let mut record = StringRecord::new();
        let found = read_unblank(&mut csv, &mut record).map_err(|error| from_csv(error, 1))?;
        if !found || is_end(&record) {
            return Err(Error::new(ErrorKind::NoHeader));
        }
        if record.iter().any(|cell| cell.contains(END_RECORD)) {
            return Err(Error::new(ErrorKind::UnclosedQuote { line: 1 + source.lines_before }));
        }
        let header = resolve(&record)?;
        let mut digest = Sha256::new();
        for cell in &record {
            digest.update((cell.len() as u64).to_le_bytes());
            digest.update(cell);
        }
        Ok(Self {
            csv,
            since_record,
            bytes_read: source.bytes_read,
            header,
            header_sha256: digest.finalize().into(),
            lines_before: source.lines_before,
            record,
        })
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

    /// Returns the next record, `None` at the end of the table.
    pub(crate) fn read(&mut self) -> Result<Option<Record<'_>>, Error> {
        self.since_record.store(0, Ordering::Relaxed);
        let before = self.csv.position().line() + self.lines_before;
        let found = read_unblank(&mut self.csv, &mut self.record).map_err(|error| from_csv(error, before))?;
        // The end record always comes, unless an open quote of the record before swallowed it.
        if !found || is_end(&self.record) {
            return Ok(None);
        }
        // Counted back from the record's end, because blank lines may stand before its beginning.
        let inside = self.record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
        let line = (self.csv.position().line() + self.lines_before).saturating_sub(1 + inside);
        if self.record.as_slice().len() > limits::RECORD_BYTES_MAX {
            return Err(Error::new(ErrorKind::RecordTooLong { line }));
        }
        if self.record.as_slice().ends_with(END_TAIL) {
            // The lines of the end record stand inside this one.
            return Err(Error::new(ErrorKind::UnclosedQuote { line: line + 1 }));
        }
        if self.record.len() != self.header.cells {
            let reason = format!("wrong number of cells (the header has {})", self.header.cells);
            return Ok(Some(Record::Refused { line, reason }));
        }
        let too_long = self.header.positions.iter().position(|position| {
            self.record.get(*position).is_some_and(|cell| cell.len() > limits::CELL_BYTES_MAX)
        });
        if let Some(column) = too_long {
            return Ok(Some(Record::Refused { line, reason: cell_too_long(column) }));
        }
        Ok(Some(Record::Cells { line, cells: &self.record }))
    }
}

/// Returns the reason for a record with a cell beyond its bound; columns are named by their place in the store.
pub(crate) fn cell_too_long(column: usize) -> String {
    format!("a cell of more than {} bytes in column {} of the data store", limits::CELL_BYTES_MAX, column + 1)
}

/// What a record ends with that swallowed the end record: the record and its line end.
const END_TAIL: &str = "\u{1}end of the table\u{1}\n";

/// Reads the next record that is no blank line, without the CR at its end.
fn read_unblank<R: Read>(csv: &mut csv::Reader<R>, record: &mut StringRecord) -> csv::Result<bool> {
    loop {
        if !csv.read_record(record)? {
            return Ok(false);
        }
        let Some(last) = record.iter().next_back().and_then(|cell| cell.strip_suffix('\r')) else {
            return Ok(true);
        };
        if record.len() == 1 && last.is_empty() {
            continue;
        }
        let last = last.to_owned();
        record.truncate(record.len() - 1);
        record.push_field(&last);
        return Ok(true);
    }
}

fn is_end(record: &StringRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(END_RECORD)
}

fn from_csv(error: csv::Error, line: u64) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => match from_io(error) {
            error if matches!(error.kind(), ErrorKind::RecordTooLong { .. }) => {
                Error::new(ErrorKind::RecordTooLong { line })
            }
            error => error,
        },
        // The text was decoded before, so the CSV reader can find nothing else wrong with it.
        _ => Error::new(ErrorKind::UnknownEncoding { line, byte: 0 }),
    }
}

/// Refuses to feed one record without end.
struct Bounded<R> {
    inner: R,
    since_record: Arc<AtomicUsize>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.since_record.load(Ordering::Relaxed) > limits::RECORD_BYTES_MAX + READ_AHEAD_BYTES {
            return Err(io::Error::other(Error::new(ErrorKind::RecordTooLong { line: 0 })));
        }
        let count = self.inner.read(out)?;
        self.since_record.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}

/// Adds the end record behind the last byte.
struct Ended<R> {
    inner: R,
    tail: Option<io::Cursor<Vec<u8>>>,
}

impl<R: Read> Read for Ended<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(tail) = &mut self.tail {
            return tail.read(out);
        }
        let count = self.inner.read(out)?;
        if count > 0 || out.is_empty() {
            return Ok(count);
        }
        self.tail.insert(io::Cursor::new(format!("\n{END_RECORD}\n").into_bytes())).read(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::open_bytes;
    use edm_model::Column;

    fn read_all(text: String) -> Result<Vec<String>, Error> {
        let columns =
            Columns::new(vec![Column::text("ssn").searchable(), Column::text("lastName")]).expect("valid");
        let source = open_bytes(Box::new(io::Cursor::new(text.into_bytes())), None)?;
        let mut reader = RecordReader::new(source, &columns, ExtraColumns::Refuse)?;
        let mut seen = Vec::new();
        let positions = reader.positions().to_vec();
        while let Some(record) = reader.read()? {
            seen.push(match record {
                Record::Cells { line, cells } => {
                    let cells: Vec<&str> =
                        positions.iter().filter_map(|position| cells.get(*position)).collect();
                    format!("{line}:{}", cells.join("|"))
                }
                Record::Refused { line, reason } => format!("{line}!{reason}"),
            });
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
}
