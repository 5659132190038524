//! The lines of a table of which something is refused, written to a file for whoever corrects them. They hold plaintext, and
//! stay beside the table.

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

/// Reads the table once more and writes its header, and each record of which a cell or all is refused, as it stands there, in
/// UTF-8. Returns how many records were written. Blocks the calling thread, and holds no more than a chunk of the table.
///
/// The file is made anew, for its owner alone. Fails where the table cannot be read again, or the file not be written.
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

/// Writes the header alone, for a table of which nothing was refused: what stood in the file before is of another run.
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

/// Fails where a file that is to be written is the table itself, by whatever name, or no file: a device, a pipe, a folder, or a
/// name for another file. It is replaced whole, and what is none would be lost.
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

/// A table that is read and hashed once more, chunk by chunk, for what is refused of it.
struct Judged {
    table: Table,
    hasher: RecordHasher,
    positions: Vec<Option<usize>>,
    chunk: Chunk,
    /// Positions of the chunk's records of which something is refused, ascending.
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

/// The file that is written, and the table whose lines go there. What stood at its place stays until the new file is whole.
struct RefusedFile<'a> {
    to: &'a Path,
    new: PathBuf,
    out: BufWriter<File>,
    text: BufReader<Box<dyn Read + Send>>,
    /// Lines of the table that were passed.
    passed: u64,
    line: Vec<u8>,
    /// Whether it stands in its place.
    is_whole: bool,
}

impl Drop for RefusedFile<'_> {
    fn drop(&mut self) {
        if !self.is_whole {
            // It holds plaintext, and nobody knows of it. What cannot be removed is told by nothing better than itself.
            let _ = std::fs::remove_file(&self.new);
        }
    }
}

impl<'a> RefusedFile<'a> {
    fn begin(options: &TableOptions, to: &'a Path) -> Result<Self, Error> {
        // A name of this run alone: whatever stands beside the file is somebody's, perhaps the table.
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

    /// Passes the table's lines up to these, and writes these. Each call's lines are behind those of the one before.
    fn copy(&mut self, lines: Range<u64>) -> Result<(), Error> {
        while self.passed + 1 < lines.end {
            self.line.clear();
            // Reading the table found every line within its bound.
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
