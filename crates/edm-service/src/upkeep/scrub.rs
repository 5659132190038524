//! Looks for damage while data is served: reads every file of the served generations, and of those
//! that can be rolled back to, slowly and in an endless loop, and compares it with its tags. A
//! store whose data is damaged is no longer searched.

use std::sync::Arc;
use std::time::Duration;

use edm_engine::Generation;
use edm_store::{Blobs, Catalog, GenerationRow, LiveStore};
use tokio::sync::watch;

use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::secrets::key_ring::KeyRing;
use crate::serve::data_state::{Data, DataState};
use crate::serve::file_checks::{Pace, check_files};
use crate::serve::library::Library;
use crate::serve::serving::{Serving, log_unserved};
use crate::service_limits::Limits;

/// The pause after everything was read once.
const REST: Duration = Duration::from_secs(60);

/// What one pass of the scrub read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScrubCounts {
    /// Files that were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Generations that are damaged, gone or cannot be read.
    pub damaged: u64,
}

/// Scrubs.
pub(crate) struct Scrubber {
    catalog: Catalog,
    blobs: Blobs,
    limits: Limits,
    keys: Arc<KeyRing>,
    library: Arc<Library>,
    serving: Arc<Serving>,
}

impl Scrubber {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>, library: Arc<Library>, serving: Arc<Serving>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            limits: deps.limits.clone(),
            keys,
            library,
            serving,
        }
    }

    /// Scrubs until it is stopped, with a pause after each pass.
    pub(crate) async fn scrub_regularly(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            tokio::select! {
                scrubbed = self.scrub() => {
                    if let Err(error) = scrubbed {
                        tracing::warn!(%error, "the scrub failed and will be tried again");
                    }
                }
                _ = stopped.changed() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Reads every served or kept file once, at the rate of `scrub_bytes_per_second`; none where
    /// that is 0. Damaged data is no longer searched.
    pub(crate) async fn scrub(&self) -> Result<ScrubCounts, Error> {
        let mut counts = ScrubCounts::default();
        let rate = self.limits.load().scrub_bytes_per_second;
        if rate == 0 {
            // The rate may change while the server runs.
            return Ok(counts);
        }
        let pace = Pace::BytesPerSecond(rate);
        for store in self.catalog.live_stores().await? {
            for row in self.catalog.generations(store.store_id).await?.iter().filter(|row| row.kept) {
                match check_files(&self.blobs, &self.keys, row, pace).await {
                    Ok(read) => {
                        counts.files += read.files;
                        counts.bytes += read.bytes;
                    }
                    Err(error) => {
                        counts.damaged += u64::from(self.withdraw_damaged(&store, row, error).await?);
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Returns the generation if it is what is searched of its store.
    fn searched(&self, row: &GenerationRow) -> Option<Arc<Generation>> {
        let searched = self.library.generation(row.store_id)?;
        (searched.session_id() == row.session_id).then_some(searched)
    }

    /// Withdraws damaged data from search and logs it. Returns whether it is damage, and not a
    /// generation that was collected while it was read.
    async fn withdraw_damaged(
        &self,
        store: &LiveStore,
        row: &GenerationRow,
        error: Error,
    ) -> Result<bool, Error> {
        match self.catalog.generation(row.session_id).await {
            Ok(now) if now.kept => {}
            Ok(_) => return Ok(false),
            Err(gone) if gone.kind() == edm_store::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        // Storage that does not answer for a moment damages nothing that is mapped or in memory.
        if *error.kind() != ErrorKind::Corrupt {
            tracing::warn!(store.id = %row.store_id, %error, "a generation could not be read for its checksums");
            return Ok(true);
        }
        let Some(searched) = self.searched(row) else {
            let is_unserved =
                matches!(self.library.data(row.store_id), Some(Data::Unserved | Data::Stale(_)));
            if !(is_unserved && store.session_id == Some(row.session_id)) {
                let source = std::error::Error::source(&error);
                tracing::error!(store.id = %row.store_id, generation = row.number, %error, ?source, "a generation that is kept is damaged: a rollback to it would be refused");
            }
            return Ok(true);
        };
        let withdrawn = self.library.changing().await.withdraw(row.store_id, &searched);
        if withdrawn {
            log_unserved(row.store_id, DataState::Unserved, &error);
            self.serving.serve_store(row.tenant, row.store_id, None).await?;
        }
        Ok(true)
    }
}
