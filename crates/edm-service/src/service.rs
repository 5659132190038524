//! The service as a whole: opened once in `main`, cheap to clone, shared by every request and worker.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use edm_model::{Principal, Right, StoreId, TenantId, Timestamp};
use edm_store::{Blobs, Catalog, CatalogClock, CatalogOptions, Schema, StoreRow};
use tokio::sync::{Notify, Semaphore};

use crate::catalog_cache::{Bearer, KnownRows};
use crate::config::{Clock, Random, ServiceConfig, ServiceLimits};
use crate::error::{Error, ErrorKind};
use crate::index::plan::Plans;
use crate::matching::lookup::LookupMeter;
use crate::matching::queue::MatchQueue;
use crate::secrets::key_ring::{Purpose, Seals};
use crate::secrets::upload_signer::UploadSigner;
use crate::serve::library::{Data, DataState, Library};

const MASTER_KEY_CHECK: &str = "master-key-check";
const CHECK_TEXT: &[u8] = b"the right master key";
const MEBIBYTE: u64 = 1024 * 1024;

/// What the system can do, in words free of HTTP.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    pub(crate) blobs: Blobs,
    pub(crate) seals: Seals,
    /// What they are now; see `adopting.rs`.
    pub(crate) limits: ArcSwap<ServiceLimits>,
    pub(crate) required_types: ArcSwap<Vec<String>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Bearers by the digests of their tokens.
    pub(crate) known_tokens: KnownRows<[u8; 32], Bearer>,
    pub(crate) known_stores: KnownRows<(TenantId, StoreId), StoreRow>,
    /// The earliest last activity of an open session.
    pub(crate) known_activity: KnownRows<(), Option<Timestamp>>,
    pub(crate) library: Library,
    pub(crate) matches: Arc<MatchQueue>,
    pub(crate) plans: Plans,
    pub(crate) lookups: LookupMeter,
    pub(crate) signer: UploadSigner,
    /// Names this process in leases.
    pub(crate) owner: String,
    /// Rung when a job was enqueued.
    pub(crate) job_bell: Notify,
    /// Mebibytes that build jobs may still take.
    pub(crate) build_memory: Semaphore,
    /// Until when nothing expires or is collected, because the clock is not believed.
    pub(crate) hold_until_micros: AtomicI64,
    /// Whether it was told that the wall clock is another one by now.
    pub(crate) told_jump: AtomicBool,
    data_dir: PathBuf,
    lock: Mutex<Option<File>>,
    ready: AtomicBool,
}

/// What was found at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSummary {
    /// How many generations are served.
    pub generation_count: usize,
    /// The stores whose live generation cannot be served, and why.
    pub skipped: Vec<(StoreId, String)>,
}

/// The state of one store, for gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreGauge {
    /// Whose it is.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// How many rows can be found.
    pub row_count: u64,
    /// When other data became live.
    pub data_updated_at: Option<Timestamp>,
    /// Whether this node searches it.
    pub data_state: DataState,
}

/// The state of the service, for gauges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauges {
    /// Salts that new sessions get.
    pub live_salts: u64,
    /// Every store.
    pub stores: Vec<StoreGauge>,
    /// Jobs that wait or run.
    pub queued_jobs: u64,
    /// Jobs that were given up.
    pub dead_jobs: u64,
    /// Texts that are being matched.
    pub match_in_flight: usize,
    /// Texts that wait.
    pub match_waiting: usize,
}

impl Service {
    /// Opens the data directory, which is made when it is missing. Generations are not loaded yet.
    pub async fn open(
        config: ServiceConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let blobs = Blobs::local(&config.data_dir.join("blobs"))?;
        Self::open_with_blobs(config, blobs, clock, random).await
    }

