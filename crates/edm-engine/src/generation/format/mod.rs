//! The files of a generation, byte by byte (`docs/formats/generation.md`).

pub(crate) mod entries_file;
pub(crate) mod file_id;
pub(crate) mod layout;
pub(crate) mod manifest;
pub(crate) mod part;
pub(crate) mod posting;
pub(crate) mod row_positions;
pub(crate) mod rows_file;
pub(crate) mod rules_file;
pub(crate) mod sealed_file;
