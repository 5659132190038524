//! Workers: each claims jobs, renews their leases, and releases them when they fail.

use std::sync::Arc;
use std::time::Duration;

use edm_model::SessionFailure;
use edm_store::{Blobs, Catalog, JobKind, LeasedJob};
use tokio::sync::watch;

use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind, ignoring_obsolete};
use crate::index::indexer::Indexer;
use crate::jobs::queue::{HEARTBEAT, IDLE_WAIT_MAX, JobQueue, LEASE_SECONDS, without_panic};

const ATTEMPTS_MAX: u32 = 10;
const BACKOFF_BASE_MS: u64 = 500;
const BACKOFF_MAX_MS: u64 = 60_000;

/// Runs jobs.
pub(crate) struct JobRunner {
    catalog: Catalog,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    indexer: Indexer,
    jobs: Arc<JobQueue>,
}

impl JobRunner {
    pub(crate) fn new(deps: &Deps, indexer: Indexer, jobs: Arc<JobQueue>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            indexer,
            jobs,
        }
    }

    /// Runs jobs until it is stopped.
    pub(crate) async fn work(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let wait = match without_panic(self.run_next_job()).await {
                Ok(true) => continue,
                Ok(false) => self.idle_wait().await,
                Err(error) => {
                    tracing::error!(%error, source = ?std::error::Error::source(&error), "the job queue cannot be read");
                    IDLE_WAIT_MAX
                }
            };
            tokio::select! {
                () = self.jobs.woken() => {}
                () = tokio::time::sleep(wait) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    async fn idle_wait(&self) -> Duration {
        match self.catalog.next_job_in_ms().await {
            Ok(Some(wait)) => {
                Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(50)).min(IDLE_WAIT_MAX)
            }
            _ => IDLE_WAIT_MAX,
        }
    }

    /// Runs the next job that is due, if there is one, and returns whether there was. A job that
    /// fails is released or given up; that is not an error of this call.
    pub(crate) async fn run_next_job(&self) -> Result<bool, Error> {
        let Some(job) = self.jobs.claim().await? else {
            return Ok(false);
        };
        // Another worker may find the next one while this one works.
        self.jobs.wake();
        let result = if job.attempts > ATTEMPTS_MAX {
            Err(Error::with_message(ErrorKind::Internal, "the job ended its process too often"))
        } else {
            without_panic(self.run_with_heartbeat(&job)).await
        };
        if let Err(error) = result {
            self.settle_failure(&job, error).await?;
        }
        self.jobs.wake();
        Ok(true)
    }

    async fn run_with_heartbeat(&self, job: &LeasedJob) -> Result<(), Error> {
        let work = self.run(job);
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(HEARTBEAT) => self.catalog.heartbeat(job, LEASE_SECONDS).await?,
            }
        }
    }

    async fn run(&self, job: &LeasedJob) -> Result<(), Error> {
        let session = job.session_id;
        let of_session = || session.ok_or_else(|| Error::of(ErrorKind::Corrupt));
        match &job.kind {
            JobKind::Ingest => self.indexer.plan(job, of_session()?).await,
            JobKind::Build { index } => self.indexer.build(job, of_session()?, *index).await,
            JobKind::Publish => self.indexer.publish(job, of_session()?).await,
            JobKind::Collect { below } => {
                let blob_count = self.blobs.delete_below(below).await?;
                tracing::debug!(blob_count, "blobs collected");
                Ok(self.catalog.finish_job(job, &[], None).await?)
            }
            JobKind::CollectBlocks { session_id, below } => {
                self.blobs.delete_below(below).await?;
                self.catalog.forget_keys(*session_id).await?;
                Ok(self.catalog.finish_job(job, &[], None).await?)
            }
            JobKind::CollectGeneration { session_id, below } => {
                self.blobs.delete_below(below).await?;
                self.catalog.delete_generation(*session_id).await?;
                Ok(self.catalog.finish_job(job, &[], None).await?)
            }
        }
    }

    /// Retries a job whose failure may pass, and gives up any other.
    async fn settle_failure(&self, job: &LeasedJob, error: Error) -> Result<(), Error> {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if error.is_obsolete() {
            tracing::info!(job = %job.dedup_key, "the job is someone else's or needed no more");
            return Ok(());
        }
        let hopeless = matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::WrongMasterKey);
        let settled = if hopeless || job.attempts >= ATTEMPTS_MAX {
            tracing::error!(job = %job.dedup_key, %error, cause, "a job was given up");
            if let Some(session) = job.session_id {
                let failure = SessionFailure {
                    code: "processingFailed".to_owned(),
                    message: format!("the index could not be built: {error}"),
                    target: None,
                    at: self.clock.now(),
                };
                return ignoring_obsolete(self.indexer.fail(session, failure).await);
            }
            self.catalog.bury_job(job, &error.to_string()).await
        } else {
            let delay_ms = self.backoff_ms(job.attempts);
            tracing::warn!(job = %job.dedup_key, %error, cause, delay_ms, "a job failed and will be tried again");
            self.catalog.retry_job(job, delay_ms, &error.to_string()).await
        };
        match settled {
            Err(error) if error.kind() != edm_store::ErrorKind::Fenced => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Full jitter: anywhere between nothing and a bound that doubles.
    fn backoff_ms(&self, attempts: u32) -> i64 {
        let bound = BACKOFF_BASE_MS.saturating_mul(1 << attempts.min(16)).min(BACKOFF_MAX_MS);
        let random = u64::from_le_bytes(random_bytes(self.random.as_ref()));
        i64::try_from(random % bound).unwrap_or(0)
    }
}
