//! The start of a server: the data directory is taken and every live generation is loaded.

use std::sync::Arc;

use edm_model::StoreId;
use edm_store::Catalog;

use crate::catalog_opening::require_current;
use crate::data_directory::DataDirectory;
use crate::deps::Deps;
use crate::error::Error;
use crate::jobs::clock_guard::ClockGuard;
use crate::serve::data_state::{Data, DataState};
use crate::serve::library::Library;
use crate::serve::serving::Serving;

/// What was found at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSummary {
    /// How many generations are served.
    pub generation_count: usize,
    /// The stores whose live generation cannot be served, and why.
    pub skipped: Vec<(StoreId, String)>,
}

/// Loads what is live.
pub(crate) struct Loader {
    catalog: Catalog,
    directory: Arc<DataDirectory>,
    clock_guard: Arc<ClockGuard>,
    library: Arc<Library>,
    serving: Arc<Serving>,
}

impl Loader {
    pub(crate) fn new(
        deps: &Deps,
        directory: Arc<DataDirectory>,
        clock_guard: Arc<ClockGuard>,
        library: Arc<Library>,
        serving: Arc<Serving>,
    ) -> Self {
        Self { catalog: deps.catalog.clone(), directory, clock_guard, library, serving }
    }

    /// Takes the data directory for this process alone, and opens and verifies every live
    /// generation. One that cannot be read is left out and named, so that one damaged store does
    /// not keep the others from being served.
    pub(crate) async fn load(&self) -> Result<LoadSummary, Error> {
        self.directory.take().await?;
        // Before the lock was taken, a program of another version may have worked here.
        require_current(&self.catalog).await?;
        self.clock_guard.settle().await?;
        let unreadable = self.serving.serve_all().await?;
        let skipped = unreadable.into_iter().map(|(store, error)| (store, error.to_string())).collect();
        self.library.set_ready();
        let served = |data: &Data| data.state() != DataState::Unserved;
        let stores = self.library.stores();
        Ok(LoadSummary {
            generation_count: stores.iter().filter(|(_, _, data)| served(data)).count(),
            skipped,
        })
    }
}
