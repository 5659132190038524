//! The backends, each fresh for every case.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use edm_model::Timestamp;
use edm_store::{Blobs, Catalog, CatalogClock, CatalogOptions, Faults};

/// A backend with the folder that it lives in.
pub(crate) struct Backend<T> {
    pub(crate) store: T,
    /// What a case lets go wrong in a catalog.
    pub(crate) faults: Faults,
    /// The time of a catalog, which stands still until a case moves it.
    pub(crate) clock: ManualClock,
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
    /// Returns the file of a catalog that is one.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().expect("a catalog has a folder").path().join("catalog.db")
    }

    /// Opens the catalog once more, as the next process does.
    pub(crate) async fn reopened(&self) -> Result<Catalog, edm_store::Error> {
        let mut options = CatalogOptions::new(self.clock.of_catalog());
        options.faults = self.faults.clone();
        Catalog::open(&self.file(), options).await
    }
}

pub(crate) async fn local_blobs() -> Backend<Blobs> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Blobs::local(&folder.path().join("blobs")).expect("the folder opens");
    Backend { store, faults: Faults::default(), clock: ManualClock::default(), folder: Some(folder) }
}

pub(crate) async fn memory_blobs() -> Backend<Blobs> {
    let (faults, clock) = (Faults::default(), ManualClock::default());
    Backend { store: Blobs::in_memory(), faults, clock, folder: None }
}

/// A catalog without tables.
pub(crate) async fn empty_sqlite() -> Backend<Catalog> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (faults, clock) = (Faults::default(), ManualClock::default());
    let mut options = CatalogOptions::new(clock.of_catalog());
    options.faults = faults.clone();
    let store = Catalog::open(&folder.path().join("catalog.db"), options).await.expect("the catalog opens");
    Backend { store, faults, clock, folder: Some(folder) }
}

pub(crate) async fn sqlite() -> Backend<Catalog> {
    let backend = empty_sqlite().await;
    backend.store.migrate().await.expect("the tables are made");
    backend
}
