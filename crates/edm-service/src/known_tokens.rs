//! Tokens that were looked up lately, so that a request need not ask the catalog who sends it. What is known is
//! forgotten as soon as anybody has written to the catalog, whatever it was and from whichever process: a token that
//! was revoked beside the server stops working with the next request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use edm_model::{Principal, Timestamp};
use edm_store::ChangeMark;

/// Tokens that are kept. Only those that exist are, so nobody without one can fill it.
const KNOWN_MAX: usize = 1_024;

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) principal: Arc<Principal>,
    /// When the token stops working; `None` is never.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Bearers by the digests of their tokens. The digest hides the token: how long a look-up takes says nothing about
/// others.
#[derive(Default)]
pub(crate) struct KnownTokens(RwLock<Known>);

#[derive(Default)]
struct Known {
    /// As of when the bearers were read.
    mark: Option<ChangeMark>,
    bearers: HashMap<[u8; 32], Bearer>,
}

impl KnownTokens {
    /// Returns the bearer if that is known and nothing has been written since. `mark` is the catalog's present one.
    pub(crate) fn find(&self, mark: Option<&ChangeMark>, digest: &[u8; 32]) -> Option<Bearer> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = mark.is_some() && known.mark.as_ref() == mark;
        if fresh { known.bearers.get(digest).cloned() } else { None }
    }

    /// Keeps a bearer that was read after the mark was taken.
    pub(crate) fn keep(&self, mark: Option<ChangeMark>, digest: [u8; 32], bearer: Bearer) {
        if mark.is_none() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.mark != mark || known.bearers.len() >= KNOWN_MAX {
            known.bearers.clear();
            known.mark = mark;
        }
        known.bearers.insert(digest, bearer);
    }
}
