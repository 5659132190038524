//! `/dataClassification` itself.

use axum::response::Response;
use edm_graph::path;
use edm_graph::query::Place;
use edm_service::Revision;
use serde_json::{Value, json};

use crate::body::JsonBody;
use crate::call::Call;
use crate::error::ApiError;
use crate::handlers::SERVICE;
use crate::respond;

const ID: &str = "dataClassification";

pub(crate) async fn read(call: Call) -> Result<Response, ApiError> {
    let options = call.options(&SERVICE, Place::Item)?;
    respond::read(&call, value(), &options, path::SERVICE)
}

/// Nothing of the service can be set, so a whole object that comes back changes nothing.
pub(crate) async fn update(call: Call, JsonBody(_body, _permit): JsonBody) -> Result<Response, ApiError> {
    let options = call.options(&SERVICE, Place::Item)?;
    call.expected.check(|| Revision::of(&ID))?;
    Ok(respond::changed(&call, value(), &options, path::SERVICE))
}

fn value() -> Value {
    respond::entity(&json!({"id": ID}), "dataClassificationService", Revision::of(&ID))
}
