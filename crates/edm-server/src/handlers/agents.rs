//! `/dataClassification/exactMatchUploadAgents`.

use std::borrow::Cow;

use edm_graph::query::{QueryOptions, Shape};
use edm_graph::{UploadAgentChange, UploadAgentResource, path};
use edm_model::{AgentId, ListQuery, Listed, UploadAgent};
use edm_service::Revision;
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::resource::{Address, Create, Delete, List, Read, Resource, Update};
use crate::handlers::shapes::AGENT;
use crate::{respond, to_wire};

pub(crate) fn value(agent: &UploadAgent) -> Value {
    respond::entity(&to_wire::resource::agent(agent), UploadAgentResource::TYPE, Revision::of(agent))
}

/// Upload agents.
pub(crate) struct Agents;

impl Resource for Agents {
    type Parent = ();
    type Id = AgentId;
    type Item = UploadAgent;

    fn shape(_: &Call) -> &'static Shape {
        &AGENT
    }

    fn parent(_: &Call) -> Result<(), ApiError> {
        Ok(())
    }

    fn id(call: &Call) -> Result<AgentId, ApiError> {
        call.id(0)
    }

    fn collection((): &()) -> Cow<'static, str> {
        path::AGENTS.into()
    }

    async fn value(_: &Call, _: &QueryOptions, agent: &UploadAgent) -> Result<Value, ApiError> {
        Ok(value(agent))
    }
}

impl List for Agents {
    async fn list(call: &Call, (): &(), query: &ListQuery) -> Result<Listed<UploadAgent>, ApiError> {
        Ok(call.app.service.list_agents(&call.principal, query).await?)
    }
}

impl Create for Agents {
    type Draft = UploadAgentChange;
    type NewId = AgentId;

    async fn create(
        call: &Call,
        (): &(),
        draft: UploadAgentChange,
        _: &mut QueryOptions,
    ) -> Result<(Value, AgentId), ApiError> {
        let agent = call.app.service.create_agent(&call.principal, draft.description.into_option()).await?;
        Ok((value(&agent), agent.id))
    }
}

impl Read for Agents {
    async fn get(call: &Call, at: Address<Self>) -> Result<UploadAgent, ApiError> {
        Ok(call.app.service.get_agent(&call.principal, at.id).await?)
    }
}

impl Update for Agents {
    type Change = UploadAgentChange;

    async fn update(
        call: &Call,
        _: &QueryOptions,
        at: Address<Self>,
        change: UploadAgentChange,
    ) -> Result<UploadAgent, ApiError> {
        let description = change.description.into_change();
        Ok(call.app.service.update_agent(&call.principal, at.id, description, &call.expected).await?)
    }
}

impl Delete for Agents {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        Ok(call.app.service.delete_agent(&call.principal, at.id, &call.expected).await?)
    }
}
