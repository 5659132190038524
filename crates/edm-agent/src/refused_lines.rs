//! Writes the lines of a table with refusals to a file, for the person who corrects them. The file
//! contains plaintext and stays on this machine.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use edm_graph::DataStoreResource;
use edm_hash::RecordHasher;

use crate::chunk::{CHUNK_RECORDS_MAX, Chunk};
use crate::dry_run::salt_for_judging;
use crate::empty_words::EmptyWords;
use crate::error::{Error, ErrorKind};
use crate::rejections::Rejections;
use crate::source::{self, Input, from_io};
use crate::table::{StoreShape, Table, TableMode, TableOptions};

/// Reads the table again. Writes its header, and each record that was refused or has a refused
/// cell, unchanged but in UTF-8. Returns the number of records written. Blocks the calling thread,
/// and holds at most a chunk of the table.
///
/// The file is replaced, with access for its owner only. Fails if the table cannot be read again or
/// the file cannot be written.
pub fn write_refused_lines(
    store: &DataStoreResource,
    options: &TableOptions,
    to: &Path,
) -> Result<u64, Error> {
    refuse_as_output(&options.input, to)?;
    let shape = StoreShape::read(store)?;
    let mut judged = Judged::open(&shape, options)?;
    let mut file = RefusedFile::begin(options, to)?;
    file.copy(judged.table.reader.header_lines())?;
    let mut records = 0;
    while judged.next_chunk()? {
        for record in &judged.refused {
            file.copy(judged.chunk.lines(*record))?;
            records += 1;
        }
    }
    file.finish()?;
    Ok(records)
}

/// Writes only the header, for a table without refusals. Earlier content of the file belongs to
/// another run.
pub fn write_no_refused_lines(
    store: &DataStoreResource,
    options: &TableOptions,
    to: &Path,
) -> Result<(), Error> {
    refuse_as_output(&options.input, to)?;
    let reader = Table::reader_of(options, &StoreShape::read(store)?)?;
    let mut file = RefusedFile::begin(options, to)?;
    file.copy(reader.header_lines())?;
    file.finish()
}

/// Fails if the output is not a regular file (a device, pipe, folder or link), or is the table
/// itself under any name. The output is replaced as a whole, which would destroy it.
pub fn refuse_as_output(table: &Input, to: &Path) -> Result<(), Error> {
    match std::fs::symlink_metadata(to) {
        Ok(found) if !found.is_file() => return Err(Error::new(ErrorKind::IsNoFile { path: to.to_owned() })),
        _ if to == Path::new("-") => return Err(Error::new(ErrorKind::IsNoFile { path: to.to_owned() })),
        _ => {}
    }
    let Input::File(table) = table else { return Ok(()) };
    let same = match (std::fs::canonicalize(table), std::fs::canonicalize(to)) {
        (Ok(table), Ok(to)) => table == to,
        _ => false,
    };
    match same {
        true => Err(Error::new(ErrorKind::IsTheTable { path: to.to_owned() })),
        false => Ok(()),
    }
}

/// A table that is read and hashed again, chunk by chunk, to find its refusals.
struct Judged {
    table: Table,
    hasher: RecordHasher,
    positions: Vec<Option<usize>>,
    chunk: Chunk,
    /// Positions of the chunk's records with refusals, ascending.
    refused: Vec<u32>,
}

impl Judged {
    fn open(shape: &StoreShape, options: &TableOptions) -> Result<Self, Error> {
        let table = Table::open(options, shape)?;
        let (columns, empty) = match options.mode {
            TableMode::Delete => {
                let key = shape.key_column()?;
                let empty = EmptyWords::of(&shape.words, &key).columns;
                (key, empty)
            }
            TableMode::Replace | TableMode::Delta => {
                (shape.columns.clone(), table.empty_words.columns.clone())
            }
        };
        let hasher = RecordHasher::new(&salt_for_judging(), &columns, shape.tokens_max)
            .strict(options.strict)
            .placeholders(&empty);
        let positions = table.reader.positions().iter().copied().map(Some).collect();
        Ok(Self { table, hasher, positions, chunk: Chunk::default(), refused: Vec::new() })
    }

    /// Reads the next chunk. Returns whether there was one.
    fn next_chunk(&mut self) -> Result<bool, Error> {
        let unnoted = &mut Rejections::default();
        self.table.reader.read(&mut self.chunk, CHUNK_RECORDS_MAX, &self.positions, unnoted)?;
        let by_hashing = self.hasher.push_all(&self.chunk.records());
        self.refused = by_hashing.into_iter().map(|(record, _)| record).collect();
        self.refused.extend_from_slice(self.chunk.records().left_out);
        self.refused.sort_unstable();
        let rows = self.hasher.finish();
        self.hasher.reuse(rows);
        Ok(!self.chunk.is_empty())
    }
}

/// The output file, and the table whose lines go into it. The old file stays until the new one is
/// complete.
struct RefusedFile<'a> {
    to: &'a Path,
    new: PathBuf,
    out: BufWriter<File>,
    text: BufReader<Box<dyn Read + Send>>,
    /// The number of lines of the table passed so far.
    passed: u64,
    line: Vec<u8>,
    /// Whether the new file has replaced the old one.
    is_whole: bool,
}

impl Drop for RefusedFile<'_> {
    fn drop(&mut self) {
        if !self.is_whole {
            // The unfinished file contains plaintext and is not known to the operator. If it cannot
            // be removed, there is no better report than the original error.
            let _ = std::fs::remove_file(&self.new);
        }
    }
}

impl<'a> RefusedFile<'a> {
    fn begin(options: &TableOptions, to: &'a Path) -> Result<Self, Error> {
        // A name unique to this run. Any file with another name may be someone's data, even the
        // table.
        let mut new = to.as_os_str().to_owned();
        new.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(new);
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let source = source::open(&options.input, options.format)?;
        let text = BufReader::new(source.text);
        let out = BufWriter::new(open.open(&new).map_err(|error| unwritable(to, error))?);
        Ok(Self { to, new, out, text, passed: source.lines_before, line: Vec::new(), is_whole: false })
    }

    /// Skips the table's lines before this range, and writes the range. Ranges of successive calls
    /// are ascending.
    fn copy(&mut self, lines: Range<u64>) -> Result<(), Error> {
        while self.passed + 1 < lines.end {
            self.line.clear();
            // The first pass has checked the length of every line.
            if self.text.read_until(b'\n', &mut self.line).map_err(from_io)? == 0 {
                break;
            }
            self.passed += 1;
            if lines.contains(&self.passed) {
                self.out.write_all(&self.line).map_err(|error| unwritable(self.to, error))?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        self.out.flush().map_err(|error| unwritable(self.to, error))?;
        std::fs::rename(&self.new, self.to).map_err(|error| unwritable(self.to, error))?;
        self.is_whole = true;
        Ok(())
    }
}

fn unwritable(to: &Path, error: std::io::Error) -> Error {
    Error::caused(ErrorKind::RefusedLines { path: to.to_owned() }, error)
}
