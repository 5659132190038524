//! A published table: immutable files and what they answer.

pub mod build;
mod builder;
mod classes;
mod defaults;
mod delta;
mod entries_builder;
mod entries_file;
mod entries_writer;
mod file_check;
mod gathered;
mod group;
mod layout;
mod lookup;
mod manifest;
mod reader;
mod rows_file;
mod rules_file;
mod shape_set;
mod union;
mod vocabulary;

pub(crate) use defaults::CLOSE;
pub use defaults::NoReachablePattern;
pub use file_check::{FileCheck, file_checks};
pub(crate) use lookup::Held;
pub use reader::{Generation, file_names};
pub(crate) use rules_file::RuleGate;
pub(crate) use union::Union;
