//! Plans the indexes of committed sessions and keeps the plans in memory. A session of a million
//! blocks has a million jobs, and each of them would otherwise read every block row of the catalog
//! again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use edm_engine::build::{BlockFacts, BuildJob, PART_BYTES_DEFAULT, Plan, PlanInput};
use edm_engine::{Generation, GenerationKey};
use edm_model::{Session, SessionId, UpdateMode, limits};
use edm_store::{BlockRow, Catalog, SessionDraft};

use crate::deps::Deps;
use crate::error::{Error, ErrorKind, Resource};
use crate::secrets::key_ring::KeyRing;
use crate::serve::serving::Serving;
use crate::service_limits::Limits;

/// The most sessions whose plan is kept. The queue gives out one session's jobs before the next
/// one's, so more than a few are in progress only after failures. The plan of 1,000,000 blocks
/// takes about 90 MiB.
const SESSIONS_MAX: usize = 4;

/// The most files that one job carries over. A million links in one job would not end within its
/// lease; one link a job would be a million jobs.
const CARRIED_AT_ONCE: usize = 256;
/// The most jobs that one job takes along, because taking them is one transaction. A group with
/// more takes several passes over its blocks.
const ALONG_MAX: usize = 1_024;
/// Jobs beside the steps: planning and publication.
const FRAME_JOBS: u32 = 2;

/// What one job of building an index does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Makes a file.
    Build(BuildJob),
    /// Carries files over from the base of a delta.
    Carry(Vec<String>),
}

/// How a session's index is built.
pub(crate) struct PlannedSession {
    pub(crate) plan: Plan,
    pub(crate) steps: Vec<Step>,
    groups: Groups,
    /// The digest of each block.
    pub(crate) digests: Vec<[u8; 32]>,
    /// What a delta builds on.
    pub(crate) base: Option<Arc<Generation>>,
}

impl PlannedSession {
    /// Returns the step at this place.
    pub(crate) fn step(&self, index: u32) -> Option<&Step> {
        self.steps.get(index as usize)
    }

    /// Returns the places of the steps that share a pass over the blocks with this one: those after
    /// it first, since those before it are more likely finished.
    pub(crate) fn along(&self, index: u32) -> Vec<u32> {
        let group =
            self.groups.of_step.get(index as usize).and_then(|group| self.groups.steps.get(*group as usize));
        let Some(group) = group else { return Vec::new() };
        let (before, from) = group.split_at(group.partition_point(|other| *other < index));
        from.iter().chain(before).filter(|other| **other != index).take(ALONG_MAX).copied().collect()
    }
}

/// Steps that share a pass over the blocks. The groups depend on limits that may change at a
/// restart; nothing else depends on the groups.
struct Groups {
    /// The places of each group's steps, ascending.
    steps: Vec<Vec<u32>>,
    /// The group of each step; `u32::MAX` for a step that makes no file.
    of_step: Vec<u32>,
}

impl Groups {
    fn new(steps: &[Step], groups: Vec<Vec<BuildJob>>) -> Self {
        let numbered =
            (0..).zip(groups).flat_map(|(number, jobs)| jobs.into_iter().map(move |job| (job, number)));
        let numbers: HashMap<BuildJob, u32> = numbered.collect();
        let of_step = steps.iter().map(|step| match step {
            Step::Build(job) => numbers.get(job).copied().unwrap_or(u32::MAX),
            Step::Carry(_) => u32::MAX,
        });
        let of_step: Vec<u32> = of_step.collect();
        let count = numbers.values().max().map_or(0, |last| *last as usize + 1);
        let mut places = vec![Vec::new(); count];
        for (place, number) in (0..).zip(&of_step) {
            if let Some(group) = places.get_mut(*number as usize) {
                group.push(place);
            }
        }
        Self { steps: places, of_step }
    }
}

/// Returns the steps of a plan: always the same in the same order, so that a job can name one by
/// its place.
pub(crate) fn steps(plan: &Plan) -> Vec<Step> {
    let carried = plan.carried();
    let carried = carried.chunks(CARRIED_AT_ONCE).map(|names| Step::Carry(names.to_vec()));
    carried.chain(plan.jobs().into_iter().map(Step::Build)).collect()
}

/// Returns how many jobs a session with these steps takes.
pub(crate) fn job_count(steps: &[Step]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX).saturating_add(FRAME_JOBS)
}

