//! Secrets at rest: the keys derived from the master key, the salts, and the signatures of upload
//! URIs.

pub(crate) mod block_cipher;
pub(crate) mod key_ring;
pub(crate) mod master_key;
pub(crate) mod pseudonyms;
pub(crate) mod salts;
pub(crate) mod secret_text;
pub(crate) mod upload_signer;
