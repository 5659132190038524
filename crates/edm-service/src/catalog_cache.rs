//! A cache of rows of the catalog, so that a request need not read them again. All rows are dropped
//! as soon as any process writes to the catalog: a token that another process revokes stops working
//! with the next request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use edm_model::{StoreId, TenantId};
use edm_store::{Catalog, CommitStamp, StoreRow};

use crate::error::Error;

/// The most rows of a kind that are cached. Only rows that exist are cached, so a caller without a
/// right cannot fill the cache.
const ROWS_MAX: usize = 1_024;

/// The rows of stores, cached.
pub(crate) struct CachedStores {
    catalog: Catalog,
    rows: CachedRows<(TenantId, StoreId), StoreRow>,
}

impl CachedStores {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self { catalog, rows: CachedRows::default() }
    }

    /// Returns a store. Fails with `NotFound`.
    pub(crate) async fn row(&self, tenant: TenantId, id: StoreId) -> Result<StoreRow, Error> {
        let read = self.catalog.store(tenant, id);
        Ok(self.rows.find_or_read(self.catalog.commit_stamp(), (tenant, id), read).await?)
    }
}

/// Rows of one kind by their look-up key. Tokens go by their digests: the time of a look-up reveals
/// nothing about others.
pub(crate) struct CachedRows<K, V>(RwLock<Cached<K, V>>);

struct Cached<K, V> {
    /// The state of the catalog that the rows were read from.
    mark: Option<CommitStamp>,
    rows: HashMap<K, V>,
}

impl<K, V> Default for CachedRows<K, V> {
    fn default() -> Self {
        Self(RwLock::new(Cached { mark: None, rows: HashMap::new() }))
    }
}

impl<K: Eq + Hash, V: Clone> CachedRows<K, V> {
    /// Returns the cached row if the catalog has not been written to since it was read; otherwise
    /// reads and caches it. `mark` is the catalog's, taken before the row is read: a write in
    /// between makes the row stale, never fresh.
    pub(crate) async fn find_or_read<E>(
        &self,
        mark: Option<CommitStamp>,
        key: K,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        if let Some(row) = self.find(mark.as_ref(), &key) {
            return Ok(row);
        }
        let row = read.await?;
        self.keep(mark, key, row.clone());
        Ok(row)
    }

    fn find(&self, mark: Option<&CommitStamp>, key: &K) -> Option<V> {
        let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = mark.is_some() && cached.mark.as_ref() == mark;
        if fresh { cached.rows.get(key).cloned() } else { None }
    }

    fn keep(&self, mark: Option<CommitStamp>, key: K, row: V) {
        if mark.is_none() {
            return;
        }
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if cached.mark != mark || cached.rows.len() >= ROWS_MAX {
            cached.rows.clear();
            cached.mark = mark;
        }
        cached.rows.insert(key, row);
    }
}
