//! The catalog's connections. Every statement goes through a type of this module, and no other
//! module names SQLx's pools.
//!
//! SQLite rolls a transaction back by itself if the disk is full, an I/O operation fails or memory
//! runs out. SQLx does not notice: it still counts the transaction as open and then refuses every
//! further `begin` on that connection. So this module classifies each result (`failure.rs`). It
//! closes a connection in a bad state instead of returning it to the pool, and the next caller gets
//! a new one. Tests inject failures here (`faults.rs`).

mod failure;
mod faults;
mod lists;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use edm_model::Timestamp;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteQueryResult, SqliteRow,
    SqliteStatement, SqliteSynchronous, SqliteTypeInfo,
};
use sqlx::{
    Connection, Either, Execute, Executor, SqlSafeStr, SqlStr, Sqlite, SqliteConnection, SqlitePool,
    Transaction,
};

use super::CatalogClock;
use crate::error::{Error, ErrorKind};
use crate::record;

pub(crate) use failure::{is_of_the_statement, kind_of};
pub use faults::Faults;
pub(super) use lists::{ListReader, Lists};

/// The number of connections for the program's internal reads.
const READERS: u32 = 4;
/// The number of connections for lists of clients. Lists may be slow, so they have a separate pool.
const LIST_READERS: u32 = 4;
/// The number of connections for token look-ups and health checks, whatever the other pools do.
const ACCESS_READERS: u32 = 2;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection before it gets a "busy" error.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for lists. It exceeds the time limit of a list, so that the next in the queue gets a
/// turn.
const LIST_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a returned connection may take to answer a ping.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The capacity of a statement's row buffer. A page of usual length fits, so its statement ends
/// without waiting for the reader.
const ROWS_WAITING_MAX: usize = 1_024;

/// One row, or the end of a statement.
type Step = Either<SqliteQueryResult, SqliteRow>;

/// All connections of one catalog.
pub(super) struct Connections {
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    pub(super) lists: Lists,
    pub(super) access: Reader,
}

impl Connections {
    /// Opens the file and creates it if it is missing.
    pub(super) async fn open(
        file: &Path,
        clock: CatalogClock,
        list_time_max: Duration,
        faults: Faults,
    ) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged write must survive a power failure. In WAL mode, `Normal` syncs only
            // at checkpoints.
            .synchronous(SqliteSynchronous::Full)
            // A deleted key must not remain in a free page.
            .pragma("secure_delete", "on")
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // SQL cannot compare two lists as sets.
            .collation("placeholder_words", record::compare_placeholders)
            .row_buffer_size(ROWS_WAITING_MAX);
        let unfit = Arc::new(AtomicBool::new(false));
        let writers = closing_unfit(pool(1, ACQUIRE_TIMEOUT), unfit.clone());
        let writers = writers.connect_with(options.clone()).await.map_err(unusable)?;
        let options = options.read_only(true);
        // Readers cannot write even by mistake, and never wait for the write lock in WAL mode.
        let readers = async |count, patience| {
            pool(count, patience).connect_with(options.clone()).await.map_err(unusable)
        };
        Ok(Self {
            writer: Writer { pool: writers, unfit, was_full: Arc::default(), clock, faults },
            reader: Reader { pool: readers(READERS, ACQUIRE_TIMEOUT).await? },
            lists: Lists::new(readers(LIST_READERS, LIST_ACQUIRE_TIMEOUT).await?, list_time_max),
            access: Reader { pool: readers(ACCESS_READERS, ACQUIRE_TIMEOUT).await? },
        })
    }
}

fn unusable(source: sqlx::Error) -> Error {
    let kind = match kind_of(&source) {
        ErrorKind::Corrupt => ErrorKind::Damaged,
        _ => ErrorKind::DataDirectory,
    };
    Error::with_source(kind, "opening the catalog", source)
}

fn pool(connections: u32, patience: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        // A connection is a thread of this process and does not disappear by itself. It is tested
        // when it is returned, so there is no test before use.
        .test_before_acquire(false)
}

