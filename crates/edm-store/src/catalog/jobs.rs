//! The job queue. Delivery is at least once, so every job must be idempotent. A lease says which
//! worker has a job. The lease's epoch is a fencing token: a worker that lost its lease cannot
//! overwrite the results of its successor.
//!
//! Leases and due times use the clock that the catalog was opened with. That clock is monotonic
//! while the process lives. Times written by an earlier process with a wrong clock are corrected by
//! `bound_jobs`.

use edm_model::{SessionId, StoreId, TenantId, Timestamp};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, Write, get, id16, number, optional_id16, optional_moment};
use crate::blobs::BlobPath;
use crate::error::{Context, Error, ErrorKind};

/// The kind of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobKind {
    /// Plans a session's index and enqueues its build jobs.
    Ingest,
    /// Builds the file at this position of the plan.
    Build {
        /// The position in the plan.
        index: u32,
    },
    /// Verifies the built index and makes it live.
    Publish,
    /// Deletes the blobs under a name.
    Collect {
        /// The name.
        below: BlobPath,
    },
    /// Deletes the blocks of a session that needs them no longer, and their key.
    CollectBlocks {
        /// The session.
        session_id: SessionId,
        /// The name of its blocks.
        below: BlobPath,
    },
    /// Deletes a retired generation.
    CollectGeneration {
        /// The session that uploaded it.
        session_id: SessionId,
        /// The name of its blobs.
        below: BlobPath,
    },
}

impl JobKind {
    const fn word(&self) -> &'static str {
        match self {
            JobKind::Ingest => "ingest",
            JobKind::Build { .. } => "build",
            JobKind::Publish => "publish",
            JobKind::Collect { .. } => "collect",
            JobKind::CollectBlocks { .. } => "collectBlocks",
            JobKind::CollectGeneration { .. } => "collectGeneration",
        }
    }

    fn payload(&self) -> String {
        match self {
            JobKind::Ingest | JobKind::Publish => String::new(),
            JobKind::Build { index } => index.to_string(),
            JobKind::Collect { below } => below.to_string(),
            JobKind::CollectBlocks { session_id, below }
            | JobKind::CollectGeneration { session_id, below } => format!("{session_id} {below}"),
        }
    }

    pub(super) fn read(word: &str, payload: &str) -> Result<Self, Error> {
        let corrupt = || Error::corrupt("payload of a job");
        match word {
            "ingest" => Ok(JobKind::Ingest),
            "build" => Ok(JobKind::Build { index: payload.parse().map_err(|_| corrupt())? }),
            "publish" => Ok(JobKind::Publish),
            "collect" => Ok(JobKind::Collect { below: BlobPath::new(payload)? }),
            "collectBlocks" | "collectGeneration" => {
                let (session, below) = payload.split_once(' ').ok_or_else(corrupt)?;
                let session_id = session.parse().map_err(|_| corrupt())?;
                let below = BlobPath::new(below)?;
                Ok(match word {
                    "collectBlocks" => JobKind::CollectBlocks { session_id, below },
                    _ => JobKind::CollectGeneration { session_id, below },
                })
            }
            _ => Err(Error::corrupt("kind of a job")),
        }
    }
}

/// A job to enqueue. A second one with the same kind, session and payload is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The session that it belongs to; deleting the session deletes the job.
    pub session_id: Option<SessionId>,
    /// The kind.
    pub kind: JobKind,
    /// The delay before it becomes due.
    pub delay_seconds: i64,
}

impl NewJob {
    fn dedup_key(&self) -> String {
        dedup_key(self.session_id, &self.kind)
    }
}

fn dedup_key(session: Option<SessionId>, kind: &JobKind) -> String {
    let session = session.map(|id| id.to_string()).unwrap_or_default();
    format!("{}/{session}/{}", kind.word(), kind.payload())
}

/// Upper bounds for the times of jobs, counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobBounds {
    /// The longest wait of a job of a session.
    pub wait_seconds_max: i64,
    /// The longest wait of a collection.
    pub collect_seconds_max: i64,
    /// The longest lease.
    pub lease_seconds_max: i64,
}

/// A job leased by a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJob {
    /// Its key in the queue.
    pub dedup_key: String,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The session that it belongs to.
    pub session_id: Option<SessionId>,
    /// The kind.
    pub kind: JobKind,
    /// The number of attempts, including this one.
    pub attempts: u32,
    /// The number of leases so far; the fencing token.
    pub epoch: i64,
}

