//! Our tables: their columns, and generations built from them through the public interfaces of
//! hash, block and engine.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use edm_block::{Block, BlockHeader, Operation, plan_digest, rows_per_block};
use edm_engine::{ActiveType, Generation, GenerationKey, PreparedTypes, build};
use edm_hash::{RecordHasher, Salt};
use edm_model::{
    Column, Columns, DataType, Delimiters, KeyId, Pattern, Proximity, SensitiveTypeId, SessionId, StoreId,
};

use crate::mapped;
use crate::people;

/// The length of the longest matched value in atoms, as for a store by default.
pub(crate) const TOKENS_MAX: u32 = 64;

/// How the columns of [`people::COLUMNS`] are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// Each with the data type that fits.
    Typed,
    /// All as `text`, so that every window of the text is a candidate.
    Text,
}

impl Declared {
    /// Returns the name shown in the result.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Declared::Typed => "typed",
            Declared::Text => "text",
        }
    }
}

/// Returns the six columns. Data types are only chosen here; use a new type here.
pub(crate) fn columns(declared: Declared) -> Columns {
    let named = people::COLUMNS.map(|name| Column::text(name).searchable());
    let all = match declared {
        Declared::Typed => {
            let types = [
                DataType::Ssn,
                DataType::Card,
                DataType::Email,
                DataType::Digits { width: Some(10) },
                DataType::Name,
                DataType::Address,
            ];
            named.into_iter().zip(types).map(|(column, own)| column.typed(own)).collect()
        }
        Declared::Text => {
            let [ssn, card, email, mrn, name, address] = named;
            let dash = Delimiters::new(['-']).expect("a dash may be ignored");
            vec![ssn.ignoring(dash.clone()), card.ignoring(dash), email, mrn, name, address]
        }
    };
    Columns::new(all).expect("six names")
}

/// Returns the salt of all tables, which are of one tenant.
pub(crate) fn salt() -> Salt {
    Salt::new("0123456789abcdefghijklmnopqrstuvwxyz".to_owned()).expect("36 characters are a salt")
}

/// A table to build.
pub(crate) struct Table {
    pub(crate) columns: Columns,
    pub(crate) rows: Range<u64>,
    /// Distinguishes stores of one tenant.
    pub(crate) store: u8,
    /// Generates the cells of a row, one per column.
    pub(crate) cells: fn(u64, &mut Vec<String>),
}

impl Table {
    /// Returns the table with all six columns of these rows.
    pub(crate) fn people(declared: Declared, rows: Range<u64>) -> Self {
        Self { columns: columns(declared), rows, store: 1, cells: |row, out| out.extend(people::cells(row)) }
    }

    /// Returns the table with the first five columns, typed. It is the one to build, commit, and
    /// read by the agent.
    pub(crate) fn narrow(rows: u64) -> Self {
        let columns = columns(Declared::Typed).as_slice().iter().take(5).cloned().collect();
        Self {
            columns: Columns::new(columns).expect("five names"),
            rows: 0..rows,
            store: 1,
            cells: |row, out| out.extend(people::cells(row).into_iter().take(5)),
        }
    }

    fn header(&self, number: u32, row_count: u32, first_row: u64) -> BlockHeader {
        BlockHeader {
            store_id: StoreId::from_bytes([self.store; 16]),
            key_id: KeyId::from_bytes([3; 16]),
            plan_digest: plan_digest(&self.columns, TOKENS_MAX),
            operation: Operation::Upsert,
            number,
            first_row,
            row_count,
        }
    }

    /// Writes the blocks that an agent would send, `block-000000` and so on. Returns the facts
    /// about each.
    pub(crate) fn write_blocks(&self, folder: &Path) -> anyhow::Result<Vec<build::BlockFacts>> {
        fs::create_dir_all(folder)?;
        let mut hasher = RecordHasher::new(&salt(), &self.columns, TOKENS_MAX);
        let rows_max = rows_per_block(&self.columns) as usize;
        let mut facts: Vec<build::BlockFacts> = Vec::new();
        let mut cells = Vec::new();
        for (index, row) in self.rows.clone().enumerate() {
            cells.clear();
            (self.cells)(row, &mut cells);
            hasher.push(cells.iter().map(String::as_str));
            let last = index as u64 + 1 == self.rows.end - self.rows.start;
            if hasher.len() < rows_max && !last {
                continue;
            }
            let hashed = hasher.finish();
            let number = facts.len() as u32;
            let first_row = facts.last().map_or(0, |facts| facts.first_row + u64::from(facts.row_count));
            let bytes = edm_block::write(&self.header(number, hashed.row_count, first_row), &hashed);
            fs::write(folder.join(block_name(number)), bytes)?;
            facts.push(build::BlockFacts { number, first_row, row_count: hashed.row_count });
        }
        Ok(facts)
    }

