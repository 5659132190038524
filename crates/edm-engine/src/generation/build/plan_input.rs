//! What a generation is built from, and into how many parts it is cut.

use edm_hash::has_alternatives;
use edm_model::{Columns, KeyId, SessionId, StoreId, limits};

use crate::error::{Error, ErrorKind};
use crate::generation::generation_key::GenerationKey;

/// Memory that one entry job may take, unless the caller says otherwise. Each needs every block, so
/// that few large ones cost less than many small ones; two of them at once, one of them with the
/// rules, stay within `BUILD_BYTES_DEFAULT`.
pub const PART_BYTES_DEFAULT: u64 = 768 * 1024 * 1024;
const PART_BITS_MAX: u32 = 12;
/// What one value takes at most: gathered, sorted aside, and its share of the file under
/// construction. Columns are sorted and written one after the other: of several, all together take
/// about half of it.
const VALUE_BYTES: u64 = 32;
/// With more values there are two parts at least, so that two cores have work.
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
    /// What the files are encrypted under: always the same for a session.
    pub key: GenerationKey,
    /// The columns as the session holds them.
    pub columns: Columns,
    /// The longest value in atoms.
    pub tokens_max: u32,
    /// The blocks in order.
    pub blocks: Vec<BlockFacts>,
    /// Memory that one entry job may take: the less, the more parts there are.
    pub part_bytes: u64,
}

impl PlanInput {
    /// Returns how many values rows have at most that are gathered for entry files: a main form in
    /// each column, and the alternative forms of searchable ones.
    pub(crate) fn values_max(&self, rows: u32) -> u64 {
        u64::from(rows) * self.columns.as_slice().len() as u64 + alternatives_max(&self.columns, rows)
    }
}

/// Returns how many alternative forms the searchable columns of rows have at most.
pub(crate) fn alternatives_max(columns: &Columns, rows: u32) -> u64 {
    let columns = columns.as_slice().iter();
    let several = columns.filter(|column| column.searchable && has_alternatives(&column.rule)).count();
    u64::from(rows) * (several * limits::ALTERNATIVE_FORMS_MAX) as u64
}

/// Returns how many records the blocks have, which must follow one another from row 0 on.
pub(crate) fn row_total(blocks: &[BlockFacts]) -> Result<u32, Error> {
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

/// Returns the bits of the part number: as many parts as it takes for each to need no more than
/// `part_bytes`.
pub(crate) fn part_bits(values: u64, part_bytes: u64) -> u32 {
    let parts = values.saturating_mul(VALUE_BYTES).div_ceil(part_bytes.max(1));
    let parts = if values > VALUES_ALONE_MAX { parts.max(2) } else { parts };
    (64 - parts.saturating_sub(1).leading_zeros()).min(PART_BITS_MAX)
}
