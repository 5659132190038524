//! Upload agents: registered, described, removed.

use std::sync::Arc;

use edm_model::{AgentId, ListQuery, Listed, UploadAgent};
use edm_store::Catalog;

use crate::access::authorise::{CreateAgent, DeleteAgent, Grant, ListAgents, ReadAgent, UpdateAgent};
use crate::checked_text::checked_text;
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, Resource};
use crate::revision::{Expected, Revision};

/// The upload agents of all tenants.
pub(crate) struct Agents {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Agents {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self { catalog: deps.catalog.clone(), clock: deps.clock.clone(), random: deps.random.clone() }
    }

    /// Registers an agent.
    pub(crate) async fn create(
        &self,
        grant: &Grant<'_, CreateAgent>,
        description: Option<String>,
    ) -> Result<UploadAgent, Error> {
        let agent = UploadAgent {
            id: AgentId::from_random_bytes(random_bytes(self.random.as_ref())),
            description: checked_text("description", description)?,
            created_at: self.clock.now(),
        };
        self.catalog.insert_agent(grant.tenant(), &agent).await?;
        Ok(agent)
    }

    /// Lists the tenant's agents.
    pub(crate) async fn list(
        &self,
        grant: &Grant<'_, ListAgents>,
        query: &ListQuery,
    ) -> Result<Listed<UploadAgent>, Error> {
        Ok(self.catalog.list_agents(grant.tenant(), query).await?)
    }

    /// Returns an agent.
    pub(crate) async fn get(&self, grant: &Grant<'_, ReadAgent>, id: AgentId) -> Result<UploadAgent, Error> {
        let agent = self.catalog.agent(grant.tenant(), id).await;
        agent.map_err(|error| Error::from(error).missing(Resource::UploadAgent))
    }

    /// Changes an agent's description; `None` leaves it.
    pub(crate) async fn update(
        &self,
        grant: &Grant<'_, UpdateAgent>,
        id: AgentId,
        description: Option<Option<String>>,
        expected: &Expected,
    ) -> Result<UploadAgent, Error> {
        let description = description.map(|text| checked_text("description", text)).transpose()?;
        let changed = self.catalog.change_agent(grant.tenant(), id, |draft| {
            expected.check(|| Revision::of(draft))?;
            draft.description = description.unwrap_or_else(|| draft.description.take());
            Ok::<(), Error>(())
        });
        changed.await.map_err(|error| error.missing(Resource::UploadAgent))
    }

    /// Removes an agent. Sessions keep its id as history; open ones that name it are refused
    /// afterwards.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteAgent>,
        id: AgentId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let decide = |agent: &UploadAgent| expected.check(|| Revision::of(agent));
        let removed = self.catalog.delete_agent(grant.tenant(), id, decide).await;
        removed.map_err(|error: Error| error.missing(Resource::UploadAgent))
    }
}
