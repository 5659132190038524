//! The job queue as this process uses it, and the clock that its leases go by.

pub(crate) mod clock_guard;
pub(crate) mod queue;
