//! From the hashed rows of a session's blocks to the files of a generation.
//!
//! `plan` decides which files there are, `builder` is given the blocks, `delta` changes a live generation.

pub(crate) mod builder;
pub(crate) mod delta;
pub(crate) mod entries_builder;
pub(crate) mod entries_writer;
pub(crate) mod plan;
pub(crate) mod value_sorter;

pub use plan::{
    BUILD_BYTES_DEFAULT, BlockFacts, BuildJob, Builder, BuiltFile, Checked, PART_BYTES_DEFAULT, Plan,
    PlanInput, check, manifest, manifest_of,
};
