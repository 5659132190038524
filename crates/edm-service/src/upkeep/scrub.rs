//! Damage is looked for while data is served: every file of what is searched, and of what can be rolled back to, is read
//! and compared with its checksum again and again, slowly. A store whose data is found damaged is searched no more.

use std::sync::Arc;
use std::time::Duration;

use edm_engine::Generation;
use edm_store::{GenerationRow, LiveStore};
use tokio::sync::watch;

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::serve::file_checks::{Pace, ReadCounts};
use crate::serve::library::{Data, DataState};
use crate::serve::serving::tell_unserved;
use crate::service::Service;

/// How long it rests after everything was read once.
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

impl Service {
    /// Scrubs until it is stopped, with a rest after each pass.
    pub(crate) async fn scrub_regularly(self, mut stopped: watch::Receiver<bool>) {
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

    /// Reads every file of what is searched or kept once, at the rate of `scrub_bytes_per_second`; none where that is 0. What
    /// is damaged is searched no more from then on.
    pub async fn scrub(&self) -> Result<ScrubCounts, Error> {
        let mut counts = ScrubCounts::default();
        let rate = self.limits().scrub_bytes_per_second;
        if rate == 0 {
            // Another one may come while the server runs.
            return Ok(counts);
        }
        let pace = Pace::BytesPerSecond(rate);
        for store in self.inner.catalog.live_stores().await? {
            for row in self.inner.catalog.generations(store.store_id).await?.iter().filter(|row| row.kept) {
                match self.scrub_generation(row, pace).await {
                    Ok(read) => {
                        counts.files += read.files;
                        counts.bytes += read.bytes;
                    }
                    Err(error) => counts.damaged += u64::from(self.tell_damage(&store, row, error).await?),
                }
            }
        }
        Ok(counts)
    }

    async fn scrub_generation(&self, row: &GenerationRow, pace: Pace) -> Result<ReadCounts, Error> {
        let folder = blob_layout::generation(row.tenant, row.store_id, row.session_id)?;
        let searched = self.searched(row);
        let is_manifest =
            |bytes: &[u8]| searched.as_ref().is_none_or(|searched| searched.has_manifest(bytes));
        self.check_files(&folder, pace, is_manifest).await
    }

    /// Returns the generation if it is what is searched of its store.
    fn searched(&self, row: &GenerationRow) -> Option<Arc<Generation>> {
        let searched = self.inner.library.generation(row.store_id)?;
        (searched.session_id() == row.session_id).then_some(searched)
    }

    /// Withdraws damaged data from search and says so. Returns whether it is damage, and not a generation that went while
    /// it was read.
    async fn tell_damage(&self, store: &LiveStore, row: &GenerationRow, error: Error) -> Result<bool, Error> {
        match self.inner.catalog.generation(row.session_id).await {
            Ok(now) if now.kept => {}
            Ok(_) => return Ok(false),
            Err(gone) if gone.kind() == edm_store::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        // Storage that does not answer for a moment damages nothing that is mapped or held.
        if *error.kind() != ErrorKind::Corrupt {
            tracing::warn!(store.id = %row.store_id, %error, "a generation could not be read for its checksums");
            return Ok(true);
        }
        let Some(searched) = self.searched(row) else {
            let is_unserved =
                matches!(self.inner.library.data(row.store_id), Some(Data::Unserved | Data::Stale(_)));
            if !(is_unserved && store.session_id == Some(row.session_id)) {
                let source = std::error::Error::source(&error);
                tracing::error!(store.id = %row.store_id, generation = row.number, %error, ?source, "a generation that is kept is damaged: a rollback to it would be refused");
            }
            return Ok(true);
        };
        let withdrawn = self.inner.library.changing().await.withdraw(row.store_id, &searched);
        if withdrawn {
            tell_unserved(row.store_id, DataState::Unserved, &error);
            self.serve_store(row.tenant, row.store_id, None).await?;
        }
        Ok(true)
    }
}
