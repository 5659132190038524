//! Cheap tests that may say "maybe" and never wrongly say "no": a window that one of them rejects
//! is not looked up.

pub(crate) mod aligned_bytes;
pub(crate) mod bloom;
pub(crate) mod rule_prefilter;
pub(crate) mod shapes;
pub(crate) mod vocabulary;
