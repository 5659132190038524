//! Sealed blocks for tests of crates that do not make any.

use edm_block::{BlockHeader, Operation, plan_digest, write};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Columns, KeyId, StoreId};

/// The header and key of a block.
#[derive(Debug, Clone)]
pub struct BlockSpec<'a> {
    /// The store.
    pub store_id: StoreId,
    /// The salt's id.
    pub key_id: KeyId,
    /// The salt.
    pub salt: &'a str,
    /// The session's columns.
    pub columns: &'a Columns,
    /// The length of the longest matched cell, in atoms.
    pub tokens_max: u32,
    /// Whether the block deletes its rows.
    pub deletes: bool,
    /// The block's number.
    pub number: u32,
    /// The ordinal of its first record.
    pub first_row: u64,
}

/// Returns a sealed block of these rows, with cells in the order of the columns.
///
/// # Panics
/// If the salt is empty or too long.
pub fn sealed_block(spec: &BlockSpec<'_>, rows: &[&[&str]]) -> Vec<u8> {
    let salt = Salt::new(spec.salt.to_owned()).expect("the test's own salt has 1 to 256 characters");
    let mut hasher = RecordHasher::new(&salt, spec.columns, spec.tokens_max);
    for row in rows {
        hasher.push(row.iter().copied());
    }
    let header = BlockHeader {
        store_id: spec.store_id,
        key_id: spec.key_id,
        plan_digest: plan_digest(spec.columns, spec.tokens_max),
        operation: if spec.deletes { Operation::Delete } else { Operation::Upsert },
        number: spec.number,
        first_row: spec.first_row,
        row_count: u32::try_from(rows.len()).expect("a test's table is small"),
    };
    write(&header, &hasher.finish())
}
