//! Upload sessions are made, read, changed, renewed, cancelled and removed. Commit is in
//! `index/commit.rs`.

use std::sync::Arc;

use edm_model::{
    AgentId, DataStore, ListQuery, Listed, Principal, Session, SessionEvent, SessionId, SessionState,
    StoreId, TenantId, UpdateMode, UploadAgent, limits,
};
use edm_store::{Catalog, ListedSession, LiveData, NewSessionRow, SaltRow};
use zeroize::Zeroizing;

use crate::access::authorise::{
    CancelSession, CreateSession, CreateStore, DeleteSession, Grant, ListSessions, ReadSession,
    ReadSessionAgents, RenewSession, RevealSalt, UpdateSession,
};
use crate::catalog_cache::CachedStores;
use crate::checked_text::checked_text;
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind, Resource};
use crate::jobs::queue::JobQueue;
use crate::revision::Expected;
use crate::secrets::key_ring::{KeyRing, Purpose};
use crate::secrets::salts::Salts;
use crate::secrets::secret_text::SecretText;
use crate::serve::library::Library;
use crate::upload::lifecycle::{SessionLifecycle, SessionTarget, is_live, not_yet_served};
use crate::upload::terms::{Terms, TermsFinder};

/// Agents that one statement reads.
const AGENTS_AT_ONCE: usize = 500;

/// What a new session is.
#[derive(Debug, Default)]
pub struct NewSession {
    /// The agent that will upload.
    pub upload_agent_id: Option<String>,
    /// The columns of the file; empty when not named.
    pub fields: Vec<String>,
    /// The name of the file, for people.
    pub file_name: Option<String>,
    /// The checksum over the blocks.
    pub checksum: Option<String>,
    /// A salt for this session alone.
    pub salt: Option<SecretText>,
    /// How many records a full block has.
    pub rows_per_block: Option<u32>,
    /// How many blocks there are.
    pub total_block_count: Option<u32>,
    /// What it does to the live rows.
    pub update_mode: UpdateMode,
    /// Whether far fewer rows than are live may be published.
    pub allow_shrink: bool,
    /// How many rows the agent sealed.
    pub row_count: Option<u64>,
    /// How many rows the agent left out.
    pub rejected_row_count: Option<u64>,
}

/// What changes about a session; the outer `None` leaves it, the inner one empties it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionChange {
    /// Another checksum.
    pub checksum: Option<Option<String>>,
    /// Another number of blocks.
    pub total_block_count: Option<Option<u32>>,
    /// Another number of sealed rows.
    pub row_count: Option<Option<u64>>,
    /// Another number of rows left out.
    pub rejected_row_count: Option<Option<u64>>,
    /// The state that the change expects.
    pub expected: Expected,
}

/// A session just made, with the salt that its blocks must be hashed with.
#[derive(Debug)]
pub struct CreatedSession {
    /// The session.
    pub session: Session,
    /// The salt.
    pub salt: SecretText,
}

/// Sessions to be written with their store.
#[derive(Default)]
pub(crate) struct InlineSessions {
    pub(crate) salts: Vec<SaltRow>,
    pub(crate) rows: Vec<NewSessionRow>,
    pub(crate) created: Vec<CreatedSession>,
}

/// The upload sessions of all stores.
pub(crate) struct Sessions {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: Arc<KeyRing>,
    salts: Arc<Salts>,
    stores: Arc<CachedStores>,
    library: Arc<Library>,
    terms: TermsFinder,
    lifecycle: Arc<SessionLifecycle>,
    jobs: Arc<JobQueue>,
}

/// The owners that [`Sessions`] works with.
pub(crate) struct SessionsWith {
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) salts: Arc<Salts>,
    pub(crate) stores: Arc<CachedStores>,
    pub(crate) library: Arc<Library>,
    pub(crate) terms: TermsFinder,
    pub(crate) lifecycle: Arc<SessionLifecycle>,
    pub(crate) jobs: Arc<JobQueue>,
}

