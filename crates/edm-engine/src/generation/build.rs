//! From the hashed rows of a session's blocks to the files of a generation.
//!
//! Every job makes one file, needs no other job's, and makes the same bytes however often it runs.

use edm_hash::{RowKey, RowsView, Salt};
use edm_model::{Columns, KeyId, SessionId, StoreId, limits};

use super::classes;
use super::entries_file::{EntriesBuilder, EntriesFile, Statistics};
use super::layout;
use super::manifest::{ColumnFacts, FileFacts, Manifest};
use super::rows_file::{self, RowsFile};
use super::rules_file::{RulesBuilder, RulesFile, TAGS_MAX};
use crate::FileBytes;
use crate::error::{Error, ErrorKind};

/// Memory that one entry job may take for what it gathers, unless the caller says otherwise.
pub const PART_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
const PART_BITS_MAX: u32 = 12;
/// What one gathered value takes, with its share of the file under construction.
const VALUE_BYTES: u64 = 32;

/// One block of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockFacts {
    /// Its number.
    pub number: u32,
    /// The ordinal of its first record.
    pub first_row: u64,
    /// Its records, rejected ones included.
    pub row_count: u32,
}

/// What a generation is built from.
#[derive(Debug, Clone)]
pub struct PlanInput {
    /// The store.
    pub store_id: StoreId,
    /// The session.
    pub session_id: SessionId,
    /// The salt of the session.
    pub key_id: KeyId,
    /// The columns as the session holds them.
    pub columns: Columns,
    /// The longest value in atoms.
    pub tokens_max: u32,
    /// The blocks in order.
    pub blocks: Vec<BlockFacts>,
    /// Memory that one entry job may take: the less, the more parts there are.
    pub part_bytes: u64,
}

/// A checked plan: which files a generation will have.
#[derive(Debug, Clone)]
pub struct Plan {
    input: PlanInput,
    part_bits: u32,
    rows: u32,
}

/// One independent piece of the work: makes one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuildJob {
    /// The row checks of one block.
    Rows {
        /// Its number.
        block: u32,
    },
    /// The entries of one part of the address space.
    Entries {
        /// The part.
        part: u16,
    },
    /// What the blocks say of shapes and vocabulary.
    Rules,
}

impl Plan {
    /// Checks that the blocks follow one another from row 0 on, and decides how the work is cut.
    pub fn new(input: PlanInput) -> Result<Self, Error> {
        let mut next = 0u64;
        for (number, block) in input.blocks.iter().enumerate() {
            if block.number as usize != number || block.first_row != next {
                return Err(Error::new(ErrorKind::BadPlan, "plan"));
            }
            next += u64::from(block.row_count);
        }
        if next == 0 || next > limits::ROWS_MAX {
            return Err(Error::new(ErrorKind::BadPlan, "plan"));
        }
        let bytes = next * input.columns.as_slice().len() as u64 * VALUE_BYTES;
        let parts = bytes.div_ceil(input.part_bytes.max(1));
        let part_bits = (64 - parts.saturating_sub(1).leading_zeros()).min(PART_BITS_MAX);
        Ok(Self { input, part_bits, rows: next as u32 })
    }

    /// Returns the jobs, in any order of which they can be done.
    pub fn jobs(&self) -> Vec<BuildJob> {
        let rows = self.input.blocks.iter().map(|block| BuildJob::Rows { block: block.number });
        let entries = (0..1u16 << self.part_bits).map(|part| BuildJob::Entries { part });
        rows.chain(entries).chain([BuildJob::Rules]).collect()
    }

    /// Returns the name of the file that a job makes.
    pub fn file_name(job: BuildJob) -> String {
        match job {
            BuildJob::Rows { block } => format!("rows-{block:06}"),
            BuildJob::Entries { part } => format!("entries-{part:05}"),
            BuildJob::Rules => "rules".to_owned(),
        }
    }

    /// Returns the numbers of the blocks that a job must be given, in ascending order.
    pub fn required_blocks(&self, job: BuildJob) -> std::ops::Range<u32> {
        match job {
            BuildJob::Rows { block } => block..block + 1,
            BuildJob::Entries { .. } | BuildJob::Rules => 0..self.input.blocks.len() as u32,
        }
    }

    /// Returns about how much memory a job takes, its blocks apart.
    pub fn memory_bytes(&self, job: BuildJob) -> u64 {
        let columns = self.input.columns.as_slice().len() as u64;
        match job {
            BuildJob::Rows { block } => {
                let rows =
                    self.input.blocks.get(block as usize).map_or(0, |block| u64::from(block.row_count));
                rows * columns * 4
            }
            BuildJob::Entries { .. } => (u64::from(self.rows) * columns * VALUE_BYTES) >> self.part_bits,
            // Tags as they are gathered, and as they are written.
            BuildJob::Rules => limits::BLOCK_BYTES_MAX as u64 + 3 * 4 * TAGS_MAX as u64,
        }
    }

