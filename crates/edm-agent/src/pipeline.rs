//! Records → hashed rows → sealed blocks, on several threads. Plaintext ends here: what leaves is sealed.
//!
//! One thread reads and cuts the file into blocks of equal record counts; each block goes to one hashing thread in
//! chunks of about a megabyte. The plaintext that waits is bounded by a [`Budget`], so huge records only
//! make the work less parallel.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use edm_block::{BlockHeader, Operation};
use edm_hash::{RecordHasher, RecordOutcome, Salt};
use edm_model::{Columns, KeyId, StoreId, limits};
use sha2::{Digest, Sha256};

use crate::budget::{Budget, Permit};
use crate::error::{Error, ErrorKind};
use crate::progress::{Amounts, Progress};
use crate::rejections::Rejections;
use crate::source::{Record, RecordReader};

/// Plaintext that waits for hashing at any time.
const PLAINTEXT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Text of a chunk; a chunk may exceed it by one record.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Records of a chunk: bounds its list of cells where records are short.
const CHUNK_RECORDS_MAX: usize = 16 * 1024;

/// Everything that a block is made with.
pub(crate) struct BlockPlan {
    pub(crate) store_id: StoreId,
    pub(crate) key_id: KeyId,
    pub(crate) columns: Columns,
    pub(crate) tokens_max: u32,
    pub(crate) salt: Salt,
    pub(crate) rows_per_block: u32,
    /// Blocks that need not be made again.
    pub(crate) skip: BTreeSet<u32>,
    /// Whether the records come or go. Of records that go the reader has the key alone.
    pub(crate) operation: Operation,
    /// Hashing threads.
    pub(crate) workers: usize,
}

impl BlockPlan {
    /// Returns for each column of the store where its cell stands in the file, given where the columns that are read do.
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

/// A block that is ready to be sent.
pub(crate) struct SealedBlock {
    pub(crate) number: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sha256: [u8; 32],
    /// What was refused while its records were hashed; the records that reading refused are in the outcome.
    pub(crate) rejections: Rejections,
}

/// What reading found in the whole file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) records: u64,
    pub(crate) blocks: u32,
    /// What reading refused; hashing's refusals come with the blocks.
    pub(crate) rejections: Rejections,
}

/// Says that nobody takes blocks any more.
pub(crate) struct Stopped;

/// Records of one block, copied out of the reader, cells in the order of the store's columns.
pub(crate) struct Chunk {
    pub(crate) text: String,
    /// Where each cell ends in `text`; as many for each accepted record as the store has columns.
    cell_ends: Vec<u32>,
    /// For each record its line, and whether it has cells.
    pub(crate) records: Vec<(u64, Cells)>,
    /// Gives the text's bytes back when the chunk was hashed.
    _permit: Option<Permit>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cells {
    Present,
    Refused,
}

impl Chunk {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), cell_ends: Vec::new(), records: Vec::new(), _permit: None }
    }

    /// Returns the cell at this position of all accepted records' cells.
    pub(crate) fn cell(&self, position: usize) -> &str {
        let end_of = |position: usize| self.cell_ends.get(position).map_or(0, |end| *end as usize);
        let start = position.checked_sub(1).map_or(0, end_of);
        self.text.get(start..end_of(position)).unwrap_or_default()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.text.len() >= CHUNK_BYTES || self.records.len() >= CHUNK_RECORDS_MAX
    }
}

/// One block's chunks, for one hashing thread.
struct BlockJob {
    number: u32,
    first_row: u64,
    chunks: Receiver<Chunk>,
}

/// Reads the whole table and hands every sealed block to `sink`, in any order, from several threads.
///
/// Ends early when the sink says [`Stopped`]. Fails when the table cannot be read or is too large.
pub(crate) fn run(
    reader: &mut RecordReader,
    plan: &BlockPlan,
    sink: &(dyn Fn(SealedBlock) -> Result<(), Stopped> + Sync),
    progress: &dyn Progress,
    bytes_total: Option<u64>,
) -> Result<Outcome, Error> {
    let budget = Budget::new(PLAINTEXT_BYTES_MAX);
    let (jobs, waiting_jobs) = channel::<BlockJob>();
    let waiting_jobs = Mutex::new(waiting_jobs);
    thread::scope(|scope| {
        for _ in 0..plan.workers.max(1) {
            scope.spawn(|| work(plan, &waiting_jobs, sink, &budget));
        }
        let cutter = Cutter { plan, budget: &budget, progress, bytes_total, jobs };
        let outcome = cutter.run(reader);
        if outcome.is_err() {
            budget.stop();
        }
        outcome
    })
}

