//! What an upload or a dry run reports of a table.

use std::collections::BTreeMap;

use crate::rejections::Rejections;
use crate::table::TableMode;

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadReport {
    /// The session; empty for a dry run.
    pub session_id: String,
    /// The session's last state that was seen; empty for a dry run.
    pub state: String,
    /// Records of the file.
    pub records: u64,
    /// What was refused.
    pub rejections: Rejections,
    /// What a person should look at, because another program may have changed the cells.
    pub warnings: Vec<String>,
    /// By searchable column, the cells that are empty or placeholders, so that nobody looks for
    /// them. None where the upload went on where another run had stopped.
    pub unfilled: BTreeMap<String, u64>,
    /// Blocks in all.
    pub blocks: u32,
    /// Blocks that this run sent.
    pub blocks_sent: u32,
    /// What the table does to the live records.
    pub mode: TableMode,
}
