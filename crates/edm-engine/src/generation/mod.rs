//! A published table: immutable files and what they answer.
//!
//! ```text
//! build ──► format ◄── read
//!              │         │
//!              └► prefilter ◄┘
//! ```

pub mod build;
pub(crate) mod file_bytes;
pub(crate) mod format;
pub(crate) mod generation_key;
pub(crate) mod prefilter;
pub(crate) mod read;

pub use file_bytes::FileBytes;
pub use generation_key::GenerationKey;
pub(crate) use prefilter::rule_prefilter::RulePrefilter;
pub(crate) use read::combined_filter::CombinedFilter;
pub use read::default_type::NoReachablePattern;
pub(crate) use read::default_type::is_without_identifiers;
pub use read::file_check::{ChunkCheck, FileCheck, file_checks};
pub use read::generation::{Generation, file_names};
pub(crate) use read::lookup::LookupHit;
