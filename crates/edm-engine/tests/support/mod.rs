//! Builds a generation in memory from rows of cells.

use std::collections::HashMap;
use std::sync::Arc;

use edm_engine::build::{BlockFacts, Plan, PlanInput, manifest};
use edm_engine::{ActiveType, FileBytes, Generation};
use edm_hash::{HashedRows, RecordHasher, Salt};
use edm_model::{Columns, KeyId, Pattern, SensitiveTypeId, SessionId, StoreId};

pub(crate) const SALT: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

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
    let mut first_row = 0;
    let facts = blocks.iter().enumerate().map(|(number, block)| {
        let facts = BlockFacts { number: number as u32, first_row, row_count: block.row_count };
        first_row += u64::from(block.row_count);
        facts
    });
    let plan = Plan::new(plan_input(columns, facts.collect(), part_bytes)).expect("a plan");
    let mut files = HashMap::new();
    for job in plan.jobs() {
        let mut builder = plan.builder(job, &salt());
        for number in plan.required_blocks(job) {
            builder.add(number, &blocks[number as usize].view()).expect("its own rows");
        }
        files.insert(Plan::file_name(job), builder.finish());
    }
    let manifest = manifest(&plan, &mut |name| Ok(bytes(&files, name))).expect("whole files");
    Files { manifest, files }
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
        default_type: patterns.is_none(),
        patterns: patterns.unwrap_or_else(|| generation.default_patterns().unwrap_or_default()),
        generation: generation.clone(),
    })
}
