//! The backends, each fresh for every case.

use edm_store::{Blobs, Catalog};

/// A backend with the folder that it lives in.
pub(crate) struct Backend<T> {
    pub(crate) store: T,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) async fn local_blobs() -> Backend<Blobs> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Blobs::local(&folder.path().join("blobs")).expect("the folder opens");
    Backend { store, _folder: Some(folder) }
}

pub(crate) async fn memory_blobs() -> Backend<Blobs> {
    Backend { store: Blobs::in_memory(), _folder: None }
}

pub(crate) async fn sqlite() -> Backend<Catalog> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Catalog::open(&folder.path().join("catalog.db")).await.expect("the catalog opens");
    store.migrate().await.expect("the tables are made");
    Backend { store, _folder: Some(folder) }
}
