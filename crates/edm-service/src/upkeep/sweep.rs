//! The sweep: what becomes due by the clock alone, once a minute.

use std::sync::Arc;
use std::time::Duration;

use edm_store::Catalog;
use tokio::sync::watch;

use crate::deps::{Clock, Deps};
use crate::error::Error;
use crate::jobs::clock_guard::ClockGuard;
use crate::jobs::queue::{JobQueue, without_panic};
use crate::serve::library::Library;
use crate::serve::serving::Serving;
use crate::upload::lifecycle::SessionLifecycle;

const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SALT_GRACE_SECONDS: i64 = 3_600;

/// Sweeps.
pub(crate) struct Sweeper {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    clock_guard: Arc<ClockGuard>,
    library: Arc<Library>,
    serving: Arc<Serving>,
    lifecycle: Arc<SessionLifecycle>,
    jobs: Arc<JobQueue>,
}

impl Sweeper {
    pub(crate) fn new(
        deps: &Deps,
        clock_guard: Arc<ClockGuard>,
        library: Arc<Library>,
        serving: Arc<Serving>,
        lifecycle: Arc<SessionLifecycle>,
        jobs: Arc<JobQueue>,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            clock_guard,
            library,
            serving,
            lifecycle,
            jobs,
        }
    }

    /// Sweeps until it is stopped.
    pub(crate) async fn sweep_regularly(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        if let Err(error) = self.jobs.take_over_leases().await {
            tracing::error!(%error, "leases of an earlier process were not taken over: they run out by themselves");
        }
        self.jobs.wake();
        while !*stopped.borrow() {
            if let Err(error) = without_panic(self.sweep()).await {
                tracing::warn!(%error, "the sweep failed and will be tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Expires sessions, brings what is served in line with the catalog, collects old generations
    /// and forgets unused salts. While the clock is not believed, nothing expires or is collected.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.clock_guard.mark(now).await?;
        self.lifecycle.expire_idle(now).await?;
        if self.library.is_ready() {
            self.serving.repair().await?;
        }
        if !self.clock_guard.believes(now) {
            return Ok(());
        }
        self.jobs.collect_retired().await?;
        self.catalog.delete_unused_salts(now.plus_seconds(-SALT_GRACE_SECONDS)).await?;
        Ok(())
    }
}
