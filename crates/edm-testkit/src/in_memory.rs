//! Generations built in memory: rows through the agent's hasher and the builder's jobs, without a file or a server.

use std::collections::HashMap;
use std::sync::Arc;

use edm_engine::{FileBytes, Generation, build};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Columns, KeyId, SessionId, StoreId};

/// The session that brought every row of an in-memory generation.
pub const SESSION: SessionId = SessionId::from_bytes([2; 16]);

/// Makes the salt of the tests.
///
/// # Panics
/// Never: the text is a valid salt.
pub fn salt() -> Salt {
    Salt::new("0123456789abcdefghijklmnopqrstuvwxyz".to_owned()).expect("36 characters are a salt")
}

/// Builds a generation from rows, cut into blocks of so many.
///
/// # Panics
/// If the engine refuses what its own hasher and builder made.
pub fn generation(
    columns: &Columns,
    rows: &[Vec<String>],
    tokens_max: u32,
    rows_per_block: usize,
) -> Generation {
    let salt = salt();
    let mut hasher = RecordHasher::new(&salt, columns, tokens_max);
    let mut blocks = Vec::new();
    let mut facts = Vec::new();
    for (number, chunk) in rows.chunks(rows_per_block).enumerate() {
        for row in chunk {
            hasher.push(row.iter().map(String::as_str));
        }
        facts.push(build::BlockFacts {
            number: number as u32,
            first_row: (number * rows_per_block) as u64,
            row_count: chunk.len() as u32,
        });
        blocks.push(hasher.finish());
    }
    let plan = build::Plan::new(build::PlanInput {
        store_id: StoreId::from_bytes([1; 16]),
        session_id: SESSION,
        key_id: KeyId::from_bytes([3; 16]),
        columns: columns.clone(),
        tokens_max,
        blocks: facts,
        // Small enough that most tables have several parts.
        part_bytes: 2_000,
    })
    .expect("the blocks follow one another");
    let mut files: HashMap<String, FileBytes> = HashMap::new();
    for job in plan.jobs() {
        let mut builder = plan.builder(job, &salt);
        for number in plan.required_blocks(job) {
            builder.add(number, &blocks[number as usize].view()).expect("the block is the plan's");
        }
        files.insert(build::Plan::file_name(job), Arc::new(builder.finish()));
    }
    let mut open = |name: &str| files.get(name).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into());
    let manifest = build::manifest(&plan, &mut open).expect("every file was built");
    let generation = Generation::open(&manifest, &mut open, &salt).expect("the manifest is the builder's");
    generation.verify().expect("nothing was damaged");
    generation
}
