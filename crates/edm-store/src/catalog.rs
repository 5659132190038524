//! The catalog: everything that changes, in SQL. This file opens it; each kind of row has its own file beside.
//!
//! One connection writes, several read: SQLite has one writer anyway, and a queue in front of it is fairer than
//! its busy handler. Statements use `$1` so that the same text runs on PostgreSQL.

mod agents;
mod blocks;
mod change_mark;
mod classification_jobs;
mod generations;
mod inventory;
mod jobs;
mod lists;
mod lowered;
mod salts;
mod sessions;
mod stores;
mod tokens;
mod types;

use std::path::Path;
use std::time::Duration;

use edm_model::{Timestamp, TransitionRefused};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use self::change_mark::ChangeMarks;
use crate::error::{Context, Error, ErrorKind};

pub use blocks::{BlockRow, NewBlock, StageOutcome};
pub use change_mark::ChangeMark;
pub use generations::{GenerationRow, LiveStore, NewGeneration};
pub use jobs::{JobKind, LeasedJob, NewJob};
pub use salts::SaltRow;
pub use sessions::{ListedSession, LiveData, NewSessionRow, SessionDraft};
pub use stores::{StoreDraft, StoreRow};
pub use tokens::{AuditEntry, NewToken, TokenRow};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Rows that wait to be taken: a page of any usual length, so that its statement ends without being waited for.
const ROWS_WAITING_MAX: usize = 1_024;

/// The catalog of one server or cluster.
#[derive(Debug, Clone)]
pub struct Catalog {
    writer: SqlitePool,
    reader: SqlitePool,
    change_marks: ChangeMarks,
}

/// Which tables a catalog file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Those of this version.
    Current,
    /// None, or those of another version.
    Other,
}

/// How much there is, for gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CatalogCounts {
    /// Salts that new sessions get.
    pub live_salts: u64,
    /// Jobs that wait or run.
    pub queued_jobs: u64,
    /// Jobs that were given up.
    pub dead_jobs: u64,
}

pub(crate) type Write = Transaction<'static, Sqlite>;

impl Catalog {
    /// Opens the catalog file and makes it when it is missing. Its tables stay as they are: look at `schema`, and
    /// call `migrate` where nobody else works with the file.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged must survive a loss of power: in WAL mode, Normal syncs at checkpoints only.
            .synchronous(SqliteSynchronous::Full)
            // A key that is forgotten must not stay in a free page.
            .pragma("secure_delete", "on")
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_WAITING_MAX);
        let unusable = |source| Error::with_source(ErrorKind::DataDirectory, "opening the catalog", source);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A connection is a thread of this process: it is asked when it is given back, and does not go away by itself.
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await
            .map_err(unusable)?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await
            .map_err(unusable)?;
        Ok(Self { writer, reader, change_marks: ChangeMarks::of(file) })
    }

    /// Returns whether the tables are those of this version.
    pub async fn schema(&self) -> Result<Schema, Error> {
        let context = "version of the catalog";
        let known =
            sqlx::query("select 1 from sqlite_master where type = 'table' and name = '_sqlx_migrations'")
                .fetch_optional(&self.writer)
                .await
                .context(context)?;
        if known.is_none() {
            return Ok(Schema::Other);
        }
        let rows = sqlx::query("select version, checksum, success from _sqlx_migrations order by version")
            .fetch_all(&self.writer)
            .await
            .context(context)?;
        let mut applied = Vec::with_capacity(rows.len());
        for row in &rows {
            applied.push((
                get::<i64>(row, "version")?,
                get::<Vec<u8>>(row, "checksum")?,
                get(row, "success")?,
            ));
        }
        let wanted = MIGRATIONS.iter().map(|step| (step.version, step.checksum.to_vec(), true));
        // A step of SQL may have been followed by a crash before the program's own part of it.
        let filled = wanted.eq(applied) && self.setting(lowered::FILLED).await?.is_some();
        Ok(if filled { Schema::Current } else { Schema::Other })
    }

    /// Brings the tables to this version. Only for who is alone with the file.
    pub async fn migrate(&self) -> Result<(), Error> {
        MIGRATIONS.run(&self.writer).await.map_err(|source| {
            Error::with_source(ErrorKind::DataDirectory, "migrating the catalog", source)
        })?;
        self.fill_lowered().await
    }

    /// Waits for running statements and closes the files.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Returns what tells whether anybody has written since: what was read after a mark was taken holds as long as the
    /// mark is the same. None where that cannot be told, so that everything must be read again.
    pub fn change_mark(&self) -> Option<ChangeMark> {
        self.change_marks.now()
    }

    /// Fails when the catalog does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.reader).await.context("asking the catalog")?;
        Ok(())
    }

    /// Returns a setting's value.
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let row = sqlx::query("select value from settings where name = $1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await
            .context("reading a setting")?;
        row.map(|row| row.try_get("value").context("reading a setting")).transpose()
    }

    /// Writes a setting unless it has a value; returns whether it did.
    pub async fn set_once(&self, name: &str, value: &[u8]) -> Result<bool, Error> {
        let done = sqlx::query("insert into settings (name, value) values ($1, $2) on conflict do nothing")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await
            .context("writing a setting")?;
        Ok(done.rows_affected() == 1)
    }

    /// Counts what the gauges show.
    pub async fn counts(&self) -> Result<CatalogCounts, Error> {
        let row = sqlx::query(
            "select (select count(*) from salts where live = 1) as live_salts, \
                    (select count(*) from jobs where state in ('ready', 'leased')) as queued_jobs, \
                    (select count(*) from jobs where state = 'dead') as dead_jobs",
        )
        .fetch_one(&self.reader)
        .await
        .context("counting")?;
        Ok(CatalogCounts {
            live_salts: number(&row, "live_salts")?,
            queued_jobs: number(&row, "queued_jobs")?,
            dead_jobs: number(&row, "dead_jobs")?,
        })
    }

    /// Starts a transaction that holds the write lock from its first statement, so that it never has to be
    /// repeated because another one wrote in between.
    async fn write(&self) -> Result<Write, Error> {
        self.writer.begin_with("begin immediate").await.context("starting a transaction")
    }
}

/// Reads a 16-byte id.
fn id16(row: &SqliteRow, column: &'static str) -> Result<[u8; 16], Error> {
    optional_id16(row, column)?.ok_or_else(|| Error::corrupt("id"))
}

fn optional_id16(row: &SqliteRow, column: &'static str) -> Result<Option<[u8; 16]>, Error> {
    let bytes: Option<Vec<u8>> = row.try_get(column).context("id")?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| Error::corrupt("id"))).transpose()
}

fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T, Error>
where
    T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    row.try_get(column).context(column)
}

/// Reads a count that is never negative.
fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<T, Error> {
    T::try_from(get::<i64>(row, column)?).map_err(|_| Error::corrupt(column))
}

fn optional_number<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, Error> {
    let value: Option<i64> = get(row, column)?;
    value.map(|value| T::try_from(value).map_err(|_| Error::corrupt(column))).transpose()
}

fn moment(row: &SqliteRow, column: &'static str) -> Result<Timestamp, Error> {
    Ok(Timestamp::from_micros(get(row, column)?))
}

fn optional_moment(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>, Error> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_micros))
}

/// Writes a count; SQL integers are signed, so what does not fit is clamped. No bound of ours comes near.
fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// Lets a refused transition pass through a storage call.
impl From<TransitionRefused> for Error {
    fn from(source: TransitionRefused) -> Self {
        Error::with_source(ErrorKind::Fenced, "changing a session", source)
    }
}
