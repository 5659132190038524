//! Upload sessions. A closure of the service decides about each change. This module reads the
//! session, calls the closure and writes the result, all in one transaction.

use edm_model::{
    Columns, KeyId, PrincipalId, Session, SessionId, SessionState, StoreId, TenantId, Timestamp, UpdateMode,
};
use sqlx::sqlite::SqliteRow;

use super::{
    Catalog, LeasedJob, NewJob, Write, get, id16, jobs, lowercase, moment, number, optional_id16,
    optional_moment, optional_number, signed,
};
use crate::error::{Context, Error, ErrorKind};
use crate::record;

/// A session as passed to the deciding closure. Ids, columns, keys and creation time never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDraft {
    /// The session.
    pub session: Session,
    /// The store's current columns.
    pub store_columns: Columns,
    /// The current length of the store's longest matched cell, in atoms.
    pub store_tokens_max: u32,
    /// The commit number of the store's last publication.
    pub store_published_commit: u64,
    /// The session whose data is live in the store.
    pub live_session_id: Option<SessionId>,
    /// The encrypted key of its blocks; `None` once they are collected.
    pub sealed_block_key: Option<Vec<u8>>,
    /// The encrypted key of its generation's files; `None` before the commit, and once its blocks
    /// are collected.
    pub sealed_generation_key: Option<Vec<u8>>,
    /// The time of the last block or renewal.
    pub last_activity_at: Timestamp,
    /// Whether a block list was accepted.
    pub block_list_given: bool,
    /// Its position in the order of commits, which the catalog assigns at the commit.
    pub commit_number: Option<u64>,
    /// The session whose generation a delta is based on; set once, when its build starts.
    pub base_session_id: Option<SessionId>,
    /// Jobs to enqueue together with the change.
    pub enqueue: Vec<NewJob>,
}

/// A session to insert.
#[derive(Debug, Clone)]
pub struct NewSessionRow {
    /// The session.
    pub session: Session,
    /// The encrypted key of its blocks.
    pub sealed_block_key: Vec<u8>,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// The session whose data is live in the store.
    pub live_session_id: Option<SessionId>,
}

/// Whether the answering node serves the live data of a store. A node shows a session that it does
/// not serve yet as still in processing. Filters must see what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveData {
    /// It serves the live data, or nothing is live.
    Served,
    /// It has not loaded the live data yet.
    NotServed,
}

macro_rules! session_columns {
    () => {
        "s.*, d.columns as store_columns, d.tokens_max as store_tokens_max, d.live_session_id, d.published_commit"
    };
}

macro_rules! session_from {
    () => {
        "sessions s join data_stores d on d.id = s.store_id"
    };
}

macro_rules! session_query {
    ($rest:literal) => {
        concat!("select ", session_columns!(), " from ", session_from!(), " ", $rest)
    };
}

/// The selected columns of a listed session and the tables they come from. A page reads them for
/// each row, so this omits everything that is not shown.
pub(super) const COLUMNS: &str = "s.id, s.tenant_id, s.store_id, s.state, s.update_mode, s.columns, s.tokens_max, \
     s.key_id, s.created_by, s.upload_agent_id, s.fields, s.file_name, s.checksum, s.rows_per_block, \
     s.total_block_count, s.staged_block_count, s.row_count, s.rejected_row_count, s.allow_shrink, \
     s.total_job_count, s.finished_job_count, s.created_at, s.started_at, s.updated_at, s.upload_expires_at, \
     s.upload_completed_at, s.processing_completed_at, s.completed_at, s.failure, d.live_session_id";
pub(super) const FROM: &str = session_from!();

impl Catalog {
    /// Adds a session. Fails with `NotFound` if the store does not exist.
    pub async fn insert_session(&self, new: &NewSessionRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        insert(&mut write, new).await?;
        write.commit().await.context("adding a session")
    }

    /// Returns a session of any tenant. The caller must check tenant and store.
    pub async fn session(&self, id: SessionId) -> Result<SessionDraft, Error> {
        let row = sqlx::query(session_query!("where s.id = $1"))
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("session")?;
        read_session(&row)
    }

    /// Returns the earliest last activity among the open sessions; `None` if there are none.
    pub async fn earliest_activity(&self) -> Result<Option<Timestamp>, Error> {
        let row = sqlx::query("select min(last_activity_at) as earliest from sessions where state = $1")
            .bind(SessionState::UploadInProgress.as_str())
            .fetch_one(&self.reader)
            .await
            .context("looking for idle sessions")?;
        optional_moment(&row, "earliest")
    }

