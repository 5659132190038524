//! One file for each kind of resource. A handler reads, asks the service once, and presents.

pub(crate) mod agents;
pub(crate) mod batch;
pub(crate) mod classification;
pub(crate) mod classify_job;
pub(crate) mod classify_ndjson;
pub(crate) mod classify_stream;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metadata;
pub(crate) mod root;
pub(crate) mod sensitive_types;
pub(crate) mod session_actions;
pub(crate) mod sessions;
pub(crate) mod stores;

use edm_graph::query::{Navigation, Place, Shape};
use edm_graph::schema::labels::SENSITIVITY_LABEL_PROPERTIES;
use edm_graph::{
    DataStoreResource, JobResource, SensitiveTypeResource, SessionResource, UploadAgentResource,
};

/// What queries on agents may ask.
pub(crate) const AGENT: Shape = Shape { properties: UploadAgentResource::PROPERTIES, expandable: &[] };
/// What queries on sessions may ask.
pub(crate) const SESSION: Shape =
    Shape { properties: SessionResource::PROPERTIES, expandable: &[UPLOAD_AGENT] };
const UPLOAD_AGENT: Navigation = Navigation { name: "uploadAgent", shape: &AGENT, place: Place::Item };
/// What queries on stores may ask.
pub(crate) const STORE: Shape = Shape { properties: DataStoreResource::PROPERTIES, expandable: &[SESSIONS] };
const SESSIONS: Navigation = Navigation { name: "sessions", shape: &SESSION, place: Place::Nested };
/// What queries on sensitive types may ask.
pub(crate) const TYPE: Shape = Shape { properties: SensitiveTypeResource::PROPERTIES, expandable: &[] };
/// What queries on jobs may ask.
pub(crate) const JOB: Shape = Shape { properties: JobResource::PROPERTIES, expandable: &[] };
/// What queries on sensitivity labels may ask, of which there are none.
pub(crate) const LABEL: Shape = Shape { properties: &SENSITIVITY_LABEL_PROPERTIES, expandable: &[] };
/// What queries on actions may ask: nothing.
pub(crate) const NONE: Shape = Shape { properties: &[], expandable: &[] };
