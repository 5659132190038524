//! Health checks: whether the catalog is sound on opening, and whether it can be read and written
//! while it is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::{Catalog, get, is_of_the_statement};
use crate::error::{Context, Error, ErrorKind};

/// How long a result of the writer check is cached.
pub(super) const WRITER_KNOWN_FOR: Duration = Duration::from_secs(1);
/// The time after which a write counts as failed. Probes time out soon after.
const WRITE_TIME_MAX: Duration = Duration::from_secs(5);

/// The size of the check's write after the disk was full: more pages than a request changes. A page
/// or two may still fit when a session does not.
const ROOM_BYTES: i64 = 256 * 1024;

/// The cached result of the writer check.
#[derive(Debug, Clone)]
pub(super) struct WriterHealth {
    known: Arc<Mutex<Option<Known>>>,
    known_for: Duration,
}

impl WriterHealth {
    pub(super) fn new(known_for: Duration) -> Self {
        Self { known: Arc::default(), known_for }
    }
}

#[derive(Debug, Clone, Copy)]
struct Known {
    since: Instant,
    failure: Option<ErrorKind>,
}

impl Catalog {
    /// Fails if the catalog does not answer. Requests of clients cannot delay it.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.access).await.context("asking the catalog")?;
        Ok(())
    }

    /// Fails if the catalog cannot be written, with the kind of the failure. Commits a transaction
    /// that changes one page, or after a full disk as many pages as a request may change. The
    /// result is cached for a second (`writer_known_for`), so frequent probes are cheap.
    pub async fn check_writer(&self) -> Result<(), Error> {
        // Concurrent callers wait here and share the result.
        let mut known = self.writer_health.known.lock().await;
        let known_for = self.writer_health.known_for;
        if let Some(found) = known.filter(|found| found.since.elapsed() < known_for) {
            return match found.failure {
                None => Ok(()),
                Some(kind) => Err(Error::new(kind, "writing to the catalog")),
            };
        }
        let was_full = self.writer.take_was_full();
        let bytes = if was_full { ROOM_BYTES } else { 0 };
        let written = match tokio::time::timeout(WRITE_TIME_MAX, self.write_once(bytes)).await {
            Ok(written) => written,
            Err(_) => Err(Error::new(ErrorKind::Busy, "writing to the catalog")),
        };
        // Still full, so the next check must write as many pages again.
        if was_full && written.is_err() {
            self.writer.was_full();
        }
        let failure = written.as_ref().err().map(Error::kind);
        *known = Some(Known { since: Instant::now(), failure });
        written
    }

    /// Writes and commits. A transaction that is rolled back would not touch the disk.
    async fn write_once(&self, bytes: i64) -> Result<(), Error> {
        let mut write = self.write().await?;
        let update =
            sqlx::query("update writer_checks set count = count + 1, padding = zeroblob(?)").bind(bytes);
        let done = update.execute(&mut write).await;
        if done.context("writing to the catalog")?.rows_affected() != 1 {
            return Err(Error::corrupt("count of the writer's checks"));
        }
        write.commit().await.context("writing to the catalog")
    }

    /// Fails with `Damaged` unless every page, index and reference of the file is sound. Reads the
    /// whole file, about a second for each 100 MB.
    pub(super) async fn check_file(&self) -> Result<(), Error> {
        let context = "checking the catalog";
        // One problem is enough. `quick_check` would not compare indexes with rows, and takes half
        // as long.
        let rows = sqlx::query("pragma integrity_check(1)").fetch_all(&self.reader).await;
        let rows = rows.map_err(|source| unsound(context, source))?;
        let mut findings = Vec::new();
        for row in &rows {
            findings.push(get::<String>(row, "integrity_check")?);
        }
        if findings != ["ok"] {
            return Err(Error::with_source(ErrorKind::Damaged, context, findings.join("; ")));
        }
        // `integrity_check` does not check foreign keys.
        let orphans = sqlx::query("pragma foreign_key_check").fetch_optional(&self.reader).await;
        match orphans.map_err(|source| unsound(context, source))? {
            None => Ok(()),
            Some(row) => {
                let table: String = get(&row, "table")?;
                let finding = format!("a row of {table} belongs to a row that is not there");
                Err(Error::with_source(ErrorKind::Damaged, context, finding))
            }
        }
    }
}

/// Returns the error of a check that could not run. Both statements are valid SQL, so a schema that
/// does not let them run is damaged.
fn unsound(context: &'static str, source: sqlx::Error) -> Error {
    let of_the_schema = is_of_the_statement(&source);
    match Error::database(context, source) {
        error if of_the_schema || error.kind() == ErrorKind::Corrupt => error.of_kind(ErrorKind::Damaged),
        error => error,
    }
}