    /// Lists the open sessions whose last activity was before the given time.
    pub async fn idle_sessions(&self, before: Timestamp) -> Result<Vec<SessionId>, Error> {
        let rows = sqlx::query("select id from sessions where state = $1 and last_activity_at < $2")
            .bind(SessionState::UploadInProgress.as_str())
            .bind(before.as_micros())
            .fetch_all(&self.reader)
            .await
            .context("listing idle sessions")?;
        rows.iter().map(|row| Ok(SessionId::from_bytes(id16(row, "id")?))).collect()
    }

    /// Lets the closure change a session, in one transaction, and returns the closure's result. A
    /// session that reaches a final state loses its jobs.
    pub async fn change_session<R: Send, E: From<Error>>(
        &self,
        id: SessionId,
        decide: impl FnOnce(&mut SessionDraft) -> Result<R, E> + Send,
    ) -> Result<R, E> {
        let mut write = self.write().await?;
        let before = session_in(&mut write, id).await?;
        let mut draft = before.clone();
        let result = decide(&mut draft)?;
        // Nothing to write: dropping the transaction releases the write lock without a sync of the
        // disk.
        if draft != before {
            write_session(&mut write, &draft).await?;
            write.commit().await.context("changing a session")?;
        }
        Ok(result)
    }

    /// Returns whether a session of the store with a lower commit number is still in processing.
    pub async fn has_earlier_commit(&self, store_id: StoreId, commit_number: u64) -> Result<bool, Error> {
        let found = sqlx::query(
            "select 1 from sessions where store_id = $1 and state = $2 and commit_number < $3 limit 1",
        )
        .bind(store_id.as_bytes().as_slice())
        .bind(SessionState::ProcessingInProgress.as_str())
        .bind(signed(commit_number)?)
        .fetch_optional(&self.reader)
        .await
        .context("looking for an earlier commit")?;
        Ok(found.is_some())
    }

    /// Finishes a job of a session and lets the closure change the session, in one transaction.
    /// Fails with `Fenced` if another worker has the job.
    pub async fn finish_job_with_session<E: From<Error>>(
        &self,
        job: &LeasedJob,
        decide: impl FnOnce(&mut SessionDraft) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let id = job.session_id.ok_or_else(|| Error::corrupt("session of a job"))?;
        let mut write = self.write().await?;
        // First, so that a worker that has lost its lease fails before the closure can decide
        // anything.
        jobs::finish(&mut write, job).await?;
        let mut draft = session_in(&mut write, id).await?;
        decide(&mut draft)?;
        write_session(&mut write, &draft).await?;
        write.commit().await.context("finishing a job")?;
        Ok(())
    }

    /// Deletes the keys of a session's blocks and of its generation. A missing session is not an
    /// error.
    pub async fn forget_keys(&self, id: SessionId) -> Result<(), Error> {
        sqlx::query(
            "update sessions set sealed_block_key = null, sealed_generation_key = null where id = $1",
        )
        .bind(id.as_bytes().as_slice())
        .execute(&self.writer)
        .await
        .context("forgetting the keys of a session")?;
        Ok(())
    }

    /// Removes a session's row if the closure allows it. The jobs that the closure enqueues stay.
    pub async fn delete_session<E: From<Error>>(
        &self,
        id: SessionId,
        decide: impl FnOnce(&mut SessionDraft) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        let mut draft = session_in(&mut write, id).await?;
        decide(&mut draft)?;
        sqlx::query("delete from sessions where id = $1")
            .bind(id.as_bytes().as_slice())
            .execute(&mut write)
            .await
            .context("removing a session")?;
        // After the delete, because deleting the session deletes its jobs. These have no session
        // and survive.
        jobs::enqueue(&mut write, &draft.enqueue).await?;
        write.commit().await.context("removing a session")?;
        Ok(())
    }
}