    /// Builds the generation of these blocks in `folder`, with this many threads. Returns its
    /// manifest.
    pub(crate) fn build(
        &self,
        blocks: &Path,
        facts: Vec<build::BlockFacts>,
        folder: &Path,
        threads: usize,
    ) -> anyhow::Result<Vec<u8>> {
        fs::create_dir_all(folder)?;
        let plan = build::Plan::new(build::PlanInput {
            store_id: StoreId::from_bytes([self.store; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            key_id: KeyId::from_bytes([3; 16]),
            key: GenerationKey::new([4; GenerationKey::BYTES]),
            columns: self.columns.clone(),
            tokens_max: TOKENS_MAX,
            blocks: facts,
            part_bytes: build::PART_BYTES_DEFAULT,
        })?;
        let groups = plan.groups(threads, build::BUILD_BYTES_DEFAULT);
        let groups = std::sync::Mutex::new(groups.into_iter());
        let next = || groups.lock().expect("no thread panics with the list").next();
        let store =
            |file: build::BuiltFile| fs::write(folder.join(build::Plan::file_name(file.job)), file.bytes);
        let work = || -> anyhow::Result<()> {
            while let Some(group) = next() {
                let mut builder = build::Builder::new(&plan, &group, &salt());
                for number in plan.required_blocks(&group) {
                    let bytes = fs::read(blocks.join(block_name(number)))?;
                    builder.add(number, Block::open(&bytes)?.rows())?.map_or(Ok(()), store)?;
                }
                builder.finish().try_for_each(store)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("a build does not panic"))
        })?;
        let jobs = std::sync::Mutex::new(plan.jobs().into_iter());
        let next = || jobs.lock().expect("no thread panics with the list").next();
        let check = || -> anyhow::Result<Vec<build::Checked>> {
            let mut open = |name: &str| mapped::map(&folder.join(name));
            let checks = std::iter::from_fn(next).map(|job| Ok(build::check(&plan, job, &mut open)?));
            checks.collect()
        };
        let checked = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(check)).collect();
            let checked = threads.into_iter().map(|thread| thread.join().expect("a check does not panic"));
            checked.collect::<anyhow::Result<Vec<_>>>()
        })?;
        let manifest = build::manifest_of(&plan, checked.into_iter().flatten().collect());
        fs::write(folder.join("manifest"), &*manifest)?;
        Ok(manifest.to_vec())
    }

    /// Writes blocks, builds and opens a generation, all in `folder`, which is emptied first. The
    /// blocks are removed again.
    pub(crate) fn generation(&self, folder: &Path) -> anyhow::Result<Arc<Generation>> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let blocks = folder.join("blocks");
        let facts = self.write_blocks(&blocks)?;
        self.build(&blocks, facts, &folder.join("index"), 1)?;
        fs::remove_dir_all(&blocks)?;
        open(&folder.join("index"))
    }
}

fn block_name(number: u32) -> String {
    format!("block-{number:06}")
}

/// Opens the generation in a folder, memory-mapped.
pub(crate) fn open(folder: &Path) -> anyhow::Result<Arc<Generation>> {
    let manifest = fs::read(folder.join("manifest"))?;
    let generation = Generation::open(&manifest, &mut |name| mapped::map(&folder.join(name)), &salt());
    Ok(Arc::new(generation.context("the generation that was just built does not open")?))
}

/// Returns types that report every value of every searchable column of these tables.
pub(crate) fn every_value(generations: impl IntoIterator<Item = Arc<Generation>>) -> PreparedTypes {
    PreparedTypes::prepare(generations.into_iter().map(every_value_of))
}

fn every_value_of(generation: Arc<Generation>) -> Arc<ActiveType> {
    let columns = generation.columns().as_slice().iter().filter(|column| column.searchable);
    let pattern = |column: &Column| Pattern {
        confidence: 65,
        primary: Some(column.name.clone()),
        proximity: Proximity::default(),
        supporting: Vec::new(),
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    Arc::new(ActiveType {
        id: SensitiveTypeId::from_bytes(*generation.store_id().as_bytes()),
        name: "every value".to_owned(),
        recommended_confidence: 65,
        redact_confidence: 65,
        default_type: false,
        patterns: columns.map(pattern).collect(),
        generation,
    })
}

/// Returns the default type of a store with this table.
pub(crate) fn default_type(generation: Arc<Generation>) -> anyhow::Result<Arc<ActiveType>> {
    Ok(Arc::new(ActiveType {
        id: SensitiveTypeId::from_bytes(*generation.store_id().as_bytes()),
        name: "default".to_owned(),
        recommended_confidence: 75,
        redact_confidence: 75,
        default_type: true,
        patterns: generation.default_patterns().context("the table identifies nobody")?,
        generation,
    }))
}

/// Returns the total size of all files in a folder.
pub(crate) fn bytes_on_disk(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        bytes += if path.is_dir() { bytes_on_disk(&path)? } else { path.metadata()?.len() };
    }
    Ok(bytes)
}
