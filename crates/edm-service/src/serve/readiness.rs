//! Whether this node can answer, and for what. A node that cannot answer at all is taken off by whoever balances the load; one
//! that lacks some tables answers for the others and says which are missing, so that one damaged table never takes every
//! node off.

use edm_model::{StoreId, TenantId};

use crate::error::Error;
use crate::serve::library::DataState;
use crate::service::Service;

/// What this node can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Why it can answer nothing; none where it can.
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
    /// Returns what is wrong, without a name.
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
    /// Whose it is.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// Its name; none where the catalog no longer has it.
    pub name: Option<String>,
    /// `Stale` or `Unserved`.
    pub state: DataState,
}

impl Service {
    /// Returns whether this node can answer, and for what. Makes a write transaction, at most one a second.
    pub async fn readiness(&self) -> Result<Readiness, Error> {
        if !self.is_ready() {
            return Ok(Readiness { obstacle: Some(Obstacle::Starting), unserved: Vec::new() });
        }
        if let Err(error) = self.health().await {
            tracing::warn!(%error, source = ?std::error::Error::source(&error), "the catalog cannot be read or written");
            return Ok(Readiness { obstacle: Some(Obstacle::Catalog), unserved: Vec::new() });
        }
        let stores = self.inner.library.stores();
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
            store.name = match self.store_row(store.tenant, store.store_id).await {
                Ok(row) => Some(row.store.name),
                Err(error) if matches!(error.kind(), crate::error::ErrorKind::NotFound { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        let nothing =
            unserved.iter().filter(|store| store.state == DataState::Unserved).count() == stores.len();
        let required = self.inner.required_types.load();
        let obstacle = if nothing && !stores.is_empty() {
            Some(Obstacle::NothingServable)
        } else if !required.iter().all(|wanted| self.inner.library.can_match(wanted)) {
            Some(Obstacle::RequiredType)
        } else {
            None
        };
        Ok(Readiness { obstacle, unserved })
    }
}