/// Closes the only connection of a pool on return if it is marked unfit, or if SQLx would refuse
/// its next `begin`.
fn closing_unfit(pool: SqlitePoolOptions, unfit: Arc<AtomicBool>) -> SqlitePoolOptions {
    pool.after_release(move |connection, _| {
        let unfit = unfit.swap(false, Ordering::AcqRel);
        Box::pin(async move {
            // The rollback of a dropped transaction is queued after the current statement; the ping
            // waits for both. A thread that is about to exit may never answer, hence the timeout.
            match tokio::time::timeout(CLOSE_TIMEOUT, connection.ping()).await {
                Ok(answered) => answered?,
                Err(_) => return Err(sqlx::Error::WorkerCrashed),
            }
            Ok(!unfit && !connection.is_in_transaction())
        })
    })
}

/// The only connection that writes.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    pool: SqlitePool,
    /// Whether the connection must be closed on return. One flag suffices, since there is one
    /// connection.
    unfit: Arc<AtomicBool>,
    /// Whether a write found the disk full, and no later check of the writer found enough space.
    was_full: Arc<AtomicBool>,
    clock: CatalogClock,
    faults: Faults,
}

impl Writer {
    /// Starts a transaction that takes the write lock at once. It therefore never has to be retried
    /// because another transaction wrote meanwhile.
    pub(super) async fn begin(&self) -> Result<Write, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        self.limit_pages(&mut connection).await?;
        // Unfit until `begin` succeeds: a connection that cannot begin is useless.
        self.unfit.store(true, Ordering::Release);
        if let Some(error) = self.faults.next() {
            return self.judged(Err(error));
        }
        let begun = Transaction::begin(connection, Some("begin immediate".into_sql_str())).await;
        let begun = self.judged(begun)?;
        self.unfit.store(false, Ordering::Release);
        Ok(Write { transaction: begun, writer: self.clone() })
    }

    /// Returns the current time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Records that the disk was full.
    pub(super) fn was_full(&self) {
        self.was_full.store(true, Ordering::Release);
    }

    /// Returns whether the disk was full, and clears the flag.
    pub(super) fn take_was_full(&self) -> bool {
        self.was_full.swap(false, Ordering::AcqRel)
    }

    /// Records a full disk if the result says so.
    fn judged<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if result.as_ref().is_err_and(failure::may_be_full) {
            self.was_full();
        }
        result
    }

    /// Migrates the tables to this version.
    pub(super) async fn migrate(&self, migrations: &Migrator) -> Result<(), MigrateError> {
        let mut connection = self.pool.acquire().await?;
        let done = migrations.run(&mut *connection).await;
        if done.is_err() {
            connection.close_on_drop();
        }
        done
    }

    /// Waits for running statements and closes the files.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// Runs one statement as a separate transaction.
    async fn run<'q, E: Execute<'q, Sqlite> + 'q>(&self, query: E) -> Result<Vec<Step>, sqlx::Error> {
        let mut connection = self.ready().await?;
        let done = steps(&mut connection, query).await;
        judged(&mut connection, self.judged(done))
    }

    async fn first_row<'q, E: Execute<'q, Sqlite> + 'q>(
        &self,
        query: E,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        let mut connection = self.ready().await?;
        let row = first_of(&mut connection, query).await;
        judged(&mut connection, self.judged(row))
    }

    async fn ready(&self) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        self.limit_pages(&mut connection).await?;
        match self.faults.next() {
            None => Ok(connection),
            Some(error) => judged(&mut connection, self.judged(Err(error))),
        }
    }

    async fn limit_pages(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match self.faults.page_limit() {
            None => Ok(()),
            Some(pragma) => sqlx::query(pragma).execute(connection).await.map(drop),
        }
    }
}

/// A write transaction. Dropping it before `commit` rolls it back.
#[derive(Debug)]
pub(super) struct Write {
    transaction: Transaction<'static, Sqlite>,
    writer: Writer,
}

