//! A table together with its store.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use edm_block::Operation;
use edm_extract::TextEncoding;
use edm_graph::{DataStoreResource, columns_from_wire};
use edm_hash::Salt;
use edm_model::{Columns, KeyId, PlaceholderWords, StoreId, limits};
use sha2::{Digest, Sha256};

use crate::empty_words::EmptyWords;
use crate::error::{Error, ErrorKind};
use crate::file_identity::{FileIdentity, hex};
use crate::nines;
use crate::pipeline::{BlockPlan, Outcome};
use crate::rejections::{Rejections, Tolerance};
use crate::source::{self, Extent, ExtraColumns, Input, RecordReader, Source, TableFormat};

/// The effect of a table on the live rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableMode {
    /// It replaces all of them.
    #[default]
    Replace,
    /// Its records are added, and replace rows with the same key.
    Delta,
    /// It lists the keys of rows to remove; its other columns are ignored.
    Delete,
}

impl TableMode {
    /// Returns the session's `updateMode`.
    pub const fn update_mode(self) -> &'static str {
        match self {
            TableMode::Replace => "replace",
            TableMode::Delta | TableMode::Delete => "delta",
        }
    }

    /// Returns the mode's name in the journal.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            TableMode::Replace => "replace",
            TableMode::Delta => "delta",
            TableMode::Delete => "delete",
        }
    }

    pub(crate) const fn operation(self) -> Operation {
        match self {
            TableMode::Replace | TableMode::Delta => Operation::Upsert,
            TableMode::Delete => Operation::Delete,
        }
    }
}

/// How a table is read, for an upload and for a dry run.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// The input.
    pub input: Input,
    /// The mode.
    pub mode: TableMode,
    /// The format of its text.
    pub format: TableFormat,
    /// What to do with columns that the store lacks.
    pub extra_columns: ExtraColumns,
    /// How many lines may be bad, that is, not fully protected.
    pub allowed_bad_lines: Tolerance,
    /// How many cells of any one column may be refused, for columns that are not searchable.
    pub allowed_bad_cells: Tolerance,
    /// Whether a cell that its column refuses makes its whole line bad, which is then refused.
    pub strict: bool,
    /// Records of a full block; by default as many as fit.
    pub rows_per_block: Option<u32>,
    /// The number of hashing threads.
    pub workers: usize,
}

impl TableOptions {
    /// Returns a description of everything besides the store that decides how bytes become blocks.
    /// A session is resumed only if it is equal.
    pub(crate) fn reading(&self, shape: &StoreShape) -> String {
        let Self { format, strict, extra_columns, .. } = self;
        let encoding = format.encoding.map_or("", TextEncoding::name);
        let separator = format.separator.map(|separator| separator.to_string()).unwrap_or_default();
        let mut words = Sha256::new();
        for word in shape.words.as_set() {
            // The length prefix keeps the list unambiguous: `ab`, `c` differs from `a`, `bc`.
            words.update((word.len() as u64).to_le_bytes());
            words.update(word);
        }
        let words = hex(&<[u8; 32]>::from(words.finalize()));
        format!(
            "encoding {encoding}, separator {separator}, strict {strict}, extra columns {extra_columns:?}, \
             placeholders {words}"
        )
    }
}

/// The properties of a store that hashing needs.
#[derive(Clone)]
pub(crate) struct StoreShape {
    pub(crate) id: StoreId,
    pub(crate) columns: Columns,
    pub(crate) tokens_max: u32,
    /// The placeholders.
    pub(crate) words: PlaceholderWords,
}

impl StoreShape {
    pub(crate) fn read(store: &DataStoreResource) -> Result<Self, Error> {
        let unusable = |reason: String| Error::new(ErrorKind::UnusableStore { reason });
        let columns = store.columns.as_deref().unwrap_or_default();
        let columns = columns_from_wire(columns, "columns").map_err(|error| unusable(error.to_string()))?;
        let id = store.id.parse().map_err(|_| Error::new(ErrorKind::BadAnswer))?;
        let words = match &store.placeholders {
            None => PlaceholderWords::usual(),
            Some(words) => {
                PlaceholderWords::new(words.clone()).map_err(|error| unusable(error.to_string()))?
            }
        };
        let tokens_max = store.maximum_number_of_tokens.unwrap_or(limits::TOKENS_DEFAULT);
        Ok(Self { id, columns, tokens_max, words })
    }

    pub(crate) fn rows_per_block(&self, options: &TableOptions) -> u32 {
        let largest = edm_block::rows_per_block(&self.columns).max(1);
        // More rows could exceed the size of a block in the worst case.
        options.rows_per_block.map_or(largest, |asked| asked.clamp(1, largest))
    }

    /// Returns only the key column, which is all that is read of records to remove.
    pub(crate) fn key_column(&self) -> Result<Columns, Error> {
        let reason = "records are removed by their key, and it has no key column (isKey)";
        let unusable = || Error::new(ErrorKind::UnusableStore { reason: reason.to_owned() });
        let key = self.columns.as_slice().iter().find(|column| column.key).ok_or_else(unusable)?;
        Columns::new(vec![key.clone()]).map_err(|_| unusable())
    }

    pub(crate) fn plan_digest(&self) -> [u8; 32] {
        edm_block::plan_digest(&self.columns, self.tokens_max)
    }

