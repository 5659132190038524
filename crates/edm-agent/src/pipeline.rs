//! The hashing pipeline: records to hashed rows to sealed blocks, on several threads. No plaintext
//! leaves it.
//!
//! One thread reads the file and divides it into blocks with equal numbers of records. Each block
//! goes to one hashing thread, in chunks that own the buffers the file was read into. A [`Budget`]
//! bounds the plaintext that waits, so huge records only reduce the parallelism.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use edm_block::{BlockHeader, Operation};
use edm_hash::{CellRefusal, HashedRows, Placeholders, RecordHasher, RecordOutcome, RecordRefusal, Salt};
use edm_model::{Column, Columns, KeyId, StoreId, limits};

use crate::block_bytes::{BlockBytes, SpareBlocks};
use crate::budget::Budget;
use crate::cell_damage::CellDamage;
use crate::chunk::{CHUNK_RECORDS_MAX, Chunk, SpareChunks};
use crate::error::{Error, ErrorKind};
use crate::progress::{Amounts, Event, Progress};
use crate::refusal_reason::refusal_reason;
use crate::rejections::Rejections;
use crate::source::RecordReader;

/// Plaintext that may wait for hashing at any time, in bytes.
const PLAINTEXT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The share of each hashing thread: about a block, so that all threads have work. More would only
/// touch more memory.
const WORKER_BYTES: usize = limits::BLOCK_BYTES_MAX;

/// Everything needed to make blocks.
pub(crate) struct BlockPlan {
    pub(crate) store_id: StoreId,
    pub(crate) key_id: KeyId,
    pub(crate) columns: Columns,
    pub(crate) tokens_max: u32,
    pub(crate) salt: Salt,
    pub(crate) rows_per_block: u32,
    /// The placeholders, by column.
    pub(crate) placeholders: Vec<Placeholders>,
    /// Blocks that need not be made again.
    pub(crate) skip: BTreeSet<u32>,
    /// Whether the records are added or removed. For removal, only the key is read.
    pub(crate) operation: Operation,
    /// Whether a cell that its column refuses rejects the whole record.
    pub(crate) strict: bool,
    /// The number of hashing threads.
    pub(crate) workers: usize,
}

impl BlockPlan {
    /// Returns for each column of the store the position of its cell in the file; `read` has the
    /// positions of the columns that are read.
    fn positions(&self, read: &[usize]) -> Vec<Option<usize>> {
        match self.operation {
            Operation::Upsert => read.iter().copied().map(Some).collect(),
            Operation::Delete => {
                let key = read.first().copied();
                self.columns.as_slice().iter().map(|column| key.filter(|_| column.key)).collect()
            }
        }
    }
}

/// A block ready to send.
pub(crate) struct SealedBlock {
    pub(crate) number: u32,
    pub(crate) bytes: BlockBytes,
    pub(crate) sha256: [u8; 32],
    /// Refusals from hashing its records. Refusals by the reader are in the outcome.
    pub(crate) rejections: Rejections,
}

/// The result of reading the whole file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) records: u64,
    pub(crate) blocks: u32,
    /// Refusals by the reader. Refusals from hashing come with the blocks.
    pub(crate) rejections: Rejections,
    /// Warnings for the operator.
    pub(crate) warnings: Vec<String>,
    /// For each searchable column, the number of cells that are empty or contain a placeholder.
    /// Texts cannot match these. Empty if only some blocks were hashed.
    pub(crate) unfilled: BTreeMap<String, u64>,
}

/// Reports that the sink takes no more blocks.
pub(crate) struct Stopped;

/// One block for one hashing thread.
struct BlockJob {
    number: u32,
    first_row: u64,
    pieces: Receiver<Piece>,
}

/// A message about an open block.
///
/// The end is explicit. A channel that closes without it means that the reader failed in the middle
/// of the block. Sealing what has arrived would lose the remaining rows when the upload is resumed.
enum Piece {
    Records(Chunk),
    End,
}

