//! What the owners of the service share: storage, clock, randomness and the present limits.

use std::sync::Arc;

use edm_model::Timestamp;
use edm_store::{Blobs, Catalog};

use crate::service_limits::Limits;

/// A source of the time.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    ///
    /// It never goes back while the process lives, and runs as evenly as the machine can: leases,
    /// deadlines and expiry go by it.
    fn now(&self) -> Timestamp;

    /// Returns what the machine's wall clock shows, which people and programs set. It is compared
    /// with `now`, nothing else.
    fn wall(&self) -> Timestamp {
        self.now()
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// A source of random bytes that are fit for keys.
pub trait Random: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl<F: Fn(&mut [u8]) + Send + Sync> Random for F {
    fn fill(&self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// What an owner may need from outside. Each owner clones only the parts that it uses.
pub(crate) struct Deps {
    pub(crate) catalog: Catalog,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) limits: Limits,
}

/// Returns N random bytes.
pub(crate) fn random_bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
