//! From the files that the jobs made to the manifest: each is opened, verified and counted.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::generation::build::plan::{BuildJob, Plan};
use crate::generation::build::plan_input::PlanInput;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::entries_file::{EntriesFile, Statistics};
use crate::generation::format::manifest::{ColumnFacts, FileFacts, Manifest, Source};
use crate::generation::format::rows_file::RowsFile;
use crate::generation::format::rules_file::{ColumnSummary, Counts, RulesFile};
use crate::generation::format::sealed_file::SealedFile;
use crate::generation::read::column_classes;

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
    let counts =
        Counts { columns: plan.input.columns.as_slice().len(), rules: plan.input.columns.rules().len() };
    let (id, key) = (Plan::file_id(job), &plan.input.key);
    let name = id.to_string();
    let bytes = open_file(&name).map_err(|source| Error::unreadable(&name, source))?;
    let sealed = Arc::new(SealedFile::open(bytes, key, id)?);
    sealed.verify(key)?;
    let file = FileFacts::of(&sealed, id, plan.source());
    let content = match job {
        BuildJob::Rows { .. } => {
            Content::Rows { rejected: RowsFile::open(sealed, counts.columns)?.rejected_count }
        }
        BuildJob::Entries { part } | BuildJob::Delta { part } => {
            let file = EntriesFile::open(sealed, counts.columns, counts.rules, plan.part_bits)?;
            if file.part != part {
                return Err(Error::damaged(&name));
            }
            let statistics = file.columns.iter().map(|table| table.statistics).collect();
            Content::Entries { statistics, superseded: file.superseded() }
        }
        BuildJob::Rules => {
            let whole = sealed.plain(0, sealed.length()).ok_or_else(|| Error::damaged(&name))?;
            let opened = RulesFile::open(&whole, counts, plan.input.tokens_max, &name)?;
            Content::Rules(opened.columns)
        }
    };
    Ok(Checked { job, file, content })
}

/// Opens and verifies every file that the jobs made, one after the other, classifies the columns
/// and returns the manifest, which is a secret: it has the keys of the files. Files carried over
/// from the base of a delta are not opened, and its columns keep their classes.
pub fn manifest(
    plan: &Plan,
    open_file: &mut dyn FnMut(&str) -> std::io::Result<FileBytes>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let checked = plan.jobs().into_iter().map(|job| check(plan, job, open_file)).collect::<Result<_, _>>()?;
    Ok(manifest_of(plan, checked))
}

/// As `manifest`, from files that were checked each by itself, in any order.
///
/// # Panics
/// If the file of a job is missing: that is a mistake of the caller.
pub fn manifest_of(plan: &Plan, mut checked: Vec<Checked>) -> Zeroizing<Vec<u8>> {
    // By kind and number, so that the manifest's bytes do not depend on which job ended first.
    checked.sort_by_key(Checked::place);
    // A job that was done twice, by two workers after a crash, made the same file.
    checked.dedup_by_key(|checked| checked.job);
    assert_eq!(
        checked.len(),
        plan.jobs().len(),
        "a manifest is written when the file of every job was checked"
    );
    let input = &plan.input;
    let built = merged(input, checked);
    // A delta keeps the classes of its base: a few new rows must not change what matches.
    let facts = match &plan.base {
        Some(base) => base.facts(&built.summaries),
        None => classified(input, &built),
    };
    let source = Source {
        session_id: input.session_id,
        first_row: plan.first_row(),
        rows: plan.rows,
        key: input.key.clone(),
    };
    let manifest = Manifest {
        store_id: input.store_id,
        key_id: input.key_id,
        tokens_max: input.tokens_max,
        part_bits: plan.part_bits,
        delta_part_bits: plan.delta_part_bits(),
        sources: vec![source],
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

fn merged(input: &PlanInput, checked: Vec<Checked>) -> Built {
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
                out.statistics.iter_mut().zip(&statistics).for_each(|(whole, part)| whole.add(part));
            }
            Content::Rules(summaries) => out.summaries = summaries,
        }
    }
    out.superseded.sort_unstable();
    out.superseded.dedup();
    out
}

fn classified(input: &PlanInput, built: &Built) -> Vec<ColumnFacts> {
    let columns = input.columns.as_slice().iter().zip(&built.statistics).zip(&built.summaries);
    let facts = columns.map(|((column, statistics), summary)| {
        let class_figures = column_classes::class_figures(column, statistics, summary);
        ColumnFacts {
            class: class_figures.class,
            values: statistics.values,
            distinct: statistics.distinct,
            too_long: summary.too_long,
            refused: summary.refused,
            placeholders: summary.placeholders,
            agreement: class_figures.agreement,
            capacity_log10: class_figures.capacity_log10,
        }
    });
    facts.collect()
}
