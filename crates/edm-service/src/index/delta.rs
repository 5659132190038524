//! Deltas: sessions that change what is live record by record, and so build on it.
//!
//! When a delta is opened it is told the columns and the salt of the live data. Once it is committed and everything that
//! was committed before it has ended, the generation that is live then becomes its base, for good; it is published only if
//! the base is still live.

use std::sync::Arc;

use edm_engine::Generation;
use edm_model::{Columns, DataStore, Principal, Session, SessionId, limits};
use edm_store::{LeasedJob, SessionDraft};
use subtle::ConstantTimeEq;

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::index::plan::job_count;
use crate::index::publish::{SUPERSEDED, build_jobs};
use crate::secrets::key_ring::SecretText;
use crate::service::Service;
use crate::upload::sessions::Terms;

/// How long a delta waits before it looks again whether what was committed before it has ended. The end of such a session
/// wakes it at once; this is for what nobody tells, such as a session that was deleted.
const WAIT_MS: i64 = 1_000;

/// Why a delta could not begin on what is live now.
enum NotBegun {
    /// Other data became live in the meantime.
    Moved,
    Failed(Error),
}

impl From<edm_store::Error> for NotBegun {
    fn from(error: edm_store::Error) -> Self {
        NotBegun::Failed(error.into())
    }
}

impl Service {
    /// Returns what a delta's blocks must be made with: what the live data was made with.
    /// A salt that another caller brought must be given: whoever opens a delta is told its salt.
    pub(crate) async fn delta_terms(
        &self,
        principal: &Principal,
        store: &DataStore,
        salt: Option<SecretText>,
    ) -> Result<Terms, Error> {
        let Some(live) = store.live else {
            require_key(&store.columns)?;
            return Err(Error::of(ErrorKind::NoLiveData).at("updateMode"));
        };
        if !self.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let generation = self.generation_of(store.id, live.session_id).await?;
        require_key(generation.columns())?;
        let own = self.salt(generation.key_id()).await?;
        let known = match salt {
            Some(given) => {
                let (given, own) = (given.expose_for_wire().as_bytes(), own.expose_for_wire().as_bytes());
                bool::from(given.ct_eq(own))
            }
            None => {
                !self.inner.catalog.salt(generation.key_id()).await?.own
                    || self.brought(principal, live.session_id).await?
            }
        };
        if !known {
            return Err(Error::of(ErrorKind::SaltMismatch).at("salt"));
        }
        Ok(Terms {
            columns: generation.columns().clone(),
            tokens_max: generation.tokens_max(),
            key_id: generation.key_id(),
            salt: own,
        })
    }

    /// Says whether this caller made the session; of one whose history is deleted nobody knows.
    async fn brought(&self, principal: &Principal, session: SessionId) -> Result<bool, Error> {
        match self.inner.catalog.session(session).await {
            Ok(draft) => Ok(draft.session.created_by == principal.id),
            Err(error) if error.kind() == edm_store::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Fixes what a delta builds on and enqueues its jobs, unless it must wait for what was committed before it.
    pub(crate) async fn begin_delta(&self, job: &LeasedJob, draft: &SessionDraft) -> Result<(), Error> {
        let session = &draft.session;
        let number = draft.commit_number.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
        if self.inner.catalog.has_earlier_commit(session.store_id, number).await? {
            return Ok(self.inner.catalog.postpone_job(job, WAIT_MS).await?);
        }
        let base = match draft.live_session_id {
            Some(live) => Some(self.generation_of(session.store_id, live).await?),
            None => None,
        };
        let Some(base) = base.filter(|base| fits(session, base)) else {
            let message = "data with another salt or other columns became live after the delta was opened: open a new \
                           delta and upload it again";
            return self.fail_session(session.id, self.failure(SUPERSEDED, message.to_owned())).await;
        };
        let planned = match self.planned_on(session, Some(base.clone())).await {
            Err(error) if matches!(error.kind(), ErrorKind::TooMany { .. }) => {
                let message = format!(
                    "the live data has no room for the delta: it holds at most {} rows, replaced and removed ones \
                     counted, and what {} sessions brought: upload the whole table with updateMode replace",
                    limits::ROWS_MAX,
                    limits::SOURCES_MAX
                );
                return self.fail_session(session.id, self.failure("tooManyRows", message)).await;
            }
            planned => planned?,
        };
        let begun = self.inner.catalog.finish_job_with_session(job, |draft| {
            if draft.live_session_id != Some(base.session_id()) {
                return Err(NotBegun::Moved);
            }
            draft.base_session_id = draft.live_session_id;
            draft.session.total_job_count = Some(job_count(&planned.steps));
            draft.enqueue.extend(build_jobs(&draft.session, &planned));
            Ok(())
        });
        match begun.await {
            Ok(()) => Ok(()),
            Err(NotBegun::Failed(error)) => Err(error),
            Err(NotBegun::Moved) => {
                self.inner.plans.forget(session.id);
                Ok(self.inner.catalog.postpone_job(job, 0).await?)
            }
        }
    }

    /// Gives files of the base a second name among the delta's own. They were verified when the base was opened.
    pub(crate) async fn carry_over(&self, draft: &SessionDraft, names: &[String]) -> Result<(), Error> {
        let session = &draft.session;
        let base = draft.base_session_id.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
        let from = blob_layout::generation(session.tenant, session.store_id, base)?;
        let to = blob_layout::generation(session.tenant, session.store_id, session.id)?;
        for name in names {
            let copied = self.inner.blobs.copy(&from.join(name)?, &to.join(name)?).await;
            // Live data without one of its files is damage: trying again would not bring it back.
            copied.map_err(|error| match error.kind() {
                edm_store::ErrorKind::NotFound => Error::of(ErrorKind::Corrupt).because(error),
                _ => error.into(),
            })?;
        }
        Ok(())
    }
}

/// Says whether the blocks of the session were made as the generation was.
fn fits(session: &Session, base: &Arc<Generation>) -> bool {
    session.key_id == base.key_id()
        && session.columns == *base.columns()
        && session.tokens_max == base.tokens_max()
}

fn require_key(columns: &Columns) -> Result<(), Error> {
    match columns.as_slice().iter().any(|column| column.key) {
        true => Ok(()),
        false => Err(Error::of(ErrorKind::KeyColumnMissing).at("updateMode")),
    }
}
