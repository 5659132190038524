//! Workers: take jobs, keep their leases alive, give them back when they fail.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use edm_model::{SessionEvent, SessionFailure, Timestamp};
use edm_store::{JobKind, LeasedJob, NewJob};
use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::service::Service;

pub(crate) const LEASE_SECONDS: i64 = 60;
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);
const ATTEMPTS_MAX: u32 = 10;
const BACKOFF_BASE_MS: u64 = 500;
const BACKOFF_MAX_MS: u64 = 60_000;
/// The longest that a job of a session is put off for.
pub(crate) const WAIT_SECONDS_MAX: i64 = 60;
const IDLE_WAIT_MAX: Duration = Duration::from_secs(5);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SALT_GRACE_SECONDS: i64 = 3_600;

/// The running workers of a service.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Takes no new job, waits for the running ones and ends.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker ended by a fault of the program");
            }
        }
    }
}

impl Service {
    /// Starts the workers and the sweeper on the current runtime. Call it after `load`, which takes the data
    /// directory for this process: leases of an earlier one are taken over at once.
    pub fn start_workers(&self) -> Workers {
        let (stop, stopped) = watch::channel(false);
        let mut tasks: Vec<JoinHandle<()>> = (0..self.limits().worker_count.max(1))
            .map(|_| tokio::spawn(self.clone().work(stopped.clone())))
            .collect();
        tasks.extend(self.start_keepers(stopped));
        Workers { stop, tasks }
    }

    /// Starts the sweeper and the scrub alone: for a node that answers requests and leaves jobs to others.
    pub fn start_sweeper(&self) -> Workers {
        let (stop, stopped) = watch::channel(false);
        Workers { stop, tasks: self.start_keepers(stopped).into() }
    }

    fn start_keepers(&self, stopped: watch::Receiver<bool>) -> [JoinHandle<()>; 2] {
        [
            tokio::spawn(self.clone().sweep_regularly(stopped.clone())),
            tokio::spawn(self.clone().scrub_regularly(stopped)),
        ]
    }

    async fn work(self, mut stopped: watch::Receiver<bool>) {
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
                () = self.inner.job_bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    async fn idle_wait(&self) -> Duration {
        match self.inner.catalog.next_job_in_ms().await {
            Ok(Some(wait)) => {
                Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(50)).min(IDLE_WAIT_MAX)
            }
            _ => IDLE_WAIT_MAX,
        }
    }

    /// Wakes a worker for what was left to be collected. What is due later than a worker waits at most is found without.
    pub(crate) fn ring_for_collection(&self) {
        let grace_seconds = u64::try_from(self.limits().collect_grace_seconds).unwrap_or(0);
        if grace_seconds <= IDLE_WAIT_MAX.as_secs() {
            self.inner.job_bell.notify_one();
        }
    }

    /// Gives every lease of an earlier process of this data directory free.
    pub(crate) async fn take_over_leases(&self) -> Result<(), Error> {
        let released = self.inner.catalog.release_leases_of_others(&self.inner.owner).await?;
        if released > 0 {
            tracing::info!(released, "jobs of an earlier process are taken over");
        }
        Ok(())
    }

    /// Runs the next job that is due, if there is one, and returns whether there was. A job that fails is given back
    /// or given up; that is no error of this call.
    pub async fn run_next_job(&self) -> Result<bool, Error> {
        let Some(job) = self.inner.catalog.claim_job(&self.inner.owner, LEASE_SECONDS).await? else {
            return Ok(false);
        };
        // Another worker may find the next one while this one works.
        self.inner.job_bell.notify_one();
        let result = if job.attempts > ATTEMPTS_MAX {
            Err(Error::with_message(ErrorKind::Internal, "the job ended its process too often"))
        } else {
            without_panic(self.run_with_heartbeat(&job)).await
        };
        if let Err(error) = result {
            self.settle_failure(&job, error).await?;
        }
        self.inner.job_bell.notify_one();
        Ok(true)
    }

