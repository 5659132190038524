//! What callers may use of the server, and for how long.

mod caller;
mod counted_answer;
mod memory_budget;
mod patience;

use std::sync::Arc;

pub(crate) use caller::Caller;
pub(crate) use counted_answer::CountedAnswer;
pub(crate) use memory_budget::{Holder, Lease, MemoryBudget, Running, TooManyRequests};
pub(crate) use patience::{Pace, Waits};
pub use {memory_budget::MemoryGauge, patience::Patience};

use edm_model::limits;

/// What all callers, and a single one, may use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityLimits {
    /// The bytes of bodies and answers in memory at once. At least [`MEMORY_BYTES_MIN`].
    pub memory_bytes: usize,
    /// The requests in flight of one principal, or to the address of one session.
    pub requests_per_caller: usize,
    /// The time limits on peers.
    pub patience: Patience,
}

/// The least memory with which the largest body fits beside others.
pub const MEMORY_BYTES_MIN: usize = 2 * limits::BLOCK_LIST_BYTES_MAX;
const MEMORY_BYTES_DEFAULT: usize = 256 * 1024 * 1024;
const REQUESTS_PER_CALLER_DEFAULT: usize = 256;

impl Default for CapacityLimits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES_DEFAULT,
            requests_per_caller: REQUESTS_PER_CALLER_DEFAULT,
            patience: Patience::default(),
        }
    }
}

/// The memory and the time limits that all requests of a server share.
#[derive(Clone)]
pub struct Capacity {
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) waits: Arc<Waits>,
}

impl Capacity {
    /// Makes the shared state, with no memory in use.
    pub fn new(limits: CapacityLimits) -> Self {
        let CapacityLimits { memory_bytes, requests_per_caller, patience } = limits;
        let memory = MemoryBudget::new(memory_bytes, requests_per_caller, patience.memory);
        Self { memory, waits: Arc::new(Waits::new(patience)) }
    }

    /// Returns the current usage.
    pub fn memory(&self) -> MemoryGauge {
        self.memory.gauge()
    }
}
