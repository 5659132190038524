//! `/dataClassification/exactMatchDataStores`, with lookup and rollback.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions, project};
use edm_graph::{Collection, DataStoreChange, DataStoreDraft, DataStoreResource, LookupRequest, path};
use edm_model::StoreId;
use edm_model::limits::EXPANDED_PAGE_COUNT_MAX;
use edm_service::{NewStore, Revision, StoreChange, StoreView};
use http::StatusCode;
use serde_json::Value;

use crate::app::App;
use crate::authenticated::{Call, id};
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::{NONE, STORE, sessions};
use crate::{listing, respond, to_wire};

fn value(view: &StoreView) -> Value {
    respond::entity(&to_wire::resource::store(view), DataStoreResource::TYPE, Revision::of(view))
}

pub(crate) async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::List)?;
    // Each store of a page brings a list of its own.
    let page_count = match options.expand.is_empty() {
        true => call.page_count,
        false => call.page_count.min(EXPANDED_PAGE_COUNT_MAX),
    };
    page(&app, &call, &options, page_count).await?.answer(&call, &options, path::STORES)
}

/// Returns a page of the list.
pub(crate) async fn page(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    page_count: u32,
) -> Result<listing::Page, ApiError> {
    let listed = app.service.list_stores(&call.principal, &listing::request(options, page_count)).await?;
    let mut page = listing::page(listed, options, |view| value(&view));
    for element in &mut page.elements {
        expand(app, call, options, element).await?;
        project(element, options);
    }
    Ok(page)
}

pub(crate) async fn count(State(app): State<Arc<App>>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::Count)?;
    let listed = app.service.list_stores(&call.principal, &listing::count_request(&options)).await?;
    Ok(respond::count(listing::total(&listed)))
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    call: Call,
    JsonBody(draft, _permit): JsonBody<DataStoreDraft>,
) -> Result<Response, ApiError> {
    let mut options = call.options(&STORE, Place::Item)?;
    let new = NewStore {
        name: draft.display_name,
        description: draft.description,
        columns: draft.columns,
        tokens_max: draft.tokens_max,
        placeholders: draft.placeholders,
        on_unserved: draft.on_unserved,
    };
    let sessions = draft.sessions.into_iter().map(sessions::new_session).collect();
    let (view, created) = app.service.create_store_with_sessions(&call.principal, new, sessions).await?;
    let mut value = value(&view);
    project(&mut value, &options);
    options.select = None;
    if let (false, Value::Object(fields)) = (created.is_empty(), &mut value) {
        // Whatever is selected: their salts and addresses are told to who made them.
        let made = created.iter().map(|session| sessions::created_value(&app, &call, session));
        fields.insert("sessions".to_owned(), Value::Array(made.collect()));
    }
    Ok(respond::created(&call, value, &options, path::STORES, &view.store.id))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::Item)?;
    let view = app.service.get_store(&call.principal, store_id(&store)?).await?;
    let value = answer(&app, &call, &options, &view).await?;
    respond::read(&call, value, &options, path::STORES)
}

pub(crate) async fn update(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
    JsonBody(change, _permit): JsonBody<DataStoreChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::Item)?;
    let store = store_id(&store)?;
    let change = StoreChange {
        name: change.display_name.into_option(),
        description: change.description.into_change(),
        columns: change.columns.into_option(),
        // Null asks for the default.
        tokens_max: change
            .tokens_max
            .into_change()
            .map(|tokens| tokens.unwrap_or(edm_model::limits::TOKENS_DEFAULT)),
        placeholders: change.placeholders.into_change(),
        on_unserved: change.on_unserved.into_change().map(Option::unwrap_or_default),
        expected: call.expected.clone(),
    };
    let view = app.service.update_store(&call.principal, store, change).await?;
    let value = answer(&app, &call, &options, &view).await?;
    Ok(respond::changed(&call, value, &options, path::STORES))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
) -> Result<Response, ApiError> {
    app.service.delete_store(&call.principal, store_id(&store)?, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) async fn rollback(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&STORE, Place::Item)?;
    let view = app.service.rollback_store(&call.principal, store_id(&store)?, &call.expected).await?;
    let value = answer(&app, &call, &options, &view).await?;
    Ok(respond::item(StatusCode::OK, value, &options, &call.origin, path::STORES))
}

pub(crate) async fn lookup(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
    JsonBody(request, _permit): JsonBody<LookupRequest>,
) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let store = store_id(&store)?;
    let request = edm_service::LookupRequest {
        key: request.key,
        values: request.values,
        result_columns: request.result_column_names,
    };
    let rows = app.service.lookup(&call.principal, store, request).await?;
    let page = Collection {
        context: Some(format!("{}#Collection(Edm.String)", call.origin.url("/$metadata"))),
        value: rows.iter().map(to_wire::resource::lookup_row).collect::<Vec<String>>(),
        ..Collection::default()
    };
    Ok(respond::json(StatusCode::OK, &page))
}

pub(crate) fn store_id(text: &str) -> Result<StoreId, ApiError> {
    id(text)
}

async fn answer(app: &App, call: &Call, options: &QueryOptions, view: &StoreView) -> Result<Value, ApiError> {
    let mut value = value(view);
    expand(app, call, options, &mut value).await?;
    Ok(value)
}

/// Adds the sessions of a store where `$expand` asks for them: a page of them, with a link to the next.
async fn expand(app: &App, call: &Call, options: &QueryOptions, element: &mut Value) -> Result<(), ApiError> {
    let Some(wanted) = options.expand.first() else {
        return Ok(());
    };
    let store: StoreId = store_id(element.get("id").and_then(Value::as_str).unwrap_or(""))?;
    let page = sessions::page(app, call, store, &wanted.options, EXPANDED_PAGE_COUNT_MAX).await?;
    let set = path::fill(path::SESSIONS, &[&store.to_string()]);
    page.insert_into(element, wanted, call, &set)
}
