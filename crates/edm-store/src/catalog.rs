//! The catalog: everything mutable, in SQL. This file opens it; each kind of row has a file of its
//! name in the `catalog` folder.
//!
//! One connection writes and several read. SQLite allows one writer anyway, and a queue for it is
//! fairer than its busy handler. Statements use `$1` so that the same text runs on PostgreSQL.
//! Every statement goes through the `connection` module.

mod agents;
mod blocks;
mod classification_jobs;
mod clock;
mod connection;
mod generations;
mod health;
mod inventory;
mod jobs;
mod listings;
mod lists;
mod lowercase;
mod migrations;
mod revision_probe;
mod salts;
mod sessions;
mod stores;
mod tokens;
mod types;

use std::path::Path;
use std::time::Duration;

use edm_model::{Timestamp, TransitionRefused, limits};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite};

use self::connection::{Connections, Lists, Reader, Write, Writer};
use self::health::WriterHealth;
use self::migrations::MIGRATIONS;
use self::revision_probe::RevisionProbe;
use crate::error::{Context, Error, ErrorKind};

pub use blocks::{BlockRow, NewBlock, StageOutcome};
pub use clock::CatalogClock;
pub use connection::Faults;
pub(crate) use connection::{is_of_the_statement, kind_of};
pub use generations::{GenerationRow, LiveStore, NewGeneration};
pub use jobs::{JobBounds, JobKind, LeasedJob, NewJob};
pub use revision_probe::CommitStamp;
pub use salts::SaltRow;
pub use sessions::{ListedSession, LiveData, NewSessionRow, SessionDraft};
pub use stores::{StoreDraft, StoreRow};
pub use tokens::{AuditEntry, NewToken, TokenRow};

/// The catalog of one server or cluster.
#[derive(Debug, Clone)]
pub struct Catalog {
    writer: Writer,
    reader: Reader,
    /// For lists, which clients filter and order freely.
    lists: Lists,
    /// For tokens and health checks. They have their pool so that other work cannot starve them.
    access: Reader,
    revision_probe: RevisionProbe,
    writer_health: WriterHealth,
}

/// Options for opening a catalog.
#[derive(Debug, Clone)]
pub struct CatalogOptions {
    /// The clock for leases and due jobs.
    pub clock: CatalogClock,
    /// The time limit for the statements of one list together.
    pub list_time_max: Duration,
    /// How long a result of `check_writer` is cached.
    pub writer_known_for: Duration,
    /// Injected faults; empty outside of tests.
    pub faults: Faults,
}

impl CatalogOptions {
    /// Makes the options of a server.
    pub fn new(clock: CatalogClock) -> Self {
        let list_time_max = Duration::from_millis(limits::LIST_MS_MAX);
        Self { clock, list_time_max, writer_known_for: health::WRITER_KNOWN_FOR, faults: Faults::default() }
    }
}

/// The state of a catalog's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The tables are those of this version.
    Current,
    /// There are no tables, or those of another version.
    Other,
    /// The tables are of a version whose blocks and generations cannot be read.
    Unreadable,
}

/// Row counts for gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CatalogCounts {
    /// Salts that new sessions get.
    pub live_salts: u64,
    /// Jobs that wait or run.
    pub queued_jobs: u64,
    /// Jobs that failed for good.
    pub dead_jobs: u64,
}

impl Catalog {
    /// Opens the catalog file and creates it if it is missing. Does not change the tables: check
    /// `schema`, and call `migrate` if no other process uses the file.
    ///
    /// # Errors
    /// `DataDirectory` if the file cannot be used, `Damaged` if SQLite finds it damaged.
    pub async fn open(file: &Path, options: CatalogOptions) -> Result<Self, Error> {
        let CatalogOptions { clock, list_time_max, writer_known_for, faults } = options;
        let Connections { writer, reader, lists, access } =
            Connections::open(file, clock, list_time_max, faults).await?;
        let catalog = Self {
            writer,
            reader,
            lists,
            access,
            revision_probe: RevisionProbe::new(file),
            writer_health: WriterHealth::new(writer_known_for),
        };
        catalog.check_file().await?;
        Ok(catalog)
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
        if applied.iter().all(|(version, ..)| *version < migrations::FORMATS_BEGIN) && !applied.is_empty() {
            return Ok(Schema::Unreadable);
        }
        let wanted = MIGRATIONS.iter().map(|step| (step.version, step.checksum.to_vec(), true));
        // A crash may have separated the SQL of a migration step from the part that the program
        // does.
        let filled = wanted.eq(applied) && self.setting(lowercase::FILLED).await?.is_some();
        Ok(if filled { Schema::Current } else { Schema::Other })
    }

    /// Migrates the tables to this version. The caller must be the only process that uses the file.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.writer.migrate(&MIGRATIONS).await.map_err(|source| {
            Error::with_source(ErrorKind::DataDirectory, "migrating the catalog", source)
        })?;
        self.fill_lowercase().await
    }

    /// Waits for running statements and closes the files.
    pub async fn close(&self) {
        self.access.close().await;
        self.lists.close().await;
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Returns a stamp of the last commit, by any process. What was read after one stamp is current
    /// as long as the next stamp equals it. `None` if the system has no such stamp; then everything
    /// must be read again.
    pub fn commit_stamp(&self) -> Option<CommitStamp> {
        self.revision_probe.now()
    }

    /// Returns the value of a setting.
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let row = sqlx::query("select value from settings where name = $1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await
            .context("reading a setting")?;
        row.map(|row| row.try_get("value").context("reading a setting")).transpose()
    }

    /// Writes a setting unless it has a value. Returns whether it was written.
    pub async fn set_once(&self, name: &str, value: &[u8]) -> Result<bool, Error> {
        let done = sqlx::query("insert into settings (name, value) values ($1, $2) on conflict do nothing")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await
            .context("writing a setting")?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns the counts for the gauges.
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

    async fn write(&self) -> Result<Write, Error> {
        self.writer.begin().await.context("starting a transaction")
    }
}

/// Options for tests that do not depend on time.
#[cfg(test)]
fn test_options() -> CatalogOptions {
    CatalogOptions::new(CatalogClock::new(|| Timestamp::from_micros(0)))
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

/// Reads a number that is never negative.
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

/// Converts a count to SQL's signed integer. No limit comes near the maximum, so a larger value is
/// an error and is never truncated.
fn signed(value: u64) -> Result<i64, Error> {
    value.try_into().map_err(|_| Error::corrupt("number over every bound"))
}

/// Carries a refused transition through a storage call.
impl From<TransitionRefused> for Error {
    fn from(source: TransitionRefused) -> Self {
        Error::with_source(ErrorKind::Fenced, "changing a session", source)
    }
}