// Both statements run once for each job of a session, which may have a million. Each must find its
// row by an index and stop.
const CLAIM: &str = "update jobs set state = 'leased', epoch = epoch + 1, attempts = attempts + 1, lease_owner = $1, \
     lease_until = $3 where dedup_key = coalesce( \
        (select dedup_key from jobs where state = 'leased' and lease_until <= $2 order by lease_until limit 1), \
        (select dedup_key from jobs where state = 'ready' and run_after <= $2 \
         order by run_after, dedup_key limit 1)) returning *";
const CLAIM_BUILD: &str = "update jobs set state = 'leased', epoch = epoch + 1, attempts = attempts + 1, \
     lease_owner = $2, lease_until = $4 where dedup_key = $1 \
     and (state = 'ready' and run_after <= $3 or state = 'leased' and lease_until <= $3) returning *";
// Each half is one index seek, however many jobs are waiting.
const NEXT_JOB: &str = "select min(due.at) as at from (select min(run_after) as at from jobs where state = 'ready' \
     union all select min(lease_until) from jobs where state = 'leased') as due";
const BOUND_WAITING: &str =
    "update jobs set run_after = $1 where state = 'ready' and run_after > $1 and kind not like 'collect%'";
const BOUND_COLLECTIONS: &str =
    "update jobs set run_after = $1 where state = 'ready' and run_after > $1 and kind like 'collect%'";
const BOUND_LEASES: &str = "update jobs set lease_until = $1 where state = 'leased' and lease_until > $1";
const MICROS_PER_MS: i64 = 1_000;
const OPEN_BUILD: &str = "select 1 from jobs where session_id = $1 and kind = 'build' \
     and state in ('ready', 'leased', 'dead') limit 1";

impl Catalog {
    /// Enqueues jobs that are not part of a session's change.
    pub async fn enqueue(&self, jobs: &[NewJob]) -> Result<(), Error> {
        let mut write = self.write().await?;
        enqueue(&mut write, jobs).await?;
        write.commit().await.context("enqueueing jobs")
    }

    /// Leases a job whose lease has expired, or else the oldest ready one.
    pub async fn claim_job(&self, owner: &str, lease_seconds: i64) -> Result<Option<LeasedJob>, Error> {
        let now = self.writer.now();
        let row = sqlx::query(CLAIM)
            .bind(owner)
            .bind(now.as_micros())
            .bind(now.plus_seconds(lease_seconds).as_micros())
            .fetch_optional(&self.writer)
            .await
            .context("claiming a job")?;
        row.map(|row| read_job(&row)).transpose()
    }

    /// Leases further build jobs of the same session at these positions. Leased and finished ones
    /// are skipped.
    pub async fn claim_builds_with(
        &self,
        job: &LeasedJob,
        indexes: &[u32],
        owner: &str,
        lease_seconds: i64,
    ) -> Result<Vec<LeasedJob>, Error> {
        let mut write = self.write().await?;
        let now = write.now();
        // One transaction for all, so that one sync of the disk pays for the group.
        let mut taken = Vec::new();
        for index in indexes {
            let kind = JobKind::Build { index: *index };
            let row = sqlx::query(CLAIM_BUILD)
                .bind(dedup_key(job.session_id, &kind))
                .bind(owner)
                .bind(now.as_micros())
                .bind(now.plus_seconds(lease_seconds).as_micros())
                .fetch_optional(&mut write)
                .await
                .context("claiming the jobs of a group")?;
            taken.extend(row.map(|row| read_job(&row)).transpose()?);
        }
        write.commit().await.context("claiming the jobs of a group")?;
        Ok(taken)
    }

    /// Extends a lease. Fails with `Fenced` if another worker has the job.
    pub async fn heartbeat(&self, job: &LeasedJob, lease_seconds: i64) -> Result<(), Error> {
        let done = sqlx::query(
            "update jobs set lease_until = $3 where dedup_key = $1 and epoch = $2 and state = 'leased'",
        )
        .bind(&job.dedup_key)
        .bind(job.epoch)
        .bind(self.writer.now().plus_seconds(lease_seconds).as_micros())
        .execute(&self.writer)
        .await
        .context("prolonging a lease")?;
        fenced(done.rows_affected())
    }

    /// Marks a job done, counts it in its session, and enqueues its successors: `then` at once,
    /// `after_last` if no build job of the session is left.
    pub async fn finish_job(
        &self,
        job: &LeasedJob,
        then: &[NewJob],
        after_last: Option<&NewJob>,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        finish(&mut write, job).await?;
        enqueue(&mut write, then).await?;
        if let (Some(next), Some(session)) = (after_last, job.session_id) {
            // This job is marked done in the same transaction. Of two workers that finish at the
            // same time, only the second finds no open job and enqueues the next step.
            let open = sqlx::query(OPEN_BUILD)
                .bind(session.as_bytes().as_slice())
                .fetch_optional(&mut write)
                .await
                .context("looking for a build job")?;
            if open.is_none() {
                enqueue(&mut write, std::slice::from_ref(next)).await?;
            }
        }
        write.commit().await.context("finishing a job")
    }

