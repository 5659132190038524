//! The life of an upload session: which change is allowed when, its effects, and how a session is
//! shown.
//!
//! A caller's change goes through [`SessionLifecycle::change`] and its two siblings, which check in
//! the change's own transaction that the session is the caller's and as expected. Failure and
//! expiry come from the service itself.

use std::sync::Arc;

use edm_model::{
    Session, SessionEvent, SessionFailure, SessionId, SessionState, StoreId, TenantId, Timestamp, transition,
};
use edm_store::{BlockRow, Catalog, JobKind, NewJob, SessionDraft};

use crate::access::authorise::{
    Action, CancelSession, CommitSession, DeleteSession, Grant, RenewSession, UpdateSession,
};
use crate::blob_layout;
use crate::catalog_cache::CachedRows;
use crate::deps::{Clock, Deps};
use crate::error::{Error, ErrorKind, Resource, ignoring_obsolete};
use crate::jobs::clock_guard::ClockGuard;
use crate::revision::{Expected, Revision};
use crate::serve::library::Library;
use crate::service_limits::Limits;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// An action that changes a session.
pub(crate) trait SessionWrite: Action {}

impl SessionWrite for UpdateSession {}
impl SessionWrite for RenewSession {}
impl SessionWrite for CancelSession {}
impl SessionWrite for DeleteSession {}
impl SessionWrite for CommitSession {}

/// The session that a caller wants to change, and the state in which the caller expects it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTarget<'a> {
    pub(crate) store_id: StoreId,
    pub(crate) id: SessionId,
    pub(crate) expected: &'a Expected,
}

/// Changes sessions by their rules.
pub(crate) struct SessionLifecycle {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    clock_guard: Arc<ClockGuard>,
    limits: Limits,
    library: Arc<Library>,
    /// The earliest last activity of an open session.
    earliest_activity: CachedRows<(), Option<Timestamp>>,
}

