//! `…/exactMatchDataStores/{s}/sessions`, with commit, cancel and renew.

use std::borrow::Cow;

use edm_graph::query::{Place, QueryOptions, Shape, project};
use edm_graph::{SessionChange, SessionDraft, SessionResource, WireSalt, path};
use edm_model::{
    ListQuery, Listed, Right, Session, SessionId, SessionState, StoreId, UpdateMode, UploadAgent,
};
use edm_service::{CreatedSession, ErrorKind, NewSession, Revision, SecretText};
use http::StatusCode;
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::agents;
use crate::handlers::resource::{Address, Create, Delete, List, Read, Resource, Update};
use crate::handlers::shapes::{NONE, SESSION};
use crate::message::Response;
use crate::{respond, to_wire, upload};

/// Converts a session. The upload address is itself a right to upload, so only callers who may
/// upload see it.
fn resource(call: &Call, session: &Session) -> SessionResource {
    let open = session.state == SessionState::UploadInProgress && call.principal.may(Right::Upload);
    to_wire::resource::session(session, open.then(|| upload::address(&call.app, &call.origin, session)))
}

/// Sessions of a store.
pub(crate) struct Sessions;

impl Resource for Sessions {
    type Parent = StoreId;
    type Id = SessionId;
    type Item = Session;

    fn shape(_: &Call) -> &'static Shape {
        &SESSION
    }

    fn parent(call: &Call) -> Result<StoreId, ApiError> {
        call.id(0)
    }

    fn id(call: &Call) -> Result<SessionId, ApiError> {
        call.id(1)
    }

    fn collection(store: &StoreId) -> Cow<'static, str> {
        path::fill(path::SESSIONS, &[&store.to_string()]).into()
    }

    /// A salt that `$select` names is shown to its creator and refused to others.
    async fn value(call: &Call, options: &QueryOptions, session: &Session) -> Result<Value, ApiError> {
        let mut resource = resource(call, session);
        if names_salt(options) {
            let salt = call.app.service.reveal_salt(&call.principal, session.store_id, session.id).await?;
            resource.salt = Some(WireSalt::new(salt.expose_for_wire().to_owned()));
        }
        let mut value = respond::entity(&resource, SessionResource::TYPE, Revision::of(session));
        expand_agent(call, session, options, &mut value).await?;
        Ok(value)
    }
}

impl List for Sessions {
    async fn list(call: &Call, store: &StoreId, query: &ListQuery) -> Result<Listed<Session>, ApiError> {
        Ok(call.app.service.list_sessions(&call.principal, *store, query).await?)
    }

    async fn values(
        call: &Call,
        store: &StoreId,
        options: &QueryOptions,
        sessions: Vec<Session>,
    ) -> Result<Vec<Value>, ApiError> {
        let mut agents = expanded_agents(call, options, &sessions).await?.into_iter();
        let mut values = Vec::with_capacity(sessions.len());
        for session in &sessions {
            let resource = resource(call, session);
            let mut value = respond::entity(&resource, SessionResource::TYPE, Revision::of(session));
            if let Some(agent) = agents.next() {
                insert(&mut value, "uploadAgent", agent);
            }
            if names_salt(options) {
                add_salt(call, *store, session.id, &mut value).await?;
            }
            values.push(value);
        }
        Ok(values)
    }
}

/// POST to the collection, and to its `$ref`, which an older page of Graph's documentation names.
impl Create for Sessions {
    type Draft = SessionDraft;
    type NewId = SessionId;

    async fn create(
        call: &Call,
        store: &StoreId,
        draft: SessionDraft,
        options: &mut QueryOptions,
    ) -> Result<(Value, SessionId), ApiError> {
        let new = new_session(draft);
        let created = call.app.service.create_session(&call.principal, *store, new).await?;
        let mut value = created_value(call, &created);
        expand_agent(call, &created.session, options, &mut value).await?;
        Ok((value, created.session.id))
    }
}

impl Read for Sessions {
    async fn get(call: &Call, at: Address<Self>) -> Result<Session, ApiError> {
        Ok(call.app.service.get_session(&call.principal, at.parent, at.id).await?)
    }
}

