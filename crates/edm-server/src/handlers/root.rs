//! `/dataClassification` itself.

use axum::response::Response;
use edm_graph::path;
use edm_graph::query::Place;
use http::StatusCode;
use serde_json::json;

use crate::call::Call;
use crate::error::ApiError;
use crate::handlers::NONE;
use crate::respond;

pub(crate) async fn read(call: Call) -> Result<Response, ApiError> {
    let options = call.options(&NONE, Place::Item)?;
    let value = respond::entity(&json!({"id": "dataClassification"}), "dataClassificationService");
    Ok(respond::item(StatusCode::OK, value, &options, &call.origin, path::SERVICE))
}