    /// Returns a job to the queue for another attempt after a delay.
    pub async fn retry_job(&self, job: &LeasedJob, delay_ms: i64, error: &str) -> Result<(), Error> {
        let done = sqlx::query(
            "update jobs set state = 'ready', last_error = $4, run_after = $3 where dedup_key = $1 \
             and epoch = $2 and state = 'leased'",
        )
        .bind(&job.dedup_key)
        .bind(job.epoch)
        .bind(self.in_ms(delay_ms))
        .bind(error)
        .execute(&self.writer)
        .await
        .context("giving a job back")?;
        fenced(done.rows_affected())
    }

    /// Returns a job that cannot start yet to the queue. The attempt does not count.
    pub async fn postpone_job(&self, job: &LeasedJob, delay_ms: i64) -> Result<(), Error> {
        let done = sqlx::query(
            "update jobs set state = 'ready', attempts = attempts - 1, run_after = $3 where dedup_key = $1 \
             and epoch = $2 and state = 'leased'",
        )
        .bind(&job.dedup_key)
        .bind(job.epoch)
        .bind(self.in_ms(delay_ms))
        .execute(&self.writer)
        .await
        .context("putting a job off")?;
        fenced(done.rows_affected())
    }

    /// Marks a job as failed for good. The caller fails its session.
    pub async fn bury_job(&self, job: &LeasedJob, error: &str) -> Result<(), Error> {
        let done = sqlx::query(
            "update jobs set state = 'dead', last_error = $3 where dedup_key = $1 and epoch = $2 \
             and state = 'leased'",
        )
        .bind(&job.dedup_key)
        .bind(job.epoch)
        .bind(error)
        .execute(&self.writer)
        .await
        .context("giving a job up")?;
        fenced(done.rows_affected())
    }

    /// Revokes the leases of all other owners. Only for a server that is alone with its catalog and
    /// whose previous process is known to be dead.
    pub async fn release_leases_of_others(&self, owner: &str) -> Result<u64, Error> {
        let done = sqlx::query(
            "update jobs set state = 'ready', run_after = min(run_after, $2) where state = 'leased' \
             and lease_owner <> $1",
        )
        .bind(owner)
        .bind(self.writer.now().as_micros())
        .execute(&self.writer)
        .await
        .context("releasing leases")?;
        Ok(done.rows_affected())
    }

    /// Returns the milliseconds until the next job is due; `None` if there is none.
    pub async fn next_job_in_ms(&self) -> Result<Option<i64>, Error> {
        let row = sqlx::query(NEXT_JOB).fetch_one(&self.reader).await.context("next job")?;
        let due = optional_moment(&row, "at")?;
        Ok(due.map(|due| due.as_micros().saturating_sub(self.writer.now().as_micros()) / MICROS_PER_MS))
    }

    /// Limits the due times and leases to the bounds, because a process with a fast clock may have
    /// left distant times. Returns the number of changed jobs.
    pub async fn bound_jobs(&self, bounds: &JobBounds) -> Result<u64, Error> {
        let now = self.writer.now();
        let mut write = self.write().await?;
        let mut bounded = 0;
        for (statement, seconds) in [
            (BOUND_WAITING, bounds.wait_seconds_max),
            (BOUND_COLLECTIONS, bounds.collect_seconds_max),
            (BOUND_LEASES, bounds.lease_seconds_max),
        ] {
            let done = sqlx::query(statement)
                .bind(now.plus_seconds(seconds).as_micros())
                .execute(&mut write)
                .await
                .context("bounding jobs")?;
            bounded += done.rows_affected();
        }
        // Most starts change nothing and need no sync of the disk.
        if bounded > 0 {
            write.commit().await.context("bounding jobs")?;
        }
        Ok(bounded)
    }

    /// Postpones all collections until the given time, unless they are due later.
    pub async fn postpone_collections(&self, until: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "update jobs set run_after = $1 where state = 'ready' and run_after < $1 and kind like 'collect%'",
        )
        .bind(until.as_micros())
        .execute(&self.writer)
        .await
        .context("postponing collections")?;
        Ok(())
    }

    fn in_ms(&self, delay_ms: i64) -> i64 {
        self.writer.now().as_micros().saturating_add(delay_ms.saturating_mul(MICROS_PER_MS))
    }
}

