//! Publishes an index: its files are verified, its manifest is written, and one compare-and-swap
//! makes it live.

use std::sync::Arc;

use bytes::Bytes;
use edm_engine::build;
use edm_model::{SessionEvent, SessionFailure, SessionId, UpdateMode};
use edm_store::{Blobs, Catalog, LeasedJob, NewGeneration, SessionDraft, StoreRow};
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;

use crate::blob_layout::{self, GenerationPlace};
use crate::deps::{Clock, Deps};
use crate::error::Error;
use crate::index::failure::{failure, superseded};
use crate::index::plan::{PlannedSession, Planner};
use crate::jobs::queue::JobQueue;
use crate::run_blocking::run_blocking;
use crate::secrets::salts::Salts;
use crate::serve::damage::broken;
use crate::serve::generations::{Generations, Known, Opened, open_file};
use crate::serve::serving::Serving;
use crate::service_limits::Limits;
use crate::upload::lifecycle::SessionLifecycle;

/// Publishes the indexes that are built.
pub(crate) struct Publisher {
    catalog: Catalog,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    limits: Limits,
    salts: Arc<Salts>,
    generations: Arc<Generations>,
    serving: Arc<Serving>,
    lifecycle: Arc<SessionLifecycle>,
    planner: Arc<Planner>,
    jobs: Arc<JobQueue>,
}

impl Publisher {
    pub(crate) fn new(
        deps: &Deps,
        salts: Arc<Salts>,
        generations: Arc<Generations>,
        serving: Arc<Serving>,
        lifecycle: Arc<SessionLifecycle>,
        planner: Arc<Planner>,
        jobs: Arc<JobQueue>,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            clock: deps.clock.clone(),
            limits: deps.limits.clone(),
            salts,
            generations,
            serving,
            lifecycle,
            planner,
            jobs,
        }
    }

    /// Verifies the built files, writes the manifest, and makes the generation live unless a rule
    /// forbids it.
    pub(crate) async fn publish(&self, job: &LeasedJob, session_id: SessionId) -> Result<(), Error> {
        let draft = self.catalog.session(session_id).await?;
        let session = draft.session.clone();
        let place = GenerationPlace { tenant: session.tenant, store_id: session.store_id, session_id };
        let salt = Arc::new(self.salts.by_id(session.key_id).await?);
        let planned = self.planner.planned(&draft).await?;
        let verified = self.write_manifest(planned.clone(), place).await?;
        let known = Known::Built(verified, planned.base.clone());
        let Opened { generation, manifest_sha256 } = self.generations.open_files(place, salt, known).await?;
        let row_count = generation.row_count();
        let default_patterns = generation.default_patterns().unwrap_or_default();
        let candidate = NewGeneration { row_count, manifest_sha256, default_patterns, at: self.clock.now() };
        let published = self
            .catalog
            .publish(job, |draft, store| self.decide_publication(draft, store, candidate))
            .await?;
        self.planner.forget(session_id);
        if published.is_none() {
            tracing::warn!(session.id = %session_id, store.id = %session.store_id, "the session was not published");
            return Ok(());
        }
        tracing::info!(session.id = %session_id, store.id = %session.store_id, row_count, "published");
        self.serving.serve_store(session.tenant, session.store_id, Some(generation)).await?;
        self.jobs.collect_retired().await
    }

    /// Returns the sealed manifest: every file that it names and that is not carried over was read
    /// and verified for it, on all cores.
    async fn write_manifest(
        &self,
        planned: Arc<PlannedSession>,
        place: GenerationPlace,
    ) -> Result<Bytes, Error> {
        let folder = place.folder()?;
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let checks = planned.plan.jobs().into_iter().map(|job| {
            let (blobs, below, handle) = (self.blobs.clone(), folder.clone(), Handle::current());
            let planned = planned.clone();
            run_blocking(move || {
                let mut open = |name: &str| open_file(&blobs, &below, name, &handle);
                build::check(&planned.plan, job, &mut open).map_err(broken)
            })
        });
        let checks = futures::stream::iter(checks).buffer_unordered(at_once);
        let checked = checks.map(|checked| checked?).try_collect().await?;
        let manifest = build::manifest_of(&planned.plan, checked);
        let manifest = Bytes::from(self.generations.seal_manifest(place, &manifest));
        self.blobs.put(&folder.join(blob_layout::MANIFEST)?, manifest.clone()).await?;
        Ok(manifest)
    }

    /// The rules of publication, inside its transaction.
    fn decide_publication(
        &self,
        draft: &mut SessionDraft,
        store: &StoreRow,
        candidate: NewGeneration,
    ) -> Result<Option<NewGeneration>, Error> {
        let now = candidate.at;
        let refused = superseded(draft, now).or_else(|| self.emptied(draft, store, &candidate));
        if let Some(failure) = refused {
            draft.session.failure = Some(failure);
            self.lifecycle.apply(draft, SessionEvent::Fail, now)?;
            return Ok(None);
        }
        self.lifecycle.apply(draft, SessionEvent::Publish, now)?;
        Ok(Some(candidate))
    }

    fn emptied(
        &self,
        draft: &SessionDraft,
        store: &StoreRow,
        candidate: &NewGeneration,
    ) -> Option<SessionFailure> {
        let row_count = candidate.row_count;
        let failed = |code: &str, message: String| Some(failure(code, message, candidate.at));
        let delta = draft.session.update_mode == UpdateMode::Delta;
        if row_count == 0 {
            let message = match delta {
                true => "the delta leaves no row that can be found: check the file, or delete the data store",
                false => "the table has no row that can be found: check the file and the columns",
            };
            return failed("noData", message.to_owned());
        }
        // A delta names each record that it removes, so none is removed by mistake.
        if delta {
            return None;
        }
        let live = store.store.live.map_or(0, |live| live.row_count);
        let least = self.limits.load().shrink_percent_min;
        if draft.session.allow_shrink || u128::from(row_count) * 100 >= u128::from(live) * u128::from(least) {
            return None;
        }
        failed(
            "shrinkRefused",
            format!(
                "the table has {row_count} rows where {live} are live, less than {least} %: check the file, or \
                 upload it with allowShrink (`--allow-shrink`)"
            ),
        )
    }
}
