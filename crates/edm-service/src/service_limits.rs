//! What of the set-up a running server takes over: limits that are looked at each time, and the types that it must match.

use std::sync::Arc;

use arc_swap::Guard;

use crate::config::ServiceLimits;
use crate::service::Service;

impl ServiceLimits {
    /// Returns these limits with all of the wanted ones that can change while a server runs. How many jobs, texts and bytes of
    /// indexes there may be at once stays: they are counted from the start on.
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

impl Service {
    /// Takes over those of the limits that can change while the service runs: for whatever begins from now on. Those that
    /// cannot, `worker_count`, `build_memory_bytes`, `match_concurrency`, `match_queue_length` and `list_ms_max`, stay.
    pub fn adopt_limits(&self, wanted: &ServiceLimits) {
        self.inner.limits.rcu(|limits| Arc::new(limits.adopting(wanted)));
    }

    /// Takes over which sensitive types, by name or id, the service is not ready without.
    pub fn adopt_required_types(&self, types: Vec<String>) {
        self.inner.required_types.store(Arc::new(types));
    }

    /// Returns the limits of this moment. Not to be held while anything is waited for.
    pub(crate) fn limits(&self) -> Guard<Arc<ServiceLimits>> {
        self.inner.limits.load()
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
