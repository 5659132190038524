//! From a session's blocks to a live generation: commit, plan, build, publish.

pub(crate) mod build;
pub(crate) mod commit;
pub(crate) mod delta;
pub(crate) mod plan;
pub(crate) mod publish;
