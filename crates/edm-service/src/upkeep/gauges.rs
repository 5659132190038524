//! The state of the service in numbers.

use std::sync::Arc;

use edm_model::{StoreId, TenantId, Timestamp};
use edm_store::Catalog;

use crate::deps::Deps;
use crate::error::Error;
use crate::matching::matcher::Matching;
use crate::serve::data_state::DataState;
use crate::serve::library::Library;

/// The state of one store, for gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreGauge {
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// How many rows can be found.
    pub row_count: u64,
    /// When other data became live.
    pub data_updated_at: Option<Timestamp>,
    /// Whether this node searches it.
    pub data_state: DataState,
}

/// The state of the service, for gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauges {
    /// How many salts new sessions may get.
    pub live_salts: u64,
    /// Every store.
    pub stores: Vec<StoreGauge>,
    /// Jobs that wait or run.
    pub queued_jobs: u64,
    /// Jobs that were given up.
    pub dead_jobs: u64,
    /// Texts that are being matched.
    pub match_in_flight: usize,
    /// Texts that wait.
    pub match_waiting: usize,
}

/// Reads the gauges.
pub(crate) struct GaugeReader {
    catalog: Catalog,
    library: Arc<Library>,
    matching: Arc<Matching>,
}

impl GaugeReader {
    pub(crate) fn new(deps: &Deps, library: Arc<Library>, matching: Arc<Matching>) -> Self {
        Self { catalog: deps.catalog.clone(), library, matching }
    }

    /// Returns the state of the service.
    pub(crate) async fn read(&self) -> Result<Gauges, Error> {
        let counts = self.catalog.counts().await?;
        let stores = self.catalog.all_stores().await?;
        let (match_in_flight, match_waiting) = self.matching.load();
        Ok(Gauges {
            live_salts: counts.live_salts,
            stores: stores
                .into_iter()
                .map(|row| StoreGauge {
                    data_state: self.library.data_state(&row),
                    tenant: row.store.tenant,
                    store_id: row.store.id,
                    row_count: row.store.live.map_or(0, |live| live.row_count),
                    data_updated_at: row.store.data_updated_at,
                })
                .collect(),
            queued_jobs: counts.queued_jobs,
            dead_jobs: counts.dead_jobs,
            match_in_flight,
            match_waiting,
        })
    }
}
