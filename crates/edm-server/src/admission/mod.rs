//! Who may hold how much of the server, and for how long.

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

/// How much of the server all callers, and one of them, may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityLimits {
    /// Bytes of bodies and answers that are in memory at once. At least [`MEMORY_BYTES_MIN`].
    pub memory_bytes: usize,
    /// Requests of one principal, or to the address of one session, that are answered at once.
    pub requests_per_caller: usize,
    /// How long anybody is waited for.
    pub patience: Patience,
}

/// The least memory with which the largest body finds room beside others.
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

/// The memory and the patience that every request of a server shares.
#[derive(Clone)]
pub struct Capacity {
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) waits: Arc<Waits>,
}

impl Capacity {
    /// Makes what a server shares, with nothing taken.
    pub fn new(limits: CapacityLimits) -> Self {
        let CapacityLimits { memory_bytes, requests_per_caller, patience } = limits;
        let memory = MemoryBudget::new(memory_bytes, requests_per_caller, patience.memory);
        Self { memory, waits: Arc::new(Waits::new(patience)) }
    }

    /// Returns what is held now.
    pub fn memory(&self) -> MemoryGauge {
        self.memory.gauge()
    }
}