    pub(crate) fn plan(
        &self,
        key_id: KeyId,
        salt: Salt,
        rows_per_block: u32,
        skip: BTreeSet<u32>,
        table: &Table,
        options: &TableOptions,
    ) -> BlockPlan {
        BlockPlan {
            store_id: self.id,
            key_id,
            columns: self.columns.clone(),
            tokens_max: self.tokens_max,
            salt,
            rows_per_block,
            placeholders: table.empty_words.columns.clone(),
            skip,
            operation: options.mode.operation(),
            strict: options.strict,
            workers: options.workers,
        }
    }
}

/// An opened table whose header fits the store.
pub(crate) struct Table {
    pub(crate) reader: RecordReader,
    pub(crate) empty_words: EmptyWords,
    pub(crate) bytes_total: Option<u64>,
    /// `None` for standard input and pipes, which cannot be read again.
    pub(crate) identity: Option<FileIdentity>,
    /// `None` in the same cases.
    pub(crate) path: Option<PathBuf>,
}

impl Table {
    pub(crate) fn open(options: &TableOptions, shape: &StoreShape) -> Result<Self, Error> {
        let path = match &options.input {
            Input::File(path) if options.input.is_repeatable() => Some(path.clone()),
            Input::File(_) | Input::StandardInput => None,
        };
        let before = path.as_deref().map(stat).transpose()?;
        let mut source = source::open(&options.input, options.format)?;
        let bytes_total = source.bytes_total;
        let empty_words = empty_words(&mut source, options, shape)?;
        let reader = reader(source, options, shape)?;
        let identity = before.map(|(size, modified_ns)| FileIdentity {
            size,
            modified_ns,
            header_sha256: hex(&reader.header_sha256()),
        });
        Ok(Self { reader, empty_words, bytes_total, identity, path })
    }

    /// Opens the table just to read its header.
    pub(crate) fn reader_of(options: &TableOptions, shape: &StoreShape) -> Result<RecordReader, Error> {
        reader(source::open(&options.input, options.format)?, options, shape)
    }
}

fn reader(source: Source, options: &TableOptions, shape: &StoreShape) -> Result<RecordReader, Error> {
    match options.mode {
        TableMode::Replace | TableMode::Delta => {
            RecordReader::new(source, &shape.columns, options.extra_columns)
        }
        TableMode::Delete => RecordReader::new(source, &shape.key_column()?, ExtraColumns::Ignore),
    }
}

/// Chooses the placeholders. Reads the records if a word may be a name, or nines a value.
fn empty_words(source: &mut Source, options: &TableOptions, shape: &StoreShape) -> Result<EmptyWords, Error> {
    let (words, columns) = (&shape.words, &shape.columns);
    if options.mode == TableMode::Delete {
        return Ok(EmptyWords::of(words, columns));
    }
    let chosen = match EmptyWords::depend_on_names(words, columns) {
        false => EmptyWords::of(words, columns),
        true => {
            // A regular file has a size, and can be read again.
            let looked_at = match source.bytes_total {
                Some(_) => (source::open(&options.input, options.format)?, Extent::Whole),
                None => source.begin()?,
            };
            EmptyWords::choose(words, columns, looked_at.0, looked_at.1, options.extra_columns)?
        }
    };
    if !columns.as_slice().iter().any(nines::are_judged) {
        return Ok(chosen);
    }
    let (begin, extent) = source.begin()?;
    let reader = RecordReader::new(begin, columns, options.extra_columns)?;
    Ok(chosen.with_nines(nines::judge(reader, columns.as_slice(), nines::are_judged, extent)?))
}

/// Returns size and modification time of a file.
pub(crate) fn stat(path: &Path) -> Result<(u64, u64), Error> {
    let unreadable = |error| Error::caused(ErrorKind::FileUnreadable { path: path.to_owned() }, error);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let modified = metadata.modified().map_err(unreadable)?;
    // Only for comparison: the low bits suffice, and a time before 1970 must also differ from
    // others.
    let modified_ns = match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as u64,
        Err(before) => !(before.duration().as_nanos() as u64),
    };
    Ok((metadata.len(), modified_ns))
}

/// Fails if there is nothing to upload or too much was refused.
pub(crate) fn check_outcome(
    outcome: &Outcome,
    rejections: &Rejections,
    options: &TableOptions,
) -> Result<(), ErrorKind> {
    if outcome.records == 0 {
        return Err(ErrorKind::NoRecords);
    }
    let lines = outcome.records + rejections.further_lines;
    if !options.allowed_bad_lines.allows(rejections.bad_lines, lines) {
        return Err(ErrorKind::TooManyBadLines {
            bad: rejections.bad_lines,
            lines,
            goes_on: true,
            rejections: Box::new(rejections.clone()),
        });
    }
    let worst = rejections.left_out_cells.iter().max_by_key(|(_, cells)| **cells);
    match worst.filter(|(_, cells)| !options.allowed_bad_cells.allows(**cells, outcome.records)) {
        None => Ok(()),
        Some((column, cells)) => Err(ErrorKind::TooManyBadCells {
            column: column.clone(),
            bad: *cells,
            cells: outcome.records,
            goes_on: true,
            rejections: Box::new(rejections.clone()),
        }),
    }
}
