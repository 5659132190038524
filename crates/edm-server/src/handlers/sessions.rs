//! `…/exactMatchDataStores/{s}/sessions`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::{Place, QueryOptions, project};
use edm_graph::{SessionChange, SessionDraft, SessionResource, WireSalt, path};
use edm_model::{Right, Session, SessionId, SessionState, StoreId, UpdateMode, UploadAgent};
use edm_service::{CreatedSession, ErrorKind, NewSession, Revision, SecretText};
use serde_json::Value;

use crate::app::App;
use crate::authenticated::{Call, id};
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::handlers::{SESSION, agents, stores::store_id};
use crate::{listing, respond, to_wire, upload};

/// Presents a session. Its upload address is a right of its own, so only those who may upload see it.
pub(crate) fn resource(app: &App, call: &Call, session: &Session) -> SessionResource {
    let open = session.state == SessionState::UploadInProgress && call.principal.may(Right::Upload);
    to_wire::resource::session(session, open.then(|| upload::address(app, &call.origin, session)))
}

pub(crate) fn value(app: &App, call: &Call, session: &Session) -> Value {
    respond::entity(&resource(app, call, session), SessionResource::TYPE, Revision::of(session))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::List)?;
    let store = store_id(&store)?;
    let page = page(&app, &call, store, &options, call.page_count).await?;
    page.answer(&call, &options, &path::fill(path::SESSIONS, &[&store.to_string()]))
}

/// Returns a page of a store's sessions, with what the query asks for beside, cut to what it selects.
pub(crate) async fn page(
    app: &App,
    call: &Call,
    store: StoreId,
    options: &QueryOptions,
    page_count: u32,
) -> Result<listing::Page, ApiError> {
    let request = listing::request(options, page_count);
    let listed = app.service.list_sessions(&call.principal, store, &request).await?;
    let mut agents = expanded_agents(app, call, options, &listed.items).await?.into_iter();
    let mut page = listing::page(listed, options, |session| {
        let mut value = value(app, call, &session);
        if let Some(agent) = agents.next() {
            insert(&mut value, "uploadAgent", agent);
        }
        value
    });
    for element in &mut page.elements {
        if names_salt(options) {
            add_salt(app, call, store, element).await?;
        }
        project(element, options);
    }
    Ok(page)
}

pub(crate) async fn count(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Count)?;
    let request = listing::count_request(&options);
    let listed = app.service.list_sessions(&call.principal, store_id(&store)?, &request).await?;
    Ok(respond::count(listing::total(&listed)))
}

/// Serves POST to the collection and to its `$ref`, which an older page of Graph's documentation names.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    call: Call,
    Path(store): Path<String>,
    JsonBody(draft, _permit): JsonBody<SessionDraft>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Item)?;
    let store = store_id(&store)?;
    let new = new_session(draft);
    let created = app.service.create_session(&call.principal, store, new).await?;
    let mut value = created_value(&app, &call, &created);
    expand_agent(&app, &call, &created.session, &options, &mut value).await?;
    let set = path::fill(path::SESSIONS, &[&store.to_string()]);
    Ok(respond::created(&call, value, &options, &set, &created.session.id))
}

/// Takes the words of the wire for the service.
pub(crate) fn new_session(draft: SessionDraft) -> NewSession {
    NewSession {
        upload_agent_id: draft.upload_agent_id,
        fields: draft.fields.unwrap_or_default(),
        file_name: draft.file_name,
        checksum: draft.checksum,
        salt: draft.salt.map(|salt| SecretText::new(salt.expose_secret().to_owned())),
        rows_per_block: draft.rows_per_block,
        total_block_count: draft.total_block_count,
        update_mode: match draft.update_mode.as_deref() {
            Some("delta") => UpdateMode::Delta,
            _ => UpdateMode::Replace,
        },
        allow_shrink: draft.allow_shrink.unwrap_or(false),
        row_count: draft.row_count,
        rejected_row_count: draft.rejected_row_count,
    }
}

/// Presents a session to who made it: with its salt.
pub(crate) fn created_value(app: &App, call: &Call, created: &CreatedSession) -> Value {
    let mut resource = resource(app, call, &created.session);
    resource.salt = Some(WireSalt::new(created.salt.expose_for_wire().to_owned()));
    respond::entity(&resource, SessionResource::TYPE, Revision::of(&created.session))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Item)?;
    let (store, session) = session_id(&store, &session)?;
    let found = app.service.get_session(&call.principal, store, session).await?;
    let (value, set) = answer(&app, &call, &options, &found).await?;
    respond::read(&call, value, &options, &set)
}

