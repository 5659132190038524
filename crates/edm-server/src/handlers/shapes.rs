//! What queries on each kind of resource may name.

use edm_graph::query::{Navigation, Place, Shape};
use edm_graph::schema::labels::SENSITIVITY_LABEL_PROPERTIES;
use edm_graph::{
    DataStoreResource, JobResource, SensitiveTypeResource, SessionResource, UploadAgentResource,
};

/// The shape of agents.
pub(crate) const AGENT: Shape = Shape { properties: UploadAgentResource::PROPERTIES, expandable: &[] };
/// The shape of sessions.
pub(crate) const SESSION: Shape =
    Shape { properties: SessionResource::PROPERTIES, expandable: &[UPLOAD_AGENT] };
const UPLOAD_AGENT: Navigation = Navigation { name: "uploadAgent", shape: &AGENT, place: Place::Item };
/// The shape of stores.
pub(crate) const STORE: Shape = Shape { properties: DataStoreResource::PROPERTIES, expandable: &[SESSIONS] };
const SESSIONS: Navigation = Navigation { name: "sessions", shape: &SESSION, place: Place::Nested };
/// The shape of sensitive types.
pub(crate) const TYPE: Shape = Shape { properties: SensitiveTypeResource::PROPERTIES, expandable: &[] };
/// The shape of jobs.
pub(crate) const JOB: Shape = Shape { properties: JobResource::PROPERTIES, expandable: &[] };
/// The shape of sensitivity labels, of which there are none.
pub(crate) const LABEL: Shape = Shape { properties: &SENSITIVITY_LABEL_PROPERTIES, expandable: &[] };
/// The shape of actions: queries on them have no options.
pub(crate) const NONE: Shape = Shape { properties: &[], expandable: &[] };
