//! Which files a generation will have, and which jobs make them.
//!
//! Every job makes one file, needs no other job's, and makes the same bytes however often it runs
//! and in whatever group: a group is jobs that are given each block together, so that it is read
//! and opened once for all of them.

use std::sync::Arc;

use edm_model::limits;

use crate::error::Error;
use crate::generation::build::delta::DeltaBase;
use crate::generation::build::entries_builder::GATHERED_VALUE_BYTES;
use crate::generation::build::plan_input::{PlanInput, part_bits, row_total};
use crate::generation::build::rules_builder::TAGS_MAX;
use crate::generation::format::file_id::{FileId, FileKind};
use crate::generation::read::generation::Generation;

/// Memory that all groups at once may take, unless the caller says otherwise.
pub const BUILD_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;
/// What a group holds beside its builder: a block as it is read, and as it is decrypted.
const BLOCKS_IN_HAND_BYTES: u64 = 2 * limits::BLOCK_BYTES_MAX as u64;
/// Row files that there are at once: one is made, one waits, one is stored.
const ROWS_FILES_IN_HAND: u64 = 3;

/// A checked plan: which files a generation will have.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) input: PlanInput,
    pub(crate) part_bits: u32,
    /// Records in the blocks.
    pub(crate) rows: u32,
    /// What it builds on, if it is a delta's.
    pub(crate) base: Option<DeltaBase>,
}

/// One independent piece of the work: makes one file. Several can share a pass over the blocks
/// ([`Plan::groups`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuildJob {
    /// The row checks of one block.
    Rows {
        /// Its number.
        block: u32,
        /// The number of the file: row files of the base come first.
        file: u32,
    },
    /// The entries of one part of the address space.
    Entries {
        /// The part.
        part: u16,
    },
    /// The entries of one part of the address space that were brought by this delta and those
    /// before it.
    Delta {
        /// The part.
        part: u16,
    },
    /// What the blocks say of shapes and vocabulary.
    Rules,
}

impl Plan {
    /// Checks that the blocks follow one another from row 0 on, and decides how the work is cut.
    pub fn new(input: PlanInput) -> Result<Self, Error> {
        let rows = row_total(&input.blocks)?;
        let values = input.values_max(rows);
        Ok(Self { part_bits: part_bits(values, input.part_bytes), input, rows, base: None })
    }

    /// Plans a delta: what the base generation holds stays, rows that the blocks bring are added,
    /// and those of a key that they name are found no more. Fails with `BadPlan` where the input
    /// does not fit the base or no column is the key, and with `Full` where the base has no room
    /// for the rows.
    pub fn delta(input: PlanInput, base: Arc<Generation>) -> Result<Self, Error> {
        let rows = row_total(&input.blocks)?;
        let base = DeltaBase::new(&input, rows, base)?;
        let part_bits = part_bits(base.gathered_values, input.part_bytes);
        Ok(Self { part_bits, input, rows, base: Some(base) })
    }

    /// Returns the jobs, which can be done in any order. The longest come first: when they are
    /// done, the short ones keep every core busy to the end.
    pub fn jobs(&self) -> Vec<BuildJob> {
        let first_file = self.base.as_ref().map_or(0, |base| base.rows_file_count);
        let rows = self.input.blocks.iter();
        let rows = rows.map(|block| BuildJob::Rows { block: block.number, file: first_file + block.number });
        let delta = self.delta_part_bits().is_some();
        let entries = (0..1u16 << self.part_bits)
            .map(|part| if delta { BuildJob::Delta { part } } else { BuildJob::Entries { part } });
        // The longest first: entries need every block, rules a pass, rows one block each.
        entries.chain([BuildJob::Rules]).chain(rows).collect()
    }

    /// Returns the names of the base's files that are the new generation's too: copies of them
    /// are part of it, beside what the jobs make.
    pub fn carried(&self) -> Vec<String> {
        let files = self.base.iter().flat_map(DeltaBase::carried);
        files.map(|file| file.id.to_string()).collect()
    }

    /// Returns the part bits of what deltas brought, where the plan keeps it apart.
    pub(crate) fn delta_part_bits(&self) -> Option<u32> {
        self.base.as_ref().filter(|base| !base.compacts).map(|_| self.part_bits)
    }

    /// Returns the name of the file that a job makes.
    pub fn file_name(job: BuildJob) -> String {
        Self::file_id(job).to_string()
    }

    pub(crate) fn file_id(job: BuildJob) -> FileId {
        let of = |kind, number| FileId { kind, number };
        match job {
            BuildJob::Rows { file, .. } => of(FileKind::Rows, file),
            BuildJob::Entries { part } => of(FileKind::Entries, u32::from(part)),
            BuildJob::Delta { part } => of(FileKind::Delta, u32::from(part)),
            BuildJob::Rules => FileId::RULES,
        }
    }

    /// Returns the number of the session among the sources of the generation.
    pub(crate) fn source(&self) -> u32 {
        self.base.as_ref().map_or(0, DeltaBase::source_count)
    }

    /// Returns the numbers of the blocks that these jobs together must be given, in ascending
    /// order.
    pub fn required_blocks(&self, jobs: &[BuildJob]) -> Vec<u32> {
        let single_blocks = jobs.iter().map(|job| match job {
            BuildJob::Rows { block, .. } => Some(*block),
            BuildJob::Entries { .. } | BuildJob::Delta { .. } | BuildJob::Rules => None,
        });
        // A group with anything but row files needs all blocks.
        let Some(mut blocks) = single_blocks.collect::<Option<Vec<u32>>>() else {
            return (0..self.input.blocks.len() as u32).collect();
        };
        blocks.sort_unstable();
        blocks
    }

    /// Returns about how much memory a group takes, the blocks that it is given one by one
    /// included.
    pub fn memory_bytes(&self, jobs: &[BuildJob]) -> u64 {
        let whole = jobs.iter().map(|job| self.table_bytes(*job)).sum::<u64>();
        let rows = jobs.iter().map(|job| self.rows_file_bytes(*job)).max().unwrap_or(0);
        whole + rows * ROWS_FILES_IN_HAND + BLOCKS_IN_HAND_BYTES
    }

    /// Returns about how much a job holds from its first block to its last.
    fn table_bytes(&self, job: BuildJob) -> u64 {
        match job {
            BuildJob::Rows { .. } => 0,
            BuildJob::Entries { .. } | BuildJob::Delta { .. } => {
                let values = self.input.values_max(self.rows);
                let values = self.base.as_ref().map_or(values, |base| base.gathered_values);
                // The sorter's scratch is as large as the largest column, and no column has more
                // values than rows.
                let aside = values.min(u64::from(self.rows_end()));
                ((values + aside) * GATHERED_VALUE_BYTES) >> self.part_bits
            }
            // Tags as they are gathered, and as they are written.
            BuildJob::Rules => limits::BLOCK_BYTES_MAX as u64 + 3 * 4 * TAGS_MAX as u64,
        }
    }

    fn rows_file_bytes(&self, job: BuildJob) -> u64 {
        let BuildJob::Rows { block, .. } = job else { return 0 };
        // The jobs are the plan's: each names a block of it.
        let rows = u64::from(self.input.blocks[block as usize].row_count);
        rows * self.input.columns.as_slice().len() as u64 * 4
    }

    /// Returns the row that the first record of the blocks becomes.
    pub(crate) fn first_row(&self) -> u32 {
        self.base.as_ref().map_or(0, DeltaBase::rows)
    }

    pub(crate) fn rows_end(&self) -> u32 {
        self.first_row() + self.rows
    }
}
