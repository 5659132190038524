//! Calls about upload sessions, their blocks, and upload agents.

use bytes::Bytes;
use edm_model::{AgentId, ListQuery, Listed, Principal, Session, SessionId, StoreId, UploadAgent};

use crate::access::authorise::authorise;
use crate::access::upload_grant::{BlockAction, ListBlocks, PutBlocks, UploadGrant, authorise_upload};
use crate::error::Error;
use crate::revision::Expected;
use crate::secrets::secret_text::SecretText;
use crate::secrets::upload_signer::{AddressRefusal, SignedAddress};
use crate::service::Service;
use crate::upload::ingest::{BlockAccepted, StagedBlock};
use crate::upload::lifecycle::SessionTarget;
use crate::upload::sessions::{CreatedSession, NewSession, SessionChange};

impl Service {
    /// Opens a session. An unknown agent or field and a weak salt are accepted here and refused at
    /// the first block.
    pub async fn create_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        new: NewSession,
    ) -> Result<CreatedSession, Error> {
        self.owners.sessions.create(&authorise(principal)?, store_id, new).await
    }

    /// Lists a store's sessions. Idle ones expire first, as in the next sweep, so that a filter
    /// sees what is shown.
    pub async fn list_sessions(
        &self,
        principal: &Principal,
        store_id: StoreId,
        query: &ListQuery,
    ) -> Result<Listed<Session>, Error> {
        self.owners.sessions.list(&authorise(principal)?, store_id, query).await
    }

    /// Returns the registered agents that the sessions name, in their order.
    pub async fn agents_of(
        &self,
        principal: &Principal,
        sessions: &[Session],
    ) -> Result<Vec<Option<UploadAgent>>, Error> {
        self.owners.sessions.agents_of(&authorise(principal)?, sessions).await
    }

    /// Returns a session.
    pub async fn get_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<Session, Error> {
        self.owners.sessions.get(&authorise(principal)?, store_id, id).await
    }

    /// Returns the registered agent that the session names.
    pub async fn session_agent(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<UploadAgent, Error> {
        self.owners.sessions.agent(&authorise(principal)?, store_id, id).await
    }

    /// Returns the session's salt to the caller that created it.
    pub async fn reveal_salt(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<SecretText, Error> {
        self.owners.sessions.reveal_salt(&authorise(principal)?, store_id, id).await
    }

    /// Changes what may change until commit; afterwards only equal values are accepted.
    pub async fn update_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        change: SessionChange,
    ) -> Result<Session, Error> {
        self.owners.sessions.update(&authorise(principal)?, store_id, id, change).await
    }

    /// Gives the session a fresh upload URI and a fresh lifetime.
    pub async fn renew_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<Session, Error> {
        let target = SessionTarget { store_id, id, expected };
        self.owners.sessions.renew(&authorise(principal)?, target).await
    }

    /// Cancels the session. Nothing of it becomes visible.
    pub async fn cancel_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let target = SessionTarget { store_id, id, expected };
        self.owners.sessions.cancel(&authorise(principal)?, target).await
    }

    /// Removes the session's history, which cancels a session in progress. The live session stays.
    pub async fn delete_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let target = SessionTarget { store_id, id, expected };
        self.owners.sessions.delete(&authorise(principal)?, target).await
    }

    /// Commits a session: its data is indexed and, when all is well, made live. It may be
    /// repeated.
    pub async fn commit_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let target = SessionTarget { store_id, id, expected };
        self.owners.committer.commit(&authorise(principal)?, target).await
    }

    /// Grants an action on the blocks of a session to the holder of its upload URI. Fails unless
    /// the URI is ours, valid now and signed for the action.
    pub fn authorise_upload<A: BlockAction>(
        &self,
        address: &SignedAddress,
    ) -> Result<UploadGrant<A>, AddressRefusal> {
        authorise_upload(&self.owners.signer, address, self.owners.deps.clock.now())
    }

    /// Stores one block of a session. The wire has checked the size, Content-MD5 and the block id.
    /// The same block may be put again; other bytes under its number are refused.
    pub async fn put_block(
        &self,
        grant: &UploadGrant<PutBlocks>,
        number: u32,
        bytes: Bytes,
    ) -> Result<BlockAccepted, Error> {
        self.owners.ingest.put_block(grant, number, bytes).await
    }

    /// Commits the list of a session's blocks: 0 … n−1 in order, all of them staged.
    pub async fn commit_block_list(
        &self,
        grant: &UploadGrant<PutBlocks>,
        numbers: &[u32],
    ) -> Result<(), Error> {
        self.owners.ingest.commit_block_list(grant, numbers).await
    }

    /// Lists the blocks that are staged.
    pub async fn block_list(&self, grant: &UploadGrant<ListBlocks>) -> Result<Vec<StagedBlock>, Error> {
        self.owners.ingest.block_list(grant).await
    }

    /// Registers an agent.
    pub async fn create_agent(
        &self,
        principal: &Principal,
        description: Option<String>,
    ) -> Result<UploadAgent, Error> {
        self.owners.agents.create(&authorise(principal)?, description).await
    }

    /// Lists the tenant's agents.
    pub async fn list_agents(
        &self,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Listed<UploadAgent>, Error> {
        self.owners.agents.list(&authorise(principal)?, query).await
    }

    /// Returns an agent.
    pub async fn get_agent(&self, principal: &Principal, id: AgentId) -> Result<UploadAgent, Error> {
        self.owners.agents.get(&authorise(principal)?, id).await
    }

    /// Changes an agent's description; `None` leaves it.
    pub async fn update_agent(
        &self,
        principal: &Principal,
        id: AgentId,
        description: Option<Option<String>>,
        expected: &Expected,
    ) -> Result<UploadAgent, Error> {
        self.owners.agents.update(&authorise(principal)?, id, description, expected).await
    }

    /// Removes an agent. Sessions keep its id as history; open ones that name it are refused
    /// afterwards.
    pub async fn delete_agent(
        &self,
        principal: &Principal,
        id: AgentId,
        expected: &Expected,
    ) -> Result<(), Error> {
        self.owners.agents.delete(&authorise(principal)?, id, expected).await
    }
}
