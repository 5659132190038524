//! Commit: checks that every block is there, and starts processing. One transaction writes the
//! state, the order of commits and the first job.

use std::sync::Arc;

use edm_model::{SessionEvent, SessionState, UpdateMode, limits};
use edm_store::{BlockRow, JobKind, SessionDraft};
use sha2::{Digest, Sha256};

use crate::access::authorise::{CommitSession, Grant};
use crate::deps::{Clock, Deps, Random};
use crate::error::{BlockRange, Error, ErrorKind, Resource};
use crate::index::plan::{Planner, job_count, plan, steps};
use crate::jobs::queue::{JobQueue, session_job};
use crate::secrets::key_ring::KeyRing;
use crate::upload::ingest::columns_changed;
use crate::upload::lifecycle::{SessionLifecycle, SessionTarget};

/// The most missing ranges that one answer names.
const RANGES_MAX: usize = 100;

/// Commits sessions.
pub(crate) struct Committer {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: Arc<KeyRing>,
    planner: Arc<Planner>,
    lifecycle: Arc<SessionLifecycle>,
    jobs: Arc<JobQueue>,
}

impl Committer {
    pub(crate) fn new(
        deps: &Deps,
        keys: Arc<KeyRing>,
        planner: Arc<Planner>,
        lifecycle: Arc<SessionLifecycle>,
        jobs: Arc<JobQueue>,
    ) -> Self {
        Self { clock: deps.clock.clone(), random: deps.random.clone(), keys, planner, lifecycle, jobs }
    }

    /// Commits a session: its data is indexed and, when all is well, made live. It may be
    /// repeated.
    pub(crate) async fn commit(
        &self,
        grant: &Grant<'_, CommitSession>,
        target: SessionTarget<'_>,
    ) -> Result<(), Error> {
        self.lifecycle.find(grant.tenant(), target.store_id, target.id).await?;
        let now = self.clock.now();
        let committed = self.lifecycle.change_with_blocks(grant, target, |draft, blocks| {
            let before = draft.session.state;
            self.lifecycle.apply(draft, SessionEvent::Commit, now)?;
            if before != SessionState::UploadInProgress {
                return Ok(false);
            }
            check_complete(draft, blocks)?;
            // Made here, once: every worker and every retry encrypts under it.
            let (key, sealed_key) = self.keys.new_generation_key(target.id, self.random.as_ref());
            draft.sealed_generation_key = Some(sealed_key);
            // How many jobs a delta takes is known once its base is.
            if draft.session.update_mode == UpdateMode::Replace {
                let plan = plan(&draft.session, key, blocks, None, self.planner.part_bytes())?;
                draft.session.total_job_count = Some(job_count(&steps(&plan)));
            }
            // From here on the counts are those of the blocks, whatever the client said.
            let rejected: u64 = blocks.iter().map(|block| u64::from(block.rejected_count)).sum();
            let records: u64 = blocks.iter().map(|block| u64::from(block.row_count)).sum();
            draft.session.row_count = Some(records - rejected);
            draft.session.rejected_row_count = Some(rejected);
            draft.session.upload_completed_at = Some(now);
            draft.enqueue.push(session_job(&draft.session, JobKind::Ingest));
            Ok(true)
        });
        if committed.await? {
            tracing::info!(session.id = %target.id, store.id = %target.store_id, "session committed");
            self.jobs.wake();
        }
        Ok(())
    }
}

fn check_complete(draft: &SessionDraft, blocks: &[BlockRow]) -> Result<(), Error> {
    let session = &draft.session;
    if columns_changed(draft) {
        return Err(Error::of(ErrorKind::ColumnsChanged));
    }
    let missing = match session.total_block_count {
        None => return Err(Error::of(ErrorKind::UploadIncomplete { total: None, missing: Vec::new() })),
        Some(total) => missing_ranges(total, blocks.iter().map(|block| block.number)),
    };
    if !missing.is_empty() {
        return Err(Error::of(ErrorKind::UploadIncomplete { total: session.total_block_count, missing }));
    }
    let mut next = 0u64;
    for block in blocks {
        if block.first_row != next {
            return Err(Error::of(ErrorKind::RowsNotContiguous { number: block.number }));
        }
        next += u64::from(block.row_count);
    }
    if next > limits::ROWS_MAX {
        return Err(Error::of(ErrorKind::TooMany { what: Resource::Row, allowed: limits::ROWS_MAX }));
    }
    match &session.checksum {
        Some(checksum) if *checksum != checksum_of(blocks) => Err(Error::of(ErrorKind::ChecksumMismatch)),
        _ => Ok(()),
    }
}

/// Returns the digest of the blocks' digests, in order.
fn checksum_of(blocks: &[BlockRow]) -> String {
    let mut digest = Sha256::new();
    blocks.iter().for_each(|block| digest.update(block.sha256));
    digest.finalize().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// Returns the numbers below the total that are not among these ascending ones, as runs.
fn missing_ranges(total: u32, staged: impl Iterator<Item = u32>) -> Vec<BlockRange> {
    let mut ranges = Vec::new();
    let mut next = 0;
    for number in staged.chain([total]) {
        if number > next && ranges.len() < RANGES_MAX {
            ranges.push(BlockRange { first: next, last: number - 1 });
        }
        next = number.saturating_add(1);
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_blocks_are_named_as_runs() {
        let check = |total, staged: &[u32], expected: &[(u32, u32)]| {
            let ranges: Vec<(u32, u32)> =
                missing_ranges(total, staged.iter().copied()).iter().map(|r| (r.first, r.last)).collect();
            assert_eq!(ranges, expected, "{total} {staged:?}");
        };
        check(1, &[0], &[]);
        check(3, &[0, 1, 2], &[]);
        check(3, &[], &[(0, 2)]);
        check(3, &[1], &[(0, 0), (2, 2)]);
        check(10, &[0, 3, 4, 9], &[(1, 2), (5, 8)]);
        let even: Vec<u32> = (0..500).map(|number| 2 * number).collect();
        assert_eq!(missing_ranges(1_000, even.into_iter()).len(), RANGES_MAX);
    }
}