pub(crate) async fn update(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
    JsonBody(change, _permit): JsonBody<SessionChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Item)?;
    let (store, session) = session_id(&store, &session)?;
    let change = edm_service::SessionChange {
        checksum: change.checksum.into_change(),
        total_block_count: change.total_block_count.into_change(),
        row_count: change.row_count.into_change(),
        rejected_row_count: change.rejected_row_count.into_change(),
        expected: call.expected.clone(),
    };
    may_see_salt(&app, &call, &options, store, session).await?;
    let changed = app.service.update_session(&call.principal, store, session, change).await?;
    let (value, set) = answer(&app, &call, &options, &changed).await?;
    Ok(respond::changed(&call, value, &options, &set))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    call: Call,
    Path((store, session)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (store, session) = session_id(&store, &session)?;
    app.service.delete_session(&call.principal, store, session, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) fn session_id(store: &str, session: &str) -> Result<(StoreId, SessionId), ApiError> {
    Ok((store_id(store)?, id(session)?))
}

/// Returns what is answered of a session, with the path of its collection. A salt that `$select` names is an answer to its creator and a refusal to others.
pub(crate) async fn answer(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    session: &Session,
) -> Result<(Value, String), ApiError> {
    let mut resource = resource(app, call, session);
    if names_salt(options) {
        let salt = app.service.reveal_salt(&call.principal, session.store_id, session.id).await?;
        resource.salt = Some(WireSalt::new(salt.expose_for_wire().to_owned()));
    }
    let mut value = respond::entity(&resource, SessionResource::TYPE, Revision::of(session));
    expand_agent(app, call, session, options, &mut value).await?;
    let set = path::fill(path::SESSIONS, &[&session.store_id.to_string()]);
    Ok((value, set))
}

/// Adds the salt of a listed session where the caller made it.
async fn add_salt(app: &App, call: &Call, store: StoreId, element: &mut Value) -> Result<(), ApiError> {
    let session: SessionId = id(element.get("id").and_then(Value::as_str).unwrap_or(""))?;
    match app.service.reveal_salt(&call.principal, store, session).await {
        Ok(salt) => insert(element, "salt", Value::from(salt.expose_for_wire())),
        // A list holds sessions of others too: theirs stay without it.
        Err(error) if matches!(error.kind(), ErrorKind::SaltNotVisible | ErrorKind::Forbidden { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Adds the agent of a session where `$expand` asks for it.
async fn expand_agent(
    app: &App,
    call: &Call,
    session: &Session,
    options: &QueryOptions,
    element: &mut Value,
) -> Result<(), ApiError> {
    for agent in expanded_agents(app, call, options, std::slice::from_ref(session)).await? {
        insert(element, "uploadAgent", agent);
    }
    Ok(())
}

/// Returns the agent of each session, or nothing where `$expand` does not ask. A session may name no agent, or one that
/// does not exist.
async fn expanded_agents(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    sessions: &[Session],
) -> Result<Vec<Value>, ApiError> {
    let Some(wanted) = options.expand.first() else {
        return Ok(Vec::new());
    };
    let found = app.service.agents_of(&call.principal, sessions).await?;
    let present = |agent: Option<UploadAgent>| {
        let mut value = agent.map_or(Value::Null, |agent| agents::value(&agent));
        project(&mut value, &wanted.options);
        value
    };
    Ok(found.into_iter().map(present).collect())
}

/// Fails where an answer would be refused for its salt, so that nothing is changed by a request that is refused.
pub(crate) async fn may_see_salt(
    app: &App,
    call: &Call,
    options: &QueryOptions,
    store: StoreId,
    session: SessionId,
) -> Result<(), ApiError> {
    if names_salt(options) {
        app.service.reveal_salt(&call.principal, store, session).await?;
    }
    Ok(())
}

fn names_salt(options: &QueryOptions) -> bool {
    options.select.as_ref().is_some_and(|selected| selected.contains(&"salt"))
}

fn insert(element: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = element {
        fields.insert(name.to_owned(), value);
    }
}
