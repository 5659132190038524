//! The plans of the sessions that are being indexed. A session of a million blocks has a million jobs; each of them
//! would otherwise read every block of the catalog anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use edm_engine::build::{BuildJob, Plan};
use edm_model::{Session, SessionId};

use crate::commit::plan;
use crate::error::Error;
use crate::service::Service;

/// Sessions whose plan is kept. The queue hands out one session's jobs before the next one's, so that more than a few
/// are in work only after failures; 1,000,000 blocks take about 80 MiB.
const SESSIONS_MAX: usize = 4;

/// How a session's index is built.
pub(crate) struct PlannedSession {
    pub(crate) plan: Plan,
    pub(crate) jobs: Vec<BuildJob>,
    /// The digest of each block.
    pub(crate) digests: Vec<[u8; 32]>,
}

/// The plans in use, the latest one last.
#[derive(Default)]
pub(crate) struct Plans {
    kept: Mutex<VecDeque<(SessionId, Arc<PlannedSession>)>>,
}

impl Plans {
    fn find(&self, id: SessionId) -> Option<Arc<PlannedSession>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(kept, _)| *kept == id).map(|(_, planned)| planned.clone())
    }

    fn keep(&self, id: SessionId, planned: Arc<PlannedSession>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(kept, _)| *kept != id);
        kept.push_back((id, planned));
        while kept.len() > SESSIONS_MAX {
            kept.pop_front();
        }
    }

    /// Forgets a session whose index is built or given up.
    pub(crate) fn forget(&self, id: SessionId) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(kept, _)| *kept != id);
    }
}

impl Service {
    /// Returns the plan of a committed session, whose blocks no longer change.
    pub(crate) async fn planned(&self, session: &Session) -> Result<Arc<PlannedSession>, Error> {
        if let Some(planned) = self.inner.plans.find(session.id) {
            return Ok(planned);
        }
        let blocks = self.inner.catalog.blocks(session.id).await?;
        let plan = plan(session, &blocks)?;
        let digests = blocks.iter().map(|block| block.sha256).collect();
        let planned = Arc::new(PlannedSession { jobs: plan.jobs(), plan, digests });
        self.inner.plans.keep(session.id, planned.clone());
        Ok(planned)
    }
}
