//! The backends under test. Every case gets a new one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use edm_model::Timestamp;
use edm_store::{Blobs, Catalog, CatalogClock, CatalogOptions, Faults};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tokio::sync::Mutex;

/// A backend with its folder.
pub(crate) struct Backend<T> {
    pub(crate) store: T,
    /// The injected faults.
    pub(crate) faults: Faults,
    /// The catalog's clock, which a case moves by hand.
    pub(crate) clock: ManualClock,
    /// A second connection that sees what is committed.
    looking: Mutex<Option<SqliteConnection>>,
    folder: Option<tempfile::TempDir>,
}

/// Seconds since 1970.
#[derive(Clone, Default)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn of_catalog(&self) -> CatalogClock {
        let seconds = self.0.clone();
        CatalogClock::new(move || Timestamp::from_micros(0).plus_seconds(seconds.load(Ordering::SeqCst)))
    }
}

impl Backend<Catalog> {
    /// Returns the path of the catalog's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().expect("a catalog has a folder").path().join("catalog.db")
    }

    /// Makes a second catalog with the same content, and separate faults and clock.
    pub(crate) async fn copied(&self) -> Self {
        self.copied_with(|_| {}).await
    }

    pub(crate) async fn copied_with(&self, change: impl FnOnce(&mut CatalogOptions)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("catalog.db");
        let mut source = SqliteConnectOptions::new().filename(self.file()).connect().await.expect("opens");
        let statement = format!("vacuum into '{}'", file.display());
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut source).await.expect("copied");
        let (faults, clock) = (Faults::default(), self.clock.clone());
        let mut options = CatalogOptions::new(clock.of_catalog());
        options.faults = faults.clone();
        change(&mut options);
        let store = Catalog::open(&file, options).await.expect("the copy opens");
        Backend { store, faults, clock, looking: Mutex::default(), folder: Some(folder) }
    }

    /// Writes into the file without going through the catalog.
    pub(crate) async fn execute(&self, statement: &'static str) {
        let mut connection =
            SqliteConnectOptions::new().filename(self.file()).connect().await.expect("opens");
        sqlx::query(statement).execute(&mut connection).await.expect("written");
    }

    /// Returns all committed rows as texts.
    pub(crate) async fn content(&self) -> Vec<String> {
        let mut looking = self.looking.lock().await;
        if looking.is_none() {
            let options = SqliteConnectOptions::new().filename(self.file()).read_only(true);
            *looking = Some(options.connect().await.expect("opens"));
        }
        let connection = looking.as_mut().expect("just opened");
        let select = "select 'select ''' || m.name || ' '' || ' || \
                      (select group_concat('quote(\"' || c.name || '\")', ' || '' '' || ') \
                       from pragma_table_info(m.name) c) \
                      || ' from ' || m.name || ' order by 1' from sqlite_master m where m.type = 'table' order by m.name";
        let statements: Vec<String> =
            sqlx::query_scalar(select).fetch_all(&mut *connection).await.expect("the tables");
        let mut content = Vec::new();
        for statement in statements {
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
                .fetch_all(&mut *connection)
                .await
                .expect("the rows");
            content.extend(rows);
        }
        content
    }

    /// Opens the catalog again, as the next process would.
    pub(crate) async fn reopened(&self) -> Result<Catalog, edm_store::Error> {
        let mut options = CatalogOptions::new(self.clock.of_catalog());
        options.faults = self.faults.clone();
        Catalog::open(&self.file(), options).await
    }
}

pub(crate) async fn local_blobs() -> Backend<Blobs> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Blobs::local(&folder.path().join("blobs")).expect("the folder opens");
    Backend {
        store,
        faults: Faults::default(),
        clock: ManualClock::default(),
        looking: Mutex::default(),
        folder: Some(folder),
    }
}

pub(crate) async fn memory_blobs() -> Backend<Blobs> {
    let (faults, clock) = (Faults::default(), ManualClock::default());
    Backend { store: Blobs::in_memory(), faults, clock, looking: Mutex::default(), folder: None }
}

/// A catalog without tables.
pub(crate) async fn empty_sqlite() -> Backend<Catalog> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (faults, clock) = (Faults::default(), ManualClock::default());
    let mut options = CatalogOptions::new(clock.of_catalog());
    options.faults = faults.clone();
    let store = Catalog::open(&folder.path().join("catalog.db"), options).await.expect("the catalog opens");
    Backend { store, faults, clock, looking: Mutex::default(), folder: Some(folder) }
}

pub(crate) async fn sqlite() -> Backend<Catalog> {
    let backend = empty_sqlite().await;
    backend.store.migrate().await.expect("the tables are made");
    backend
}
