//! `/dataClassification/sensitiveTypes`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions, project};
use edm_graph::{SensitiveTypeChange, SensitiveTypeDraft, SensitiveTypeResource, path};
use edm_model::SensitiveTypeId;
use edm_service::{NewType, Revision, TypeChange, TypeView};
use serde_json::Value;

use crate::app::App;
use crate::authenticated::{Call, id};
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::TYPE;
use crate::{listing, respond, to_wire};

fn value(view: &TypeView) -> Value {
    respond::entity(&to_wire::resource::sensitive_type(view), SensitiveTypeResource::TYPE, Revision::of(view))
}

pub(crate) async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&TYPE, Place::List)?;
    page(&app, &call, &options, call.page_count).await?.answer(&call, &options, path::TYPES)
}

/// Returns a page of the list.
pub(crate) async fn page(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    page_count: u32,
) -> Result<listing::Page, ApiError> {
    let listed = app.service.list_types(&call.principal, &listing::request(options, page_count)).await?;
    let mut page = listing::page(listed, options, |view| value(&view));
    page.elements.iter_mut().for_each(|element| project(element, options));
    Ok(page)
}

pub(crate) async fn count(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&TYPE, Place::Count)?;
    let listed = app.service.list_types(&call.principal, &listing::count_request(&options)).await?;
    Ok(respond::count(listing::total(&listed)))
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    call: Call,
    JsonBody(draft, _permit): JsonBody<SensitiveTypeDraft>,
) -> Result<Response, ApiError> {
    let options = call.options(&TYPE, Place::Item)?;
    let new = NewType {
        name: draft.name,
        description: draft.description,
        publisher: draft.publisher_name,
        rule: draft.rule,
    };
    let view = app.service.create_type(&call.principal, new).await?;
    Ok(respond::created(&call, value(&view), &options, path::TYPES, &view.sensitive_type.id))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    call: Call,
    Path(known): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&TYPE, Place::Item)?;
    let view = app.service.get_type(&call.principal, type_id(&known)?).await?;
    respond::read(&call, value(&view), &options, path::TYPES)
}

pub(crate) async fn update(
    State(app): State<Arc<App>>,
    call: Call,
    Path(known): Path<String>,
    JsonBody(change, _permit): JsonBody<SensitiveTypeChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&TYPE, Place::Item)?;
    let change = TypeChange {
        name: change.name.into_option(),
        description: change.description.into_change(),
        publisher: change.publisher_name.into_change(),
        rule: change.rule.into_option(),
        expected: call.expected.clone(),
    };
    let view = app.service.update_type(&call.principal, type_id(&known)?, change).await?;
    Ok(respond::changed(&call, value(&view), &options, path::TYPES))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    call: Call,
    Path(known): Path<String>,
) -> Result<Response, ApiError> {
    app.service.delete_type(&call.principal, type_id(&known)?, &call.expected).await?;
    Ok(respond::nothing())
}

fn type_id(text: &str) -> Result<SensitiveTypeId, ApiError> {
    id(text)
}