    /// Starts a job.
    pub fn builder(&self, job: BuildJob, salt: &Salt) -> Builder<'_> {
        let work = match job {
            BuildJob::Rows { .. } => {
                let key = RowKey::derive(salt, self.input.store_id, self.input.session_id);
                Work::Rows(Box::new(key), Vec::new())
            }
            BuildJob::Entries { part } => {
                Work::Entries(EntriesBuilder::new(&self.input.columns, part, self.part_bits, self.rows))
            }
            BuildJob::Rules => Work::Rules(RulesBuilder::default()),
        };
        let blocks = self.required_blocks(job);
        Builder { plan: self, next: blocks.start, end: blocks.end, work }
    }
}

enum Work {
    Rows(Box<RowKey>, Vec<u8>),
    Entries(EntriesBuilder),
    Rules(RulesBuilder),
}

/// A job that is being given its blocks.
pub struct Builder<'a> {
    plan: &'a Plan,
    next: u32,
    end: u32,
    work: Work,
}

impl Builder<'_> {
    /// Takes the rows of the next block. Fails if it is not the one that the plan says.
    pub fn add(&mut self, number: u32, rows: &RowsView<'_>) -> Result<(), Error> {
        let block = self.plan.input.blocks.get(number as usize);
        let block = block.filter(|block| number == self.next && block.row_count == rows.row_count);
        let columns = rows.columns.len() == self.plan.input.columns.as_slice().len();
        let Some(block) = block.filter(|_| columns) else {
            return Err(Error::new(ErrorKind::ForeignRows, "block"));
        };
        let first_row = block.first_row as u32;
        match &mut self.work {
            Work::Rows(key, out) => *out = rows_file::write(key, first_row, rows),
            Work::Entries(builder) => builder.add(first_row, rows),
            Work::Rules(builder) => builder.add(rows),
        }
        self.next += 1;
        Ok(())
    }

    /// Returns the bytes of the file.
    ///
    /// # Panics
    /// If a required block was not given: that is a mistake of the caller.
    pub fn finish(self) -> Vec<u8> {
        assert_eq!(self.next, self.end, "a builder is finished when it has been given all of its blocks");
        match self.work {
            Work::Rows(_, out) => out,
            Work::Entries(builder) => builder.finish(),
            Work::Rules(builder) => builder.finish(),
        }
    }
}

/// Opens and verifies every file that the jobs made, judges the columns and returns the manifest.
pub fn manifest(
    plan: &Plan,
    open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
) -> Result<Vec<u8>, Error> {
    let input = &plan.input;
    let (columns, rules) = (input.columns.as_slice().len(), input.columns.rules().len());
    let mut files = Vec::new();
    let mut statistics = vec![Statistics::default(); columns];
    let mut summaries = Vec::new();
    let mut tombstones = Vec::new();
    let mut rejected = 0u32;
    for job in plan.jobs() {
        let name = Plan::file_name(job);
        let bytes = open_file(&name).map_err(|source| Error::unreadable(&name, source))?;
        let whole: &[u8] = (*bytes).as_ref();
        let sha256 = layout::verify_checksum(whole, &name)?;
        files.push(FileFacts { name: name.clone(), length: whole.len() as u64, sha256 });
        match job {
            BuildJob::Rows { .. } => rejected += RowsFile::open(bytes, columns, &name)?.rejected_count,
            BuildJob::Entries { part } => {
                let file = EntriesFile::open(bytes, columns, rules, plan.part_bits, &name)?;
                if file.part != part {
                    return Err(Error::damaged(&name));
                }
                tombstones.extend(file.superseded());
                for (index, table) in file.columns.iter().enumerate() {
                    statistics[index].add(&table.statistics);
                }
            }
            BuildJob::Rules => {
                summaries = RulesFile::open(whole, (columns, rules), input.tokens_max, &name)?.columns
            }
        }
    }
    tombstones.sort_unstable();
    let facts =
        input.columns.as_slice().iter().enumerate().zip(&summaries).map(|((index, column), summary)| {
            let own = &statistics[index];
            let judgement = classes::judge(column, own, summary);
            ColumnFacts {
                class: judgement.class,
                values: own.values,
                distinct: own.distinct,
                too_long: summary.too_long,
                refused: summary.refused,
                placeholders: summary.placeholders,
                agreement: judgement.agreement,
                capacity_log10: judgement.capacity_log10,
            }
        });
    let manifest = Manifest {
        store_id: input.store_id,
        session_id: input.session_id,
        key_id: input.key_id,
        tokens_max: input.tokens_max,
        part_bits: plan.part_bits,
        rows: plan.rows,
        rejected,
        tombstones,
        columns: input.columns.clone(),
        facts: facts.collect(),
        files,
    };
    Ok(manifest.write())
}