/// Reads the whole table and passes every sealed block to `sink`, in any order and from several
/// threads.
///
/// Ends early if the sink returns [`Stopped`]. Fails if the table cannot be read or is too large.
pub(crate) fn run(
    reader: &mut RecordReader,
    plan: &BlockPlan,
    sink: &(dyn Fn(SealedBlock) -> Result<(), Stopped> + Sync),
    progress: &dyn Progress,
    bytes_total: Option<u64>,
) -> Result<Outcome, Error> {
    if let Some(separator) = reader.sniffed() {
        progress.event(&Event::SeparatorSniffed { separator });
    }
    let budget = Budget::new(plaintext_bytes(plan.workers));
    let (jobs, waiting_jobs) = channel::<BlockJob>();
    let work = Work {
        plan,
        jobs: Mutex::new(waiting_jobs),
        sink,
        budget: &budget,
        spare: SpareChunks::default(),
        spare_blocks: Arc::default(),
        damage: Mutex::default(),
        unfilled: Mutex::default(),
        placeholders: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..plan.workers.max(1) {
            scope.spawn(|| work.run());
        }
        let cutter = Cutter { work: &work, progress, bytes_total, jobs };
        let outcome = cutter.run(reader);
        // Stops the threads that wait for a full block to be sent.
        if outcome.is_err() {
            budget.stop();
        }
        outcome
    })
    .map(|outcome| Outcome {
        warnings: reader.warnings().chain(work.warnings()).collect(),
        unfilled: work.unfilled(),
        ..outcome
    })
}

/// Returns the plaintext budget for this number of threads.
fn plaintext_bytes(workers: usize) -> usize {
    workers.max(1).saturating_mul(WORKER_BYTES).min(PLAINTEXT_BYTES_MAX)
}

/// Divides the file into blocks, and their records into chunks.
struct Cutter<'a> {
    work: &'a Work<'a>,
    progress: &'a dyn Progress,
    bytes_total: Option<u64>,
    jobs: Sender<BlockJob>,
}

impl Cutter<'_> {
    fn run(self, reader: &mut RecordReader) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let plan = self.work.plan;
        let rows_per_block = u64::from(plan.rows_per_block.max(1));
        let mut open_block: Option<Sender<Piece>> = None;
        let positions = plan.positions(reader.positions());
        loop {
            let begun = outcome.records % rows_per_block;
            // A block has at most 2^32 records, and a chunk has fewer.
            let records_max = (rows_per_block - begun).min(u64::from(CHUNK_RECORDS_MAX)) as u32;
            let mut chunk = self.work.spare.take();
            reader.read(&mut chunk, records_max, &positions, &mut outcome.rejections)?;
            if chunk.is_empty() {
                break;
            }
            if begun == 0 {
                Self::close(open_block.take())?;
                open_block = self.open(&mut outcome)?;
            }
            outcome.records += u64::from(chunk.len());
            if outcome.records > limits::ROWS_MAX {
                return Err(Error::new(ErrorKind::TooManyRows));
            }
            self.send(chunk, open_block.as_ref())?;
            self.progress.read(self.amounts(&outcome, reader));
        }
        Self::close(open_block)?;
        self.progress.read(self.amounts(&outcome, reader));
        Ok(outcome)
    }

    fn amounts(&self, outcome: &Outcome, reader: &RecordReader) -> Amounts {
        Amounts { records: outcome.records, bytes: reader.bytes_read(), bytes_total: self.bytes_total }
    }

    /// Starts the next block; returns `None` for one that is on the server already.
    fn open(&self, outcome: &mut Outcome) -> Result<Option<Sender<Piece>>, Error> {
        let number = outcome.blocks;
        if number >= limits::BLOCKS_MAX {
            return Err(Error::new(ErrorKind::TooManyBlocks));
        }
        outcome.blocks += 1;
        if self.work.plan.skip.contains(&number) {
            return Ok(None);
        }
        let (sender, pieces) = channel();
        let job = BlockJob { number, first_row: outcome.records, pieces };
        self.jobs.send(job).map_err(|_| Error::new(ErrorKind::Interrupted))?;
        Ok(Some(sender))
    }

    /// Declares a block complete, so that its thread seals it.
    fn close(block: Option<Sender<Piece>>) -> Result<(), Error> {
        let Some(block) = block else { return Ok(()) };
        block.send(Piece::End).map_err(|_| Error::new(ErrorKind::Interrupted))
    }

    /// Sends the chunk to its block. Records of a skipped block are dropped.
    fn send(&self, mut chunk: Chunk, block: Option<&Sender<Piece>>) -> Result<(), Error> {
        let work = self.work;
        let Some(block) = block else {
            // The block is not hashed again, but warnings must cover the whole table.
            work.look_for_damage(&chunk);
            work.spare.give_back(chunk);
            return Ok(());
        };
        let bytes = chunk.held_bytes().min(plaintext_bytes(work.plan.workers));
        let Some(permit) = work.budget.take(bytes) else { return Err(Error::new(ErrorKind::Interrupted)) };
        // The permit travels with the chunk. The reader blocks above until hashing has returned
        // enough bytes.
        chunk.hold(permit);
        block.send(Piece::Records(chunk)).map_err(|_| Error::new(ErrorKind::Interrupted))
    }
}

