//! A group of jobs that is being given its blocks, each once for all of them.

use std::collections::VecDeque;
use std::iter::Peekable;

use edm_hash::{RowKey, RowsView, Salt};

use crate::error::{Error, ErrorKind};
use crate::generation::build::entries_builder::EntriesBuilder;
use crate::generation::build::plan::{BuildJob, Plan};
use crate::generation::build::rules_builder::RulesBuilder;
use crate::generation::format::part::Part;
use crate::generation::format::rows_file;
use crate::generation::format::sealed_file::seal;

/// A file that a job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltFile {
    /// The job, which says its name ([`Plan::file_name`]).
    pub job: BuildJob,
    /// Its bytes, encrypted.
    pub bytes: Vec<u8>,
}

/// Work that takes all blocks to end.
enum Work {
    Entries(Box<EntriesBuilder>),
    /// Begun with the first block.
    Rules(Option<RulesBuilder>),
}

/// What the rows of a block are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockUse {
    Added,
    Removed,
}

/// Jobs that are being given their blocks.
pub struct Builder<'a> {
    plan: &'a Plan,
    required: Peekable<std::vec::IntoIter<u32>>,
    row_key: RowKey,
    /// The jobs that make row files, in the order of their blocks.
    row_jobs: VecDeque<(u32, BuildJob)>,
    works: Vec<(BuildJob, Work)>,
}

impl<'a> Builder<'a> {
    /// Starts a group of jobs, each of them at most once. They share one pass over the blocks that
    /// they require.
    pub fn new(plan: &'a Plan, jobs: &[BuildJob], salt: &Salt) -> Self {
        let mut row_jobs = Vec::new();
        let mut works = Vec::new();
        for job in jobs {
            match *job {
                BuildJob::Rows { block, .. } => row_jobs.push((block, *job)),
                BuildJob::Entries { part } | BuildJob::Delta { part } => {
                    works.push((*job, Work::Entries(Box::new(entries(plan, part)))));
                }
                BuildJob::Rules => works.push((*job, Work::Rules(None))),
            }
        }
        // Blocks come in order, so the job that a block is for is always the first.
        row_jobs.sort_unstable_by_key(|(block, _)| *block);
        Self {
            plan,
            required: plan.required_blocks(jobs).into_iter().peekable(),
            row_key: RowKey::derive(salt, plan.input.store_id, plan.input.session_id),
            row_jobs: row_jobs.into(),
            works,
        }
    }

    /// Takes the rows of the next block and returns its row file, if one of the jobs makes it.
    /// Fails if the block is not the one that the plan says.
    pub fn add(&mut self, number: u32, rows: &RowsView<'_>) -> Result<Option<BuiltFile>, Error> {
        self.take(number, rows, BlockUse::Added)
    }

    /// Takes the rows of the next block, of which each names the key of a record to be removed;
    /// else as `add`. Fails if it is not the block that the plan says, or if the plan is no
    /// delta's.
    pub fn remove(&mut self, number: u32, rows: &RowsView<'_>) -> Result<Option<BuiltFile>, Error> {
        if self.plan.base.is_none() {
            return Err(Error::new(ErrorKind::ForeignRows, "block"));
        }
        self.take(number, rows, BlockUse::Removed)
    }

    fn take(
        &mut self,
        number: u32,
        rows: &RowsView<'_>,
        given: BlockUse,
    ) -> Result<Option<BuiltFile>, Error> {
        let first_row = self.expected(number, rows)?;
        for (_, work) in &mut self.works {
            match (work, given) {
                (Work::Entries(builder), BlockUse::Added) => builder.add(first_row, rows),
                (Work::Entries(builder), BlockUse::Removed) => builder.remove(first_row, rows),
                (Work::Rules(builder), BlockUse::Added) => rules_of(self.plan, builder)?.add(rows),
                // What is removed was there: nothing is widened by it.
                (Work::Rules(builder), BlockUse::Removed) => drop(rules_of(self.plan, builder)?),
            }
        }
        let Some((_, job)) = self.row_jobs.pop_front_if(|(block, _)| *block == number) else {
            return Ok(None);
        };
        Ok(Some(built(self.plan, job, rows_file::write(&self.row_key, first_row, rows))))
    }

    /// Returns the row that the block's first record becomes.
    fn expected(&mut self, number: u32, rows: &RowsView<'_>) -> Result<u32, Error> {
        let input = &self.plan.input;
        // A block out of turn would give rows wrong numbers: refused, not reordered.
        let next = self.required.peek() == Some(&number);
        let block =
            input.blocks.get(number as usize).filter(|block| next && block.row_count == rows.row_count);
        let columns = rows.columns.len() == input.columns.as_slice().len();
        let Some(block) = block.filter(|_| columns) else {
            return Err(Error::new(ErrorKind::ForeignRows, "block"));
        };
        self.required.next();
        Ok(self.plan.first_row() + block.first_row as u32)
    }

    /// Returns the files that took all blocks. Each is made when the iterator reaches it, after the
    /// values of the one before were freed.
    ///
    /// # Panics
    /// If a required block was not given: that is a mistake of the caller.
    pub fn finish(mut self) -> impl Iterator<Item = BuiltFile> + use<'a> {
        assert_eq!(
            self.required.next(),
            None,
            "a builder is finished when it has been given all of its blocks"
        );
        let plan = self.plan;
        self.works.into_iter().map(move |(job, work)| {
            let content = match work {
                Work::Entries(builder) => builder.finish(),
                Work::Rules(builder) => builder.unwrap_or_default().finish(),
            };
            built(plan, job, content)
        })
    }
}

/// Encrypts the content of a job's file.
fn built(plan: &Plan, job: BuildJob, content: Vec<u8>) -> BuiltFile {
    BuiltFile { job, bytes: seal(&plan.input.key, Plan::file_id(job), content) }
}

fn entries(plan: &Plan, part: u16) -> EntriesBuilder {
    let part = Part { number: part, bits: plan.part_bits };
    let builder = EntriesBuilder::new(&plan.input.columns, part, plan.rows, plan.rows_end());
    match &plan.base {
        Some(base) => builder.on(base.generation.clone(), base.compacts),
        None => builder,
    }
}

fn rules_of<'b>(plan: &Plan, builder: &'b mut Option<RulesBuilder>) -> Result<&'b mut RulesBuilder, Error> {
    // Begun late, because reading the base's rules may fail and making a builder may not.
    let begun = match (builder.take(), &plan.base) {
        (Some(begun), _) => begun,
        (None, Some(base)) => base.rules()?,
        (None, None) => RulesBuilder::default(),
    };
    Ok(builder.insert(begun))
}