/// Cuts the file into blocks and their records into chunks.
struct Cutter<'a> {
    plan: &'a BlockPlan,
    budget: &'a Arc<Budget>,
    progress: &'a dyn Progress,
    bytes_total: Option<u64>,
    jobs: Sender<BlockJob>,
}

impl Cutter<'_> {
    fn run(self, reader: &mut RecordReader) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let rows_per_block = u64::from(self.plan.rows_per_block.max(1));
        let mut chunk = Chunk::new();
        let mut open_block: Option<Sender<Chunk>> = None;
        let positions = self.plan.positions(reader.positions());
        loop {
            if outcome.records.is_multiple_of(rows_per_block) {
                self.close(&mut chunk, &mut open_block)?;
            }
            let Some(record) = reader.read()? else { break };
            if outcome.records.is_multiple_of(rows_per_block) {
                open_block = self.open(&mut outcome)?;
            }
            push(&mut chunk, record, &positions, &mut outcome.rejections);
            outcome.records += 1;
            if outcome.records > limits::ROWS_MAX {
                return Err(Error::new(ErrorKind::TooManyRows));
            }
            if chunk.is_full() {
                self.send(&mut chunk, open_block.as_ref())?;
                self.progress.read(self.amounts(&outcome, reader));
            }
        }
        self.close(&mut chunk, &mut open_block)?;
        self.progress.read(self.amounts(&outcome, reader));
        Ok(outcome)
    }

    fn amounts(&self, outcome: &Outcome, reader: &RecordReader) -> Amounts {
        Amounts { records: outcome.records, bytes: reader.bytes_read(), bytes_total: self.bytes_total }
    }

    /// Begins the next block; `None` for one that is on the server already.
    fn open(&self, outcome: &mut Outcome) -> Result<Option<Sender<Chunk>>, Error> {
        let number = outcome.blocks;
        if number >= limits::BLOCKS_MAX {
            return Err(Error::new(ErrorKind::TooManyBlocks));
        }
        outcome.blocks += 1;
        if self.plan.skip.contains(&number) {
            return Ok(None);
        }
        let (sender, chunks) = channel();
        let job = BlockJob { number, first_row: outcome.records, chunks };
        self.jobs.send(job).map_err(|_| Error::new(ErrorKind::Interrupted))?;
        Ok(Some(sender))
    }

    fn close(&self, chunk: &mut Chunk, open_block: &mut Option<Sender<Chunk>>) -> Result<(), Error> {
        if !chunk.records.is_empty() {
            self.send(chunk, open_block.as_ref())?;
        }
        *open_block = None;
        Ok(())
    }

    /// Sends the chunk to its block; the records of a skipped block are dropped.
    fn send(&self, chunk: &mut Chunk, block: Option<&Sender<Chunk>>) -> Result<(), Error> {
        let mut full = std::mem::replace(chunk, Chunk::new());
        let Some(block) = block else { return Ok(()) };
        let bytes = full.text.len().min(PLAINTEXT_BYTES_MAX);
        let Some(permit) = self.budget.take(bytes) else { return Err(Error::new(ErrorKind::Interrupted)) };
        full._permit = Some(permit);
        block.send(full).map_err(|_| Error::new(ErrorKind::Interrupted))
    }
}

/// Copies a record into the chunk and notes what reading refused.
pub(crate) fn push(
    chunk: &mut Chunk,
    record: Record<'_>,
    positions: &[Option<usize>],
    rejections: &mut Rejections,
) {
    match record {
        Record::Refused { line, reason } => {
            rejections.reject(line, &reason);
            chunk.records.push((line, Cells::Refused));
        }
        Record::Cells { line, cells } => {
            for position in positions {
                chunk.text.push_str(position.and_then(|position| cells.get(position)).unwrap_or_default());
                // A chunk holds a megabyte and one record, far below four gigabytes.
                chunk.cell_ends.push(u32::try_from(chunk.text.len()).unwrap_or(u32::MAX));
            }
            chunk.records.push((line, Cells::Present));
        }
    }
}