/// Stops all threads if a hashing thread panics. Otherwise the reader would wait for it forever.
struct StopOnPanic<'a>(&'a Budget);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

/// The shared state of the hashing threads.
struct Work<'a> {
    plan: &'a BlockPlan,
    jobs: Mutex<Receiver<BlockJob>>,
    sink: &'a (dyn Fn(SealedBlock) -> Result<(), Stopped> + Sync),
    budget: &'a Arc<Budget>,
    spare: SpareChunks,
    spare_blocks: Arc<SpareBlocks>,
    /// By column.
    damage: Mutex<Vec<CellDamage>>,
    /// Cells without a value, by column.
    unfilled: Mutex<Vec<u64>>,
    /// Cells with a placeholder, by column.
    placeholders: Mutex<Vec<u64>>,
}

impl Work<'_> {
    fn run(&self) {
        let _guard = StopOnPanic(self.budget);
        let plan = self.plan;
        let mut hasher = RecordHasher::new(&plan.salt, &plan.columns, plan.tokens_max)
            .strict(plan.strict)
            .placeholders(&plan.placeholders);
        // Reserves memory once for all blocks.
        hasher.expect(plan.rows_per_block);
        loop {
            let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            let Some(block) = self.seal(&mut hasher, job) else { return };
            if (self.sink)(block).is_err() {
                self.budget.stop();
                return;
            }
        }
    }

    /// Checks the cells for damage by other programs.
    fn look_for_damage(&self, chunk: &Chunk) {
        let width = self.plan.columns.as_slice().len();
        let mut seen = vec![CellDamage::default(); width];
        for (_, cells) in chunk.rows(width) {
            cells.zip(&mut seen).for_each(|(cell, column)| column.see(cell));
        }
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        damage.resize_with(width, CellDamage::default);
        damage.iter_mut().zip(&seen).for_each(|(whole, own)| whole.merge(own));
    }

    /// Returns warnings for the operator, by column.
    fn warnings(&self) -> Vec<String> {
        let damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = self.plan.columns.as_slice().iter().zip(&*damage);
        let warnings = |(column, damage): (&Column, &CellDamage)| {
            damage
                .warnings(column)
                .into_iter()
                .map(|warning| format!("{}: {warning}", column.name))
                .collect::<Vec<_>>()
        };
        columns.flat_map(warnings).chain(self.held_placeholders()).collect()
    }

    /// Returns a note with the number of cells per column that contain a placeholder, if this run
    /// hashed all of them.
    fn held_placeholders(&self) -> Option<String> {
        let counts = self.placeholders.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = self.plan.columns.as_slice().iter().zip(&*counts).filter(|(_, count)| **count > 0);
        let columns: Vec<String> =
            columns.map(|(column, count)| format!("{} {count}", column.name)).collect();
        let are_all = self.plan.skip.is_empty() && !columns.is_empty();
        are_all.then(|| format!("cells with a placeholder count as empty: {}", columns.join(", ")))
    }

    /// Counts the cells of accepted records without a value.
    fn count_unfilled(&self, rows: &HashedRows) {
        let accepted = rows.row_count.saturating_sub(rows.rejected_count);
        let mut unfilled = self.unfilled.lock().unwrap_or_else(PoisonError::into_inner);
        unfilled.resize(rows.columns.len(), 0);
        for (count, column) in unfilled.iter_mut().zip(&rows.columns) {
            // A cell is hashed, refused, too long or unfilled, so the rest of the accepted records
            // is unfilled.
            let held = column.hashes.len() as u64
                + u64::from(column.counts.refused)
                + u64::from(column.counts.too_long);
            *count += u64::from(accepted).saturating_sub(held);
        }
        let mut placeholders = self.placeholders.lock().unwrap_or_else(PoisonError::into_inner);
        placeholders.resize(rows.columns.len(), 0);
        let counts = rows.columns.iter().map(|column| u64::from(column.counts.placeholders));
        placeholders.iter_mut().zip(counts).for_each(|(count, own)| *count += own);
    }

    /// Returns the number of cells without a value, by searchable column.
    fn unfilled(&self) -> BTreeMap<String, u64> {
        // Records to remove have only their key, and skipped blocks were not hashed.
        if self.plan.operation == Operation::Delete || !self.plan.skip.is_empty() {
            return BTreeMap::new();
        }
        let unfilled = self.unfilled.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = self.plan.columns.as_slice().iter().zip(&*unfilled);
        let counted = columns.filter(|(column, count)| column.searchable && **count > 0);
        counted.map(|(column, count)| (column.name.clone(), *count)).collect()
    }

    /// Hashes the records of one block and seals them. Returns `None` if the work was stopped or
    /// the block never ended.
    fn seal(&self, hasher: &mut RecordHasher, job: BlockJob) -> Option<SealedBlock> {
        let plan = self.plan;
        let mut rejections = Rejections::default();
        loop {
            let chunk = match job.pieces.recv() {
                Ok(Piece::Records(chunk)) => chunk,
                Ok(Piece::End) => break,
                Err(_) => return None,
            };
            for (record, outcome) in hasher.push_all(&chunk.records()) {
                note(outcome, chunk.lines(record), &plan.columns, &mut rejections);
            }
            self.look_for_damage(&chunk);
            self.spare.give_back(chunk);
        }
        if self.budget.is_stopped() {
            return None;
        }
        let rows = hasher.finish();
        self.count_unfilled(&rows);
        let header = BlockHeader {
            store_id: plan.store_id,
            key_id: plan.key_id,
            plan_digest: edm_block::plan_digest(&plan.columns, plan.tokens_max),
            operation: plan.operation,
            number: job.number,
            first_row: job.first_row,
            row_count: rows.row_count,
        };
        let (bytes, sha256) = self.spare_blocks.fill(|bytes| edm_block::seal_into(&header, &rows, bytes));
        hasher.reuse(rows);
        Some(SealedBlock { number: job.number, bytes, sha256, rejections })
    }
}

/// Counts the refusals from hashing: for a record all of its lines, for a cell the first line of
/// its record. A cell that is only too long to match is reported, but neither it nor its line
/// counts as bad.
pub(crate) fn note(
    outcome: RecordOutcome,
    lines: Range<u64>,
    columns: &Columns,
    rejections: &mut Rejections,
) {
    let of =
        |column: usize| columns.as_slice().get(column).expect("hashing knows the columns of the store alone");
    match outcome {
        RecordOutcome::Accepted { refused_cells } => {
            let mut bad = false;
            for (column, refusal) in refused_cells {
                let column = of(column);
                rejections.note(lines.start, &refusal_reason(column, refusal));
                match refusal {
                    CellRefusal::TooManyTokens => {}
                    _ if column.searchable => bad = true,
                    _ => *rejections.left_out_cells.entry(column.name.clone()).or_default() += 1,
                }
            }
            rejections.bad_lines += u64::from(bad);
        }
        RecordOutcome::Rejected(RecordRefusal::BadCell { column, refusal }) => {
            rejections.reject(lines, &refusal_reason(of(column), refusal));
        }
        RecordOutcome::Rejected(refusal) => rejections.reject(lines, &refusal.to_string()),
    }
}

#[cfg(test)]
mod tests;
