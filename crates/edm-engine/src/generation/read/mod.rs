//! An opened generation and what it answers.

pub(crate) mod column_classes;
pub(crate) mod combined_filter;
pub(crate) mod default_type;
pub(crate) mod entry_group;
pub(crate) mod file_check;
pub(crate) mod generation;
pub(crate) mod lookup;
