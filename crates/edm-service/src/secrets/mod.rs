//! Secrets at rest: the keys derived of the master key, the salts, and the signatures of upload URIs.

pub(crate) mod key_ring;
pub(crate) mod salts;
pub(crate) mod upload_signer;
