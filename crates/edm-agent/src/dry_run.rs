//! A rehearsal: everything that an upload does beside the table, and nothing on the wire.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use edm_graph::DataStoreResource;
use edm_hash::Salt;
use edm_model::KeyId;

use crate::error::{Error, ErrorKind};
use crate::pipeline::{self, SealedBlock};
use crate::progress::Progress;
use crate::rejections::Rejections;
use crate::table::{StoreShape, Table, TableOptions, check_outcome};
use crate::upload::UploadReport;

/// Reads, checks and hashes the table as an upload would, and sends nothing. The salt may be any.
///
/// Fails as [`upload`] does, too many bad lines included. Blocks the calling thread.
pub fn dry_run(
    store: &DataStoreResource,
    options: &TableOptions,
    salt: Salt,
    progress: &dyn Progress,
) -> Result<UploadReport, Error> {
    let shape = StoreShape::read(store)?;
    let mut table = Table::open(options, &shape)?;
    let key = (KeyId::from_bytes([0; 16]), salt);
    let plan = shape.plan(key, shape.rows_per_block(options), BTreeSet::new(), options);
    let refused = Mutex::new(Rejections::default());
    let sink = |block: SealedBlock| {
        refused.lock().unwrap_or_else(PoisonError::into_inner).merge(&block.rejections);
        Ok(())
    };
    let outcome = pipeline::run(&mut table.reader, &plan, &sink, progress, table.bytes_total)?;
    let mut rejections = outcome.rejections.clone();
    rejections.merge(&refused.into_inner().unwrap_or_else(PoisonError::into_inner));
    check_outcome(&outcome, &rejections, options).map_err(|mut kind| {
        if let ErrorKind::TooManyBadLines { goes_on, .. } | ErrorKind::TooManyBadCells { goes_on, .. } =
            &mut kind
        {
            // Nothing was sent, so there is nothing to go on from.
            *goes_on = false;
        }
        Error::new(kind)
    })?;
    Ok(UploadReport {
        session_id: String::new(),
        state: String::new(),
        mode: options.mode,
        records: outcome.records,
        rejections,
        warnings: outcome.warnings,
        blocks: outcome.blocks,
        blocks_sent: 0,
    })
}
