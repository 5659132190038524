//! Upload agents: registered, described, removed.

use edm_model::{AgentId, ListQuery, Listed, Principal, Right, UploadAgent};

use crate::checked_text::checked_text;
use crate::error::{Error, Resource};
use crate::revision::{Expected, Revision};
use crate::service::{Service, require};

impl Service {
    /// Registers an agent.
    pub async fn create_agent(
        &self,
        principal: &Principal,
        description: Option<String>,
    ) -> Result<UploadAgent, Error> {
        require(principal, Right::Upload)?;
        let agent = UploadAgent {
            id: AgentId::from_random_bytes(self.random_bytes()),
            description: checked_text("description", description)?,
            created_at: self.now(),
        };
        self.inner.catalog.insert_agent(principal.tenant, &agent).await?;
        Ok(agent)
    }

    /// Lists the tenant's agents.
    pub async fn list_agents(
        &self,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Listed<UploadAgent>, Error> {
        require(principal, Right::Read)?;
        Ok(self.inner.catalog.list_agents(principal.tenant, query).await?)
    }

    /// Returns an agent.
    pub async fn get_agent(&self, principal: &Principal, id: AgentId) -> Result<UploadAgent, Error> {
        require(principal, Right::Read)?;
        let agent = self.inner.catalog.agent(principal.tenant, id).await;
        agent.map_err(|error| Error::from(error).missing(Resource::UploadAgent))
    }

    /// Changes an agent's description; `None` leaves it.
    pub async fn update_agent(
        &self,
        principal: &Principal,
        id: AgentId,
        description: Option<Option<String>>,
        expected: &Expected,
    ) -> Result<UploadAgent, Error> {
        require(principal, Right::Upload)?;
        let description = description.map(|text| checked_text("description", text)).transpose()?;
        let changed = self.inner.catalog.change_agent(principal.tenant, id, |draft| {
            expected.check(|| Revision::of(draft))?;
            draft.description = description.unwrap_or_else(|| draft.description.take());
            Ok::<(), Error>(())
        });
        changed.await.map_err(|error| error.missing(Resource::UploadAgent))
    }

    /// Removes an agent. Sessions keep its id as history; open ones that name it are refused from then on.
    pub async fn delete_agent(
        &self,
        principal: &Principal,
        id: AgentId,
        expected: &Expected,
    ) -> Result<(), Error> {
        require(principal, Right::Administer)?;
        let decide = |agent: &UploadAgent| expected.check(|| Revision::of(agent));
        let removed = self.inner.catalog.delete_agent(principal.tenant, id, decide).await;
        removed.map_err(|error: Error| error.missing(Resource::UploadAgent))
    }
}
