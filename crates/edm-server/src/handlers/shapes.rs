//! What queries on each kind of resource may name.

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
