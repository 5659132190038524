//! Whether this node can answer, and for what. A load balancer removes a node that cannot answer at
//! all. A node that lacks some tables answers for the others and names the missing ones, so that
//! one damaged table never removes every node.

use std::sync::Arc;

use arc_swap::ArcSwap;
use edm_model::{StoreId, TenantId};
use edm_store::Catalog;

use crate::catalog_cache::CachedStores;
use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::serve::data_state::DataState;
use crate::serve::library::Library;

/// What this node can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Why it can answer nothing; `None` if it can.
    pub obstacle: Option<Obstacle>,
    /// The stores whose live data cannot be read.
    pub unserved: Vec<UnservedStore>,
}

/// Why a node is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// Its indexes are being loaded.
    Starting,
    /// The catalog cannot be read or written.
    Catalog,
    /// There are tables, and none of them can be read.
    NothingServable,
    /// A sensitive type that the configuration requires cannot be matched.
    RequiredType,
}

impl Obstacle {
    /// Returns what is wrong, without any name.
    pub const fn sentence(self) -> &'static str {
        match self {
            Obstacle::Starting => "the server is loading its indexes: try again in a moment",
            Obstacle::Catalog => {
                "the catalog cannot be read or written: is the disk full, or its file damaged?"
            }
            Obstacle::NothingServable => {
                "the live data of no data store can be read: restore it from a backup, or upload the tables again"
            }
            Obstacle::RequiredType => {
                "a sensitive type of readiness.required cannot be matched: upload its table, or restore it from a backup"
            }
        }
    }
}

/// A store whose live data cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnservedStore {
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// Its name; `None` if the catalog no longer has it.
    pub name: Option<String>,
    /// `Stale` or `Unserved`.
    pub state: DataState,
}

/// Finds out whether this node can answer.
pub(crate) struct ReadinessProbe {
    catalog: Catalog,
    stores: Arc<CachedStores>,
    library: Arc<Library>,
    /// Sensitive types, by name or id, that must be matchable.
    required_types: ArcSwap<Vec<String>>,
}

impl ReadinessProbe {
    pub(crate) fn new(
        deps: &Deps,
        stores: Arc<CachedStores>,
        library: Arc<Library>,
        required_types: Vec<String>,
    ) -> Self {
        let required_types = ArcSwap::from_pointee(required_types);
        Self { catalog: deps.catalog.clone(), stores, library, required_types }
    }

    /// Requires these sensitive types, by name or id, from now on.
    pub(crate) fn require_types(&self, types: Vec<String>) {
        self.required_types.store(Arc::new(types));
    }

    /// Fails when the catalog does not answer or cannot be written.
    pub(crate) async fn health(&self) -> Result<(), Error> {
        self.catalog.ping().await?;
        Ok(self.catalog.check_writer().await?)
    }

    /// Returns whether this node can answer, and for what. Makes a write transaction, at most one a
    /// second.
    pub(crate) async fn readiness(&self) -> Result<Readiness, Error> {
        if !self.library.is_ready() {
            return Ok(Readiness { obstacle: Some(Obstacle::Starting), unserved: Vec::new() });
        }
        if let Err(error) = self.health().await {
            tracing::warn!(%error, source = ?std::error::Error::source(&error), "the catalog cannot be read or written");
            return Ok(Readiness { obstacle: Some(Obstacle::Catalog), unserved: Vec::new() });
        }
        let stores = self.library.stores();
        let mut unserved: Vec<UnservedStore> = stores
            .iter()
            .filter(|(_, _, data)| data.state() != DataState::Served)
            .map(|(tenant, store_id, data)| UnservedStore {
                tenant: *tenant,
                store_id: *store_id,
                name: None,
                state: data.state(),
            })
            .collect();
        unserved.sort_unstable_by_key(|store| (store.tenant, store.store_id));
        for store in &mut unserved {
            store.name = match self.stores.row(store.tenant, store.store_id).await {
                Ok(row) => Some(row.store.name),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        let nothing =
            unserved.iter().filter(|store| store.state == DataState::Unserved).count() == stores.len();
        let required = self.required_types.load();
        let obstacle = if nothing && !stores.is_empty() {
            Some(Obstacle::NothingServable)
        } else if !required.iter().all(|wanted| self.library.can_match(wanted)) {
            Some(Obstacle::RequiredType)
        } else {
            None
        };
        Ok(Readiness { obstacle, unserved })
    }
}
