//! The salt, the keys derived from it, and the hashes that they make.

pub(crate) mod cipher;
pub(crate) mod cmac;
pub(crate) mod counter_mode;
pub(crate) mod keys;
