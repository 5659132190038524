//! The jobs that turn a session's blocks into a generation: plan, build each file, publish. Every
//! output is a blob that is written once and the same however often its job runs, so a job may be
//! repeated at any point.

use std::sync::Arc;

use edm_model::{SessionFailure, SessionId, UpdateMode};
use edm_store::{Catalog, JobKind, LeasedJob};

use crate::deps::{Clock, Deps};
use crate::error::{Error, ErrorKind};
use crate::index::build::{Builder, LeasedStep};
use crate::index::delta::{Deltas, build_jobs};
use crate::index::failure::{Failures, superseded};
use crate::index::plan::{Planner, Step};
use crate::index::publish::Publisher;
use crate::jobs::queue::session_job;

/// Runs the jobs of indexing.
pub(crate) struct Indexer {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    planner: Arc<Planner>,
    failures: Arc<Failures>,
    deltas: Deltas,
    builder: Builder,
    publisher: Publisher,
}

impl Indexer {
    pub(crate) fn new(
        deps: &Deps,
        planner: Arc<Planner>,
        failures: Arc<Failures>,
        deltas: Deltas,
        builder: Builder,
        publisher: Publisher,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            planner,
            failures,
            deltas,
            builder,
            publisher,
        }
    }

    /// Plans the index and enqueues a job for each of its files.
    pub(crate) async fn plan(&self, job: &LeasedJob, session_id: SessionId) -> Result<(), Error> {
        let draft = self.catalog.session(session_id).await?;
        if let Some(failure) = superseded(&draft, self.clock.now()) {
            return self.failures.fail(session_id, failure).await;
        }
        if draft.session.update_mode == UpdateMode::Delta {
            return self.deltas.begin(job, &draft).await;
        }
        let builds = build_jobs(&draft.session, &*self.planner.planned(&draft).await?);
        self.catalog.finish_job(job, &builds, None).await?;
        Ok(())
    }

    /// Takes one step of building the index, and the steps that go with it.
    pub(crate) async fn build(
        &self,
        job: &LeasedJob,
        session_id: SessionId,
        index: u32,
    ) -> Result<(), Error> {
        let draft = self.catalog.session(session_id).await?;
        if let Some(failure) = superseded(&draft, self.clock.now()) {
            return self.failures.fail(session_id, failure).await;
        }
        let planned = self.planner.planned(&draft).await?;
        match planned.step(index).ok_or_else(|| Error::of(ErrorKind::Corrupt))? {
            Step::Build(build) => {
                let step = LeasedStep { build: *build, index, job };
                self.builder.build_group(&draft, &planned, step).await?;
            }
            Step::Carry(names) => self.deltas.carry_over(&draft, names).await?,
        }
        // Last of its group, since its lease is what the worker keeps alive.
        let publish = session_job(&draft.session, JobKind::Publish);
        self.catalog.finish_job(job, &[], Some(&publish)).await?;
        Ok(())
    }

    /// Verifies the built files and makes the generation live unless a rule forbids it.
    pub(crate) async fn publish(&self, job: &LeasedJob, session_id: SessionId) -> Result<(), Error> {
        self.publisher.publish(job, session_id).await
    }

    /// Ends a session without publication.
    pub(crate) async fn fail(&self, id: SessionId, failure: SessionFailure) -> Result<(), Error> {
        self.failures.fail(id, failure).await
    }
}