    /// As `open`, with blobs that are kept elsewhere.
    pub async fn open_with_blobs(
        config: ServiceConfig,
        blobs: Blobs,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|source| Error::of(ErrorKind::DataDirectory).because(source))?;
        let time = clock.clone();
        let mut options = CatalogOptions::new(CatalogClock::new(move || time.now()));
        options.list_time_max = Duration::from_millis(config.limits.list_ms_max);
        let catalog = Catalog::open(&config.data_dir.join("catalog.db"), options).await?;
        migrate_alone(&catalog, &config.data_dir).await?;
        let seals = Seals::new(config.master_key);
        check_master_key(&catalog, &seals, random.as_ref()).await?;
        let mut owner = [0; 16];
        random.fill(&mut owner);
        let signer = UploadSigner::from_key(*seals.upload_signing_key());
        let limits = config.limits;
        let inner = Inner {
            matches: Arc::new(MatchQueue::new(limits.match_concurrency, limits.match_queue_length)),
            lookups: LookupMeter::default(),
            build_memory: Semaphore::new(
                usize::try_from(limits.build_memory_bytes / MEBIBYTE).unwrap_or(1).max(1),
            ),
            known_tokens: KnownRows::default(),
            known_stores: KnownRows::default(),
            known_activity: KnownRows::default(),
            library: Library::default(),
            plans: Plans::default(),
            owner: edm_model::TokenId::from_random_bytes(owner).to_string(),
            job_bell: Notify::new(),
            hold_until_micros: AtomicI64::new(i64::MIN),
            told_jump: AtomicBool::new(false),
            lock: Mutex::new(None),
            ready: AtomicBool::new(false),
            data_dir: config.data_dir,
            catalog,
            blobs,
            seals,
            limits: ArcSwap::from_pointee(limits),
            required_types: ArcSwap::from_pointee(config.required_types),
            clock,
            random,
            signer,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Takes the data directory for this process alone, and opens and verifies every live generation. One that cannot
    /// be read is left out and named: one damaged store must not keep the others from being served.
    pub async fn load(&self) -> Result<LoadSummary, Error> {
        self.take_lock()?;
        // Until the lock was taken, a program of another version may have been at work here.
        if self.inner.catalog.schema().await? != Schema::Current {
            return Err(other_version());
        }
        self.settle_clock().await?;
        let unreadable = self.serve_all().await?;
        let skipped = unreadable.into_iter().map(|(store, error)| (store, error.to_string())).collect();
        self.inner.ready.store(true, Ordering::Release);
        let served = |data: &Data| data.state() != DataState::Unserved;
        let stores = self.inner.library.stores();
        Ok(LoadSummary {
            generation_count: stores.iter().filter(|(_, _, data)| served(data)).count(),
            skipped,
        })
    }

    /// Takes the data directory for this process alone, without loading anything; says whether nobody else has it.
    pub fn claim_directory(&self) -> bool {
        self.take_lock().is_ok()
    }

    pub(crate) fn holds_lock(&self) -> bool {
        self.inner.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some()
    }

    fn take_lock(&self) -> Result<(), Error> {
        let mut lock = self.inner.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if lock.is_some() {
            return Ok(());
        }
        *lock = Some(lock_of(&self.inner.data_dir)?);
        Ok(())
    }

    /// Returns whether every live generation was loaded.
    pub fn is_ready(&self) -> bool {
        self.inner.ready.load(Ordering::Acquire)
    }

    /// Fails when the catalog does not answer or cannot be written. Cheap enough for every probe: it writes once a second at
    /// most, and waits for no list.
    pub async fn health(&self) -> Result<(), Error> {
        self.inner.catalog.ping().await?;
        Ok(self.inner.catalog.check_writer().await?)
    }

    /// Waits for running statements and closes the files. Call it after the workers are shut down.
    pub async fn close(self) {
        self.inner.catalog.close().await;
    }

    /// Returns the clock that was handed down.
    pub fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    /// Returns what signs and verifies upload URIs.
    pub fn upload_signer(&self) -> &UploadSigner {
        &self.inner.signer
    }

    /// Returns the state of the service.
    pub async fn gauges(&self) -> Result<Gauges, Error> {
        let counts = self.inner.catalog.counts().await?;
        let stores = self.inner.catalog.all_stores().await?;
        let (match_in_flight, match_waiting) = self.inner.matches.load();
        Ok(Gauges {
            live_salts: counts.live_salts,
            stores: stores
                .into_iter()
                .map(|row| StoreGauge {
                    data_state: self.data_state(&row),
                    tenant: row.store.tenant,
                    store_id: row.store.id,
                    row_count: row.store.live.map_or(0, |live| live.row_count),
                    data_updated_at: row.store.data_updated_at,
                })
                .collect(),
            queued_jobs: counts.queued_jobs,
            dead_jobs: counts.dead_jobs,
            match_in_flight,
            match_waiting,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.random.fill(&mut bytes);
        bytes
    }
}

/// Fails unless one of the caller's roles brings the right.
pub(crate) fn require(principal: &Principal, needs: Right) -> Result<(), Error> {
    if principal.may(needs) { Ok(()) } else { Err(Error::of(ErrorKind::Forbidden { needs })) }
}

fn lock_of(data_dir: &Path) -> Result<File, Error> {
    let unusable = |source: std::io::Error| Error::of(ErrorKind::DataDirectory).because(source);
    let file = File::create(data_dir.join("lock")).map_err(unusable)?;
    file.try_lock().map_err(|error| unusable(error.into()))?;
    Ok(file)
}

/// Brings the catalog's tables to this version, under the lock: beside a running server, which reads them as they
/// are, only a catalog of this very version is opened.
async fn migrate_alone(catalog: &Catalog, data_dir: &Path) -> Result<(), Error> {
    if catalog.schema().await? == Schema::Current {
        return Ok(());
    }
    let _lock = lock_of(data_dir).map_err(|error| other_version().because(error))?;
    Ok(catalog.migrate().await?)
}

/// Returns whether the catalog of a data directory has the tables of this version. Reads only what SQLite needs, but SQLite writes beside
/// what it reads: meant for a copy.
pub async fn catalog_is_current(data_dir: &Path, clock: Arc<dyn Clock>) -> Result<bool, Error> {
    let options = CatalogOptions::new(CatalogClock::new(move || clock.now()));
    let catalog = Catalog::open(&data_dir.join("catalog.db"), options).await?;
    let schema = catalog.schema().await;
    catalog.close().await;
    Ok(schema? == Schema::Current)
}

fn other_version() -> Error {
    let message = "the data directory is in use by a server of another version: stop the server first, or use the \
                   program of its version";
    Error::with_message(ErrorKind::DataDirectory, message)
}

/// A wrong key must be found at the start, not at the first salt: until then it would seal new secrets.
async fn check_master_key(catalog: &Catalog, seals: &Seals, random: &dyn Random) -> Result<(), Error> {
    let sealed = seals.seal(Purpose::Check, b"", CHECK_TEXT, random);
    catalog.set_once(MASTER_KEY_CHECK, &sealed).await?;
    let stored = catalog.setting(MASTER_KEY_CHECK).await?.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
    seals.open(Purpose::Check, b"", &stored).map(drop)
}

/// Runs work that takes long on a thread that may block.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|source| Error::of(ErrorKind::Internal).because(source))
}
