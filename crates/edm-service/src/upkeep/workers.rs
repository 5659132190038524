//! The background tasks of a service: workers, the sweep and the scrub, started and shut down
//! together.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::upkeep::runner::JobRunner;
use crate::upkeep::scrub::Scrubber;
use crate::upkeep::sweep::Sweeper;

/// The running workers of a service.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Takes no new job, waits for the running ones and ends.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker ended by a fault of the program");
            }
        }
    }
}

/// What the background tasks run.
pub(crate) struct Background {
    pub(crate) runner: Arc<JobRunner>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) scrubber: Arc<Scrubber>,
}

impl Background {
    /// Starts the workers, the sweep and the scrub on the current runtime.
    pub(crate) fn start_workers(&self, worker_count: usize) -> Workers {
        let (stop, stopped) = watch::channel(false);
        let mut tasks: Vec<JoinHandle<()>> = (0..worker_count.max(1))
            .map(|_| tokio::spawn(self.runner.clone().work(stopped.clone())))
            .collect();
        tasks.extend(self.start_keepers(stopped));
        Workers { stop, tasks }
    }

    /// Starts the sweep and the scrub alone.
    pub(crate) fn start_sweeper(&self) -> Workers {
        let (stop, stopped) = watch::channel(false);
        Workers { stop, tasks: self.start_keepers(stopped).into() }
    }

    fn start_keepers(&self, stopped: watch::Receiver<bool>) -> [JoinHandle<()>; 2] {
        [
            tokio::spawn(self.sweeper.clone().sweep_regularly(stopped.clone())),
            tokio::spawn(self.scrubber.clone().scrub_regularly(stopped)),
        ]
    }
}
