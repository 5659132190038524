//! Connections for what clients filter and order as they like: each list has a time, and ends with the call that wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Execute, Executor, Sqlite, SqlitePool};

use super::{Step, judged, steps};

/// Steps of SQLite's machine between two looks at the clock: some 20 microseconds of work, so that a look costs less than a
/// hundredth of it.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// Connections that answer lists.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Lists {
    pool: SqlitePool,
    time_max: Duration,
}

impl Lists {
    pub(super) fn new(pool: SqlitePool, time_max: Duration) -> Self {
        Self { pool, time_max }
    }

    /// Takes a connection for the statements of one list. From now on they have the time of a list together; then SQLite
    /// interrupts the one that is running. So it does when the connection is dropped.
    pub(in crate::catalog) async fn reader(&self) -> Result<ListReader, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let ended = Arc::new(AtomicBool::new(false));
        let (seen, until) = (ended.clone(), Instant::now() + self.time_max);
        let go_on = move || !seen.load(Ordering::Acquire) && Instant::now() < until;
        connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, go_on);
        Ok(ListReader { connection, ended })
    }

    /// Waits for running statements and closes the files.
    pub(in crate::catalog) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A connection for the statements of one list.
#[derive(Debug)]
pub(in crate::catalog) struct ListReader {
    connection: PoolConnection<Sqlite>,
    ended: Arc<AtomicBool>,
}

impl ListReader {
    pub(super) async fn run<'q, E: Execute<'q, Sqlite> + 'q>(
        &mut self,
        query: E,
    ) -> Result<Vec<Step>, sqlx::Error> {
        let done = steps(&mut self.connection, query).await;
        judged(&mut self.connection, done)
    }

    pub(super) async fn first_row<'q, E: Execute<'q, Sqlite> + 'q>(
        &mut self,
        query: E,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        let row = (&mut *self.connection).fetch_optional(query).await;
        judged(&mut self.connection, row)
    }
}

impl Drop for ListReader {
    /// Whoever asked has its answer, or has gone.
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}