    async fn run_with_heartbeat(&self, job: &LeasedJob) -> Result<(), Error> {
        let work = self.run(job);
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(HEARTBEAT) => self.inner.catalog.heartbeat(job, LEASE_SECONDS).await?,
            }
        }
    }

    async fn run(&self, job: &LeasedJob) -> Result<(), Error> {
        let session = job.session_id;
        let of_session = || session.ok_or_else(|| Error::of(ErrorKind::Corrupt));
        match &job.kind {
            JobKind::Ingest => self.run_ingest(job, of_session()?).await,
            JobKind::Build { index } => self.run_build(job, of_session()?, *index).await,
            JobKind::Publish => self.run_publish(job, of_session()?).await,
            JobKind::Collect { below } => {
                let blob_count = self.inner.blobs.delete_below(below).await?;
                tracing::debug!(blob_count, "blobs collected");
                Ok(self.inner.catalog.finish_job(job, &[], None).await?)
            }
            JobKind::CollectBlocks { session_id, below } => {
                self.inner.blobs.delete_below(below).await?;
                self.inner.catalog.forget_block_key(*session_id).await?;
                Ok(self.inner.catalog.finish_job(job, &[], None).await?)
            }
            JobKind::CollectGeneration { session_id, below } => {
                self.inner.blobs.delete_below(below).await?;
                self.inner.catalog.delete_generation(*session_id).await?;
                Ok(self.inner.catalog.finish_job(job, &[], None).await?)
            }
        }
    }

    /// Tries again what may pass, gives up what cannot.
    async fn settle_failure(&self, job: &LeasedJob, error: Error) -> Result<(), Error> {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if is_fenced(&error) {
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
                    at: self.now(),
                };
                return ignoring_absence(self.fail_session(session, failure).await);
            }
            self.inner.catalog.bury_job(job, &error.to_string()).await
        } else {
            let delay_ms = self.backoff_ms(job.attempts);
            tracing::warn!(job = %job.dedup_key, %error, cause, delay_ms, "a job failed and will be tried again");
            self.inner.catalog.retry_job(job, delay_ms, &error.to_string()).await
        };
        match settled {
            Err(error) if error.kind() != edm_store::ErrorKind::Fenced => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Full jitter: anywhere between nothing and a bound that doubles.
    fn backoff_ms(&self, attempts: u32) -> i64 {
        let bound = BACKOFF_BASE_MS.saturating_mul(1 << attempts.min(16)).min(BACKOFF_MAX_MS);
        let random = u64::from_le_bytes(self.random_bytes());
        i64::try_from(random % bound).unwrap_or(0)
    }

    async fn sweep_regularly(self, mut stopped: watch::Receiver<bool>) {
        if let Err(error) = self.take_over_leases().await {
            tracing::error!(%error, "leases of an earlier process were not taken over: they run out by themselves");
        }
        self.inner.job_bell.notify_one();
        while !*stopped.borrow() {
            if let Err(error) = without_panic(self.sweep()).await {
                tracing::warn!(%error, "the sweep failed and will be tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Does what the clock asks for, if it is believed: expires sessions, brings what is served in line with the catalog (another node
    /// may have changed it, or this one could not read it at once), collects old generations, forgets unused salts.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.now();
        self.mark_clock(now).await?;
        self.expire_idle(now).await?;
        if self.is_ready() {
            self.repair_served().await?;
        }
        if !self.believes_clock(now) {
            return Ok(());
        }
        self.collect_retired().await?;
        self.inner.catalog.delete_unused_salts(now.plus_seconds(-SALT_GRACE_SECONDS)).await?;
        Ok(())
    }

    /// Expires the sessions that nobody has fed for too long.
    pub(crate) async fn expire_idle(&self, now: Timestamp) -> Result<(), Error> {
        if !self.believes_clock(now) {
            return Ok(());
        }
        let idle_before = now.plus_seconds(-self.limits().session_idle_seconds);
        if self.earliest_activity().await?.is_none_or(|earliest| earliest >= idle_before) {
            return Ok(());
        }
        for id in self.inner.catalog.idle_sessions(idle_before).await? {
            let expired = self.inner.catalog.change_session(id, |draft| {
                if self.is_idle(draft, now) { self.apply(draft, SessionEvent::Expire, now) } else { Ok(()) }
            });
            ignoring_absence(expired.await)?;
        }
        Ok(())
    }

    /// Returns the earliest last activity of an open session, without asking the catalog again while nobody has written.
    async fn earliest_activity(&self) -> Result<Option<Timestamp>, Error> {
        let (catalog, known) = (&self.inner.catalog, &self.inner.known_activity);
        let earliest = known.find_or_read(catalog.change_mark(), (), catalog.earliest_activity()).await?;
        Ok(earliest)
    }

    /// Leaves a job for each generation that is kept no more; a second one of the same is dropped by the queue.
    pub(crate) async fn collect_retired(&self) -> Result<(), Error> {
        let mut jobs = Vec::new();
        for generation in self.inner.catalog.retired_generations().await? {
            let below =
                blob_layout::generation(generation.tenant, generation.store_id, generation.session_id)?;
            jobs.push(NewJob {
                tenant: generation.tenant,
                session_id: None,
                kind: JobKind::CollectGeneration { session_id: generation.session_id, below },
                delay_seconds: self.limits().collect_grace_seconds,
            });
        }
        if !jobs.is_empty() {
            self.inner.catalog.enqueue(&jobs).await?;
        }
        Ok(())
    }
}

/// A fault of the program in one job must not end the worker: all that would be left is a restart. The hook has
/// logged where it was.
pub(crate) async fn without_panic<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let caught = AssertUnwindSafe(work).catch_unwind().await;
    caught.unwrap_or_else(|_| Err(Error::of(ErrorKind::Internal)))
}

fn is_fenced(error: &Error) -> bool {
    let stored =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<edm_store::Error>());
    let gone = matches!(error.kind(), ErrorKind::NotFound { .. } | ErrorKind::SessionClosed { .. });
    gone || stored.is_some_and(|error| error.kind() == edm_store::ErrorKind::Fenced)
}

/// What was removed in the meantime needs nothing more.
fn ignoring_absence(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if is_fenced(&error) => Ok(()),
        other => other,
    }
}
