//! The connections of the catalog: every statement passes through a type of this file, and SQLx's pools are named nowhere
//! else.
//!
//! SQLite rolls a transaction back by itself when the disk is full, a read or write fails or memory is short. SQLx does not
//! notice: it goes on counting the transaction, and refuses to begin another one on that connection for ever. So whatever a
//! statement says is judged here (`failure.rs`), a connection that is not what it was is closed instead of given back, and
//! the next one asks for a fresh one. Tests let statements fail here (`faults.rs`).

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

pub(crate) use failure::{is_of_the_statement, kind_of};
pub use faults::Faults;
pub(super) use lists::{ListReader, Lists};

/// Connections that read what the program itself asks for.
const READERS: u32 = 4;
/// Connections that answer the lists of clients, which may be long: they take nothing from the others.
const LIST_READERS: u32 = 4;
/// Connections that look up tokens and tell whether the catalog answers, whatever the others do.
const ACCESS_READERS: u32 = 2;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection before it is told that the catalog is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for lists: longer than one may take, so that who is next gets its turn.
const LIST_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection that comes back may take to answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Rows that wait to be taken: a page of any usual length, so that its statement ends without being waited for.
const ROWS_WAITING_MAX: usize = 1_024;

/// One row, or the end of a statement.
type Step = Either<SqliteQueryResult, SqliteRow>;

/// Every way to the file of a catalog.
pub(super) struct Connections {
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    pub(super) lists: Lists,
    pub(super) access: Reader,
}

impl Connections {
    /// Opens the file, which is made when it is missing.
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
            // What was acknowledged must survive a loss of power: in WAL mode, Normal syncs at checkpoints only.
            .synchronous(SqliteSynchronous::Full)
            // A key that is forgotten must not stay in a free page.
            .pragma("secure_delete", "on")
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_WAITING_MAX);
        let unfit = Arc::new(AtomicBool::new(false));
        let writers = closing_unfit(pool(1, ACQUIRE_TIMEOUT), unfit.clone());
        let writers = writers.connect_with(options.clone()).await.map_err(unusable)?;
        let options = options.read_only(true);
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
        // A connection is a thread of this process: it is asked when it is given back, and does not go away by itself.
        .test_before_acquire(false)
}

/// Closes the only connection of a pool when it comes back marked as unfit, or as SQLx would not let it begin again.
fn closing_unfit(pool: SqlitePoolOptions, unfit: Arc<AtomicBool>) -> SqlitePoolOptions {
    pool.after_release(move |connection, _| {
        let unfit = unfit.swap(false, Ordering::AcqRel);
        Box::pin(async move {
            // A transaction that was dropped is rolled back behind what is still under way. A thread that is about to die
            // may take what it is asked along.
            match tokio::time::timeout(CLOSE_TIMEOUT, connection.ping()).await {
                Ok(answered) => answered?,
                Err(_) => return Err(sqlx::Error::WorkerCrashed),
            }
            Ok(!unfit && !connection.is_in_transaction())
        })
    })
}

/// The one connection that writes.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    pool: SqlitePool,
    /// Whether the connection must be closed when it comes back; there is only one.
    unfit: Arc<AtomicBool>,
    /// Whether a write found no room, and no check of the writer since then found enough.
    was_full: Arc<AtomicBool>,
    clock: CatalogClock,
    faults: Faults,
}

impl Writer {
    /// Starts a transaction that holds the write lock from its first statement, so that it never has to be repeated because
    /// another one wrote in between.
    pub(super) async fn begin(&self) -> Result<Write, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        self.limit_pages(&mut connection).await?;
        // Until it is known to have begun: a connection that cannot begin is good for nothing.
        self.unfit.store(true, Ordering::Release);
        if let Some(error) = self.faults.next() {
            return self.judged(Err(error));
        }
        let begun = Transaction::begin(connection, Some("begin immediate".into_sql_str())).await;
        let begun = self.judged(begun)?;
        self.unfit.store(false, Ordering::Release);
        Ok(Write { transaction: begun, writer: self.clone() })
    }

    /// Returns the present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Keeps in mind that there was no room.
    pub(super) fn was_full(&self) {
        self.was_full.store(true, Ordering::Release);
    }

    /// Returns whether there was no room, and forgets it.
    pub(super) fn take_was_full(&self) -> bool {
        self.was_full.swap(false, Ordering::AcqRel)
    }

    /// Looks at what a statement says of the disk.
    fn judged<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if result.as_ref().is_err_and(failure::may_be_full) {
            self.was_full();
        }
        result
    }

    /// Brings the tables to the version of the migrations.
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

    /// Runs what is a transaction by itself.
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

/// A transaction that writes. Dropped before `commit`, it leaves nothing.
#[derive(Debug)]
pub(super) struct Write {
    transaction: Transaction<'static, Sqlite>,
    writer: Writer,
}

impl Write {
    /// Makes everything of it last. When this fails nothing of it does.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.meet_fault().await?;
        self.writer.unfit.store(true, Ordering::Release);
        self.writer.judged(self.transaction.commit().await)?;
        self.writer.unfit.store(false, Ordering::Release);
        Ok(())
    }

    /// Returns the present moment.
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

    /// Fails when a test wants it, and leaves the connection as SQLite does.
    async fn meet_fault(&mut self) -> Result<(), sqlx::Error> {
        let Some(error) = self.writer.faults.next() else { return Ok(()) };
        if failure::ends_transaction(&error) {
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

/// Connections that read.
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
    // SQLx takes the death of a connection's thread for the end of the rows: half of them, or none, would seem to be all.
    match steps.last() {
        Some(Step::Left(_)) => Ok(steps),
        _ => Err(sqlx::Error::WorkerCrashed),
    }
}

/// Runs a statement to its end, since only there it is known to have worked, and returns its first row.
async fn first_of<'q, E: Execute<'q, Sqlite> + 'q>(
    connection: &mut SqliteConnection,
    query: E,
) -> Result<Option<SqliteRow>, sqlx::Error> {
    let steps = steps(connection, query).await?;
    Ok(steps.into_iter().find_map(Step::right))
}

/// Closes the connection when it comes back after an error that leaves it unfit.
fn judged<T>(
    connection: &mut PoolConnection<Sqlite>,
    result: Result<T, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    if result.as_ref().is_err_and(failure::is_unfit_after) {
        connection.close_on_drop();
    }
    result
}

/// Lets SQLx's queries run on a way of ours. A statement's rows are gathered: nobody reads them one by one.
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
                // Statements are prepared when they are run.
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
