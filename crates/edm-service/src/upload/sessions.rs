//! Upload sessions: made, read, changed, renewed, cancelled, removed. Commit has its own file.

use edm_hash::Salt;
use edm_model::{
    AgentId, Columns, DataStore, KeyId, ListQuery, Listed, Principal, Right, Session, SessionEvent,
    SessionId, SessionState, StoreId, Timestamp, UpdateMode, UploadAgent, limits, transition,
};
use edm_store::{JobKind, ListedSession, LiveData, NewJob, NewSessionRow, SaltRow, SessionDraft};
use zeroize::Zeroizing;

use crate::blob_layout;
use crate::checked_text::checked_text;
use crate::error::{Error, ErrorKind, Resource};
use crate::revision::{Expected, Revision};
use crate::secrets::key_ring::{Purpose, SecretText};
use crate::service::{Service, require};

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Agents that one statement asks for.
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
    /// A salt of its own.
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
    /// What the session must be before.
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

/// What a session's blocks must be made with.
pub(crate) struct Terms {
    pub(crate) columns: Columns,
    pub(crate) tokens_max: u32,
    pub(crate) key_id: KeyId,
    pub(crate) salt: Salt,
}

impl Service {
    /// Opens a session. An unknown agent or field and a weak salt are taken here and refused at the first block.
    pub async fn create_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        new: NewSession,
    ) -> Result<CreatedSession, Error> {
        require(principal, Right::Upload)?;
        let store = self.store_row(principal.tenant, store_id).await?.store;
        let mut new = checked(new)?;
        let salt = new.salt.take();
        let terms = match new.update_mode {
            UpdateMode::Delta => self.delta_terms(principal, &store, salt).await?,
            UpdateMode::Replace => self.replace_terms(&store, salt).await?,
        };
        let (row, salt) = self.session_row(principal, store_id, new, terms);
        self.inner.catalog.insert_session(&row).await?;
        tracing::info!(session.id = %row.session.id, store.id = %store_id, "session opened");
        Ok(CreatedSession { session: row.session, salt })
    }

    /// Makes the sessions that come within a new store, with the salts that they bring. Nothing is written yet.
    pub(crate) async fn inline_sessions(
        &self,
        principal: &Principal,
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
                    let (row, salt) = self.own_salt(store.tenant, text).map_err(within)?;
                    let key_id = row.key_id;
                    made.salts.push(row);
                    (key_id, salt)
                }
                None => self.tenant_salt(store.tenant).await?,
            };
            let terms = Terms { columns: store.columns.clone(), tokens_max: store.tokens_max, key_id, salt };
            let (row, salt) = self.session_row(principal, store.id, session, terms);
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
        let now = self.now();
        let id = SessionId::from_random_bytes(self.random_bytes());
        let block_key = Zeroizing::new(self.random_bytes::<32>());
        let random = self.inner.random.as_ref();
        let sealed_block_key =
            self.inner.seals.seal(Purpose::BlockKey, id.as_bytes(), block_key.as_slice(), random);
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
            upload_expires_at: self.upload_expiry(now),
            upload_completed_at: None,
            processing_completed_at: None,
            completed_at: None,
            failure: None,
        };
        let salt = SecretText::new(terms.salt.expose_for_wire().to_owned());
        (NewSessionRow { session, sealed_block_key }, salt)
    }

    /// A replace takes the store's columns as they are now.
    async fn replace_terms(&self, store: &DataStore, salt: Option<SecretText>) -> Result<Terms, Error> {
        let (key_id, salt) = match salt {
            Some(text) => self.keep_own_salt(store.tenant, text).await?,
            None => self.tenant_salt(store.tenant).await?,
        };
        Ok(Terms { columns: store.columns.clone(), tokens_max: store.tokens_max, key_id, salt })
    }

    /// Lists a store's sessions. Those that nobody has fed for too long expire first, as the next sweep would let them, so that
    /// a filter sees what is shown.
    pub async fn list_sessions(
        &self,
        principal: &Principal,
        store_id: StoreId,
        query: &ListQuery,
    ) -> Result<Listed<Session>, Error> {
        require(principal, Right::Read)?;
        self.expire_idle(self.now()).await?;
        let store = self.store_row(principal.tenant, store_id).await?.store;
        let served = store.live.is_none_or(|live| self.inner.library.serves(store_id, live.session_id));
        let mut live = if served { LiveData::Served } else { LiveData::NotServed };
        loop {
            let listed = self.inner.catalog.list_sessions(principal.tenant, store_id, live, query).await?;
            // Other data may have become live in between, which this node has to load first.
            let ahead = |row: &ListedSession| self.is_ahead(&row.session, row.live_session_id);
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
    pub async fn agents_of(
        &self,
        principal: &Principal,
        sessions: &[Session],
    ) -> Result<Vec<Option<UploadAgent>>, Error> {
        require(principal, Right::Read)?;
        let named =
            |session: &Session| -> Option<AgentId> { session.upload_agent_id.as_deref()?.parse().ok() };
        let mut ids: Vec<AgentId> = sessions.iter().filter_map(named).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut agents = Vec::with_capacity(ids.len());
        for some in ids.chunks(AGENTS_AT_ONCE) {
            agents.extend(self.inner.catalog.agents_by_id(principal.tenant, some).await?);
        }
        let find = |id: AgentId| agents.iter().find(|agent| agent.id == id).cloned();
        Ok(sessions.iter().map(|session| named(session).and_then(find)).collect())
    }

    /// Returns a session.
    pub async fn get_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<Session, Error> {
        require(principal, Right::Read)?;
        Ok(self.shown(self.session_of(principal, store_id, id).await?))
    }

    /// Returns the registered agent that the session names.
    pub async fn session_agent(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<UploadAgent, Error> {
        require(principal, Right::Read)?;
        let draft = self.session_of(principal, store_id, id).await?;
        let named = draft.session.upload_agent_id.as_deref().and_then(|text| text.parse::<AgentId>().ok());
        let agent = named.ok_or_else(|| Error::not_found(Resource::UploadAgent))?;
        self.get_agent(principal, agent).await
    }

    /// Returns the session's salt to the caller that created it.
    pub async fn reveal_salt(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<SecretText, Error> {
        require(principal, Right::Upload)?;
        let session = self.session_of(principal, store_id, id).await?.session;
        if session.created_by != principal.id {
            return Err(Error::of(ErrorKind::SaltNotVisible));
        }
        let salt = self.salt(session.key_id).await?;
        Ok(SecretText::new(salt.expose_for_wire().to_owned()))
    }

    /// Changes what may change until commit; afterwards equal values are taken and others refused.
    pub async fn update_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        change: SessionChange,
    ) -> Result<Session, Error> {
        require(principal, Right::Upload)?;
        self.session_of(principal, store_id, id).await?;
        check_counts(change.total_block_count.flatten(), None)?;
        let checksum = match change.checksum {
            Some(text) => Some(checked_text("checksum", text)?),
            None => None,
        };
        let highest = self.inner.catalog.highest_block(id).await?;
        let now = self.now();
        let changed = self.inner.catalog.change_session(id, |draft| {
            self.check_session(&change.expected, draft)?;
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
            self.apply(draft, SessionEvent::Edit, now)
        });
        changed.await?;
        self.get_session(principal, store_id, id).await
    }

    /// Gives the session a fresh upload URI and a fresh lifetime.
    pub async fn renew_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<Session, Error> {
        require(principal, Right::Upload)?;
        let now = self.now();
        let renewed = self.inner.catalog.change_session(id, |draft| {
            check_place(principal, store_id, draft)?;
            self.check_session(expected, draft)?;
            self.apply(draft, SessionEvent::Renew, now)?;
            draft.last_activity_at = now;
            draft.session.updated_at = now;
            draft.session.upload_expires_at = self.upload_expiry(now);
            Ok(())
        });
        renewed.await.map_err(|error: Error| error.missing(Resource::Session))?;
        self.get_session(principal, store_id, id).await
    }

    /// Gives the session up. Nothing of it becomes visible.
    pub async fn cancel_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<(), Error> {
        require(principal, Right::Upload)?;
        let now = self.now();
        let cancelled = self.inner.catalog.change_session(id, |draft| {
            check_place(principal, store_id, draft)?;
            self.check_session(expected, draft)?;
            self.apply(draft, SessionEvent::Cancel, now)?;
            Ok(draft.commit_number.is_some())
        });
        let was_committed = cancelled.await.map_err(|error: Error| error.missing(Resource::Session))?;
        if was_committed {
            // A delta may have waited for it.
            self.inner.job_bell.notify_one();
        }
        self.ring_for_collection();
        Ok(())
    }

    /// Removes the session's history; one in progress is cancelled by it. The live one stays.
    pub async fn delete_session(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
        expected: &Expected,
    ) -> Result<(), Error> {
        require(principal, Right::Upload)?;
        let deleted = self.inner.catalog.delete_session(id, |draft| {
            check_place(principal, store_id, draft)?;
            self.check_session(expected, draft)?;
            if draft.live_session_id == Some(id) {
                return Err(Error::of(ErrorKind::LiveSession));
            }
            draft.enqueue = self.collecting(&draft.session)?;
            Ok(())
        });
        deleted.await.map_err(|error: Error| error.missing(Resource::Session))?;
        self.ring_for_collection();
        Ok(())
    }

    /// Fails unless the session, as it is shown, is what a change expects.
    pub(crate) fn check_session(&self, expected: &Expected, draft: &SessionDraft) -> Result<(), Error> {
        expected.check(|| Revision::of(&self.shown(draft.clone())))
    }

    /// Returns the session when it is this store's and this tenant's.
    pub(crate) async fn session_of(
        &self,
        principal: &Principal,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<SessionDraft, Error> {
        let found = self.inner.catalog.session(id).await;
        let draft = found.map_err(|error| Error::from(error).missing(Resource::Session))?;
        check_place(principal, store_id, &draft)?;
        Ok(draft)
    }

    /// Lets an event happen to the session, with the times and jobs that a final state brings.
    pub(crate) fn apply(
        &self,
        draft: &mut SessionDraft,
        event: SessionEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let before = draft.session.state;
        let state = match event {
            SessionEvent::Expire => before,
            _ if self.is_idle(draft, now) => transition(before, SessionEvent::Expire)?,
            _ => before,
        };
        draft.session.state = transition(state, event)?;
        if draft.session.state == before {
            return Ok(());
        }
        draft.session.updated_at = now;
        if draft.session.state.is_final() {
            if before == SessionState::ProcessingInProgress {
                draft.session.processing_completed_at = Some(now);
            }
            draft.session.completed_at = Some(now);
            draft.enqueue.extend(self.collecting(&draft.session)?);
        }
        Ok(())
    }

    /// Returns whether the session has been open and silent for too long.
    pub(crate) fn is_idle(&self, draft: &SessionDraft, now: Timestamp) -> bool {
        self.believes_clock(now)
            && draft.session.state == SessionState::UploadInProgress
            && draft.last_activity_at.plus_seconds(self.limits().session_idle_seconds) <= now
    }

    /// Returns the session as this node shows it: expired when it is too old, though no sweep has come by; completed
    /// only once this node serves its data.
    pub(crate) fn shown(&self, draft: SessionDraft) -> Session {
        let idle = self.is_idle(&draft, self.now());
        let mut session = draft.session;
        if idle {
            session.state = SessionState::Expired;
            session.completed_at =
                Some(draft.last_activity_at.plus_seconds(self.limits().session_idle_seconds));
        }
        if self.is_ahead(&session, draft.live_session_id) { not_yet_served(session) } else { session }
    }

    /// Returns whether the session's data is live and this node has not loaded it yet.
    fn is_ahead(&self, session: &Session, live_session_id: Option<SessionId>) -> bool {
        is_live(session, live_session_id) && !self.inner.library.serves(session.store_id, session.id)
    }

    /// Returns the jobs that delete what the session leaves behind: its blocks with their key, and what was built of them unless it
    /// was published.
    fn collecting(&self, session: &Session) -> Result<Vec<NewJob>, Error> {
        let below = blob_layout::blocks(session.tenant, session.store_id, session.id)?;
        let mut kinds = vec![JobKind::CollectBlocks { session_id: session.id, below }];
        if session.state != SessionState::Completed {
            let below = blob_layout::generation(session.tenant, session.store_id, session.id)?;
            kinds.push(JobKind::Collect { below });
        }
        let job = |kind| NewJob {
            tenant: session.tenant,
            session_id: None,
            kind,
            delay_seconds: self.limits().collect_grace_seconds,
        };
        Ok(kinds.into_iter().map(job).collect())
    }

    /// URIs carry their expiry in whole seconds.
    fn upload_expiry(&self, now: Timestamp) -> Timestamp {
        let seconds = now.as_micros().div_euclid(MICROS_PER_SECOND);
        Timestamp::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
            .plus_seconds(self.limits().upload_uri_seconds)
    }
}

/// Fails unless the session is this store's and this tenant's.
fn check_place(principal: &Principal, store_id: StoreId, draft: &SessionDraft) -> Result<(), Error> {
    if draft.session.tenant != principal.tenant || draft.session.store_id != store_id {
        return Err(Error::not_found(Resource::Session));
    }
    Ok(())
}

/// Returns whether the session's data is what is live in its store.
fn is_live(session: &Session, live_session_id: Option<SessionId>) -> bool {
    session.state == SessionState::Completed && live_session_id == Some(session.id)
}

/// Returns the session as a node shows it that has not loaded its data yet. The catalog filters lists by the same
/// (`SESSIONS_LIVE_NOT_SERVED`).
fn not_yet_served(mut session: Session) -> Session {
    session.state = SessionState::ProcessingInProgress;
    session.processing_completed_at = None;
    session.completed_at = None;
    session.remaining_job_count = session.total_job_count.map(|_| 1);
    session
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
