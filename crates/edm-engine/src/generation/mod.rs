//! A published table: immutable files and what they answer.
//!
//! ```text
//! build ──► format ◄── read
//!              │         │
//!              └► prefilter ◄┘
//! ```

pub mod build;
pub(crate) mod format;
pub(crate) mod prefilter;
pub(crate) mod read;

pub(crate) use format::rules_file::RuleGate;
pub(crate) use read::combined_filter::Union;
pub(crate) use read::default_type::CLOSE;
pub use read::default_type::NoReachablePattern;
pub use read::file_check::{FileCheck, file_checks};
pub use read::generation::{Generation, file_names};
pub(crate) use read::lookup::Held;
