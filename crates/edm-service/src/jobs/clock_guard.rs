//! Guards against a wall clock that jumps. While the process lives, its time runs evenly from its
//! start (`Clock::now`). Between two processes no time is measured, so a start compares the clock
//! with the last moment at which a server was alive. If the two cannot both be right, nothing
//! expires or is collected for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use edm_model::Timestamp;
use edm_store::{Catalog, JobBounds};

use crate::deps::{Clock, Deps};
use crate::error::Error;
use crate::jobs::queue::{LEASE_SECONDS, WAIT_SECONDS_MAX};
use crate::service_limits::Limits;

/// A server that was away for longer was either off or has another clock.
const AWAY_SECONDS_MAX: i64 = 24 * 3_600;
/// How far apart two clocks may be that count as the same.
const APART_SECONDS_MAX: i64 = 60;
/// How long nothing expires or is collected after a start at which the clock was not believed. An
/// operator has this time to act, and an agent to renew its session.
const HOLD_SECONDS: i64 = 3_600;

/// Decides whether the clock is believed.
pub(crate) struct ClockGuard {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// Until when nothing expires or is collected, because the clock is not believed.
    hold_until_micros: AtomicI64,
    /// Whether the log already says that the wall clock was set.
    jump_is_logged: AtomicBool,
}

impl ClockGuard {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            limits: deps.limits.clone(),
            hold_until_micros: AtomicI64::new(i64::MIN),
            jump_is_logged: AtomicBool::new(false),
        }
    }

    /// Decides whether to believe the clock. Brings the moments that an earlier process left in the
    /// queue into bounds.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        let (catalog, now) = (&self.catalog, self.clock.now());
        catalog.bound_jobs(&self.job_bounds(0)).await?;
        let Some(mark) = catalog.clock_mark().await? else { return Ok(()) };
        let believed = mark.plus_seconds(-APART_SECONDS_MAX)..=mark.plus_seconds(AWAY_SECONDS_MAX);
        if believed.contains(&now) {
            return Ok(());
        }
        let until = now.plus_seconds(HOLD_SECONDS);
        self.hold_until_micros.store(until.as_micros(), Ordering::Release);
        catalog.postpone_collections(until).await?;
        let since_seconds = now.as_micros().saturating_sub(mark.as_micros()) / 1_000_000;
        tracing::warn!(
            since_seconds,
            hold_seconds = HOLD_SECONDS,
            "by the clock the server was away for long, or came before it went: no session expires and nothing is \
             collected for a while. If the clock is wrong, correct it and start the server again"
        );
        Ok(())
    }

    /// Returns whether sessions may expire and retired data may be collected.
    pub(crate) fn believes(&self, now: Timestamp) -> bool {
        now.as_micros() >= self.hold_until_micros.load(Ordering::Acquire)
    }

    /// Records the moment for the next start, and logs once when the wall clock was set.
    pub(crate) async fn mark(&self, now: Timestamp) -> Result<(), Error> {
        let wall = self.clock.wall();
        let ahead_seconds = wall.as_micros().saturating_sub(now.as_micros()) / 1_000_000;
        if ahead_seconds.abs() >= APART_SECONDS_MAX && !self.jump_is_logged.swap(true, Ordering::AcqRel) {
            tracing::warn!(
                ahead_seconds,
                "the machine's clock was set: the server keeps the time of its start until it is started again"
            );
        }
        self.catalog.bound_jobs(&self.job_bounds(WAIT_SECONDS_MAX)).await?;
        // While the clock is not believed, the last mark stays, for a start within that time.
        if self.believes(now) {
            self.catalog.set_clock_mark(now).await?;
        }
        Ok(())
    }

    fn job_bounds(&self, wait_seconds_max: i64) -> JobBounds {
        JobBounds {
            wait_seconds_max,
            collect_seconds_max: self.limits.load().collect_grace_seconds.max(HOLD_SECONDS),
            lease_seconds_max: LEASE_SECONDS,
        }
    }
}