/// Stops everyone when a hashing thread ends by a panic, so that the reader does not wait for it.
struct StopOnPanic<'a>(&'a Budget);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

fn work(
    plan: &BlockPlan,
    jobs: &Mutex<Receiver<BlockJob>>,
    sink: &(dyn Fn(SealedBlock) -> Result<(), Stopped> + Sync),
    budget: &Budget,
) {
    let _guard = StopOnPanic(budget);
    let mut hasher = RecordHasher::new(&plan.salt, &plan.columns, plan.tokens_max);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let Some(block) = seal(plan, &mut hasher, job, budget) else { return };
        if sink(block).is_err() {
            budget.stop();
            return;
        }
    }
}

/// Hashes one block's records and seals them. `None` when the work was stopped in the middle.
fn seal(plan: &BlockPlan, hasher: &mut RecordHasher, job: BlockJob, budget: &Budget) -> Option<SealedBlock> {
    let mut rejections = Rejections::default();
    while let Ok(chunk) = job.chunks.recv() {
        hash_chunk(hasher, &chunk, &plan.columns, &mut rejections);
    }
    if budget.is_stopped() {
        return None;
    }
    let rows = hasher.finish();
    let header = BlockHeader {
        store_id: plan.store_id,
        key_id: plan.key_id,
        plan_digest: edm_block::plan_digest(&plan.columns, plan.tokens_max),
        operation: plan.operation,
        number: job.number,
        first_row: job.first_row,
        row_count: rows.row_count,
    };
    let bytes = edm_block::write(&header, &rows);
    // Of the whole block as it is sent, its own checksum included: the digest that the session's is made of.
    let sha256 = Sha256::digest(&bytes).into();
    Some(SealedBlock { number: job.number, bytes, sha256, rejections })
}

fn hash_chunk(hasher: &mut RecordHasher, chunk: &Chunk, columns: &Columns, rejections: &mut Rejections) {
    let width = columns.as_slice().len();
    let mut first_cell = 0;
    for (line, cells) in &chunk.records {
        if *cells == Cells::Refused {
            hasher.push_rejected();
            continue;
        }
        let cells = (first_cell..first_cell + width).map(|cell| chunk.cell(cell));
        first_cell += width;
        note(hasher.push(cells), *line, columns, rejections);
    }
}

