//! The one table of the wire (`docs/decisions/0018-one-table-of-the-wire.md`): every type,
//! property, action and operation is written down once, in constants. All descriptions of the wire
//! are derived from it: `$metadata` in XML and JSON, `/openapi.json`, and what queries may name.
//! Nothing here reads or answers a request.

pub mod actions;
pub mod batches;
mod csdl_json;
mod csdl_xml;
mod element;
pub mod enums;
pub mod jobs;
pub mod labels;
pub mod matching;
mod openapi;
mod operation;
pub mod operations;
pub mod requests;
mod service;
pub mod sessions;
pub mod stores;
pub mod types;

pub use csdl_json::csdl_json;
pub use csdl_xml::csdl_xml;
pub use element::{
    Action, Bound, Comparison, EnumType, Navigation, Primitive, Property, Returns, Source, StructuredKind,
    StructuredType, Type, WritableOn,
};
pub use openapi::openapi;
pub use operation::{Access, Answer, Body, Content, Method, Operation, Query, Refusal};
pub use service::{
    ACTIONS, CONTAINER, ENUMS, NAMESPACE, SERVICE, SERVICE_PROPERTIES, SINGLETON, STRUCTURED_TYPES,
};
