//! What `main` hands down: the clock, randomness and the limits of this server.

use std::path::PathBuf;

use edm_engine::build::BUILD_BYTES_DEFAULT;
use edm_model::{Timestamp, limits};

use crate::secrets::key_ring::MasterKey;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    ///
    /// It never goes back while the process lives, and runs as evenly as the machine can: leases, deadlines and expiry go by it.
    fn now(&self) -> Timestamp;

    /// Returns what the machine's wall clock shows, which people and programs set. It is compared with `now`, nothing else.
    fn wall(&self) -> Timestamp {
        self.now()
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// Makes random bytes fit for keys.
pub trait Random: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl<F: Fn(&mut [u8]) + Send + Sync> Random for F {
    fn fill(&self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// How a server is set up.
pub struct ServiceConfig {
    /// Where the catalog and the blobs are.
    pub data_dir: PathBuf,
    /// What everything secret in them is sealed with.
    pub master_key: MasterKey,
    /// How much it may do at once.
    pub limits: ServiceLimits,
    /// Sensitive types, by name or id, without which it is not ready.
    pub required_types: Vec<String>,
}

impl ServiceConfig {
    /// Makes a set-up with the default limits.
    pub fn new(data_dir: impl Into<PathBuf>, master_key: MasterKey) -> Self {
        Self {
            data_dir: data_dir.into(),
            master_key,
            limits: ServiceLimits::default(),
            required_types: Vec::new(),
        }
    }
}

/// How much a server may do at once, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Jobs that run at once.
    pub worker_count: usize,
    /// Memory of all running build jobs together.
    pub build_memory_bytes: u64,
    /// Texts that are matched at once.
    pub match_concurrency: usize,
    /// Texts that wait to be matched; more are refused.
    pub match_queue_length: usize,
    /// How long one text may take unless the caller says less.
    pub match_timeout_ms_default: u64,
    /// How fast the files of what is served are read again and compared with their checksums, in bytes a second; 0 never.
    pub scrub_bytes_per_second: u64,
    /// How long blocks and old generations stay after they are needed no more.
    pub collect_grace_seconds: i64,
    /// Whether weak salts are taken.
    pub allow_weak_salts: bool,
    /// Values that one principal may look up in a minute.
    pub lookups_per_minute: u32,
    /// Replace sessions below this share of the live rows are refused unless they allow it, in percent.
    pub shrink_percent_min: u64,
    /// How long the statements of one list may take together.
    pub list_ms_max: u64,
    /// How long an upload URI works.
    pub upload_uri_seconds: i64,
    /// How long after its last block or renewal a session expires.
    pub session_idle_seconds: i64,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            worker_count: cores,
            build_memory_bytes: BUILD_BYTES_DEFAULT,
            match_concurrency: cores,
            match_queue_length: 256,
            match_timeout_ms_default: 30_000,
            scrub_bytes_per_second: limits::SCRUB_BYTES_PER_SECOND,
            collect_grace_seconds: 3_600,
            allow_weak_salts: false,
            lookups_per_minute: 6_000,
            shrink_percent_min: limits::SHRINK_PERCENT_MIN,
            list_ms_max: limits::LIST_MS_MAX,
            upload_uri_seconds: limits::UPLOAD_URI_SECONDS,
            session_idle_seconds: limits::SESSION_IDLE_SECONDS,
        }
    }
}
