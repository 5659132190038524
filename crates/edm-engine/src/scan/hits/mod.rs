//! The first pass over a text: which of its windows are values of the tables.
//!
//! `find` drives it: `window_hasher` hashes the windows that the prefilters let pass
//! (`vocabulary_mask` is one of these), and what the index holds of them becomes a `hit`.

pub(crate) mod find;
pub(crate) mod group_prefilter;
pub(crate) mod hit;
pub(crate) mod token_part;
pub(crate) mod vocabulary_mask;
pub(crate) mod window_hasher;
