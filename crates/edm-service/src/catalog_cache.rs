//! What was read of the catalog lately, so that a request need not ask for it again. What is known is forgotten as soon
//! as anybody has written to the catalog, whatever it was and from whichever process: a token that was revoked beside the
//! server stops working with the next request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use edm_model::{Principal, Timestamp};
use edm_store::ChangeMark;

/// Rows of a kind that are kept. Only those that exist are, so nobody without a right can fill it.
const KNOWN_MAX: usize = 1_024;

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) principal: Arc<Principal>,
    /// When the token stops working; `None` is never.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Rows of one kind by what they are looked up by. Tokens go by their digests, which hide them: how long a look-up takes
/// says nothing about others.
pub(crate) struct KnownRows<K, V>(RwLock<Known<K, V>>);

struct Known<K, V> {
    /// As of when the rows were read.
    mark: Option<ChangeMark>,
    rows: HashMap<K, V>,
}

impl<K, V> Default for KnownRows<K, V> {
    fn default() -> Self {
        Self(RwLock::new(Known { mark: None, rows: HashMap::new() }))
    }
}

impl<K: Eq + Hash, V: Clone> KnownRows<K, V> {
    /// Returns a row that is known and behind which nothing has been written, or reads and keeps it. `mark` is the catalog's, taken
    /// before the row is read: what is written meanwhile makes the row stale, never fresh.
    pub(crate) async fn find_or_read<E>(
        &self,
        mark: Option<ChangeMark>,
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

    fn find(&self, mark: Option<&ChangeMark>, key: &K) -> Option<V> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = mark.is_some() && known.mark.as_ref() == mark;
        if fresh { known.rows.get(key).cloned() } else { None }
    }

    fn keep(&self, mark: Option<ChangeMark>, key: K, row: V) {
        if mark.is_none() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.mark != mark || known.rows.len() >= KNOWN_MAX {
            known.rows.clear();
            known.mark = mark;
        }
        known.rows.insert(key, row);
    }
}
