//! How much a server may do, and which of these limits can change while it runs.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use edm_engine::build::BUILD_BYTES_DEFAULT;
use edm_model::limits;

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
    /// How long one text may take if the request has no limit.
    pub match_timeout_ms_default: u64,
    /// How fast the files of what is served are read again and compared with their checksums, in
    /// bytes a second; 0 never.
    pub scrub_bytes_per_second: u64,
    /// How long blocks and old generations stay after they are no longer needed.
    pub collect_grace_seconds: i64,
    /// Whether weak salts are accepted.
    pub allow_weak_salts: bool,
    /// Values that one principal may look up in a minute.
    pub lookups_per_minute: u32,
    /// Replace sessions below this share of the live rows are refused unless they allow it, in
    /// percent.
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

impl ServiceLimits {
    /// Returns these limits with all of the wanted ones that can change while a server runs. The
    /// numbers of jobs and texts at once and the memory of builds stay: they are counted from the
    /// start on.
    fn adopting(&self, wanted: &ServiceLimits) -> Self {
        Self {
            worker_count: self.worker_count,
            build_memory_bytes: self.build_memory_bytes,
            match_concurrency: self.match_concurrency,
            match_queue_length: self.match_queue_length,
            list_ms_max: self.list_ms_max,
            ..wanted.clone()
        }
    }
}

/// The limits of a running server, shared by all owners.
#[derive(Clone)]
pub(crate) struct Limits(Arc<ArcSwap<ServiceLimits>>);

impl Limits {
    pub(crate) fn new(limits: ServiceLimits) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(limits)))
    }

    /// Returns the present limits. Do not hold them across an await.
    pub(crate) fn load(&self) -> Guard<Arc<ServiceLimits>> {
        self.0.load()
    }

    /// Takes over those of the wanted limits that can change while the server runs.
    pub(crate) fn adopt(&self, wanted: &ServiceLimits) {
        self.0.rcu(|limits| Arc::new(limits.adopting(wanted)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_from_the_start_on_stays() {
        let wanted = ServiceLimits {
            worker_count: 71,
            build_memory_bytes: 71,
            match_concurrency: 71,
            match_queue_length: 71,
            match_timeout_ms_default: 71,
            scrub_bytes_per_second: 71,
            collect_grace_seconds: 71,
            allow_weak_salts: true,
            lookups_per_minute: 71,
            shrink_percent_min: 71,
            list_ms_max: 71,
            upload_uri_seconds: 71,
            session_idle_seconds: 71,
        };
        let started = ServiceLimits::default();
        let adopted = started.adopting(&wanted);
        let expected = ServiceLimits {
            match_timeout_ms_default: 71,
            scrub_bytes_per_second: 71,
            collect_grace_seconds: 71,
            allow_weak_salts: true,
            lookups_per_minute: 71,
            shrink_percent_min: 71,
            upload_uri_seconds: 71,
            session_idle_seconds: 71,
            ..started
        };
        assert_eq!(adopted, expected);
    }
}
