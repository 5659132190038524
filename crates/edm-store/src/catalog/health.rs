//! Whether the catalog is sound when it is opened, and whether it answers and can be written while it is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::{Catalog, get, is_of_the_statement};
use crate::error::{Context, Error, ErrorKind};

/// How long what was found out about the writer is taken for true.
pub(super) const WRITER_KNOWN_FOR: Duration = Duration::from_secs(1);
/// How long a write may take before the writer counts as not working: probes give up soon after.
const WRITE_TIME_MAX: Duration = Duration::from_secs(5);

/// What the check of the writer writes, after something found no room: more pages than a request changes. A page or two may
/// still fit where a session does not.
const ROOM_BYTES: i64 = 256 * 1024;

/// What is known of the writer, and for how long.
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
    /// Fails when the catalog does not answer. Nothing that clients ask for is in its way.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.access).await.context("asking the catalog")?;
        Ok(())
    }

    /// Fails when nothing can be written, with the kind of what went wrong: a transaction that changes a page is begun and
    /// committed; after the disk was full as many pages as a request may change. What was found is the answer for a second
    /// (`writer_known_for`), so that many may ask.
    pub async fn check_writer(&self) -> Result<(), Error> {
        // Whoever asks meanwhile waits for what this one finds.
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
        if was_full && written.is_err() {
            self.writer.was_full();
        }
        let failure = written.as_ref().err().map(Error::kind);
        *known = Some(Known { since: Instant::now(), failure });
        written
    }

    /// A transaction that is rolled back would not touch the disk.
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

    /// Fails with `Damaged` unless every page, index and reference of the file is sound. All of the file is read: a second
    /// for each 100 MB.
    pub(super) async fn check_file(&self) -> Result<(), Error> {
        let context = "checking the catalog";
        // One finding is enough. Not `quick_check`: that does not compare indexes with rows, and takes half as long.
        let rows = sqlx::query("pragma integrity_check(1)").fetch_all(&self.reader).await;
        let rows = rows.map_err(|source| unsound(context, source))?;
        let mut findings = Vec::new();
        for row in &rows {
            findings.push(get::<String>(row, "integrity_check")?);
        }
        if findings != ["ok"] {
            return Err(Error::with_source(ErrorKind::Damaged, context, findings.join("; ")));
        }
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

/// Returns the error of a check that could not be carried out. Both checks are right as statements: a
/// file whose schema does not let them run is damaged.
fn unsound(context: &'static str, source: sqlx::Error) -> Error {
    let of_the_schema = is_of_the_statement(&source);
    match Error::database(context, source) {
        error if of_the_schema || error.kind() == ErrorKind::Corrupt => error.of_kind(ErrorKind::Damaged),
        error => error,
    }
}
