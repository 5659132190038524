//! Builds generations in memory: rows go through the agent's hasher and the builder's jobs, without
//! a file or a server.

use std::collections::HashMap;
use std::sync::Arc;

use edm_engine::{FileBytes, Generation, GenerationKey, Index, IndexFiles, IndexSpec, build};
use edm_hash::{HashedRows, RecordHasher, Salt};
use edm_model::{Columns, KeyId, SessionId, StoreId};

/// The session of every row of an in-memory generation.
pub const SESSION: SessionId = SessionId::from_bytes([2; 16]);

const STORE: StoreId = StoreId::from_bytes([1; 16]);
const KEY: KeyId = KeyId::from_bytes([3; 16]);

/// Makes the salt of the tests.
///
/// # Panics
/// Never: the text is a valid salt.
pub fn salt() -> Salt {
    Salt::new("0123456789abcdefghijklmnopqrstuvwxyz".to_owned()).expect("36 characters are a salt")
}

/// The size of a part, so small that most tables have several.
const PART_BYTES: u64 = 2_000;

/// How a table is turned into files.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The length of the longest matched cell, in atoms.
    pub tokens_max: u32,
    /// Rows of a block.
    pub rows_per_block: usize,
}

/// One record of a delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether the record with this key is removed; otherwise it is added or changed.
    pub removes: bool,
    /// The cells.
    pub row: Vec<String>,
}

/// Opens and verifies the generation of some files.
///
/// # Panics
/// If the engine refuses what its own builder made.
pub fn open(files: &IndexFiles) -> Generation {
    let generation = Generation::open(&files.manifest, &mut |name| files.file(name), &salt());
    let generation = generation.expect("the builder's own");
    generation.verify().expect("nothing was damaged");
    generation
}

/// Returns what the files of a session are encrypted under.
fn key_of(session: SessionId) -> GenerationKey {
    let mut key = [0; GenerationKey::BYTES];
    key[..16].copy_from_slice(session.as_bytes());
    GenerationKey::new(key)
}

/// Hashed rows with the operation of their block.
struct HashedBlock {
    removes: bool,
    rows: HashedRows,
}

fn input(
    columns: &Columns,
    session_id: SessionId,
    tokens_max: u32,
    blocks: &[HashedBlock],
) -> build::PlanInput {
    let mut first_row = 0;
    let facts = (0..).zip(blocks).map(|(number, block)| {
        let facts = build::BlockFacts { number, first_row, row_count: block.rows.row_count };
        first_row += u64::from(block.rows.row_count);
        facts
    });
    build::PlanInput {
        store_id: STORE,
        session_id,
        key_id: KEY,
        key: key_of(session_id),
        columns: columns.clone(),
        tokens_max,
        blocks: facts.collect(),
        part_bytes: PART_BYTES,
    }
}

fn built(plan: &build::Plan, blocks: &[HashedBlock], carried: HashMap<String, FileBytes>) -> IndexFiles {
    let mut files = carried;
    for group in plan.groups(2, build::BUILD_BYTES_DEFAULT) {
        let mut builder = build::Builder::new(plan, &group, &salt());
        let mut made = Vec::new();
        for number in plan.required_blocks(&group) {
            let block = &blocks[number as usize];
            let added = match block.removes {
                true => builder.remove(number, &block.rows.view()),
                false => builder.add(number, &block.rows.view()),
            };
            made.extend(added.expect("the block is the plan's"));
        }
        for file in made.into_iter().chain(builder.finish()) {
            let name = build::Plan::file_name(file.job);
            assert!(files.insert(name, Arc::new(file.bytes)).is_none(), "each name once");
        }
    }
    // Carried files are never opened, because the base has verified them.
    let mut open = |name: &str| {
        assert!(!plan.carried().iter().any(|carried| carried == name), "{name} is not read again");
        files.get(name).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    };
    let manifest = build::manifest(plan, &mut open).expect("every file was built");
    IndexFiles { manifest, files }
}

/// Builds the files of a table.
///
/// # Panics
/// If the engine refuses what its own hasher and builder made.
pub fn whole(columns: &Columns, rows: &[Vec<String>], shape: Shape) -> IndexFiles {
    let salt = salt();
    let spec = IndexSpec {
        store_id: STORE,
        session_id: SESSION,
        key_id: KEY,
        tokens_max: shape.tokens_max,
        block_rows: shape.rows_per_block,
        part_bytes: PART_BYTES,
        ..IndexSpec::new(columns.clone(), &salt, key_of(SESSION))
    };
    Index::build(&spec, rows.iter().map(|row| row.iter().map(String::as_str))).expect("rows of the table")
}

/// Builds the files of a delta on top of others. A new block starts when one is full and when the
/// operation changes.
///
/// # Panics
/// If the engine refuses what its own hasher and builder made.
pub fn delta(base: &IndexFiles, session: SessionId, changes: &[Change], shape: Shape) -> IndexFiles {
    let generation = Arc::new(open(base));
    let columns = generation.columns().clone();
    let mut hasher = RecordHasher::new(&salt(), &columns, shape.tokens_max);
    let mut blocks = Vec::new();
    for alike in changes.chunk_by(|a, b| a.removes == b.removes) {
        for chunk in alike.chunks(shape.rows_per_block) {
            chunk.iter().for_each(|change| drop(hasher.push(change.row.iter().map(String::as_str))));
            blocks.push(HashedBlock { removes: chunk[0].removes, rows: hasher.finish() });
        }
    }
    let plan = build::Plan::delta(input(&columns, session, shape.tokens_max, &blocks), generation);
    let plan = plan.expect("the blocks are for this base");
    let carried = plan.carried().into_iter().map(|name| {
        let file = base.files.get(&name).cloned().expect("the base has what is carried over");
        (name, file)
    });
    let carried = carried.collect();
    built(&plan, &blocks, carried)
}

/// Builds a generation from rows, with this many per block.
///
/// # Panics
/// If the engine refuses what its hasher and builder made.
pub fn generation(
    columns: &Columns,
    rows: &[Vec<String>],
    tokens_max: u32,
    rows_per_block: usize,
) -> Generation {
    open(&whole(columns, rows, Shape { tokens_max, rows_per_block }))
}
