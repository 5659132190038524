//! Profiles: what the columns of a table can be used for, computed locally before anything is
//! uploaded. A profile contains the figures from which the service derives classes, and those from
//! which a person chooses columns. It keeps and reports no cell.
//!
//! Cells are hashed with a key that is made for one run and discarded. Distinct values are counted
//! exactly by 64 bits of the hash, for a table of any size. What exceeds the memory is sorted in a
//! private folder.

mod candidate;
mod figures;
mod form;
mod phone_country;
mod scratch;
mod tally;
mod values;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use edm_hash::{Placeholders, RecordHasher, RecordOutcome, Salt, address};
use edm_model::{Column, Columns, PlaceholderWords, limits};

use crate::chunk::{CHUNK_RECORDS_MAX, Chunk};
use crate::empty_words::EmptyWords;
use crate::error::{Error, ErrorKind};
use crate::nines;
use crate::pipeline::note;
use crate::progress::{Amounts, Event, Progress};
use crate::rejections::Rejections;
use crate::source::{self, ExtraColumns, Input, RecordReader, Source, TableFormat};

pub use figures::{ColumnProfile, Lengths, Suggestion, TableProfile};
use scratch::Scratch;
use tally::ColumnTally;
use values::{ValueCounter, bytes_per_column};

/// Chunks of about a megabyte queued for each thread.
const CHUNKS_WAITING: usize = 2;

/// The options of a profile.
pub struct ProfileOptions {
    /// The table.
    pub input: Input,
    /// How its text is encoded and separated.
    pub format: TableFormat,
    /// The columns of a store; otherwise every column of the header, as text.
    pub columns: Option<Columns>,
    /// What to do with columns of the file that are not in `columns`.
    pub extra_columns: ExtraColumns,
    /// The length of the longest matched value, in atoms.
    pub tokens_max: u32,
    /// The number of hashing threads.
    pub workers: usize,
    /// The key of this run. It can be any, and is never used again.
    pub key: Salt,
    /// A folder for data that exceeds the memory. It must not exist yet, and is removed in the end.
    pub scratch: PathBuf,
    /// Memory for the counts of distinct values.
    pub memory_bytes: usize,
}

/// Reads the whole table and classifies its columns. Blocks the calling thread.
///
/// Unusable records are counted and reported by line; they are not an error. Fails if the file
/// cannot be read, its first line is not a header, or it has no record.
pub fn profile(options: &ProfileOptions, progress: &dyn Progress) -> Result<TableProfile, Error> {
    let mut source = source::open(&options.input, options.format)?;
    let (begin, extent) = source.begin()?;
    let bytes_total = source.bytes_total;
    let (begin, _) = opened(begin, options)?;
    let (mut reader, columns) = opened(source, options)?;
    let given = options.columns.is_some();
    // Nobody has chosen columns yet, and any could be searchable.
    let is_judged = |column: &Column| !given || nines::are_judged(column);
    let nines = nines::judge(begin, columns.as_slice(), is_judged, extent)?;
    let scratch = Scratch::new(options.scratch.clone());
    let width = columns.as_slice().len();
    let memory_bytes = bytes_per_column(options.memory_bytes, width);
    let run = Run {
        options,
        columns: &columns,
        words: EmptyWords::of(&PlaceholderWords::usual(), &columns).with_nines(nines.clone()).columns,
        counters: (0..width).map(|_| Mutex::new(ValueCounter::new(&scratch, memory_bytes))).collect(),
        stopped: AtomicBool::new(false),
    };
    if let Some(separator) = reader.sniffed() {
        progress.event(&Event::SeparatorSniffed { separator });
    }
    let (records, tally) = run.read(&mut reader, progress, bytes_total)?;
    if records == 0 {
        return Err(Error::new(ErrorKind::NoRecords));
    }
    let mut profiles = Vec::with_capacity(width);
    let columns = columns.as_slice().iter().zip(nines);
    for (((column, nines), counter), tally) in columns.zip(run.counters).zip(tally.columns) {
        let counts = counter.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?;
        let mut profile = ColumnProfile::of(column.clone(), given, &tally, &counts);
        profile.warnings.extend(nines.and_then(|nines| nines.note));
        profiles.push(profile);
    }
    let warnings = reader.warnings().collect();
    Ok(TableProfile { records, rejections: tally.rejections, columns: profiles, given, warnings })
}

/// Opens a table, and returns its columns.
fn opened(source: Source, options: &ProfileOptions) -> Result<(RecordReader, Columns), Error> {
    match &options.columns {
        Some(columns) => Ok((RecordReader::new(source, columns, options.extra_columns)?, columns.clone())),
        None => RecordReader::of_every_column(source),
    }
}

