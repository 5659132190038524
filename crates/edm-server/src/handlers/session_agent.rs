//! `…/sessions/{e}/uploadAgent`: the navigation from a session to its agent.

use std::borrow::Cow;

use edm_graph::query::{QueryOptions, Shape};
use edm_graph::{UploadAgentChange, path};
use edm_model::{SessionId, StoreId, UploadAgent};
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::agents;
use crate::handlers::resource::{Address, Delete, Read, Resource, Update};
use crate::handlers::shapes::AGENT;

/// The agent of a session. The session's ids are its address.
pub(crate) struct SessionAgent;

impl Resource for SessionAgent {
    type Parent = StoreId;
    type Id = SessionId;
    type Item = UploadAgent;

    fn shape(_: &Call) -> &'static Shape {
        &AGENT
    }

    fn parent(call: &Call) -> Result<StoreId, ApiError> {
        call.id(0)
    }

    fn id(call: &Call) -> Result<SessionId, ApiError> {
        call.id(1)
    }

    fn collection(_: &StoreId) -> Cow<'static, str> {
        path::AGENTS.into()
    }

    async fn value(_: &Call, _: &QueryOptions, agent: &UploadAgent) -> Result<Value, ApiError> {
        Ok(agents::value(agent))
    }
}

impl Read for SessionAgent {
    async fn get(call: &Call, at: Address<Self>) -> Result<UploadAgent, ApiError> {
        Ok(call.app.service.session_agent(&call.principal, at.parent, at.id).await?)
    }
}

impl Update for SessionAgent {
    type Change = UploadAgentChange;

    async fn update(
        call: &Call,
        _: &QueryOptions,
        at: Address<Self>,
        change: UploadAgentChange,
    ) -> Result<UploadAgent, ApiError> {
        let description = change.description.into_change();
        let agent = Self::get(call, at).await?;
        Ok(call.app.service.update_agent(&call.principal, agent.id, description, &call.expected).await?)
    }
}

impl Delete for SessionAgent {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        let agent = Self::get(call, at).await?;
        Ok(call.app.service.delete_agent(&call.principal, agent.id, &call.expected).await?)
    }
}