impl Sessions {
    pub(crate) fn new(deps: &Deps, with: SessionsWith) -> Self {
        let SessionsWith { keys, salts, stores, library, terms, lifecycle, jobs } = with;
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            keys,
            salts,
            stores,
            library,
            terms,
            lifecycle,
            jobs,
        }
    }

    /// Opens a session. An unknown agent or field and a weak salt are accepted here and refused at
    /// the first block.
    pub(crate) async fn create(
        &self,
        grant: &Grant<'_, CreateSession>,
        store_id: StoreId,
        new: NewSession,
    ) -> Result<CreatedSession, Error> {
        let store = self.stores.row(grant.tenant(), store_id).await?.store;
        let mut new = checked(new)?;
        let salt = new.salt.take();
        let terms = match new.update_mode {
            UpdateMode::Delta => self.terms.of_delta(grant.principal(), &store, salt).await?,
            UpdateMode::Replace => self.terms.of_replace(&store, salt).await?,
        };
        let (row, salt) = self.session_row(grant.principal(), store_id, new, terms);
        self.catalog.insert_session(&row).await?;
        tracing::info!(session.id = %row.session.id, store.id = %store_id, "session opened");
        Ok(CreatedSession { session: row.session, salt })
    }

    /// Makes the sessions that come within a new store, with the salts that they bring. Nothing is
    /// written yet.
    pub(crate) async fn prepare_inline(
        &self,
        grant: &Grant<'_, CreateStore>,
        store: &DataStore,
        new: Vec<NewSession>,
    ) -> Result<InlineSessions, Error> {
        let mut made = InlineSessions::default();
        if new.len() > limits::INLINE_SESSIONS_MAX {
            let allowed = limits::INLINE_SESSIONS_MAX as u64;
            return Err(Error::of(ErrorKind::TooMany { what: Resource::Session, allowed }).at("sessions"));
        }
        for (position, session) in new.into_iter().enumerate() {
            let within = |error: Error| error.within(&format!("sessions/{position}"));
            let mut session = checked(session).map_err(within)?;
            if session.update_mode == UpdateMode::Delta {
                return Err(within(Error::of(ErrorKind::NoLiveData).at("updateMode")));
            }
            let (key_id, salt) = match session.salt.take() {
                Some(text) => {
                    let (row, salt) = self.salts.seal_given(store.tenant, text).map_err(within)?;
                    let key_id = row.key_id;
                    made.salts.push(row);
                    (key_id, salt)
                }
                None => self.salts.of_tenant(store.tenant).await?,
            };
            let terms = Terms { columns: store.columns.clone(), tokens_max: store.tokens_max, key_id, salt };
            let (row, salt) = self.session_row(grant.principal(), store.id, session, terms);
            made.created.push(CreatedSession { session: row.session.clone(), salt });
            made.rows.push(row);
        }
        Ok(made)
    }

    fn session_row(
        &self,
        principal: &Principal,
        store_id: StoreId,
        new: NewSession,
        terms: Terms,
    ) -> (NewSessionRow, SecretText) {
        let now = self.clock.now();
        let id = SessionId::from_random_bytes(random_bytes(self.random.as_ref()));
        let block_key = Zeroizing::new(random_bytes::<32>(self.random.as_ref()));
        let random = self.random.as_ref();
        let sealed_block_key = self.keys.seal(Purpose::BlockKey, id.as_bytes(), block_key.as_slice(), random);
        let session = Session {
            id,
            tenant: principal.tenant,
            store_id,
            state: SessionState::UploadInProgress,
            update_mode: new.update_mode,
            columns: terms.columns,
            tokens_max: terms.tokens_max,
            key_id: terms.key_id,
            created_by: principal.id.clone(),
            upload_agent_id: new.upload_agent_id,
            fields: new.fields,
            file_name: new.file_name,
            checksum: new.checksum,
            rows_per_block: new.rows_per_block,
            total_block_count: new.total_block_count,
            staged_block_count: 0,
            row_count: new.row_count,
            rejected_row_count: new.rejected_row_count,
            allow_shrink: new.allow_shrink,
            total_job_count: None,
            remaining_job_count: None,
            created_at: now,
            started_at: None,
            updated_at: now,
            upload_expires_at: self.lifecycle.upload_expiry(now),
            upload_completed_at: None,
            processing_completed_at: None,
            completed_at: None,
            failure: None,
        };
        let salt = SecretText::new(terms.salt.expose_for_wire().to_owned());
        (NewSessionRow { session, sealed_block_key }, salt)
    }

    /// Lists a store's sessions. Idle ones expire first, as in the next sweep, so that a filter
    /// sees what is shown.
    pub(crate) async fn list(
        &self,
        grant: &Grant<'_, ListSessions>,
        store_id: StoreId,
        query: &ListQuery,
    ) -> Result<Listed<Session>, Error> {
        self.lifecycle.expire_idle(self.clock.now()).await?;
        let store = self.stores.row(grant.tenant(), store_id).await?.store;
        let served = store.live.is_none_or(|live| self.library.serves(store_id, live.session_id));
        let mut live = if served { LiveData::Served } else { LiveData::NotServed };
        loop {
            let listed = self.catalog.list_sessions(grant.tenant(), store_id, live, query).await?;
            // Other data may have become live in between, which this node has to load first.
            let ahead = |row: &ListedSession| self.lifecycle.is_ahead(&row.session, row.live_session_id);
            if live == LiveData::Served && listed.items.iter().any(ahead) {
                live = LiveData::NotServed;
                continue;
            }
            return Ok(listed.map(|row| match live {
                LiveData::NotServed if is_live(&row.session, row.live_session_id) => {
                    not_yet_served(row.session)
                }
                _ => row.session,
            }));
        }
    }

    /// Returns the registered agents that the sessions name, in their order.
    pub(crate) async fn agents_of(
        &self,
        grant: &Grant<'_, ReadSessionAgents>,
        sessions: &[Session],
    ) -> Result<Vec<Option<UploadAgent>>, Error> {
        let named =
            |session: &Session| -> Option<AgentId> { session.upload_agent_id.as_deref()?.parse().ok() };
        let mut ids: Vec<AgentId> = sessions.iter().filter_map(named).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut agents = Vec::with_capacity(ids.len());
        for some in ids.chunks(AGENTS_AT_ONCE) {
            agents.extend(self.catalog.agents_by_id(grant.tenant(), some).await?);
        }
        let find = |id: AgentId| agents.iter().find(|agent| agent.id == id).cloned();
        Ok(sessions.iter().map(|session| named(session).and_then(find)).collect())
    }

    /// Returns a session.
    pub(crate) async fn get(
        &self,
        grant: &Grant<'_, ReadSession>,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<Session, Error> {
        self.shown(grant.tenant(), store_id, id).await
    }

    /// Returns the registered agent that the session names.
    pub(crate) async fn agent(
        &self,
        grant: &Grant<'_, ReadSessionAgents>,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<UploadAgent, Error> {
        let draft = self.lifecycle.find(grant.tenant(), store_id, id).await?;
        let named = draft.session.upload_agent_id.as_deref().and_then(|text| text.parse::<AgentId>().ok());
        let agent = named.ok_or_else(|| Error::not_found(Resource::UploadAgent))?;
        let agent = self.catalog.agent(grant.tenant(), agent).await;
        agent.map_err(|error| Error::from(error).missing(Resource::UploadAgent))
    }

    /// Returns the session's salt to the caller that created it.
    pub(crate) async fn reveal_salt(
        &self,
        grant: &Grant<'_, RevealSalt>,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<SecretText, Error> {
        let session = self.lifecycle.find(grant.tenant(), store_id, id).await?.session;
        if session.created_by != grant.principal().id {
            return Err(Error::of(ErrorKind::SaltNotVisible));
        }
        let salt = self.salts.by_id(session.key_id).await?;
        Ok(SecretText::new(salt.expose_for_wire().to_owned()))
    }

    /// Changes what may change until commit; afterwards only equal values are accepted.
    pub(crate) async fn update(
        &self,
        grant: &Grant<'_, UpdateSession>,
        store_id: StoreId,
        id: SessionId,
        change: SessionChange,
    ) -> Result<Session, Error> {
        self.lifecycle.find(grant.tenant(), store_id, id).await?;
        check_counts(change.total_block_count.flatten(), None)?;
        let checksum = match change.checksum {
            Some(text) => Some(checked_text("checksum", text)?),
            None => None,
        };
        let highest = self.catalog.highest_block(id).await?;
        let now = self.clock.now();
        let target = SessionTarget { store_id, id, expected: &change.expected };
        let changed = self.lifecycle.change(grant, target, |draft| {
            let before = draft.session.clone();
            let session = &mut draft.session;
            session.checksum = checksum.unwrap_or_else(|| session.checksum.take());
            session.total_block_count = change.total_block_count.unwrap_or(session.total_block_count);
            session.row_count = change.row_count.unwrap_or(session.row_count);
            session.rejected_row_count = change.rejected_row_count.unwrap_or(session.rejected_row_count);
            if *session == before {
                return Ok(());
            }
            if let (Some(total), Some(number)) = (session.total_block_count, highest)
                && number >= total
            {
                return Err(Error::of(ErrorKind::BlockOutOfRange { number, total }).at("totalBlockCount"));
            }
            session.updated_at = now;
            self.lifecycle.apply(draft, SessionEvent::Edit, now)
        });
        changed.await?;
        self.shown(grant.tenant(), store_id, id).await
    }

    /// Gives the session a fresh upload URI and a fresh lifetime.
    pub(crate) async fn renew(
        &self,
        grant: &Grant<'_, RenewSession>,
        target: SessionTarget<'_>,
    ) -> Result<Session, Error> {
        let now = self.clock.now();
        let renewed = self.lifecycle.change(grant, target, |draft| {
            self.lifecycle.apply(draft, SessionEvent::Renew, now)?;
            draft.last_activity_at = now;
            draft.session.updated_at = now;
            draft.session.upload_expires_at = self.lifecycle.upload_expiry(now);
            Ok(())
        });
        renewed.await?;
        self.shown(grant.tenant(), target.store_id, target.id).await
    }

    /// Cancels the session. Nothing of it becomes visible.
    pub(crate) async fn cancel(
        &self,
        grant: &Grant<'_, CancelSession>,
        target: SessionTarget<'_>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let cancelled = self.lifecycle.change(grant, target, |draft| {
            self.lifecycle.apply(draft, SessionEvent::Cancel, now)?;
            Ok(draft.commit_number.is_some())
        });
        if cancelled.await? {
            // A delta may have waited for it.
            self.jobs.wake();
        }
        self.jobs.wake_for_collection();
        Ok(())
    }

    /// Removes the session's history, which cancels a session in progress. The live session stays.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteSession>,
        target: SessionTarget<'_>,
    ) -> Result<(), Error> {
        self.lifecycle.delete(grant, target).await?;
        self.jobs.wake_for_collection();
        Ok(())
    }

    async fn shown(&self, tenant: TenantId, store_id: StoreId, id: SessionId) -> Result<Session, Error> {
        Ok(self.lifecycle.shown(self.lifecycle.find(tenant, store_id, id).await?))
    }
}

fn checked(mut new: NewSession) -> Result<NewSession, Error> {
    check_counts(new.total_block_count, new.rows_per_block)?;
    if new.fields.len() > limits::COLUMNS_MAX {
        return Err(Error::invalid("fields", format!("a table has at most {} columns", limits::COLUMNS_MAX)));
    }
    for field in &new.fields {
        checked_text("fields", Some(field.clone()))?;
    }
    new.upload_agent_id = checked_text("uploadAgentId", new.upload_agent_id)?;
    new.file_name = checked_text("fileName", new.file_name)?;
    new.checksum = checked_text("checksum", new.checksum)?;
    Ok(new)
}

fn check_counts(total_block_count: Option<u32>, rows_per_block: Option<u32>) -> Result<(), Error> {
    if total_block_count.is_some_and(|count| count == 0 || count > limits::BLOCKS_MAX) {
        let message = format!("totalBlockCount is 1 to {}", limits::BLOCKS_MAX);
        return Err(Error::invalid("totalBlockCount", message));
    }
    if rows_per_block == Some(0) {
        return Err(Error::invalid(
            "rowsPerBlock",
            "rowsPerBlock is at least 1: leave it out to let the agent choose",
        ));
    }
    Ok(())
}
