//! `/dataClassification` itself.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use edm_graph::query::{Expand, Navigation, Place, QueryOptions, Shape};
use edm_graph::schema::SERVICE_PROPERTIES;
use edm_graph::{ServiceChange, path};
use edm_model::limits::EXPANDED_PAGE_COUNT_MAX;
use edm_service::Revision;
use serde_json::{Value, json};

use crate::app::App;
use crate::authenticated::Call;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::{AGENT, STORE, TYPE, agents, sensitive_types, stores};
use crate::respond;

const ID: &str = "dataClassification";
const STORES: &str = "exactMatchDataStores";
const AGENTS: &str = "exactMatchUploadAgents";
const TYPES: &str = "sensitiveTypes";

/// What queries on the service itself may ask.
const SERVICE: Shape = Shape {
    properties: &SERVICE_PROPERTIES,
    expandable: &[
        Navigation { name: STORES, shape: &STORE, place: Place::Nested },
        Navigation { name: AGENTS, shape: &AGENT, place: Place::Nested },
        Navigation { name: TYPES, shape: &TYPE, place: Place::Nested },
    ],
};

pub(crate) async fn read(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&SERVICE, Place::Item)?;
    let mut value = value();
    expand(&app, &call, &options, &mut value).await?;
    respond::read(&call, value, &options, path::SERVICE)
}

/// Adds a page of each collection that `$expand` asks for, with a link to the next.
async fn expand(app: &App, call: &Call, options: &QueryOptions, element: &mut Value) -> Result<(), ApiError> {
    for expand in &options.expand {
        let Expand { name, options: nested, .. } = expand;
        let (page, set) = match *name {
            STORES => (stores::page(app, call, nested, EXPANDED_PAGE_COUNT_MAX).await?, path::STORES),
            AGENTS => (agents::page(app, call, nested, EXPANDED_PAGE_COUNT_MAX).await?, path::AGENTS),
            _ => (sensitive_types::page(app, call, nested, EXPANDED_PAGE_COUNT_MAX).await?, path::TYPES),
        };
        page.insert_into(element, expand, call, set)?;
    }
    Ok(())
}

/// Nothing of the service can be set, so a whole object that comes back changes nothing.
pub(crate) async fn update(
    call: Call,
    JsonBody(ServiceChange, _permit): JsonBody<ServiceChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&SERVICE, Place::Item)?;
    call.expected.check(|| Revision::of(&ID))?;
    Ok(respond::changed(&call, value(), &options, path::SERVICE))
}

fn value() -> Value {
    respond::entity(&json!({"id": ID}), "dataClassificationService", Revision::of(&ID))
}
