//! Graph's resources. Each file has a type with Graph's exact names, which the server writes and
//! the agent reads. It has a draft and a change, which are read from bodies, and the properties
//! that a query may name.

pub(crate) mod classification;
pub(crate) mod classification_job;
pub(crate) mod column;
pub(crate) mod data_store;
pub(crate) mod match_words;
pub(crate) mod sensitive_type;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod upload_agent;
