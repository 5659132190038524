//! The caller under whom a request is counted, once known.

use std::sync::{Arc, OnceLock};

use crate::admission::{Holder, Lease, MemoryBudget, Running, TooManyRequests};

/// A slot for the sender of a request, kept from its head to its last byte. The request's context
/// makes it, and the check of the token or signature fills it.
#[derive(Clone, Default)]
pub(crate) struct Caller(Arc<OnceLock<Running>>);

impl Caller {
    /// Counts the request under its sender. Fails if the sender has too many in flight.
    pub(crate) fn is(&self, holder: Holder, memory: &Arc<MemoryBudget>) -> Result<(), TooManyRequests> {
        if self.0.get().is_none() {
            // It cannot be filled already, because a request is checked once, in one task.
            let _ = self.0.set(memory.begin_request(holder)?);
        }
        Ok(())
    }

    /// Returns an empty lease; `None` if the sender is not known yet.
    pub(crate) fn lease(&self) -> Option<Lease> {
        self.0.get().map(Running::lease)
    }
}
