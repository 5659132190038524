//! From a session's blocks to a live generation, in this order: commit, plan (a delta gets its
//! base), build, publish.

pub(crate) mod build;
pub(crate) mod commit;
pub(crate) mod delta;
pub(crate) mod failure;
pub(crate) mod indexer;
pub(crate) mod plan;
pub(crate) mod publish;
