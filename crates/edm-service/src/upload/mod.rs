//! Upload sessions, the blocks that come in, and the agents that send them.

pub(crate) mod agents;
pub(crate) mod ingest;
pub(crate) mod lifecycle;
pub(crate) mod sessions;
pub(crate) mod terms;
