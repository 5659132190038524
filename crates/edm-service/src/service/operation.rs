//! Calls that operate the service: start, workers, upkeep, state.

use crate::deps::Clock;
use crate::error::Error;
use crate::secrets::upload_signer::UploadSigner;
use crate::serve::readiness::Readiness;
use crate::service::Service;
use crate::service_limits::ServiceLimits;
use crate::upkeep::gauges::Gauges;
use crate::upkeep::load::LoadSummary;
use crate::upkeep::scrub::ScrubCounts;
use crate::upkeep::verify::Verification;
use crate::upkeep::workers::Workers;

impl Service {
    /// Takes the data directory for this process alone, and opens and verifies every live
    /// generation. One that cannot be read is left out and named, so that one damaged store does
    /// not keep the others from being served.
    pub async fn load(&self) -> Result<LoadSummary, Error> {
        self.owners.loader.load().await
    }

    /// Takes the data directory for this process alone, without loading anything. Returns whether
    /// no other process has it.
    pub async fn claim_directory(&self) -> bool {
        self.owners.directory.take().await.is_ok()
    }

    /// Returns whether every live generation was loaded.
    pub fn is_ready(&self) -> bool {
        self.owners.library.is_ready()
    }

    /// Fails when the catalog does not answer or cannot be written. Cheap enough for every probe:
    /// it writes once a second at most, and waits for no list.
    pub async fn health(&self) -> Result<(), Error> {
        self.owners.readiness.health().await
    }

    /// Returns whether this node can answer, and for what. Makes a write transaction, at most one a
    /// second.
    pub async fn readiness(&self) -> Result<Readiness, Error> {
        self.owners.readiness.readiness().await
    }

    /// Returns the state of the service.
    pub async fn gauges(&self) -> Result<Gauges, Error> {
        self.owners.gauges.read().await
    }

    /// Returns the service's clock.
    pub fn clock(&self) -> &dyn Clock {
        self.owners.deps.clock.as_ref()
    }

    /// Returns the signer of upload URIs.
    pub fn upload_signer(&self) -> &UploadSigner {
        &self.owners.signer
    }

    /// Takes over those of the limits that can change while the service runs, for work that begins
    /// from now on. The others, `worker_count`, `build_memory_bytes`, `match_concurrency`,
    /// `match_queue_length` and `list_ms_max`, stay.
    pub fn adopt_limits(&self, wanted: &ServiceLimits) {
        self.owners.deps.limits.adopt(wanted);
    }

    /// Takes over which sensitive types, by name or id, the service is not ready without.
    pub fn adopt_required_types(&self, types: Vec<String>) {
        self.owners.readiness.require_types(types);
    }

    /// Starts the workers and the sweeper on the current runtime. Call it after `load`, which takes
    /// the data directory for this process: leases of an earlier one are taken over at once.
    pub fn start_workers(&self) -> Workers {
        self.owners.background.start_workers(self.owners.deps.limits.load().worker_count)
    }

    /// Starts the sweeper and the scrub alone: for a node that answers requests and leaves jobs to
    /// others.
    pub fn start_sweeper(&self) -> Workers {
        self.owners.background.start_sweeper()
    }

    /// Runs the next job that is due, if there is one, and returns whether there was. A job that
    /// fails is released or given up; that is not an error of this call.
    pub async fn run_next_job(&self) -> Result<bool, Error> {
        self.owners.background.runner.run_next_job().await
    }

    /// Expires sessions, brings what is served in line with the catalog, collects old generations
    /// and forgets unused salts. While the clock is not believed, nothing expires or is collected.
    pub async fn sweep(&self) -> Result<(), Error> {
        self.owners.background.sweeper.sweep().await
    }

    /// Reads every served or kept file once, at the rate of `scrub_bytes_per_second`, and compares
    /// it with its checksum. Reads nothing where the rate is 0. Damaged data is no longer searched.
    pub async fn scrub(&self) -> Result<ScrubCounts, Error> {
        self.owners.background.scrubber.scrub().await
    }

    /// Compares the catalog with the blobs and both with their checksums. Calls `each` with the
    /// interim result after every generation and session. Fails where the catalog itself cannot be
    /// read.
    pub async fn verify(&self, each: impl FnMut(&Verification)) -> Result<Verification, Error> {
        self.owners.verifier.verify(each).await
    }

    /// Repairs what [`Service::verify`] found and can be made again, and marks it. Needs the data
    /// directory for this process alone.
    pub async fn repair(&self, found: &mut Verification) -> Result<(), Error> {
        self.owners.verifier.repair(found).await
    }

    /// Waits for running statements and closes the files. Call it after the workers are shut down.
    pub async fn close(self) {
        self.owners.deps.catalog.close().await;
    }
}
