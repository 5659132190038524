//! Whether the process lives, and whether it can answer. Neither asks for a token; names are told
//! to who brings one.

use edm_model::{Right, Role};
use edm_service::{Readiness, UnservedStore};
use http::StatusCode;
use serde_json::{Value, json};

use crate::authenticated::authorised;
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::message::Response;
use crate::respond;

/// Asks nothing of the storage: a restart would mend neither a full disk nor a slow one.
pub(crate) fn live() -> Response {
    respond::json(StatusCode::OK, &json!({"status": "alive"}))
}

/// 503 where nothing can be answered; 200 and `degraded` where the data of some stores cannot be
/// read.
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
    // Who brings a token is told what it is good for; which tables there are is for whoever may
    // read them.
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