pub(super) async fn insert(write: &mut Write, new: &NewSessionRow) -> Result<(), Error> {
    let session = &new.session;
    sqlx::query(
        "insert into sessions (id, tenant_id, store_id, state, update_mode, columns, tokens_max, key_id, \
         sealed_block_key, created_by, upload_agent_id, fields, file_name, checksum, rows_per_block, \
         total_block_count, row_count, rejected_row_count, allow_shrink, created_at, updated_at, \
         last_activity_at, upload_expires_at, lowered, placeholders) values ($1, $2, $3, $4, $5, $6, $7, $8, \
         $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, $20, $21, $22, \
         (select d.placeholders from data_stores d where d.id = $3))",
    )
    .bind(session.id.as_bytes().as_slice())
    .bind(session.tenant.as_bytes().as_slice())
    .bind(session.store_id.as_bytes().as_slice())
    .bind(session.state.as_str())
    .bind(session.update_mode.as_str())
    .bind(record::write_columns(&session.columns))
    .bind(i64::from(session.tokens_max))
    .bind(session.key_id.as_bytes().as_slice())
    .bind(&new.sealed_block_key)
    .bind(session.created_by.as_str())
    .bind(&session.upload_agent_id)
    .bind(record::write_words(&session.fields))
    .bind(&session.file_name)
    .bind(&session.checksum)
    .bind(session.rows_per_block.map(i64::from))
    .bind(session.total_block_count.map(i64::from))
    .bind(session.row_count.map(signed).transpose()?)
    .bind(session.rejected_row_count.map(signed).transpose()?)
    .bind(i64::from(session.allow_shrink))
    .bind(session.created_at.as_micros())
    .bind(session.upload_expires_at.as_micros())
    .bind(lowercase_of(session))
    .execute(&mut *write)
    .await
    .context("adding a session")?;
    Ok(())
}

pub(super) async fn session_in(write: &mut Write, id: SessionId) -> Result<SessionDraft, Error> {
    let row = sqlx::query(session_query!("where s.id = $1"))
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut *write)
        .await
        .context("session")?;
    read_session(&row)
}

/// Writes the mutable properties, assigns the number of a commit, and updates the jobs.
pub(super) async fn write_session(write: &mut Write, draft: &SessionDraft) -> Result<(), Error> {
    let session = &draft.session;
    let commit_number = match (session.state, draft.commit_number) {
        // The first write in this state is the commit. The number orders the commits of a store,
        // and publication refuses a lower one.
        (SessionState::ProcessingInProgress, None) => Some(next_commit(write, session.store_id).await?),
        (_, given) => given,
    };
    sqlx::query(
        "update sessions set state = $2, checksum = $3, total_block_count = $4, row_count = $5, \
         rejected_row_count = $6, block_list_given = $7, total_job_count = $8, commit_number = $9, \
         started_at = $10, updated_at = $11, last_activity_at = $12, upload_expires_at = $13, \
         upload_completed_at = $14, processing_completed_at = $15, completed_at = $16, failure = $17, \
         base_session_id = $18, lowered = $19, sealed_generation_key = $20 where id = $1",
    )
    .bind(session.id.as_bytes().as_slice())
    .bind(session.state.as_str())
    .bind(&session.checksum)
    .bind(session.total_block_count.map(i64::from))
    .bind(session.row_count.map(signed).transpose()?)
    .bind(session.rejected_row_count.map(signed).transpose()?)
    .bind(i64::from(draft.block_list_given))
    .bind(session.total_job_count.map(i64::from))
    .bind(commit_number.map(signed).transpose()?)
    .bind(session.started_at.map(Timestamp::as_micros))
    .bind(session.updated_at.as_micros())
    .bind(draft.last_activity_at.as_micros())
    .bind(session.upload_expires_at.as_micros())
    .bind(session.upload_completed_at.map(Timestamp::as_micros))
    .bind(session.processing_completed_at.map(Timestamp::as_micros))
    .bind(session.completed_at.map(Timestamp::as_micros))
    .bind(session.failure.as_ref().map(record::write_failure))
    .bind(draft.base_session_id.as_ref().map(|id| id.as_bytes().as_slice()))
    .bind(lowercase_of(session))
    .bind(&draft.sealed_generation_key)
    .execute(&mut *write)
    .await
    .context("changing a session")?;
    if session.state.is_final() {
        // A worker that still has a job of this session finds it gone at its next write and stops
        // with `Fenced`.
        jobs::delete_jobs_of(write, session.id).await?;
        // Other sessions wait only for committed ones.
        if commit_number.is_some() {
            jobs::wake_ingests_of(write, session.store_id).await?;
        }
    }
    jobs::enqueue(write, &draft.enqueue).await
}

