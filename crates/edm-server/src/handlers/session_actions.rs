//! What can be done to a session, and its navigation to the agent.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::Place;
use edm_graph::{UploadAgentChange, path};
use http::StatusCode;

use crate::app::App;
use crate::authenticated::Call;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::{AGENT, NONE, SESSION, agents, sessions};
use crate::respond;

pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let (store, session) = sessions::session_id(&store, &session)?;
    app.service.commit_session(&call.principal, store, session, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let (store, session) = sessions::session_id(&store, &session)?;
    app.service.cancel_session(&call.principal, store, session, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) async fn renew(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Item)?;
    let (store, session) = sessions::session_id(&store, &session)?;
    sessions::may_see_salt(&app, &call, &options, store, session).await?;
    let renewed = app.service.renew_session(&call.principal, store, session, &call.expected).await?;
    let (value, set) = sessions::answer(&app, &call, &options, &renewed).await?;
    Ok(respond::item(StatusCode::OK, value, &options, &call.origin, &set))
}

pub(crate) async fn read_agent(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Item)?;
    let (store, session) = sessions::session_id(&store, &session)?;
    let agent = app.service.session_agent(&call.principal, store, session).await?;
    respond::read(&call, agents::value(&agent), &options, path::AGENTS)
}

pub(crate) async fn update_agent(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
    JsonBody(change, _permit): JsonBody<UploadAgentChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Item)?;
    let (store, session) = sessions::session_id(&store, &session)?;
    let description = change.description.into_change();
    let agent = app.service.session_agent(&call.principal, store, session).await?;
    let agent = app.service.update_agent(&call.principal, agent.id, description, &call.expected).await?;
    Ok(respond::changed(&call, agents::value(&agent), &options, path::AGENTS))
}

pub(crate) async fn delete_agent(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (store, session) = sessions::session_id(&store, &session)?;
    let agent = app.service.session_agent(&call.principal, store, session).await?;
    app.service.delete_agent(&call.principal, agent.id, &call.expected).await?;
    Ok(respond::nothing())
}
