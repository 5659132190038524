//! Builds a generation in memory from rows of cells.

use std::collections::HashMap;
use std::sync::Arc;

use edm_engine::build::{BlockFacts, BuildJob, Builder, Plan, PlanInput, check, manifest, manifest_of};
use edm_engine::{ActiveType, FileBytes, Generation, GenerationKey};
use edm_hash::{HashedRows, Placeholders, RecordHasher, Salt};
use edm_model::{Columns, KeyId, Pattern, PlaceholderWords, SensitiveTypeId, SessionId, StoreId};

pub(crate) const SALT: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) manifest: Vec<u8>,
    pub(crate) files: HashMap<String, Vec<u8>>,
}

pub(crate) fn salt() -> Salt {
    Salt::new(SALT.to_owned()).expect("a salt")
}

fn plan_input(columns: &Columns, blocks: Vec<BlockFacts>, part_bytes: u64) -> PlanInput {
    PlanInput {
        store_id: StoreId::from_bytes([1; 16]),
        session_id: SessionId::from_bytes([2; 16]),
        key_id: KeyId::from_bytes([3; 16]),
        key: GenerationKey::new([2; 32]),
        columns: columns.clone(),
        tokens_max: 64,
        blocks,
        part_bytes,
    }
}

/// Builds in blocks of `block_rows` rows, with entry jobs that take at most `part_bytes`.
pub(crate) fn build(columns: &Columns, rows: &[&[&str]], block_rows: usize, part_bytes: u64) -> Files {
    let mut hasher = RecordHasher::new(&salt(), columns, 64);
    let blocks: Vec<HashedRows> = rows
        .chunks(block_rows)
        .map(|chunk| {
            chunk.iter().for_each(|row| drop(hasher.push(row.iter().copied())));
            hasher.finish()
        })
        .collect();
    let blocks: Vec<(bool, HashedRows)> = blocks.into_iter().map(|block| (false, block)).collect();
    let plan = Plan::new(plan_input(columns, facts(&blocks), part_bytes)).expect("a plan");
    files_of(&plan, &blocks, HashMap::new())
}

fn facts(blocks: &[(bool, HashedRows)]) -> Vec<BlockFacts> {
    let mut first_row = 0;
    let facts = blocks.iter().enumerate().map(|(number, (_, block))| {
        let facts = BlockFacts { number: number as u32, first_row, row_count: block.row_count };
        first_row += u64::from(block.row_count);
        facts
    });
    facts.collect()
}

fn files_of(plan: &Plan, blocks: &[(bool, HashedRows)], mut files: HashMap<String, Vec<u8>>) -> Files {
    let built = built_in(plan, plan.jobs().into_iter().map(|job| vec![job]).collect(), blocks);
    for (at_once, memory_bytes) in [(1, 0), (1, u64::MAX), (2, u64::MAX), (3, 0), (100, 0)] {
        let groups = plan.groups(at_once, memory_bytes);
        let same = built_in(plan, groups, blocks) == built;
        assert!(
            same,
            "the same files one by one and in groups for {at_once} at once in {memory_bytes} bytes"
        );
    }
    files.extend(built);
    let manifest = manifest(plan, &mut |name| Ok(bytes(&files, name))).expect("whole files");
    let mut open = |name: &str| Ok(bytes(&files, name));
    let backwards =
        plan.jobs().into_iter().rev().map(|job| check(plan, job, &mut open).expect("whole files"));
    assert_eq!(manifest_of(plan, backwards.collect()), manifest, "in whatever order they are checked");
    Files { manifest: manifest.to_vec(), files }
}

/// Builds the files of all jobs, those of a group in one pass over the blocks.
fn built_in(
    plan: &Plan,
    groups: Vec<Vec<BuildJob>>,
    blocks: &[(bool, HashedRows)],
) -> HashMap<String, Vec<u8>> {
    let mut files = HashMap::new();
    for group in groups {
        let mut builder = Builder::new(plan, &group, &salt());
        let mut built = Vec::new();
        for number in plan.required_blocks(&group) {
            let (removes, rows) = &blocks[number as usize];
            let added = match removes {
                true => builder.remove(number, &rows.view()),
                false => builder.add(number, &rows.view()),
            };
            built.extend(added.expect("its own rows"));
        }
        for file in built.into_iter().chain(builder.finish()) {
            assert_eq!(files.insert(Plan::file_name(file.job), file.bytes), None, "each file once");
        }
    }
    files
}

/// What a delta of session `[session; 16]` is planned from: one block that brings rows, one that
/// removes some.
pub(crate) fn delta_input(
    columns: &Columns,
    session: u8,
    rows: &[&[&str]],
    removed: &[&[&str]],
) -> (PlanInput, Vec<(bool, HashedRows)>) {
    let usual = PlaceholderWords::usual();
    let placeholders: Vec<Placeholders> =
        columns.as_slice().iter().map(|column| Placeholders::new(&usual, &column.rule)).collect();
    let mut hasher = RecordHasher::new(&salt(), columns, 64).placeholders(&placeholders);
    let mut blocks = Vec::new();
    for (removes, rows) in [(false, rows), (true, removed)].into_iter().filter(|(_, rows)| !rows.is_empty()) {
        rows.iter().for_each(|row| drop(hasher.push(row.iter().copied())));
        blocks.push((removes, hasher.finish()));
    }
    let input = plan_input(columns, facts(&blocks), 30_000);
    let (session_id, key) = (SessionId::from_bytes([session; 16]), GenerationKey::new([session; 32]));
    (PlanInput { session_id, key, ..input }, blocks)
}

/// Builds a delta on top of these files.
pub(crate) fn delta(base: &Files, session: u8, rows: &[&[&str]], removed: &[&[&str]]) -> Files {
    let generation = base.open();
    let (input, blocks) = delta_input(generation.columns(), session, rows, removed);
    let plan = Plan::delta(input, generation).expect("a plan");
    let carried = plan.carried().into_iter().map(|name| {
        let file = base.files[&name].clone();
        (name, file)
    });
    files_of(&plan, &blocks, carried.collect())
}

fn bytes(files: &HashMap<String, Vec<u8>>, name: &str) -> FileBytes {
    Arc::new(files.get(name).cloned().unwrap_or_default())
}

impl Files {
    pub(crate) fn open_with(&self, salt: &Salt) -> Result<Generation, edm_engine::Error> {
        Generation::open(&self.manifest, &mut |name| Ok(bytes(&self.files, name)), salt)
    }

    pub(crate) fn open(&self) -> Arc<Generation> {
        Arc::new(self.open_with(&salt()).expect("a whole generation"))
    }
}

/// Makes the default type of a generation, or one of the given patterns.
pub(crate) fn active(generation: &Arc<Generation>, patterns: Option<Vec<Pattern>>) -> Arc<ActiveType> {
    Arc::new(ActiveType {
        id: SensitiveTypeId::from_bytes([4; 16]),
        name: "records".to_owned(),
        recommended_confidence: 75,
        redact_confidence: 75,
        default_type: patterns.is_none(),
        patterns: patterns.unwrap_or_else(|| generation.default_patterns().unwrap_or_default()),
        generation: generation.clone(),
    })
}