fn lowercase_of(session: &Session) -> Option<String> {
    lowercase::of_session(&lowercase::SessionTexts {
        file_name: session.file_name.as_deref(),
        checksum: session.checksum.as_deref(),
        upload_agent_id: session.upload_agent_id.as_deref(),
        fields: &session.fields,
        failure: session.failure.as_ref(),
    })
}

async fn next_commit(write: &mut Write, store_id: StoreId) -> Result<u64, Error> {
    let row = sqlx::query(
        "update data_stores set last_commit = last_commit + 1 where id = $1 returning last_commit",
    )
    .bind(store_id.as_bytes().as_slice())
    .fetch_one(&mut *write)
    .await
    .context("numbering a commit")?;
    number(&row, "last_commit")
}

/// Memo of the columns parsed last. The sessions of a store rarely differ in them, and parsing
/// costs more than the rest of a row.
#[derive(Default)]
pub(super) struct LastColumns(Option<(String, Columns)>);

impl LastColumns {
    fn read(&mut self, text: &str) -> Result<Columns, Error> {
        if let Some((_, columns)) = self.0.as_ref().filter(|(last, _)| last == text) {
            return Ok(columns.clone());
        }
        let columns = record::read_columns(text)?;
        self.0 = Some((text.to_owned(), columns.clone()));
        Ok(columns)
    }
}

fn read_session(row: &SqliteRow) -> Result<SessionDraft, Error> {
    let mut columns = LastColumns::default();
    Ok(SessionDraft {
        session: session_of(row, &mut columns)?,
        store_columns: columns.read(get(row, "store_columns")?)?,
        store_tokens_max: number(row, "store_tokens_max")?,
        store_published_commit: number(row, "published_commit")?,
        live_session_id: optional_id16(row, "live_session_id")?.map(SessionId::from_bytes),
        sealed_block_key: get(row, "sealed_block_key")?,
        sealed_generation_key: get(row, "sealed_generation_key")?,
        last_activity_at: moment(row, "last_activity_at")?,
        block_list_given: get::<i64>(row, "block_list_given")? != 0,
        commit_number: optional_number(row, "commit_number")?,
        base_session_id: optional_id16(row, "base_session_id")?.map(SessionId::from_bytes),
        enqueue: Vec::new(),
    })
}

pub(super) fn session_of(row: &SqliteRow, columns: &mut LastColumns) -> Result<Session, Error> {
    let total_job_count: Option<u32> = optional_number(row, "total_job_count")?;
    let finished: u32 = number(row, "finished_job_count")?;
    let state: String = get(row, "state")?;
    let update_mode: String = get(row, "update_mode")?;
    let failure: Option<String> = get(row, "failure")?;
    Ok(Session {
        id: SessionId::from_bytes(id16(row, "id")?),
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        store_id: StoreId::from_bytes(id16(row, "store_id")?),
        state: SessionState::parse(&state).ok_or_else(|| Error::corrupt("state of a session"))?,
        update_mode: UpdateMode::parse(&update_mode)
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, "update mode of a session"))?,
        columns: columns.read(get(row, "columns")?)?,
        tokens_max: number(row, "tokens_max")?,
        key_id: KeyId::from_bytes(id16(row, "key_id")?),
        created_by: PrincipalId::new(get::<String>(row, "created_by")?),
        upload_agent_id: get(row, "upload_agent_id")?,
        fields: record::read_words(&get::<String>(row, "fields")?)?,
        file_name: get(row, "file_name")?,
        checksum: get(row, "checksum")?,
        rows_per_block: optional_number(row, "rows_per_block")?,
        total_block_count: optional_number(row, "total_block_count")?,
        staged_block_count: number(row, "staged_block_count")?,
        row_count: optional_number(row, "row_count")?,
        rejected_row_count: optional_number(row, "rejected_row_count")?,
        allow_shrink: get::<i64>(row, "allow_shrink")? != 0,
        total_job_count,
        remaining_job_count: total_job_count.map(|total| total.saturating_sub(finished)),
        created_at: moment(row, "created_at")?,
        started_at: optional_moment(row, "started_at")?,
        updated_at: moment(row, "updated_at")?,
        upload_expires_at: moment(row, "upload_expires_at")?,
        upload_completed_at: optional_moment(row, "upload_completed_at")?,
        processing_completed_at: optional_moment(row, "processing_completed_at")?,
        completed_at: optional_moment(row, "completed_at")?,
        failure: failure.map(|text| record::read_failure(&text)).transpose()?,
    })
}