/// The findings of one thread, or of all of them.
#[derive(Default)]
struct Tally {
    columns: Vec<ColumnTally>,
    rejections: Rejections,
}

impl Tally {
    fn merge(&mut self, other: Tally) {
        self.rejections.merge(&other.rejections);
        match self.columns.is_empty() {
            true => self.columns = other.columns,
            false => self.columns.iter_mut().zip(&other.columns).for_each(|(own, other)| own.merge(other)),
        }
    }
}

struct Run<'a> {
    options: &'a ProfileOptions,
    columns: &'a Columns,
    /// What means an empty cell, by column.
    words: Vec<Placeholders>,
    counters: Vec<Mutex<ValueCounter<'a>>>,
    /// Set by a failed thread, so that the reader stops as well.
    stopped: AtomicBool,
}

impl Run<'_> {
    fn read(
        &self,
        reader: &mut RecordReader,
        progress: &dyn Progress,
        bytes_total: Option<u64>,
    ) -> Result<(u64, Tally), Error> {
        thread::scope(|scope| {
            let mut senders = Vec::new();
            let mut threads = Vec::new();
            for _ in 0..self.options.workers.max(1) {
                let (sender, chunks) = sync_channel(CHUNKS_WAITING);
                senders.push(sender);
                threads.push(scope.spawn(move || self.work(&chunks)));
            }
            let read = self.hand_out(reader, &senders, progress, bytes_total);
            drop(senders);
            let mut whole = Tally::default();
            let mut failure = None;
            for thread in threads {
                match thread.join() {
                    Ok(Ok(tally)) => whole.merge(tally),
                    Ok(Err(error)) => failure = Some(error),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            let (records, rejections) = read?;
            whole.rejections.merge(&rejections);
            Ok((records, whole))
        })
    }

    /// Divides the records into chunks and passes them to the threads in turn.
    fn hand_out(
        &self,
        reader: &mut RecordReader,
        senders: &[SyncSender<Chunk>],
        progress: &dyn Progress,
        bytes_total: Option<u64>,
    ) -> Result<(u64, Rejections), Error> {
        let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
        let (mut records, mut rejections) = (0, Rejections::default());
        let mut turns = senders.iter().cycle();
        let mut send = |chunk: Chunk| {
            let sent = turns.next().is_some_and(|sender| sender.send(chunk).is_ok());
            if sent { Ok(()) } else { Err(Error::new(ErrorKind::Interrupted)) }
        };
        while !self.stopped.load(Ordering::Relaxed) {
            let mut chunk = Chunk::default();
            reader.read(&mut chunk, CHUNK_RECORDS_MAX, &positions, &mut rejections)?;
            if chunk.is_empty() {
                break;
            }
            records += u64::from(chunk.len());
            if records > limits::ROWS_MAX {
                return Err(Error::new(ErrorKind::TooManyRows));
            }
            send(chunk)?;
            progress.read(Amounts { records, bytes: reader.bytes_read(), bytes_total });
        }
        progress.read(Amounts { records, bytes: reader.bytes_read(), bytes_total });
        Ok((records, rejections))
    }

    fn work(&self, chunks: &Receiver<Chunk>) -> Result<Tally, Error> {
        let tokens_max = self.options.tokens_max;
        let mut hasher =
            RecordHasher::new(&self.options.key, self.columns, tokens_max).placeholders(&self.words);
        let mut tally = Tally {
            columns: self.words.iter().map(|words| ColumnTally::new(tokens_max, words)).collect(),
            rejections: Rejections::default(),
        };
        while let Ok(chunk) = chunks.recv() {
            self.take(&chunk, &mut hasher, &mut tally);
            if let Err(error) = self.count(&mut hasher, &mut tally) {
                self.stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(tally)
    }

    fn take(&self, chunk: &Chunk, hasher: &mut RecordHasher, tally: &mut Tally) {
        for (lines, cells) in chunk.rows(self.columns.as_slice().len()) {
            let outcome = hasher.push(cells.clone());
            if matches!(outcome, RecordOutcome::Accepted { .. }) {
                cells.zip(&mut tally.columns).for_each(|(cell, column)| column.see(cell));
            }
            note(outcome, lines, self.columns, &mut tally.rejections);
        }
    }

    /// Hashes the pushed records and counts their values.
    fn count(&self, hasher: &mut RecordHasher, tally: &mut Tally) -> Result<(), Error> {
        let rows = hasher.finish();
        for ((column, tally), counter) in rows.columns.iter().zip(&mut tally.columns).zip(&self.counters) {
            tally.add(column);
            let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
            counter.add(column.hashes.iter().map(address))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
