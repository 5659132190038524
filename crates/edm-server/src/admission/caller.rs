//! Under whom a request is counted, from the moment on at which that is known.

use std::sync::{Arc, OnceLock};

use crate::admission::{Holder, Lease, MemoryBudget, Running, TooManyRequests};

/// The place in which a request, from its head to its last byte, finds who sent it. Its frame makes
/// it and whoever checks the token, or the signature, fills it.
#[derive(Clone, Default)]
pub(crate) struct Caller(Arc<OnceLock<Running>>);

impl Caller {
    /// Counts the request under its sender. Fails where too many of the sender's are being
    /// answered.
    pub(crate) fn is(&self, holder: Holder, memory: &Arc<MemoryBudget>) -> Result<(), TooManyRequests> {
        if self.0.get().is_none() {
            // Nobody else fills it: a request is checked in one task.
            let _ = self.0.set(memory.begin_request(holder)?);
        }
        Ok(())
    }

    /// Returns a lease that holds nothing yet; none where nobody knows who sent the request.
    pub(crate) fn lease(&self) -> Option<Lease> {
        self.0.get().map(Running::lease)
    }
}
