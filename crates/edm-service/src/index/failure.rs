//! Why the processing of a session ends without publication.

use std::sync::Arc;

use edm_model::{SessionFailure, SessionId, Timestamp};
use edm_store::SessionDraft;

use crate::error::Error;
use crate::index::plan::Planner;
use crate::upload::lifecycle::SessionLifecycle;

/// The code of a session that came too late.
pub(crate) const SUPERSEDED: &str = "superseded";

/// Ends sessions without publication.
pub(crate) struct Failures {
    planner: Arc<Planner>,
    lifecycle: Arc<SessionLifecycle>,
}

impl Failures {
    pub(crate) fn new(planner: Arc<Planner>, lifecycle: Arc<SessionLifecycle>) -> Self {
        Self { planner, lifecycle }
    }

    /// Ends the session and forgets its plan. A session in a final state stays as it is.
    pub(crate) async fn fail(&self, id: SessionId, failure: SessionFailure) -> Result<(), Error> {
        self.planner.forget(id);
        self.lifecycle.fail(id, failure).await
    }
}

/// Returns why a session may no longer be published. Publication follows the order of commits, so a
/// session is too late if a later one is live. A delta is published on its base or not at all.
pub(crate) fn superseded(draft: &SessionDraft, now: Timestamp) -> Option<SessionFailure> {
    if draft.commit_number.is_some_and(|number| number < draft.store_published_commit) {
        let message = "a session that was committed later is live already: upload again if this table is the \
                           newer one";
        return Some(failure(SUPERSEDED, message.to_owned(), now));
    }
    (draft.base_session_id.is_some() && draft.base_session_id != draft.live_session_id).then(|| {
        let message = "the data that the delta was built on is no longer live: upload the delta again";
        failure(SUPERSEDED, message.to_owned(), now)
    })
}

/// Makes a failure of a session.
pub(crate) fn failure(code: &str, message: String, at: Timestamp) -> SessionFailure {
    SessionFailure { code: code.to_owned(), message, target: None, at }
}
