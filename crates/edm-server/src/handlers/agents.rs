//! `/dataClassification/exactMatchUploadAgents`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions, project};
use edm_graph::{UploadAgentChange, UploadAgentResource, path};
use edm_model::{AgentId, UploadAgent};
use edm_service::Revision;
use serde_json::Value;

use crate::app::App;
use crate::authenticated::{Call, id};
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::AGENT;
use crate::{listing, respond, to_wire};

pub(crate) fn value(agent: &UploadAgent) -> Value {
    respond::entity(&to_wire::resource::agent(agent), UploadAgentResource::TYPE, Revision::of(agent))
}

pub(crate) async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::List)?;
    page(&app, &call, &options, call.page_count).await?.answer(&call, &options, path::AGENTS)
}

/// Returns a page of the list.
pub(crate) async fn page(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    page_count: u32,
) -> Result<listing::Page, ApiError> {
    let listed = app.service.list_agents(&call.principal, &listing::request(options, page_count)).await?;
    let mut page = listing::page(listed, options, |agent| value(&agent));
    page.elements.iter_mut().for_each(|element| project(element, options));
    Ok(page)
}

pub(crate) async fn count(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Count)?;
    let listed = app.service.list_agents(&call.principal, &listing::count_request(&options)).await?;
    Ok(respond::count(listing::total(&listed)))
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    call: Call,
    JsonBody(change, _permit): JsonBody<UploadAgentChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Item)?;
    let description = change.description.into_option();
    let agent = app.service.create_agent(&call.principal, description).await?;
    Ok(respond::created(&call, value(&agent), &options, path::AGENTS, &agent.id))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    call: Call,
    Path(agent): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Item)?;
    let agent = app.service.get_agent(&call.principal, agent_id(&agent)?).await?;
    respond::read(&call, value(&agent), &options, path::AGENTS)
}

pub(crate) async fn update(
    State(app): State<Arc<App>>,
    call: Call,
    Path(agent): Path<String>,
    JsonBody(change, _permit): JsonBody<UploadAgentChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&AGENT, Place::Item)?;
    let description = change.description.into_change();
    let agent =
        app.service.update_agent(&call.principal, agent_id(&agent)?, description, &call.expected).await?;
    Ok(respond::changed(&call, value(&agent), &options, path::AGENTS))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    call: Call,
    Path(agent): Path<String>,
) -> Result<Response, ApiError> {
    app.service.delete_agent(&call.principal, agent_id(&agent)?, &call.expected).await?;
    Ok(respond::nothing())
}

fn agent_id(text: &str) -> Result<AgentId, ApiError> {
    id(text)
}
