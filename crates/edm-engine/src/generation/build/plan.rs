//! From the hashed rows of a session's blocks to the files of a generation.
//!
//! Every job makes one file, needs no other job's, and makes the same bytes however often it runs and in whatever group:
//! a group is jobs that are given each block together, so that it is read and opened once for all of them.

use std::sync::Arc;

use edm_hash::Salt;
use edm_model::{Columns, KeyId, SessionId, StoreId, limits};

use crate::FileBytes;
use crate::error::{Error, ErrorKind};
pub use crate::generation::build::builder::{Builder, BuiltFile};
use crate::generation::build::delta::DeltaBase;
use crate::generation::build::entries_builder::GATHERED_VALUE_BYTES;
use crate::generation::format::entries_file::{EntriesFile, Statistics};
use crate::generation::format::layout;
use crate::generation::format::manifest::{ColumnFacts, FileFacts, Manifest, Source};
use crate::generation::format::rows_file::RowsFile;
use crate::generation::format::rules_file::{ColumnSummary, RulesFile, TAGS_MAX};
use crate::generation::read::column_classes;
use crate::generation::read::generation::Generation;

/// Memory that all groups at once may take, unless the caller says otherwise.
pub const BUILD_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;
/// Memory that one entry job may take, unless the caller says otherwise. Each needs every block, so that few large ones
/// cost less than many small ones; two of them at once, one of them with the rules, stay within `BUILD_BYTES_DEFAULT`.
pub const PART_BYTES_DEFAULT: u64 = 768 * 1024 * 1024;
/// What a group holds beside its builder: a block as it is read, and as it is decrypted.
const BLOCKS_IN_HAND_BYTES: u64 = 2 * limits::BLOCK_BYTES_MAX as u64;
/// Row files that there are at once: one is made, one waits, one is stored.
const ROWS_FILES_IN_HAND: u64 = 3;
const PART_BITS_MAX: u32 = 12;
/// What one value takes at most: gathered, sorted aside, and its share of the file under construction. Columns are sorted
/// and written one after the other: of several, all together take about half of it.
const VALUE_BYTES: u64 = 32;
/// From so many values on there are two parts at least, so that two cores have work.
const VALUES_ALONE_MAX: u64 = 1_000_000;

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
    pub(crate) input: PlanInput,
    pub(crate) part_bits: u32,
    /// Records in the blocks.
    pub(crate) rows: u32,
    /// What it builds on, if it is a delta's.
    pub(crate) base: Option<DeltaBase>,
}

