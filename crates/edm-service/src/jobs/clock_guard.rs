//! What is done about a wall clock that jumps. While the process lives nothing is: its time runs evenly from the moment of its
//! start (`Clock::now`). Between two processes nobody measures, so a start looks at the last moment at which a server was alive,
//! and when that cannot be right nothing is given up for a while by the time alone.

use std::sync::atomic::Ordering;

use edm_model::Timestamp;
use edm_store::JobBounds;

use crate::error::Error;
use crate::service::Service;
use crate::upkeep::workers::{LEASE_SECONDS, WAIT_SECONDS_MAX};

/// A server that was away for longer has either been off or has another clock.
const AWAY_SECONDS_MAX: i64 = 24 * 3_600;
/// How far apart two clocks may be that are taken for one.
const APART_SECONDS_MAX: i64 = 60;
/// How long nothing is given up after a start at which the clock was not believed: time to look, and to feed a session.
const HOLD_SECONDS: i64 = 3_600;

impl Service {
    /// Believes the clock or not, and brings the moments that an earlier process left in the queue into bounds.
    pub(crate) async fn settle_clock(&self) -> Result<(), Error> {
        let (catalog, now) = (&self.inner.catalog, self.now());
        catalog.bound_jobs(&self.job_bounds(0)).await?;
        let Some(mark) = catalog.clock_mark().await? else { return Ok(()) };
        let believed = mark.plus_seconds(-APART_SECONDS_MAX)..=mark.plus_seconds(AWAY_SECONDS_MAX);
        if believed.contains(&now) {
            return Ok(());
        }
        let until = now.plus_seconds(HOLD_SECONDS);
        self.inner.hold_until_micros.store(until.as_micros(), Ordering::Release);
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

    /// Returns whether sessions may expire and what is needed no more be collected.
    pub(crate) fn believes_clock(&self, now: Timestamp) -> bool {
        now.as_micros() >= self.inner.hold_until_micros.load(Ordering::Acquire)
    }

    /// The sweep's part: marks the moment for the next start, and tells when the wall clock is another one by now.
    pub(crate) async fn mark_clock(&self, now: Timestamp) -> Result<(), Error> {
        let wall = self.inner.clock.wall();
        let ahead_seconds = wall.as_micros().saturating_sub(now.as_micros()) / 1_000_000;
        if ahead_seconds.abs() >= APART_SECONDS_MAX && !self.inner.told_jump.swap(true, Ordering::AcqRel) {
            tracing::warn!(
                ahead_seconds,
                "the machine's clock was set: the server keeps the time of its start until it is started again"
            );
        }
        self.inner.catalog.bound_jobs(&self.job_bounds(WAIT_SECONDS_MAX)).await?;
        // While the clock is not believed the last mark that was stays, for a start within that time.
        if self.believes_clock(now) {
            self.inner.catalog.set_clock_mark(now).await?;
        }
        Ok(())
    }

    fn job_bounds(&self, wait_seconds_max: i64) -> JobBounds {
        JobBounds {
            wait_seconds_max,
            collect_seconds_max: self.limits().collect_grace_seconds.max(HOLD_SECONDS),
            lease_seconds_max: LEASE_SECONDS,
        }
    }
}
