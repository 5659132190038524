//! Connections for lists. Each list has a time limit, and its statement is interrupted when the
//! call is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Execute, Sqlite, SqlitePool};

use super::{Step, first_of, judged, steps};
use crate::error::{Context, Error, ErrorKind};

/// Virtual machine steps of SQLite between two checks of the clock. In a filter over texts, these
/// steps take about 80 microseconds, and a check less than a thousandth of that.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// The connections for lists.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Lists {
    pool: SqlitePool,
    time_max: Duration,
}

impl Lists {
    pub(super) fn new(pool: SqlitePool, time_max: Duration) -> Self {
        Self { pool, time_max }
    }

    /// Returns a connection for the statements of one list. The time limit starts now and covers
    /// all of them; after it, SQLite interrupts the running statement. Dropping the connection also
    /// interrupts it.
    ///
    /// # Errors
    /// `Busy` if no connection becomes free in time.
    pub(in crate::catalog) async fn reader(&self) -> Result<ListReader, Error> {
        let context = "listing";
        let mut connection = self.pool.acquire().await.map_err(|source| match source {
            sqlx::Error::PoolTimedOut => Error::with_source(ErrorKind::Busy, context, source),
            other => Error::database(context, other),
        })?;
        let ended = Arc::new(AtomicBool::new(false));
        // `None` if the deadline is beyond the clock's range.
        let until = Instant::now().checked_add(self.time_max);
        // The handler runs on the connection's thread, which may outlive this call.
        let seen = ended.clone();
        let go_on = move || !seen.load(Ordering::Acquire) && until.is_none_or(|until| Instant::now() < until);
        connection.lock_handle().await.context(context)?.set_progress_handler(STEPS_BETWEEN_LOOKS, go_on);
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
        let row = first_of(&mut self.connection, query).await;
        judged(&mut self.connection, row)
    }
}

impl Drop for ListReader {
    /// Interrupts the statement: the caller has its result, or has gone.
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use edm_model::Timestamp;

    use super::super::super::{Catalog, CatalogClock, CatalogOptions};
    use super::*;

    const ENDLESS: &str =
        "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";

    async fn catalog(folder: &std::path::Path, list_time_max: Duration) -> Catalog {
        let mut options = CatalogOptions::new(CatalogClock::new(|| Timestamp::from_micros(0)));
        options.list_time_max = list_time_max;
        Catalog::open(&folder.join("catalog.db"), options).await.expect("opens")
    }

    #[tokio::test]
    async fn a_list_ends_when_its_time_is_up() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lists = catalog(folder.path(), Duration::ZERO).await.lists;
        for _ in 0..20 {
            let mut reader = lists.reader().await.expect("the last one was given back");
            let short = sqlx::query("select 1").fetch_one(&mut reader).await;
            short.expect("what ends before the first look at the clock is answered");
            let endless = sqlx::query(ENDLESS).fetch_one(&mut reader).await.context("listing");
            assert_eq!(endless.expect_err("it is interrupted").kind(), ErrorKind::QueryTooSlow);
        }
    }

    /// Once, eight clients that had disconnected kept four connections busy for minutes.
    #[tokio::test]
    async fn a_list_ends_with_the_call_that_wants_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lists = catalog(folder.path(), Duration::MAX).await.lists;
        for _ in 0..20 {
            let mut reader = lists.reader().await.expect("a connection is free");
            let mut endless = Box::pin(sqlx::query(ENDLESS).fetch_one(&mut reader));
            // The first poll hands the statement to the connection's thread.
            assert!(matches!(futures::poll!(&mut endless), Poll::Pending), "it never ends");
        }
        let mut held = Vec::new();
        for _ in 0..super::super::LIST_READERS {
            held.push(lists.reader().await.expect("all of them are free again"));
        }
    }
}