impl Update for Sessions {
    type Change = SessionChange;

    async fn update(
        call: &Call,
        options: &QueryOptions,
        at: Address<Self>,
        change: SessionChange,
    ) -> Result<Session, ApiError> {
        let change = edm_service::SessionChange {
            checksum: change.checksum.into_change(),
            total_block_count: change.total_block_count.into_change(),
            row_count: change.row_count.into_change(),
            rejected_row_count: change.rejected_row_count.into_change(),
            expected: call.expected.clone(),
        };
        may_see_salt(call, options, &at).await?;
        Ok(call.app.service.update_session(&call.principal, at.parent, at.id, change).await?)
    }
}

impl Delete for Sessions {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        Ok(call.app.service.delete_session(&call.principal, at.parent, at.id, &call.expected).await?)
    }
}

pub(crate) async fn commit(call: Call) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let at = Address::<Sessions>::of(&call)?;
    call.app.service.commit_session(&call.principal, at.parent, at.id, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) async fn cancel(call: Call) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let at = Address::<Sessions>::of(&call)?;
    call.app.service.cancel_session(&call.principal, at.parent, at.id, &call.expected).await?;
    Ok(respond::nothing())
}

pub(crate) async fn renew(call: Call) -> Result<Response, ApiError> {
    let options = call.options(&SESSION, Place::Item)?;
    let at = Address::<Sessions>::of(&call)?;
    may_see_salt(&call, &options, &at).await?;
    let renewed = call.app.service.renew_session(&call.principal, at.parent, at.id, &call.expected).await?;
    let value = Sessions::value(&call, &options, &renewed).await?;
    let collection = Sessions::collection(&at.parent);
    Ok(respond::item(StatusCode::OK, value, &options, &call.origin, &collection))
}

/// Converts a draft of the wire for the service.
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

/// Converts a session for its creator, with its salt.
pub(crate) fn created_value(call: &Call, created: &CreatedSession) -> Value {
    let mut resource = resource(call, &created.session);
    resource.salt = Some(WireSalt::new(created.salt.expose_for_wire().to_owned()));
    respond::entity(&resource, SessionResource::TYPE, Revision::of(&created.session))
}

/// Adds the salt of a listed session if the caller created it.
async fn add_salt(
    call: &Call,
    store: StoreId,
    session: SessionId,
    element: &mut Value,
) -> Result<(), ApiError> {
    match call.app.service.reveal_salt(&call.principal, store, session).await {
        Ok(salt) => insert(element, "salt", Value::from(salt.expose_for_wire())),
        // A list contains sessions of others too, which get no salt.
        Err(error) if matches!(error.kind(), ErrorKind::SaltNotVisible | ErrorKind::Forbidden { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Adds the agent of a session if `$expand` asks for it.
async fn expand_agent(
    call: &Call,
    session: &Session,
    options: &QueryOptions,
    element: &mut Value,
) -> Result<(), ApiError> {
    for agent in expanded_agents(call, options, std::slice::from_ref(session)).await? {
        insert(element, "uploadAgent", agent);
    }
    Ok(())
}

/// Returns the agent of each session; nothing if `$expand` does not ask for it. A session may have
/// no agent, or the id of one that does not exist.
async fn expanded_agents(
    call: &Call,
    options: &QueryOptions,
    sessions: &[Session],
) -> Result<Vec<Value>, ApiError> {
    let Some(wanted) = options.expand.first() else {
        return Ok(Vec::new());
    };
    let found = call.app.service.agents_of(&call.principal, sessions).await?;
    let present = |agent: Option<UploadAgent>| {
        let mut value = agent.map_or(Value::Null, |agent| agents::value(&agent));
        project(&mut value, &wanted.options);
        value
    };
    Ok(found.into_iter().map(present).collect())
}

/// Fails if the answer would be refused for its salt, so that a refused request changes nothing.
async fn may_see_salt(call: &Call, options: &QueryOptions, at: &Address<Sessions>) -> Result<(), ApiError> {
    if names_salt(options) {
        call.app.service.reveal_salt(&call.principal, at.parent, at.id).await?;
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
