//! From the hashed rows of a session's blocks to the files of a generation.
//!
//! `plan` decides which files there are (from a `plan_input`), `job_groups` which jobs share a pass
//! over the blocks. `builder` is given the blocks, `manifest` verifies what the jobs made. `delta`
//! is the base of a plan that changes a live generation.

pub(crate) mod builder;
pub(crate) mod delta;
pub(crate) mod entries_builder;
pub(crate) mod entries_writer;
mod job_groups;
pub(crate) mod manifest;
pub(crate) mod plan;
pub(crate) mod plan_input;
pub(crate) mod rules_builder;
pub(crate) mod value_sorter;

pub use self::builder::{Builder, BuiltFile};
pub use self::manifest::{Checked, check, manifest, manifest_of};
pub use self::plan::{BUILD_BYTES_DEFAULT, BuildJob, Plan};
pub use self::plan_input::{BlockFacts, PART_BYTES_DEFAULT, PlanInput};
