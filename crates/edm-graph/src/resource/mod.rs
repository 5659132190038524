//! Graph's resources. Each file holds what is sent (a type with Graph's exact names, read by the
//! agent too), what may be set (a draft or a change, read from a body), and the properties that a
//! query may name.

pub(crate) mod classification;
pub(crate) mod classification_job;
pub(crate) mod column;
pub(crate) mod data_store;
pub(crate) mod match_words;
pub(crate) mod sensitive_type;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod upload_agent;
