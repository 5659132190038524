//! The lines of a table of which something is refused, written to a file for whoever corrects them. They hold plaintext, and
//! stay beside the table.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, BufWriter, Write};
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
/// UTF-8. Returns how many records were written. Blocks the calling thread.
///
/// The file is made anew, for its owner alone. Fails where the table cannot be read again, or the file not be written.
pub fn write_refused_lines(
    store: &DataStoreResource,
    options: &TableOptions,
    to: &Path,
) -> Result<u64, Error> {
    refuse_the_table(&options.input, to)?;
    let shape = StoreShape::read(store)?;
    let refused = refused_lines(&shape, options)?;
    let failed = |error| Error::caused(ErrorKind::RefusedLines { path: to.to_owned() }, error);
    // What stood there before stays until the new file is whole.
    let mut new = to.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    if let Err(error) = std::fs::remove_file(&new)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(failed(error));
    }
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut out = BufWriter::new(open.open(&new).map_err(failed)?);
    let source = source::open(&options.input, options.format)?;
    let mut number = source.lines_before;
    let (mut text, mut line) = (BufReader::new(source.text), Vec::new());
    for lines in [&refused.header].into_iter().chain(&refused.lines) {
        while number + 1 < lines.end {
            line.clear();
            // Reading the table found every line within its bound.
            if text.read_until(b'\n', &mut line).map_err(from_io)? == 0 {
                break;
            }
            number += 1;
            if lines.contains(&number) {
                out.write_all(&line).map_err(failed)?;
            }
        }
    }
    out.flush().map_err(failed)?;
    drop(out);
    std::fs::rename(&new, to).map_err(failed)?;
    Ok(refused.records)
}

/// Fails where the file for the refused lines is the table itself, by whatever name.
pub fn refuse_the_table(table: &Input, to: &Path) -> Result<(), Error> {
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

/// Where in the file something is refused: lines, the first one is 1.
struct RefusedLines {
    header: Range<u64>,
    /// Of records, ascending; those of records that follow one another are one range.
    lines: Vec<Range<u64>>,
    records: u64,
}

fn refused_lines(shape: &StoreShape, options: &TableOptions) -> Result<RefusedLines, Error> {
    let mut table = Table::open(options, shape)?;
    let mut refused = RefusedLines { header: table.reader.header_lines(), lines: Vec::new(), records: 0 };
    let (columns, empty) = match options.mode {
        TableMode::Delete => {
            let key = shape.key_column()?;
            let empty = EmptyWords::of(&shape.words, &key).columns;
            (key, empty)
        }
        TableMode::Replace | TableMode::Delta => (shape.columns.clone(), table.empty_words.columns.clone()),
    };
    let mut hasher = RecordHasher::new(&salt_for_judging(), &columns, shape.tokens_max)
        .strict(options.strict)
        .placeholders(&empty);
    let reader = &mut table.reader;
    let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
    let mut chunk = Chunk::default();
    loop {
        reader.read(&mut chunk, CHUNK_RECORDS_MAX, &positions, &mut Rejections::default())?;
        if chunk.is_empty() {
            return Ok(refused);
        }
        let by_hashing = hasher.push_all(&chunk.records());
        let mut records: Vec<u32> = by_hashing.into_iter().map(|(record, _)| record).collect();
        records.extend_from_slice(chunk.records().left_out);
        records.sort_unstable();
        let end = |record: u32| match record + 1 < chunk.len() {
            true => chunk.line(record + 1),
            false => reader.line(),
        };
        for record in records {
            refused.records += 1;
            let lines = chunk.line(record)..end(record);
            match refused.lines.last_mut().filter(|last| last.end == lines.start) {
                Some(last) => last.end = lines.end,
                None => refused.lines.push(lines),
            }
        }
        let rows = hasher.finish();
        hasher.reuse(rows);
    }
}
