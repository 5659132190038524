//! The report of an upload or a dry run.

use std::collections::BTreeMap;

use crate::rejections::Rejections;
use crate::table::TableMode;

/// The result for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadReport {
    /// The session; empty for a dry run.
    pub session_id: String,
    /// The last known state of the session; empty for a dry run.
    pub state: String,
    /// Records of the file.
    pub records: u64,
    /// The refusals.
    pub rejections: Rejections,
    /// Warnings that another program may have changed the cells.
    pub warnings: Vec<String>,
    /// For each searchable column, the number of cells that are empty or placeholders, which texts
    /// cannot match. Empty if the upload continued an earlier run.
    pub unfilled: BTreeMap<String, u64>,
    /// The number of blocks.
    pub blocks: u32,
    /// The number of blocks that this run sent.
    pub blocks_sent: u32,
    /// The effect of the table on the live records.
    pub mode: TableMode,
}