/// One independent piece of the work: makes one file. Several can share a pass over the blocks ([`Plan::groups`]).
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
    /// The entries of one part of the address space that were brought by this delta and those before it.
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
        let values = u64::from(rows) * input.columns.as_slice().len() as u64;
        Ok(Self { part_bits: part_bits(values, input.part_bytes), input, rows, base: None })
    }

    /// Plans a delta: what the base generation holds stays, rows that the blocks bring are added, and those of a key that
    /// they name are found no more. Fails with `BadPlan` where the input does not fit the base or no column is the key,
    /// and with `Full` where the base has no room for the rows.
    pub fn delta(input: PlanInput, base: Arc<Generation>) -> Result<Self, Error> {
        let rows = row_total(&input.blocks)?;
        let base = DeltaBase::new(&input, rows, base)?;
        let part_bits = part_bits(base.gathered_values, input.part_bytes);
        Ok(Self { part_bits, input, rows, base: Some(base) })
    }

    /// Returns the jobs, which can be done in any order. The longest come first: when they are done, the short ones keep
    /// every core busy to the end.
    pub fn jobs(&self) -> Vec<BuildJob> {
        let first_file = self.base.as_ref().map_or(0, |base| base.rows_file_count);
        let rows = self.input.blocks.iter();
        let rows = rows.map(|block| BuildJob::Rows { block: block.number, file: first_file + block.number });
        let delta = self.delta_part_bits().is_some();
        let entries = (0..1u16 << self.part_bits)
            .map(|part| if delta { BuildJob::Delta { part } } else { BuildJob::Entries { part } });
        entries.chain([BuildJob::Rules]).chain(rows).collect()
    }

    /// Returns the names of the base's files that are the new generation's too: copies of them stand beside what the
    /// jobs make.
    pub fn carried(&self) -> Vec<String> {
        let files = self.base.iter().flat_map(DeltaBase::carried);
        files.map(|file| file.name.clone()).collect()
    }

    /// Returns the part bits of what deltas brought, where the plan keeps it apart.
    fn delta_part_bits(&self) -> Option<u32> {
        self.base.as_ref().filter(|base| !base.compacts).map(|_| self.part_bits)
    }

    /// Returns the name of the file that a job makes.
    pub fn file_name(job: BuildJob) -> String {
        match job {
            BuildJob::Rows { file, .. } => format!("rows-{file:06}"),
            BuildJob::Entries { part } => format!("entries-{part:05}"),
            BuildJob::Delta { part } => format!("delta-{part:05}"),
            BuildJob::Rules => "rules".to_owned(),
        }
    }

    /// Returns the jobs in groups that each share one pass over the blocks, for so many groups at once in so much memory.
    ///
    /// Parts come alone where other groups would else have nothing to do, and take row files along where they would not;
    /// rules go with the last part where there is memory for it.
    pub fn groups(&self, at_once: usize, memory_bytes: u64) -> Vec<Vec<BuildJob>> {
        let mut groups: Vec<Vec<BuildJob>> = Vec::new();
        let (mut rows, mut rules) = (Vec::new(), Vec::new());
        for job in self.jobs() {
            match job {
                BuildJob::Rows { .. } => rows.push(job),
                BuildJob::Rules => rules.push(job),
                BuildJob::Entries { .. } | BuildJob::Delta { .. } => groups.push(vec![job]),
            }
        }
        let parts = groups.len();
        if at_once > parts {
            let idle = (at_once - parts).min(rows.len().max(1));
            groups.resize(parts + idle, Vec::new());
            groups[parts].append(&mut rules);
        }
        let taking = if at_once > parts { &mut groups[parts..] } else { &mut groups[..] };
        let count = taking.len();
        rows.into_iter().enumerate().for_each(|(place, job)| taking[place % count].push(job));
        if at_once <= parts {
            let with_rules = [groups[parts - 1].as_slice(), &rules].concat();
            let others = groups[..parts - 1].iter().map(|group| self.memory_bytes(group)).max();
            let others = others.unwrap_or(0) * at_once.saturating_sub(1) as u64;
            if self.memory_bytes(&with_rules).saturating_add(others) <= memory_bytes {
                groups[parts - 1] = with_rules;
            } else {
                groups.push(rules);
            }
        }
        groups
    }

    /// Returns the numbers of the blocks that these jobs together must be given, in ascending order.
    pub fn required_blocks(&self, jobs: &[BuildJob]) -> Vec<u32> {
        let own = jobs.iter().map(|job| match job {
            BuildJob::Rows { block, .. } => Some(*block),
            BuildJob::Entries { .. } | BuildJob::Delta { .. } | BuildJob::Rules => None,
        });
        let Some(mut own) = own.collect::<Option<Vec<u32>>>() else {
            return (0..self.input.blocks.len() as u32).collect();
        };
        own.sort_unstable();
        own
    }

    /// Returns about how much memory a group takes, the blocks that it is given one by one included.
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
                let values = u64::from(self.rows) * self.input.columns.as_slice().len() as u64;
                let values = self.base.as_ref().map_or(values, |base| base.gathered_values);
                // The largest column once more while it is sorted; no column has more values than there are rows.
                let aside = values.min(u64::from(self.rows_end()));
                ((values + aside) * GATHERED_VALUE_BYTES) >> self.part_bits
            }
            // Tags as they are gathered, and as they are written.
            BuildJob::Rules => limits::BLOCK_BYTES_MAX as u64 + 3 * 4 * TAGS_MAX as u64,
        }
    }

    fn rows_file_bytes(&self, job: BuildJob) -> u64 {
        let BuildJob::Rows { block, .. } = job else { return 0 };
        let rows = self.input.blocks.get(block as usize).map_or(0, |block| u64::from(block.row_count));
        rows * self.input.columns.as_slice().len() as u64 * 4
    }

    /// Starts a group of jobs, each of them at most once. They share one pass over the blocks that they require.
    pub fn builder(&self, jobs: &[BuildJob], salt: &Salt) -> Builder<'_> {
        Builder::new(self, jobs, salt)
    }

    /// Returns the row that the first record of the blocks becomes.
    pub(crate) fn first_row(&self) -> u32 {
        self.base.as_ref().map_or(0, DeltaBase::rows)
    }

    pub(crate) fn rows_end(&self) -> u32 {
        self.first_row() + self.rows
    }
}

fn row_total(blocks: &[BlockFacts]) -> Result<u32, Error> {
    let mut next = 0u64;
    for (number, block) in blocks.iter().enumerate() {
        if block.number as usize != number || block.first_row != next {
            return Err(Error::new(ErrorKind::BadPlan, "plan"));
        }
        next += u64::from(block.row_count);
    }
    if next == 0 || next > limits::ROWS_MAX {
        return Err(Error::new(ErrorKind::BadPlan, "plan"));
    }
    u32::try_from(next).map_err(|_| Error::new(ErrorKind::BadPlan, "plan"))
}

fn part_bits(values: u64, part_bytes: u64) -> u32 {
    let parts = values.saturating_mul(VALUE_BYTES).div_ceil(part_bytes.max(1));
    let parts = if values > VALUES_ALONE_MAX { parts.max(2) } else { parts };
    (64 - parts.saturating_sub(1).leading_zeros()).min(PART_BITS_MAX)
}

/// A file that a job made, read and found whole, and what it says.
#[derive(Debug)]
pub struct Checked {
    job: BuildJob,
    file: FileFacts,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Rows { rejected: u32 },
    Entries { statistics: Vec<Statistics>, superseded: Vec<u32> },
    Rules(Vec<ColumnSummary>),
}