impl Write {
    /// Commits. If it fails, nothing of the transaction is stored.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.meet_fault().await?;
        self.writer.unfit.store(true, Ordering::Release);
        // Unfit until the commit succeeds. If this future is dropped meanwhile, the pool must close
        // the connection, because its state is unknown.
        self.writer.judged(self.transaction.commit().await)?;
        self.writer.unfit.store(false, Ordering::Release);
        Ok(())
    }

    /// Returns the current time.
    pub(super) fn now(&self) -> Timestamp {
        self.writer.now()
    }

    async fn run<'q, E: Execute<'q, Sqlite> + 'q>(&mut self, query: E) -> Result<Vec<Step>, sqlx::Error> {
        self.meet_fault().await?;
        let done = steps(&mut self.transaction, query).await;
        self.judged(done)
    }

    async fn first_row<'q, E: Execute<'q, Sqlite> + 'q>(
        &mut self,
        query: E,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        self.meet_fault().await?;
        let row = first_of(&mut self.transaction, query).await;
        self.judged(row)
    }

    /// Fails if a test has injected a fault, and leaves the connection as SQLite would.
    async fn meet_fault(&mut self) -> Result<(), sqlx::Error> {
        let Some(error) = self.writer.faults.next() else { return Ok(()) };
        if failure::ends_transaction(&error) {
            // SQLx still counts the transaction as open, exactly as after a rollback by SQLite.
            sqlx::raw_sql("rollback").execute(&mut *self.transaction).await?;
        }
        self.judged(Err(error))
    }

    fn judged<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if result.as_ref().is_err_and(failure::is_unfit_after) {
            self.writer.unfit.store(true, Ordering::Release);
        }
        self.writer.judged(result)
    }
}

/// Connections that only read.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pool: SqlitePool,
}

impl Reader {
    /// Waits for running statements and closes the files.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn run<'q, E: Execute<'q, Sqlite> + 'q>(&self, query: E) -> Result<Vec<Step>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let done = steps(&mut connection, query).await;
        judged(&mut connection, done)
    }

    async fn first_row<'q, E: Execute<'q, Sqlite> + 'q>(
        &self,
        query: E,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let row = first_of(&mut connection, query).await;
        judged(&mut connection, row)
    }
}

/// Runs a statement to its end.
async fn steps<'q, E: Execute<'q, Sqlite> + 'q>(
    connection: &mut SqliteConnection,
    query: E,
) -> Result<Vec<Step>, sqlx::Error> {
    let steps: Vec<Step> = connection.fetch_many(query).try_collect().await?;
    // SQLx reports the death of a connection's thread as the end of the rows. Without this check, a
    // partial result would look complete.
    match steps.last() {
        Some(Step::Left(_)) => Ok(steps),
        _ => Err(sqlx::Error::WorkerCrashed),
    }
}

/// Runs a statement to its end, and returns its first row. Errors may come after the first row.
async fn first_of<'q, E: Execute<'q, Sqlite> + 'q>(
    connection: &mut SqliteConnection,
    query: E,
) -> Result<Option<SqliteRow>, sqlx::Error> {
    let steps = steps(connection, query).await?;
    Ok(steps.into_iter().find_map(Step::right))
}

/// Marks the connection for closing if the error leaves it unfit.
fn judged<T>(
    connection: &mut PoolConnection<Sqlite>,
    result: Result<T, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    if result.as_ref().is_err_and(failure::is_unfit_after) {
        connection.close_on_drop();
    }
    result
}

/// Implements SQLx's `Executor` for our connection types. All rows of a statement are collected at
/// once; no caller reads them one by one.
macro_rules! executor {
    ($way:ty) => {
        impl<'c> Executor<'c> for $way {
            type Database = Sqlite;

            fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, Sqlite>,
            {
                let steps = stream::once(async move { self.run(query).await });
                steps.map_ok(|steps| stream::iter(steps.into_iter().map(Ok))).try_flatten().boxed()
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, Sqlite>,
            {
                Box::pin(async move { self.first_row(query).await })
            }

            fn prepare_with<'e>(
                self,
                _: SqlStr,
                _: &'e [SqliteTypeInfo],
            ) -> BoxFuture<'e, Result<SqliteStatement, sqlx::Error>>
            where
                'c: 'e,
            {
                // Statements are prepared when they run.
                Box::pin(async {
                    Err(sqlx::Error::Configuration("no statement is prepared by itself".into()))
                })
            }
        }
    };
}

executor!(&'c Reader);
executor!(&'c Writer);
executor!(&'c mut Write);
executor!(&'c mut ListReader);
