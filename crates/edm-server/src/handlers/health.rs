//! Whether the process lives, and whether it can answer. Neither asks for a token.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::respond;

pub(crate) async fn live(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    app.service.health().await?;
    Ok(respond::json(StatusCode::OK, &json!({"status": "alive"})))
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    if !app.service.is_ready() {
        return Err(HttpProblem::NotReady.into());
    }
    app.service.health().await?;
    Ok(respond::json(StatusCode::OK, &json!({"status": "ready"})))
}