impl Checked {
    /// Returns the place of the file in the manifest, whatever the order of the jobs.
    fn place(&self) -> (u8, u32) {
        match self.job {
            BuildJob::Rows { file, .. } => (0, file),
            BuildJob::Entries { part } | BuildJob::Delta { part } => (1, u32::from(part)),
            BuildJob::Rules => (2, 0),
        }
    }
}

/// What the files say together.
struct Built {
    files: Vec<FileFacts>,
    statistics: Vec<Statistics>,
    summaries: Vec<ColumnSummary>,
    superseded: Vec<u32>,
    rejected: u32,
}

/// Opens the file that a job made and reads every byte of it.
pub fn check(
    plan: &Plan,
    job: BuildJob,
    open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
) -> Result<Checked, Error> {
    let (columns, rules) = (plan.input.columns.as_slice().len(), plan.input.columns.rules().len());
    let name = Plan::file_name(job);
    let bytes = open_file(&name).map_err(|source| Error::unreadable(&name, source))?;
    let whole: &[u8] = (*bytes).as_ref();
    let sha256 = layout::verify_checksum(whole, &name)?;
    let length = whole.len() as u64;
    let content = match job {
        BuildJob::Rows { .. } => {
            Content::Rows { rejected: RowsFile::open(bytes, columns, &name)?.rejected_count }
        }
        BuildJob::Entries { part } | BuildJob::Delta { part } => {
            let file = EntriesFile::open(bytes, columns, rules, plan.part_bits, &name)?;
            if file.part != part {
                return Err(Error::damaged(&name));
            }
            let statistics = file.columns.iter().map(|table| table.statistics).collect();
            Content::Entries { statistics, superseded: file.superseded().collect() }
        }
        BuildJob::Rules => {
            let opened = RulesFile::open(whole, (columns, rules), plan.input.tokens_max, &name)?;
            Content::Rules(opened.columns)
        }
    };
    Ok(Checked { job, file: FileFacts { name, length, sha256 }, content })
}

/// Opens and verifies every file that the jobs made, one after the other, judges the columns and returns the manifest.
/// Files carried over from the base of a delta are not opened, and its columns stay judged as they are.
pub fn manifest(
    plan: &Plan,
    open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
) -> Result<Vec<u8>, Error> {
    let checked = plan.jobs().into_iter().map(|job| check(plan, job, open_file)).collect::<Result<_, _>>()?;
    Ok(manifest_of(plan, checked))
}

/// As `manifest`, from files that were checked each by itself, in any order.
///
/// # Panics
/// If the file of a job is missing: that is a mistake of the caller.
pub fn manifest_of(plan: &Plan, mut checked: Vec<Checked>) -> Vec<u8> {
    checked.sort_by_key(Checked::place);
    checked.dedup_by_key(|checked| checked.job);
    assert_eq!(
        checked.len(),
        plan.jobs().len(),
        "a manifest is written when the file of every job was checked"
    );
    let input = &plan.input;
    let built = united(input, checked);
    let facts = match &plan.base {
        Some(base) => base.facts(&built.summaries),
        None => judged(input, &built),
    };
    let own = Source { session_id: input.session_id, first_row: plan.first_row(), rows: plan.rows };
    let manifest = Manifest {
        store_id: input.store_id,
        base_session_id: input.session_id,
        key_id: input.key_id,
        tokens_max: input.tokens_max,
        part_bits: plan.part_bits,
        delta_part_bits: plan.delta_part_bits(),
        sources: vec![own],
        rows: plan.rows_end(),
        rejected: built.rejected,
        tombstones: built.superseded,
        columns: input.columns.clone(),
        facts,
        files: built.files,
    };
    match &plan.base {
        Some(base) => base.extended(manifest).write(),
        None => manifest.write(),
    }
}

fn united(input: &PlanInput, checked: Vec<Checked>) -> Built {
    let mut out = Built {
        files: Vec::new(),
        statistics: vec![Statistics::default(); input.columns.as_slice().len()],
        summaries: Vec::new(),
        superseded: Vec::new(),
        rejected: 0,
    };
    for Checked { file, content, .. } in checked {
        out.files.push(file);
        match content {
            Content::Rows { rejected } => out.rejected += rejected,
            Content::Entries { statistics, superseded } => {
                out.superseded.extend(superseded);
                out.statistics.iter_mut().zip(&statistics).for_each(|(own, part)| own.add(part));
            }
            Content::Rules(summaries) => out.summaries = summaries,
        }
    }
    out.superseded.sort_unstable();
    out.superseded.dedup();
    out
}

fn judged(input: &PlanInput, built: &Built) -> Vec<ColumnFacts> {
    let columns = input.columns.as_slice().iter().zip(&built.statistics).zip(&built.summaries);
    let facts = columns.map(|((column, own), summary)| {
        let judgement = column_classes::judge(column, own, summary);
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
    facts.collect()
}
