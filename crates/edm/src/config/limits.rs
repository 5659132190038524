//! Configuration of limits: how much the service may do at once, and for how long.

use std::fmt::Display;
use std::ops::RangeInclusive;

use anyhow::bail;
use edm_service::ServiceLimits;
use serde::{Deserialize, Serialize};

const MEBIBYTE: u64 = 1024 * 1024;
const DAY_SECONDS: i64 = 24 * 3_600;

/// Limits of matching.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Matching {
    concurrency: Option<usize>,
    queue_length: Option<usize>,
    timeout_ms: Option<u64>,
}

/// How uploads become generations, and how long unneeded data stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Indexing {
    workers: Option<usize>,
    memory_bytes: Option<u64>,
    collect_grace_seconds: Option<i64>,
    scrub_bytes_per_second: Option<u64>,
}

/// Limits of upload sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Sessions {
    allow_weak_salts: Option<bool>,
    shrink_percent_min: Option<u64>,
    upload_uri_seconds: Option<i64>,
    idle_seconds: Option<i64>,
}

/// Conditions of readiness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Readiness {
    /// Sensitive types, by name or id. Without them, `/readyz` is 503.
    pub(crate) required: Vec<String>,
}

/// The rate limit of look-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lookup {
    lookups_per_minute: Option<u32>,
}

impl Matching {
    pub(super) fn apply(&self, limits: &mut ServiceLimits) -> anyhow::Result<()> {
        set(&mut limits.match_concurrency, self.concurrency, "matching.concurrency", 1..=1_024)?;
        set(&mut limits.match_queue_length, self.queue_length, "matching.queue_length", 0..=100_000)?;
        set(&mut limits.match_timeout_ms_default, self.timeout_ms, "matching.timeout_ms", 1..=600_000)
    }
}

impl Indexing {
    pub(super) fn apply(&self, limits: &mut ServiceLimits) -> anyhow::Result<()> {
        set(&mut limits.worker_count, self.workers, "indexing.workers", 1..=1_024)?;
        let memory = 64 * MEBIBYTE..=1_024 * 1_024 * MEBIBYTE;
        set(&mut limits.build_memory_bytes, self.memory_bytes, "indexing.memory_bytes", memory)?;
        let scrub = self.scrub_bytes_per_second;
        let name = "indexing.scrub_bytes_per_second";
        set(&mut limits.scrub_bytes_per_second, scrub, name, 0..=10_240 * MEBIBYTE)?;
        let grace = 0..=365 * DAY_SECONDS;
        let name = "indexing.collect_grace_seconds";
        set(&mut limits.collect_grace_seconds, self.collect_grace_seconds, name, grace)
    }
}

impl Sessions {
    pub(super) fn apply(&self, limits: &mut ServiceLimits) -> anyhow::Result<()> {
        limits.allow_weak_salts = self.allow_weak_salts.unwrap_or(limits.allow_weak_salts);
        let share = self.shrink_percent_min;
        set(&mut limits.shrink_percent_min, share, "sessions.shrink_percent_min", 0..=100)?;
        let uri = self.upload_uri_seconds;
        set(&mut limits.upload_uri_seconds, uri, "sessions.upload_uri_seconds", 60..=7 * DAY_SECONDS)?;
        let idle = 3_600..=365 * DAY_SECONDS;
        set(&mut limits.session_idle_seconds, self.idle_seconds, "sessions.idle_seconds", idle)
    }
}

impl Lookup {
    pub(super) fn apply(&self, limits: &mut ServiceLimits) -> anyhow::Result<()> {
        let name = "lookup.lookups_per_minute";
        set(&mut limits.lookups_per_minute, self.lookups_per_minute, name, 1..=10_000_000)
    }
}

/// Applies a configured number if it is within its bounds; fails otherwise.
pub(super) fn set<T: PartialOrd + Display + Copy>(
    target: &mut T,
    given: Option<T>,
    name: &str,
    bounds: RangeInclusive<T>,
) -> anyhow::Result<()> {
    let Some(given) = given else { return Ok(()) };
    if !bounds.contains(&given) {
        bail!("{name} is {given}: it may be {} to {}", bounds.start(), bounds.end());
    }
    *target = given;
    Ok(())
}