/// Counts what hashing refused. A cell that is only too long to be matched is told, but its line is not bad.
pub(crate) fn note(outcome: RecordOutcome, line: u64, columns: &Columns, rejections: &mut Rejections) {
    let name = |column: usize| columns.as_slice().get(column).map_or("?", |column| column.name.as_str());
    match outcome {
        RecordOutcome::Accepted { refused_cells } => {
            let mut bad = false;
            for (column, refusal) in refused_cells {
                rejections.note(line, &format!("{}: {refusal}", name(column)));
                bad |= !matches!(refusal, edm_hash::CellRefusal::TooManyTokens);
            }
            rejections.bad_lines += u64::from(bad);
        }
        RecordOutcome::Rejected(refusal) => rejections.reject(line, &refusal.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::NoProgress;
    use crate::source::{ExtraColumns, open_bytes};
    use edm_model::{Column, DataType};
    use std::io::Cursor;

    fn columns() -> Columns {
        Columns::new(vec![
            Column::text("ssn").searchable(),
            Column::text("account").typed(DataType::Digits { width: Some(8) }),
        ])
        .expect("valid")
    }

    fn seal_all(
        table: &str,
        rows_per_block: u32,
        workers: usize,
        skip: &[u32],
    ) -> (Outcome, Vec<SealedBlock>) {
        let source = open_bytes(Box::new(Cursor::new(table.as_bytes().to_vec())), None).expect("opens");
        let mut reader = RecordReader::new(source, &columns(), ExtraColumns::Refuse).expect("a header");
        let plan = BlockPlan {
            store_id: StoreId::from_bytes([1; 16]),
            key_id: KeyId::from_bytes([2; 16]),
            columns: columns(),
            tokens_max: 64,
            salt: Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt"),
            rows_per_block,
            skip: skip.iter().copied().collect(),
            operation: Operation::Upsert,
            workers,
        };
        let sealed = Mutex::new(Vec::new());
        let sink = |block| {
            sealed.lock().expect("no panic").push(block);
            Ok(())
        };
        let outcome = run(&mut reader, &plan, &sink, &NoProgress, None).expect("reads");
        let mut sealed = sealed.into_inner().expect("no panic");
        sealed.sort_by_key(|block| block.number);
        (outcome, sealed)
    }

    fn table(records: usize) -> String {
        let mut text = "account,ssn\n".to_owned();
        for record in 0..records {
            text.push_str(&match record % 10 {
                3 => "too,many,cells\n".to_owned(),
                7 => format!("no digits,900-01-{record:04}\n"),
                _ => format!("{record},900-01-{record:04}\n"),
            });
        }
        text
    }

    /// However many threads there are and whatever is skipped, a block has the same bytes.
    #[test]
    fn blocks_are_the_same_with_any_number_of_threads() {
        let text = table(95);
        let (outcome, one) = seal_all(&text, 20, 1, &[]);
        let (_, four) = seal_all(&text, 20, 4, &[]);
        let (resumed, rest) = seal_all(&text, 20, 3, &[0, 2, 3]);
        assert_eq!((outcome.records, outcome.blocks, resumed.records, resumed.blocks), (95, 5, 95, 5));
        let bytes =
            |blocks: &[SealedBlock]| blocks.iter().map(|block| block.bytes.clone()).collect::<Vec<_>>();
        assert_eq!(bytes(&one), bytes(&four));
        assert_eq!(rest.iter().map(|block| block.number).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(rest[0].bytes, one[1].bytes);
        assert_eq!(rest[1].bytes, one[4].bytes);
    }

    #[test]
    fn blocks_say_which_rows_they_hold_and_what_was_refused() {
        let (outcome, sealed) = seal_all(&table(95), 20, 2, &[]);
        let mut rejections = outcome.rejections.clone();
        for (number, block) in sealed.iter().enumerate() {
            let opened = edm_block::Block::open(&block.bytes).expect("is sealed well");
            assert_eq!(block.sha256, <[u8; 32]>::from(Sha256::digest(&block.bytes)));
            assert_eq!(opened.header().first_row, number as u64 * 20);
            assert_eq!(opened.header().row_count, if number == 4 { 15 } else { 20 });
            rejections.merge(&block.rejections);
        }
        // Records 3, 13 … 93 have too many cells; 7, 17 … 87 an account without digits.
        assert_eq!((rejections.rejected_records, rejections.bad_lines), (10, 19));
        let wrong = &rejections.reasons["wrong number of cells (the header has 2)"];
        assert_eq!((wrong.count, wrong.lines[0]), (10, 5));
        let refused = &rejections.reasons["account: the cell is no value of the column's data type"];
        assert_eq!((refused.count, refused.lines[0]), (9, 9));
    }

    #[test]
    fn a_sink_that_stops_ends_the_reading() {
        let text = table(20_000);
        let source = open_bytes(Box::new(Cursor::new(text.into_bytes())), None).expect("opens");
        let mut reader = RecordReader::new(source, &columns(), ExtraColumns::Refuse).expect("a header");
        let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt");
        let plan = BlockPlan {
            store_id: StoreId::from_bytes([1; 16]),
            key_id: KeyId::from_bytes([2; 16]),
            columns: columns(),
            tokens_max: 64,
            salt,
            rows_per_block: 8,
            skip: BTreeSet::new(),
            operation: Operation::Upsert,
            workers: 2,
        };
        let stopped = run(&mut reader, &plan, &|_| Err(Stopped), &NoProgress, None);
        assert_eq!(*stopped.expect_err("nobody takes blocks").kind(), ErrorKind::Interrupted);
    }
}
