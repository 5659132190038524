//! What an index knows of the values of a rule without seeing one (`docs/formats/hash.md`, section
//! 7).

pub(crate) mod kinds;
pub(crate) mod listing;
pub(crate) mod shape;
pub(crate) mod shape_summary;
pub(crate) mod signs;
