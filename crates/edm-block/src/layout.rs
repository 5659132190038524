//! Offsets and sizes of a block (`docs/formats/block.md`).

use edm_hash::{ALTERNATIVE_BYTES, HASH_BYTES, has_alternatives};
use edm_model::{Columns, KeyId, StoreId, limits};
use sha2::{Digest, Sha256};

pub(crate) const MAGIC: &[u8; 8] = b"EDMBLOCK";
pub(crate) const FORMAT_VERSION: u16 = 3;
pub(crate) const VERSION_AT: usize = 8;
pub(crate) const OPERATION_AT: usize = 14;
pub(crate) const STORE_AT: usize = 16;
pub(crate) const KEY_AT: usize = 32;
pub(crate) const PLAN_AT: usize = 48;
pub(crate) const NUMBER_AT: usize = 80;
pub(crate) const ROWS_AT: usize = 84;
pub(crate) const FIRST_ROW_AT: usize = 88;
pub(crate) const COLUMNS_AT: usize = 96;
pub(crate) const RULES_AT: usize = 98;
pub(crate) const LENGTH_AT: usize = 100;
pub(crate) const REJECTED_AT: usize = 108;
pub(crate) const HEADER_BYTES: usize = 160;
pub(crate) const CHECKSUM_BYTES: usize = 32;
/// The length that marks a list as too long to be written.
pub(crate) const NOT_LISTED: u32 = u32::MAX;
pub(crate) const SHAPES_MAX: u32 = 65_536;
pub(crate) const SHAPE_BYTES: usize = 5;
pub(crate) const HISTOGRAM_ENTRY_BYTES: usize = 6;
pub(crate) const HISTOGRAM_MAX: u32 = 64 * 64;

/// Space reserved for everything but hashes and bitmaps. The summaries have at most this size.
const SUMMARY_BYTES: usize = 4 * 1024 * 1024;
const ROWS_MAX: usize = 1_000_000;

/// What a block does with its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Adds them. If the store has a key, they replace rows with the same key.
    Upsert,
    /// Removes the rows with their keys.
    Delete,
}

/// The header of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockHeader {
    /// The store of the rows.
    pub store_id: StoreId,
    /// The salt that keyed its hashes.
    pub key_id: KeyId,
    /// The digest of the columns: see [`plan_digest`].
    pub plan_digest: [u8; 32],
    /// What to do with the records.
    pub operation: Operation,
    /// The block's number in the session, from 0.
    pub number: u32,
    /// The ordinal of its first record in the file, from 0.
    pub first_row: u64,
    /// The number of records, rejected ones included; at least 1.
    pub row_count: u32,
}

/// Returns the digest of a column plan. A block belongs to a session only if their digests are
/// equal.
pub fn plan_digest(columns: &Columns, tokens_max: u32) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(columns.canonical_bytes());
    digest.update(tokens_max.to_le_bytes());
    digest.finalize().into()
}

/// Returns the default number of rows per block: the most that fit into [`limits::BLOCK_BYTES_MAX`]
/// for certain.
pub fn rows_per_block(columns: &Columns) -> u32 {
    let alternatives = columns.as_slice().iter().filter(|column| has_alternatives(&column.rule)).count();
    let columns = columns.as_slice().len();
    let fixed =
        HEADER_BYTES + CHECKSUM_BYTES + columns * (32 + HISTOGRAM_MAX as usize * HISTOGRAM_ENTRY_BYTES);
    let room = limits::BLOCK_BYTES_MAX.saturating_sub(SUMMARY_BYTES + fixed);
    // Per row: a hash and a presence bit for each column, all alternative forms that its value may
    // have, and a bit for rejected rows.
    let alternatives = alternatives * limits::ALTERNATIVE_FORMS_MAX * ALTERNATIVE_BYTES;
    let rows = room * 8 / (columns * (HASH_BYTES * 8 + 1) + alternatives * 8 + 1);
    rows.clamp(1, ROWS_MAX) as u32 & !7 | u32::from(rows < 8)
}