pub(super) async fn enqueue(write: &mut Write, jobs: &[NewJob]) -> Result<(), Error> {
    for job in jobs {
        // The unique key makes enqueueing idempotent: a step that runs twice adds its successors
        // once.
        let run_after = write.now().plus_seconds(job.delay_seconds);
        sqlx::query(
            "insert into jobs (dedup_key, tenant_id, session_id, kind, payload, run_after) \
             values ($1, $2, $3, $4, $5, $6) on conflict (dedup_key) do nothing",
        )
        .bind(job.dedup_key())
        .bind(job.tenant.as_bytes().as_slice())
        .bind(job.session_id.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(job.kind.word())
        .bind(job.kind.payload())
        .bind(run_after.as_micros())
        .execute(&mut *write)
        .await
        .context("enqueueing a job")?;
    }
    Ok(())
}

/// Marks the job done within a transaction. A job without a session is deleted.
pub(super) async fn finish(write: &mut Write, job: &LeasedJob) -> Result<(), Error> {
    let done = if job.session_id.is_some() {
        // The row of a finished job stays until its session ends. It keeps a repeated step from
        // enqueueing the job again.
        sqlx::query("update jobs set state = 'done' where dedup_key = $1 and epoch = $2 and state = 'leased'")
    } else {
        sqlx::query("delete from jobs where dedup_key = $1 and epoch = $2 and state = 'leased'")
    }
    .bind(&job.dedup_key)
    .bind(job.epoch)
    .execute(&mut *write)
    .await
    .context("finishing a job")?;
    fenced(done.rows_affected())?;
    if let Some(session) = job.session_id {
        sqlx::query("update sessions set finished_job_count = finished_job_count + 1 where id = $1")
            .bind(session.as_bytes().as_slice())
            .execute(&mut *write)
            .await
            .context("counting a job")?;
    }
    Ok(())
}

pub(super) async fn delete_jobs_of(write: &mut Write, session: SessionId) -> Result<(), Error> {
    sqlx::query("delete from jobs where session_id = $1")
        .bind(session.as_bytes().as_slice())
        .execute(&mut *write)
        .await
        .context("removing the jobs of a session")?;
    Ok(())
}

/// Makes the ingest jobs of a store due at once. One may have waited for the session that has just
/// ended.
pub(super) async fn wake_ingests_of(write: &mut Write, store: StoreId) -> Result<(), Error> {
    let now = write.now();
    sqlx::query(
        "update jobs set run_after = $2 where kind = 'ingest' and state = 'ready' \
         and session_id in (select id from sessions where store_id = $1 and state = 'ProcessingInProgress')",
    )
    .bind(store.as_bytes().as_slice())
    .bind(now.as_micros())
    .execute(&mut *write)
    .await
    .context("waking a job")?;
    Ok(())
}

fn fenced(rows: u64) -> Result<(), Error> {
    if rows == 0 { Err(Error::new(ErrorKind::Fenced, "job")) } else { Ok(()) }
}

fn read_job(row: &SqliteRow) -> Result<LeasedJob, Error> {
    let kind: String = get(row, "kind")?;
    let payload: String = get(row, "payload")?;
    Ok(LeasedJob {
        dedup_key: get(row, "dedup_key")?,
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        session_id: optional_id16(row, "session_id")?.map(SessionId::from_bytes),
        kind: JobKind::read(&kind, &payload)?,
        attempts: number(row, "attempts")?,
        epoch: get(row, "epoch")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_options;
    use super::*;

    /// Counting the open jobs at every finish and sorting the ready ones at every claim made a
    /// session with a million blocks quadratic.
    #[tokio::test]
    async fn no_statement_of_every_job_reads_all_jobs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = Catalog::open(&folder.path().join("catalog.db"), test_options()).await.expect("opens");
        catalog.migrate().await.expect("migrates");
        for statement in
            [CLAIM, CLAIM_BUILD, OPEN_BUILD, NEXT_JOB, BOUND_WAITING, BOUND_COLLECTIONS, BOUND_LEASES]
        {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")))
                .fetch_all(&catalog.writer)
                .await
                .expect("explained");
            let steps: Vec<String> = plan.iter().map(|row| get(row, "detail").expect("a step")).collect();
            let reads_all = |step: &String| step.contains("SCAN jobs") || step.contains("TEMP B-TREE");
            assert!(!steps.iter().any(reads_all), "{steps:#?}");
            assert!(steps.iter().any(|step| step.contains("jobs_")), "{steps:#?}");
        }
    }
}
