//! The owners of the service, made in the order of their dependencies.

use std::sync::Arc;
use std::time::Duration;

use edm_store::Blobs;

use crate::access::audit::AuditLog;
use crate::access::tokens::Tokens;
use crate::catalog_cache::CachedStores;
use crate::catalog_opening::{check_master_key, open_catalog};
use crate::config::ServiceConfig;
use crate::data_directory::DataDirectory;
use crate::deps::{Clock, Deps, Random};
use crate::error::Error;
use crate::index::build::Builder;
use crate::index::commit::Committer;
use crate::index::delta::Deltas;
use crate::index::failure::Failures;
use crate::index::indexer::Indexer;
use crate::index::plan::Planner;
use crate::index::publish::Publisher;
use crate::jobs::clock_guard::ClockGuard;
use crate::jobs::queue::JobQueue;
use crate::matching::classification_jobs::ClassificationJobs;
use crate::matching::lookup::Lookups;
use crate::matching::matcher::Matching;
use crate::secrets::key_ring::KeyRing;
use crate::secrets::salts::Salts;
use crate::secrets::upload_signer::UploadSigner;
use crate::serve::generations::Generations;
use crate::serve::library::Library;
use crate::serve::readiness::ReadinessProbe;
use crate::serve::serving::Serving;
use crate::service_limits::Limits;
use crate::stores::data_stores::Stores;
use crate::stores::sensitive_types::SensitiveTypes;
use crate::upkeep::gauges::GaugeReader;
use crate::upkeep::load::Loader;
use crate::upkeep::runner::JobRunner;
use crate::upkeep::scrub::Scrubber;
use crate::upkeep::sweep::Sweeper;
use crate::upkeep::verify::Verifier;
use crate::upkeep::workers::Background;
use crate::upload::agents::Agents;
use crate::upload::ingest::Ingest;
use crate::upload::lifecycle::SessionLifecycle;
use crate::upload::sessions::{Sessions, SessionsWith};
use crate::upload::terms::TermsFinder;

/// One owner for each part of what the service does.
pub(crate) struct Owners {
    pub(crate) deps: Deps,
    pub(crate) directory: Arc<DataDirectory>,
    pub(crate) tokens: Tokens,
    pub(crate) signer: UploadSigner,
    pub(crate) library: Arc<Library>,
    pub(crate) readiness: ReadinessProbe,
    pub(crate) stores: Stores,
    pub(crate) types: SensitiveTypes,
    pub(crate) agents: Agents,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) ingest: Ingest,
    pub(crate) committer: Committer,
    pub(crate) matching: Arc<Matching>,
    pub(crate) lookups: Lookups,
    pub(crate) classification_jobs: ClassificationJobs,
    pub(crate) loader: Loader,
    pub(crate) background: Background,
    pub(crate) verifier: Verifier,
    pub(crate) gauges: GaugeReader,
}

/// What almost every owner uses.
struct Shared {
    keys: Arc<KeyRing>,
    salts: Arc<Salts>,
    rows: Arc<CachedStores>,
    library: Arc<Library>,
    generations: Arc<Generations>,
    serving: Arc<Serving>,
    clock_guard: Arc<ClockGuard>,
    lifecycle: Arc<SessionLifecycle>,
    jobs: Arc<JobQueue>,
}

impl Shared {
    fn new(deps: &Deps, keys: KeyRing) -> Self {
        let keys = Arc::new(keys);
        let salts = Arc::new(Salts::new(deps, keys.clone()));
        let library = Arc::new(Library::default());
        let generations = Arc::new(Generations::new(deps, keys.clone(), salts.clone()));
        let serving = Arc::new(Serving::new(deps, generations.clone(), library.clone()));
        let clock_guard = Arc::new(ClockGuard::new(deps));
        let lifecycle = SessionLifecycle::new(deps, clock_guard.clone(), library.clone());
        Self {
            keys,
            salts,
            rows: Arc::new(CachedStores::new(deps.catalog.clone())),
            library,
            generations,
            serving,
            clock_guard,
            lifecycle: Arc::new(lifecycle),
            jobs: Arc::new(JobQueue::new(deps)),
        }
    }
}

