//! The service as a whole: opened once in `main`, cheap to clone, shared by every request and
//! worker.
//!
//! Each call authorises its caller and passes on to the owner of what it is about. The calls are in
//! files by subject; the owners and their dependencies are made in `owners.rs`.

mod matching;
mod operation;
mod owners;
mod stores;
mod tokens;
mod upload;

use std::sync::Arc;

use edm_store::Blobs;

use crate::config::ServiceConfig;
use crate::deps::{Clock, Random};
use crate::error::Error;
use crate::service::owners::Owners;

/// What the system can do, in words free of HTTP.
#[derive(Clone)]
pub struct Service {
    owners: Arc<Owners>,
}

impl Service {
    /// Opens the data directory, which is made when it is missing. Generations are not loaded yet.
    pub async fn open(
        config: ServiceConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let blobs = Blobs::local(&config.data_dir.join("blobs"))?;
        Self::open_with_blobs(config, blobs, clock, random).await
    }

    /// As `open`, with blobs that are kept elsewhere.
    pub async fn open_with_blobs(
        config: ServiceConfig,
        blobs: Blobs,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        Ok(Self { owners: Arc::new(Owners::open(config, blobs, clock, random).await?) })
    }
}
