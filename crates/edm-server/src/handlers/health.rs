//! Whether the process is alive, and whether it can answer. Neither needs a token; names are only
//! shown to callers with one.

use edm_model::{Right, Role};
use edm_service::{Readiness, UnservedStore};
use http::StatusCode;
use serde_json::{Value, json};

use crate::authenticated::authorised;
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::message::Response;
use crate::respond;

/// Does not check the storage: a restart would help neither with a full disk nor with a slow one.
pub(crate) fn live() -> Response {
    respond::json(StatusCode::OK, &json!({"status": "alive"}))
}

/// 503 if nothing can be answered; 200 and `degraded` if the data of some stores cannot be read.
pub(crate) async fn ready(exchange: Exchange) -> Result<Response, ApiError> {
    let Exchange { app, request, .. } = exchange;
    let Readiness { obstacle, unserved } = app.service.readiness().await?;
    if let Some(obstacle) = obstacle {
        return Err(HttpProblem::NotReady(obstacle).into());
    }
    let mut body = match unserved.len() {
        0 => json!({"status": "ready"}),
        count => json!({"status": "degraded", "unservedCount": count}),
    };
    // A caller with a token sees what it permits. The names of tables are shown only to callers who
    // may read them.
    if let Ok(principal) = authorised(request.headers(), None, None, &app).await {
        body["roles"] = principal.roles.iter().map(Role::as_str).collect();
        if !unserved.is_empty() && principal.may(Right::Read) {
            let own = unserved.iter().filter(|store| store.tenant == principal.tenant);
            body["unserved"] = own.map(named).collect();
        }
    }
    Ok(respond::json(StatusCode::OK, &body))
}

fn named(store: &UnservedStore) -> Value {
    json!({
        "id": store.store_id.to_string(),
        "displayName": store.name,
        "dataState": store.state.as_str(),
    })
}
