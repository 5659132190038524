//! The catalog's job queue as this process uses it: its name in leases, what wakes its workers, and
//! the jobs that collect what is no longer needed.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use edm_model::{Session, TokenId};
use edm_store::{Catalog, JobKind, LeasedJob, NewJob};
use futures::FutureExt;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::blob_layout;
use crate::deps::{Deps, random_bytes};
use crate::error::{Error, ErrorKind};
use crate::service_limits::Limits;

pub(crate) const LEASE_SECONDS: i64 = 60;
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);
/// The longest that a job of a session is put off for.
pub(crate) const WAIT_SECONDS_MAX: i64 = 60;
/// The longest that a worker waits before it looks for a job again.
pub(crate) const IDLE_WAIT_MAX: Duration = Duration::from_secs(5);

/// The job queue, and what wakes the workers of this process.
pub(crate) struct JobQueue {
    catalog: Catalog,
    limits: Limits,
    /// Names this process in leases.
    owner: String,
    job_notify: Notify,
}

impl JobQueue {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            limits: deps.limits.clone(),
            owner: TokenId::from_random_bytes(random_bytes(deps.random.as_ref())).to_string(),
            job_notify: Notify::new(),
        }
    }

    /// Wakes a worker: a job was enqueued.
    pub(crate) fn wake(&self) {
        self.job_notify.notify_one();
    }

    /// Completes when a job was enqueued.
    pub(crate) fn woken(&self) -> Notified<'_> {
        self.job_notify.notified()
    }

    /// Wakes a worker for a job that collects, if it is due within a worker's longest wait. A later
    /// one is found without.
    pub(crate) fn wake_for_collection(&self) {
        let grace_seconds = u64::try_from(self.limits.load().collect_grace_seconds).unwrap_or(0);
        if grace_seconds <= IDLE_WAIT_MAX.as_secs() {
            self.job_notify.notify_one();
        }
    }

    /// Claims the next job that is due.
    pub(crate) async fn claim(&self) -> Result<Option<LeasedJob>, Error> {
        Ok(self.catalog.claim_job(&self.owner, LEASE_SECONDS).await?)
    }

    /// Claims those of a session's build jobs with these indexes that are free.
    pub(crate) async fn claim_builds_with(
        &self,
        job: &LeasedJob,
        indexes: &[u32],
    ) -> Result<Vec<LeasedJob>, Error> {
        Ok(self.catalog.claim_builds_with(job, indexes, &self.owner, LEASE_SECONDS).await?)
    }

    /// Releases every lease of an earlier process of this data directory.
    pub(crate) async fn take_over_leases(&self) -> Result<(), Error> {
        let released = self.catalog.release_leases_of_others(&self.owner).await?;
        if released > 0 {
            tracing::info!(released, "jobs of an earlier process are taken over");
        }
        Ok(())
    }

    /// Enqueues a job for each generation that is kept no more; the queue drops a second one of the
    /// same.
    pub(crate) async fn collect_retired(&self) -> Result<(), Error> {
        let mut jobs = Vec::new();
        for generation in self.catalog.retired_generations().await? {
            let below =
                blob_layout::generation(generation.tenant, generation.store_id, generation.session_id)?;
            jobs.push(NewJob {
                tenant: generation.tenant,
                session_id: None,
                kind: JobKind::CollectGeneration { session_id: generation.session_id, below },
                delay_seconds: self.limits.load().collect_grace_seconds,
            });
        }
        if !jobs.is_empty() {
            self.catalog.enqueue(&jobs).await?;
        }
        Ok(())
    }
}

/// Returns a job of a session that is due at once.
pub(crate) fn session_job(session: &Session, kind: JobKind) -> NewJob {
    NewJob { tenant: session.tenant, session_id: Some(session.id), kind, delay_seconds: 0 }
}

/// Turns a panic into an error: a fault of the program in one job must not end its worker, which
/// only a restart would bring back. The panic hook has logged its place.
pub(crate) async fn without_panic<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let caught = AssertUnwindSafe(work).catch_unwind().await;
    caught.unwrap_or_else(|_| Err(Error::of(ErrorKind::Internal)))
}
