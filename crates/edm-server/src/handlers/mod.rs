//! One file for each kind of resource. A handler reads the request, calls the service once, and
//! converts the result.

pub(crate) mod agents;
pub(crate) mod batch;
pub(crate) mod classification;
pub(crate) mod classify_job;
pub(crate) mod classify_ndjson;
pub(crate) mod classify_stream;
pub(crate) mod empty_sets;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metadata;
pub(crate) mod resource;
pub(crate) mod root;
pub(crate) mod sensitive_types;
pub(crate) mod session_agent;
pub(crate) mod sessions;
pub(crate) mod shapes;
pub(crate) mod stores;
pub(crate) mod text_options;