impl SessionLifecycle {
    pub(crate) fn new(deps: &Deps, clock_guard: Arc<ClockGuard>, library: Arc<Library>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            clock_guard,
            limits: deps.limits.clone(),
            library,
            earliest_activity: CachedRows::default(),
        }
    }

    /// Returns a session of the tenant's store. Fails with `NotFound`.
    pub(crate) async fn find(
        &self,
        tenant: TenantId,
        store_id: StoreId,
        id: SessionId,
    ) -> Result<SessionDraft, Error> {
        let found = self.catalog.session(id).await;
        let draft = found.map_err(|error| Error::from(error).missing(Resource::Session))?;
        check_address(tenant, store_id, &draft)?;
        Ok(draft)
    }

    /// Changes a session for a caller in one transaction, unless it is not the caller's or not as
    /// expected.
    pub(crate) async fn change<A: SessionWrite, T: Send>(
        &self,
        grant: &Grant<'_, A>,
        target: SessionTarget<'_>,
        edit: impl FnOnce(&mut SessionDraft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let changed = self.catalog.change_session(target.id, |draft| {
            self.check_target(grant.tenant(), target, draft)?;
            edit(draft)
        });
        changed.await.map_err(|error: Error| error.missing(Resource::Session))
    }

    /// As `change`, with the session's staged blocks in the order of their numbers.
    pub(crate) async fn change_with_blocks<A: SessionWrite, T: Send>(
        &self,
        grant: &Grant<'_, A>,
        target: SessionTarget<'_>,
        edit: impl FnOnce(&mut SessionDraft, &[BlockRow]) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let changed = self.catalog.change_session_with_blocks(target.id, |draft, blocks| {
            self.check_target(grant.tenant(), target, draft)?;
            edit(draft, blocks)
        });
        changed.await.map_err(|error: Error| error.missing(Resource::Session))
    }

    /// As `change`, and removes the session's history. The live session stays.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteSession>,
        target: SessionTarget<'_>,
    ) -> Result<(), Error> {
        let deleted = self.catalog.delete_session(target.id, |draft| {
            self.check_target(grant.tenant(), target, draft)?;
            if draft.live_session_id == Some(target.id) {
                return Err(Error::of(ErrorKind::LiveSession));
            }
            draft.enqueue = self.collecting(&draft.session)?;
            Ok(())
        });
        deleted.await.map_err(|error: Error| error.missing(Resource::Session))
    }

    /// Fails unless the session is the caller's and, as it is shown, what the caller expects.
    fn check_target(
        &self,
        tenant: TenantId,
        target: SessionTarget<'_>,
        draft: &SessionDraft,
    ) -> Result<(), Error> {
        check_address(tenant, target.store_id, draft)?;
        target.expected.check(|| Revision::of(&self.shown(draft.clone())))
    }

    /// Ends a session without publication. One that is in a final state already stays as it is.
    pub(crate) async fn fail(&self, id: SessionId, failure: SessionFailure) -> Result<(), Error> {
        let now = self.clock.now();
        tracing::warn!(session.id = %id, code = %failure.code, "the session failed");
        let failed = self.catalog.change_session(id, |draft| {
            if draft.session.state.is_final() {
                return Ok(());
            }
            draft.session.failure = Some(failure);
            self.apply(draft, SessionEvent::Fail, now)
        });
        failed.await
    }

    /// Expires the sessions that have been open and idle for too long.
    pub(crate) async fn expire_idle(&self, now: Timestamp) -> Result<(), Error> {
        if !self.clock_guard.believes(now) {
            return Ok(());
        }
        let idle_before = now.plus_seconds(-self.limits.load().session_idle_seconds);
        if self.earliest_activity().await?.is_none_or(|earliest| earliest >= idle_before) {
            return Ok(());
        }
        for id in self.catalog.idle_sessions(idle_before).await? {
            let expired = self.catalog.change_session(id, |draft| {
                if self.is_idle(draft, now) { self.apply(draft, SessionEvent::Expire, now) } else { Ok(()) }
            });
            ignoring_obsolete(expired.await)?;
        }
        Ok(())
    }

    /// Returns the earliest last activity of an open session, cached until the catalog is written
    /// to.
    async fn earliest_activity(&self) -> Result<Option<Timestamp>, Error> {
        let catalog = &self.catalog;
        let read = catalog.earliest_activity();
        Ok(self.earliest_activity.find_or_read(catalog.commit_stamp(), (), read).await?)
    }

    /// Applies an event to the session, and sets the times and jobs that a final state brings.
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

    /// Returns whether the session has been open and idle for too long.
    pub(crate) fn is_idle(&self, draft: &SessionDraft, now: Timestamp) -> bool {
        self.clock_guard.believes(now)
            && draft.session.state == SessionState::UploadInProgress
            && draft.last_activity_at.plus_seconds(self.limits.load().session_idle_seconds) <= now
    }

    /// Returns the session as this node shows it: expired when it is too old, though the sweep has
    /// not run since; completed only once this node serves its data.
    pub(crate) fn shown(&self, draft: SessionDraft) -> Session {
        let idle = self.is_idle(&draft, self.clock.now());
        let mut session = draft.session;
        if idle {
            session.state = SessionState::Expired;
            session.completed_at =
                Some(draft.last_activity_at.plus_seconds(self.limits.load().session_idle_seconds));
        }
        if self.is_ahead(&session, draft.live_session_id) { not_yet_served(session) } else { session }
    }

    /// Returns whether the session's data is live and this node has not loaded it yet.
    pub(crate) fn is_ahead(&self, session: &Session, live_session_id: Option<SessionId>) -> bool {
        is_live(session, live_session_id) && !self.library.serves(session.store_id, session.id)
    }

    /// Returns the jobs that delete a session's blocks with their key, and what was built of them
    /// unless it was published.
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
            delay_seconds: self.limits.load().collect_grace_seconds,
        };
        Ok(kinds.into_iter().map(job).collect())
    }

    /// Returns when an upload URI that is made now expires. URIs carry their expiry in whole
    /// seconds.
    pub(crate) fn upload_expiry(&self, now: Timestamp) -> Timestamp {
        let seconds = now.as_micros().div_euclid(MICROS_PER_SECOND);
        Timestamp::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
            .plus_seconds(self.limits.load().upload_uri_seconds)
    }
}

/// Fails unless the session belongs to this store of this tenant.
fn check_address(tenant: TenantId, store_id: StoreId, draft: &SessionDraft) -> Result<(), Error> {
    if draft.session.tenant != tenant || draft.session.store_id != store_id {
        return Err(Error::not_found(Resource::Session));
    }
    Ok(())
}

/// Returns whether the session's data is what is live in its store.
pub(crate) fn is_live(session: &Session, live_session_id: Option<SessionId>) -> bool {
    session.state == SessionState::Completed && live_session_id == Some(session.id)
}

/// Returns the session as a node shows it that has not loaded its data yet. The catalog filters
/// lists by the same rule (`SESSIONS_LIVE_NOT_SERVED`).
pub(crate) fn not_yet_served(mut session: Session) -> Session {
    session.state = SessionState::ProcessingInProgress;
    session.processing_completed_at = None;
    session.completed_at = None;
    session.remaining_job_count = session.total_job_count.map(|_| 1);
    session
}