impl Owners {
    /// Opens the data directory, which is made when it is missing, and makes the owners.
    pub(crate) async fn open(
        config: ServiceConfig,
        blobs: Blobs,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let ServiceConfig { data_dir, master_key, limits, required_types } = config;
        let directory = Arc::new(DataDirectory::create(data_dir)?);
        let list_time_max = Duration::from_millis(limits.list_ms_max);
        let catalog = open_catalog(&directory, clock.clone(), list_time_max).await?;
        let keys = KeyRing::new(master_key);
        check_master_key(&catalog, &keys, random.as_ref()).await?;
        let deps = Deps { catalog, blobs, clock, random, limits: Limits::new(limits) };
        Ok(Self::new(deps, directory, keys, required_types))
    }

    fn new(deps: Deps, directory: Arc<DataDirectory>, keys: KeyRing, required_types: Vec<String>) -> Self {
        let signer = UploadSigner::from_key(*keys.upload_signing_key());
        let shared = Shared::new(&deps, keys);
        let Shared { keys, salts, rows, library, generations, serving, clock_guard, lifecycle, jobs } =
            &shared;
        let planner = Arc::new(Planner::new(&deps, keys.clone(), serving.clone()));
        let sessions = sessions(&deps, &shared);
        let matching = Arc::new(Matching::new(&deps, keys.clone(), library.clone()));
        let audit = AuditLog::new(deps.catalog.clone());
        let stores = Stores::new(
            &deps,
            rows.clone(),
            library.clone(),
            generations.clone(),
            serving.clone(),
            sessions.clone(),
            jobs.clone(),
        );
        let verifier =
            Verifier::new(&deps, keys.clone(), generations.clone(), directory.clone(), jobs.clone());
        Self {
            tokens: Tokens::new(&deps),
            signer,
            readiness: ReadinessProbe::new(&deps, rows.clone(), library.clone(), required_types),
            stores,
            types: SensitiveTypes::new(&deps, library.clone(), serving.clone()),
            agents: Agents::new(&deps),
            sessions,
            ingest: Ingest::new(&deps, keys.clone(), salts.clone(), lifecycle.clone()),
            committer: Committer::new(&deps, keys.clone(), planner.clone(), lifecycle.clone(), jobs.clone()),
            lookups: Lookups::new(&deps, library.clone(), audit),
            classification_jobs: ClassificationJobs::new(&deps, matching.clone()),
            loader: Loader::new(
                &deps,
                directory.clone(),
                clock_guard.clone(),
                library.clone(),
                serving.clone(),
            ),
            background: background(&deps, &shared, planner),
            verifier,
            gauges: GaugeReader::new(&deps, library.clone(), matching.clone()),
            library: library.clone(),
            matching,
            directory,
            deps,
        }
    }
}

fn sessions(deps: &Deps, shared: &Shared) -> Arc<Sessions> {
    let Shared { keys, salts, rows, library, serving, lifecycle, jobs, .. } = shared;
    let terms = TermsFinder::new(deps, salts.clone(), serving.clone(), library.clone());
    let with = SessionsWith {
        keys: keys.clone(),
        salts: salts.clone(),
        stores: rows.clone(),
        library: library.clone(),
        terms,
        lifecycle: lifecycle.clone(),
        jobs: jobs.clone(),
    };
    Arc::new(Sessions::new(deps, with))
}

fn background(deps: &Deps, shared: &Shared, planner: Arc<Planner>) -> Background {
    let Shared { keys, library, serving, clock_guard, lifecycle, jobs, .. } = shared;
    let sweeper = Sweeper::new(
        deps,
        clock_guard.clone(),
        library.clone(),
        serving.clone(),
        lifecycle.clone(),
        jobs.clone(),
    );
    Background {
        runner: Arc::new(JobRunner::new(deps, indexer(deps, shared, planner), jobs.clone())),
        sweeper: Arc::new(sweeper),
        scrubber: Arc::new(Scrubber::new(deps, keys.clone(), library.clone(), serving.clone())),
    }
}

fn indexer(deps: &Deps, shared: &Shared, planner: Arc<Planner>) -> Indexer {
    let Shared { keys, salts, generations, serving, lifecycle, jobs, .. } = shared;
    let failures = Arc::new(Failures::new(planner.clone(), lifecycle.clone()));
    let deltas = Deltas::new(deps, serving.clone(), planner.clone(), failures.clone());
    let builder = Builder::new(deps, keys.clone(), salts.clone(), jobs.clone());
    let publisher = Publisher::new(
        deps,
        salts.clone(),
        generations.clone(),
        serving.clone(),
        lifecycle.clone(),
        planner.clone(),
        jobs.clone(),
    );
    Indexer::new(deps, planner, failures, deltas, builder, publisher)
}