/// Returns the plan of a session's index, on top of a base if it is a delta: always the same for
/// the same blocks, base and size of the parts. Fails with `TooMany` where the base has no room for
/// the rows.
pub(crate) fn plan(
    session: &Session,
    key: GenerationKey,
    blocks: &[BlockRow],
    base: Option<Arc<Generation>>,
    part_bytes: u64,
) -> Result<Plan, Error> {
    let facts = |block: &BlockRow| BlockFacts {
        number: block.number,
        first_row: block.first_row,
        row_count: block.row_count,
    };
    let input = PlanInput {
        store_id: session.store_id,
        session_id: session.id,
        key_id: session.key_id,
        key,
        columns: session.columns.clone(),
        tokens_max: session.tokens_max,
        blocks: blocks.iter().map(facts).collect(),
        part_bytes,
    };
    let planned = match base {
        Some(base) => Plan::delta(input, base),
        None => Plan::new(input),
    };
    planned.map_err(|source| match source.kind() {
        edm_engine::ErrorKind::Full => {
            Error::of(ErrorKind::TooMany { what: Resource::Row, allowed: limits::ROWS_MAX })
        }
        _ => Error::of(ErrorKind::Internal).because(source),
    })
}

/// The plans in use, the latest one last.
#[derive(Default)]
struct PlanCache {
    kept: Mutex<VecDeque<(SessionId, Arc<PlannedSession>)>>,
}

impl PlanCache {
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

    fn forget(&self, id: SessionId) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(kept, _)| *kept != id);
    }
}

/// Plans the indexes of committed sessions.
pub(crate) struct Planner {
    catalog: Catalog,
    limits: Limits,
    keys: Arc<KeyRing>,
    serving: Arc<Serving>,
    plans: PlanCache,
}

impl Planner {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>, serving: Arc<Serving>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            limits: deps.limits.clone(),
            keys,
            serving,
            plans: PlanCache::default(),
        }
    }

    /// Forgets the plan of a session whose index is built or given up.
    pub(crate) fn forget(&self, id: SessionId) {
        self.plans.forget(id);
    }

    /// Returns the plan of a committed session, whose blocks no longer change and, if it is a
    /// delta, whose base is fixed.
    pub(crate) async fn planned(&self, draft: &SessionDraft) -> Result<Arc<PlannedSession>, Error> {
        let session = &draft.session;
        if let Some(planned) = self.plans.find(session.id) {
            return Ok(planned);
        }
        let base = match (session.update_mode, draft.base_session_id) {
            (UpdateMode::Replace, _) => None,
            (UpdateMode::Delta, Some(base)) => {
                Some(self.serving.generation_of(session.store_id, base).await?)
            }
            (UpdateMode::Delta, None) => return Err(Error::of(ErrorKind::Corrupt)),
        };
        self.planned_on(draft, base).await
    }

    /// Plans a committed session, on this base if it is a delta, and keeps the plan.
    pub(crate) async fn planned_on(
        &self,
        draft: &SessionDraft,
        base: Option<Arc<Generation>>,
    ) -> Result<Arc<PlannedSession>, Error> {
        let session = &draft.session;
        let blocks = self.catalog.blocks(session.id).await?;
        let plan = self.agreed_plan(draft, &blocks, base.clone())?;
        let digests = blocks.iter().map(|block| block.sha256).collect();
        let limits = self.limits.load();
        let groups = plan.groups(limits.worker_count.max(1), limits.build_memory_bytes);
        let steps = steps(&plan);
        let groups = Groups::new(&steps, groups);
        let planned = Arc::new(PlannedSession { plan, steps, groups, digests, base });
        self.plans.keep(session.id, planned.clone());
        Ok(planned)
    }

    /// Returns the memory that one entry job may take: the less, the more parts an index has.
    pub(crate) fn part_bytes(&self) -> u64 {
        self.limits.load().build_memory_bytes.min(PART_BYTES_DEFAULT)
    }

    /// Plans with parts as large as memory allows, unless the session's jobs were counted by
    /// another measure, as before a restart with another limit: then their number says how large
    /// the parts are.
    fn agreed_plan(
        &self,
        draft: &SessionDraft,
        blocks: &[BlockRow],
        base: Option<Arc<Generation>>,
    ) -> Result<Plan, Error> {
        let (session, key) = (&draft.session, self.keys.generation_key(draft)?);
        let halved = (0..u64::BITS).map(|times| u64::MAX >> times);
        for part_bytes in std::iter::once(self.part_bytes()).chain(halved) {
            let plan = plan(session, key.clone(), blocks, base.clone(), part_bytes)?;
            if session.total_job_count.is_none_or(|count| count == job_count(&steps(&plan))) {
                return Ok(plan);
            }
        }
        Err(Error::of(ErrorKind::Corrupt))
    }
}
