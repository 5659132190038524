//! Jobs that turn a session's blocks into a generation: plan, build each file (`building`), publish. Every output is a
//! blob that is written once and the same however often its job runs, so a job may be repeated at any point.

use std::sync::Arc;

use bytes::Bytes;
use edm_engine::build;
use edm_model::{Session, SessionEvent, SessionFailure, SessionId, UpdateMode};
use edm_store::{BlobPath, JobKind, LeasedJob, NewGeneration, NewJob, SessionDraft, StoreRow};
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;

use crate::blob_layout;
use crate::error::Error;
use crate::index::plan::PlannedSession;
use crate::serve::serving::{Known, broken, open_file};
use crate::service::{Service, off_thread};

/// The code of a session that came too late.
pub(crate) const SUPERSEDED: &str = "superseded";

impl Service {
    /// Plans the index and enqueues a job for each of its files.
    pub(crate) async fn run_ingest(&self, job: &LeasedJob, session_id: SessionId) -> Result<(), Error> {
        let draft = self.inner.catalog.session(session_id).await?;
        if let Some(failure) = self.superseded(&draft) {
            return self.fail_session(session_id, failure).await;
        }
        if draft.session.update_mode == UpdateMode::Delta {
            return self.begin_delta(job, &draft).await;
        }
        let builds = build_jobs(&draft.session, &*self.planned(&draft).await?);
        self.inner.catalog.finish_job(job, &builds, None).await?;
        Ok(())
    }

    /// Verifies the built files, writes the manifest, and makes the generation live unless a rule forbids it.
    pub(crate) async fn run_publish(&self, job: &LeasedJob, session_id: SessionId) -> Result<(), Error> {
        let draft = self.inner.catalog.session(session_id).await?;
        let session = draft.session.clone();
        let folder = blob_layout::generation(session.tenant, session.store_id, session_id)?;
        let salt = Arc::new(self.salt(session.key_id).await?);
        let planned = self.planned(&draft).await?;
        let verified = self.write_manifest(planned.clone(), &folder).await?;
        let generation = self.open_files(folder, salt, Known::Built(verified, planned.base.clone())).await?;
        let row_count = generation.row_count();
        let default_patterns = generation.default_patterns().unwrap_or_default();
        let candidate = NewGeneration { row_count, default_patterns, at: self.now() };
        let published = self
            .inner
            .catalog
            .publish(job, |draft, store| self.decide_publication(draft, store, candidate))
            .await?;
        self.inner.plans.forget(session_id);
        if published.is_none() {
            tracing::warn!(session.id = %session_id, store.id = %session.store_id, "the session was not published");
            return Ok(());
        }
        tracing::info!(session.id = %session_id, store.id = %session.store_id, row_count, "published");
        self.serve_store(session.tenant, session.store_id, Some(generation)).await?;
        self.collect_retired().await
    }

    /// Returns the manifest: every file that it names and that is not carried over was read and verified for it, on all
    /// cores.
    async fn write_manifest(&self, planned: Arc<PlannedSession>, folder: &BlobPath) -> Result<Bytes, Error> {
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let checks = planned.plan.jobs().into_iter().map(|job| {
            let (blobs, below, handle) = (self.inner.blobs.clone(), folder.clone(), Handle::current());
            let planned = planned.clone();
            off_thread(move || {
                let mut open = |name: &str| open_file(&blobs, &below, name, &handle);
                build::check(&planned.plan, job, &mut open).map_err(broken)
            })
        });
        let checks = futures::stream::iter(checks).buffer_unordered(at_once);
        let checked = checks.map(|checked| checked?).try_collect().await?;
        let manifest = Bytes::from(build::manifest_of(&planned.plan, checked));
        self.inner.blobs.put(&folder.join(blob_layout::MANIFEST)?, manifest.clone()).await?;
        Ok(manifest)
    }

    /// The rules of publication, inside its transaction.
    fn decide_publication(
        &self,
        draft: &mut SessionDraft,
        store: &StoreRow,
        candidate: NewGeneration,
    ) -> Result<Option<NewGeneration>, Error> {
        let now = candidate.at;
        let refused = self.superseded(draft).or_else(|| self.emptied(draft, store, candidate.row_count));
        if let Some(failure) = refused {
            draft.session.failure = Some(failure);
            self.apply(draft, SessionEvent::Fail, now)?;
            return Ok(None);
        }
        self.apply(draft, SessionEvent::Publish, now)?;
        Ok(Some(candidate))
    }

    /// Publication follows the order of commits: who was overtaken comes too late. A delta is published on what it was
    /// built on, or not at all.
    pub(crate) fn superseded(&self, draft: &SessionDraft) -> Option<SessionFailure> {
        if draft.commit_number.is_some_and(|number| number < draft.store_published_commit) {
            let message = "a session that was committed later is live already: upload again if this table is the \
                           newer one";
            return Some(self.failure(SUPERSEDED, message.to_owned()));
        }
        (draft.base_session_id.is_some() && draft.base_session_id != draft.live_session_id).then(|| {
            let message = "the data that the delta was built on is no longer live: upload the delta again";
            self.failure(SUPERSEDED, message.to_owned())
        })
    }

    pub(crate) fn failure(&self, code: &str, message: String) -> SessionFailure {
        SessionFailure { code: code.to_owned(), message, target: None, at: self.now() }
    }

    fn emptied(&self, draft: &SessionDraft, store: &StoreRow, row_count: u64) -> Option<SessionFailure> {
        let failure = |code: &str, message: String| Some(self.failure(code, message));
        let delta = draft.session.update_mode == UpdateMode::Delta;
        if row_count == 0 {
            let message = match delta {
                true => "the delta leaves no row that can be found: check the file, or delete the data store",
                false => "the table has no row that can be found: check the file and the columns",
            };
            return failure("noData", message.to_owned());
        }
        // A delta names each record that it removes: none goes by mistake.
        if delta {
            return None;
        }
        let live = store.store.live.map_or(0, |live| live.row_count);
        let least = self.limits().shrink_percent_min;
        if draft.session.allow_shrink || u128::from(row_count) * 100 >= u128::from(live) * u128::from(least) {
            return None;
        }
        failure(
            "shrinkRefused",
            format!(
                "the table has {row_count} rows where {live} are live, less than {least} %: check the file, or \
                 upload it with allowShrink (`--allow-shrink`)"
            ),
        )
    }

    /// Ends the session without publication. A session that is in a final state already stays as it is.
    pub(crate) async fn fail_session(&self, id: SessionId, failure: SessionFailure) -> Result<(), Error> {
        let now = self.now();
        self.inner.plans.forget(id);
        tracing::warn!(session.id = %id, code = %failure.code, "the session failed");
        let failed = self.inner.catalog.change_session(id, |draft| {
            if draft.session.state.is_final() {
                return Ok(());
            }
            draft.session.failure = Some(failure);
            self.apply(draft, SessionEvent::Fail, now)
        });
        failed.await
    }
}

/// Returns the jobs that build an index, one a step.
pub(crate) fn build_jobs(session: &Session, planned: &PlannedSession) -> Vec<NewJob> {
    let count = u32::try_from(planned.steps.len()).unwrap_or(u32::MAX);
    (0..count).map(|index| of_session(session, JobKind::Build { index })).collect()
}

pub(crate) fn of_session(session: &Session, kind: JobKind) -> NewJob {
    NewJob { tenant: session.tenant, session_id: Some(session.id), kind, delay_seconds: 0 }
}
