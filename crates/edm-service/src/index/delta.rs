//! Deltas: sessions that change single records of the live data, and so build on it.
//!
//! A delta is opened with the columns and the salt of the live data (`upload/terms.rs`). Once it is
//! committed and every earlier commit has ended, the generation that is live then becomes its base,
//! for good. It is published only if the base is still live.

use std::sync::Arc;

use edm_engine::Generation;
use edm_model::{Session, limits};
use edm_store::{Blobs, Catalog, JobKind, LeasedJob, NewJob, SessionDraft};

use crate::blob_layout;
use crate::deps::{Clock, Deps};
use crate::error::{Error, ErrorKind};
use crate::index::failure::{Failures, SUPERSEDED, failure};
use crate::index::plan::{PlannedSession, Planner, job_count};
use crate::jobs::queue::session_job;
use crate::serve::damage::lost;
use crate::serve::serving::Serving;

/// How long a delta waits before it checks again whether the earlier commits have ended. The end of
/// an earlier session wakes it at once; this is for ends without a wake-up, such as a session that
/// was deleted.
const WAIT_MS: i64 = 1_000;

/// Why a delta could not begin on what is live now.
enum NotBegun {
    /// Other data became live in the meantime.
    Moved,
    Failed(Error),
}

impl From<edm_store::Error> for NotBegun {
    fn from(error: edm_store::Error) -> Self {
        NotBegun::Failed(error.into())
    }
}

/// Gives committed deltas their base.
pub(crate) struct Deltas {
    catalog: Catalog,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    serving: Arc<Serving>,
    planner: Arc<Planner>,
    failures: Arc<Failures>,
}

impl Deltas {
    pub(crate) fn new(
        deps: &Deps,
        serving: Arc<Serving>,
        planner: Arc<Planner>,
        failures: Arc<Failures>,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            clock: deps.clock.clone(),
            serving,
            planner,
            failures,
        }
    }

    /// Fixes what a delta builds on and enqueues its jobs, unless it must wait for what was
    /// committed before it.
    pub(crate) async fn begin(&self, job: &LeasedJob, draft: &SessionDraft) -> Result<(), Error> {
        let session = &draft.session;
        let number = draft.commit_number.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
        if self.catalog.has_earlier_commit(session.store_id, number).await? {
            return Ok(self.catalog.postpone_job(job, WAIT_MS).await?);
        }
        let base = match draft.live_session_id {
            Some(live) => Some(self.serving.generation_of(session.store_id, live).await?),
            None => None,
        };
        let Some(base) = base.filter(|base| fits(session, base)) else {
            let message = "data with another salt or other columns became live after the delta was opened: open a new \
                           delta and upload it again";
            return self
                .failures
                .fail(session.id, failure(SUPERSEDED, message.to_owned(), self.clock.now()))
                .await;
        };
        let planned = match self.planner.planned_on(draft, Some(base.clone())).await {
            Err(error) if matches!(error.kind(), ErrorKind::TooMany { .. }) => {
                let message = format!(
                    "the live data has no room for the delta: it holds at most {} rows, replaced and removed ones \
                     counted, and what {} sessions brought: upload the whole table with updateMode replace",
                    limits::ROWS_MAX,
                    limits::SOURCES_MAX
                );
                return self
                    .failures
                    .fail(session.id, failure("tooManyRows", message, self.clock.now()))
                    .await;
            }
            planned => planned?,
        };
        let begun = self.catalog.finish_job_with_session(job, |draft| {
            if draft.live_session_id != Some(base.session_id()) {
                return Err(NotBegun::Moved);
            }
            draft.base_session_id = draft.live_session_id;
            draft.session.total_job_count = Some(job_count(&planned.steps));
            draft.enqueue.extend(build_jobs(&draft.session, &planned));
            Ok(())
        });
        match begun.await {
            Ok(()) => Ok(()),
            Err(NotBegun::Failed(error)) => Err(error),
            Err(NotBegun::Moved) => {
                self.planner.forget(session.id);
                Ok(self.catalog.postpone_job(job, 0).await?)
            }
        }
    }

    /// Copies files of the base into the delta's folder. They were verified when the base was
    /// opened.
    pub(crate) async fn carry_over(&self, draft: &SessionDraft, names: &[String]) -> Result<(), Error> {
        let session = &draft.session;
        let base = draft.base_session_id.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
        let from = blob_layout::generation(session.tenant, session.store_id, base)?;
        let to = blob_layout::generation(session.tenant, session.store_id, session.id)?;
        for name in names {
            let copied = self.blobs.copy(&from.join(name)?, &to.join(name)?).await;
            copied.map_err(lost)?;
        }
        Ok(())
    }
}

/// Returns whether the blocks of the session were made with the salt and the columns of the
/// generation.
fn fits(session: &Session, base: &Arc<Generation>) -> bool {
    session.key_id == base.key_id()
        && session.columns == *base.columns()
        && session.tokens_max == base.tokens_max()
}

/// Returns the jobs that build an index, one a step.
pub(crate) fn build_jobs(session: &Session, planned: &PlannedSession) -> Vec<NewJob> {
    let count = u32::try_from(planned.steps.len()).unwrap_or(u32::MAX);
    (0..count).map(|index| session_job(session, JobKind::Build { index })).collect()
}
