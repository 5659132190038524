//! The dry run: everything that an upload does with the table, without sending anything.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use edm_graph::DataStoreResource;
use edm_hash::Salt;
use edm_model::KeyId;

use crate::error::Error;
use crate::pipeline::{self, Outcome, SealedBlock};
use crate::progress::Progress;
use crate::rejections::Rejections;
use crate::table::{StoreShape, Table, TableOptions, check_outcome};
use crate::upload_report::UploadReport;

/// Returns a salt for checking a table. Its value does not matter, because no hash made with it
/// leaves the caller.
pub(crate) fn salt_for_judging() -> Salt {
    let text = "0123456789 a salt for judging alone".to_owned();
    Salt::new(text).expect("it is long enough, and its characters differ enough")
}

/// Reads, checks and hashes the table as an upload would, and sends nothing.
///
/// Fails like [`upload`], too many bad lines included. Blocks the calling thread.
pub fn dry_run(
    store: &DataStoreResource,
    options: &TableOptions,
    progress: &dyn Progress,
) -> Result<UploadReport, Error> {
    let shape = StoreShape::read(store)?;
    let mut table = Table::open(options, &shape)?;
    let (outcome, rejections) = judge(&mut table, &shape, options, progress)?;
    // Nothing was sent, so there is nothing to resume.
    check_outcome(&outcome, &rejections, options).map_err(|kind| Error::new(kind).ended())?;
    Ok(UploadReport {
        session_id: String::new(),
        state: String::new(),
        mode: options.mode,
        records: outcome.records,
        rejections,
        warnings: outcome.warnings,
        unfilled: outcome.unfilled,
        blocks: outcome.blocks,
        blocks_sent: 0,
    })
}

/// Reads and hashes the whole table. Returns what was found and refused.
pub(crate) fn judge(
    table: &mut Table,
    shape: &StoreShape,
    options: &TableOptions,
    progress: &dyn Progress,
) -> Result<(Outcome, Rejections), Error> {
    let (key_id, salt) = (KeyId::from_bytes([0; 16]), salt_for_judging());
    let plan = shape.plan(key_id, salt, shape.rows_per_block(options), BTreeSet::new(), table, options);
    let refused = Mutex::new(Rejections::default());
    let sink = |block: SealedBlock| {
        refused.lock().unwrap_or_else(PoisonError::into_inner).merge(&block.rejections);
        Ok(())
    };
    let mut outcome = pipeline::run(&mut table.reader, &plan, &sink, progress, table.bytes_total)?;
    outcome.warnings.append(&mut table.empty_words.notes);
    let mut rejections = outcome.rejections.clone();
    rejections.merge(&refused.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok((outcome, rejections))
}
