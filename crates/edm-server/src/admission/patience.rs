//! How long the server waits for whoever is at the other end, and how slow they may be.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long anybody is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the end of a TLS handshake.
    pub handshake: Duration,
    /// For the first head of a connection.
    pub first_head: Duration,
    /// For the next head of a kept connection: longer than clients keep an idle one, so that none
    /// is closed under a request.
    pub next_head: Duration,
    /// For the first byte of a body, once its head is there.
    pub first_byte: Duration,
    /// How far a body, or the reading of an answer, may lag behind [`Patience::pace_bytes`] a
    /// second.
    pub lag: Duration,
    /// Bytes a second of the slowest pace: whoever moves single bytes for ever would hold what it
    /// holds for ever.
    pub pace_bytes: usize,
    /// For memory, without getting any.
    pub memory: Duration,
    /// For the end of a text that is matched as it comes, from its head on.
    pub stream: Duration,
    /// For the rest of a body that nobody wants.
    pub unread: Duration,
    /// For a body that does not come, once the server was told to stop.
    pub stopping: Duration,
    /// For all requests in flight, from then on.
    pub shutdown: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            handshake: seconds(10),
            first_head: seconds(10),
            next_head: seconds(120),
            first_byte: seconds(10),
            lag: seconds(30),
            pace_bytes: 16 * 1024,
            memory: seconds(10),
            stream: seconds(2 * 3_600),
            unread: seconds(10),
            stopping: seconds(3),
            shutdown: seconds(30),
        }
    }
}

/// The patience of a running server, which shrinks when it is told to stop.
pub(crate) struct Waits {
    pub(crate) patience: Patience,
    stopping: watch::Sender<bool>,
}

impl Waits {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { patience, stopping: watch::Sender::new(false) }
    }

    /// Tells everybody that the server stops.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the server is told to stop.
    pub(crate) async fn stopping(&self) {
        // It fails when the sender is gone, which is here.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Waits for what another side does, so long and no longer; for less while the server stops.
    pub(crate) async fn within<T>(&self, wait: Duration, coming: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = coming => Some(value),
            () = self.run_out(wait) => None,
        }
    }

    async fn run_out(&self, wait: Duration) {
        let end = Instant::now() + wait;
        tokio::select! {
            () = sleep_until(end) => {}
            () = self.stopping() => sleep_until(end.min(Instant::now() + self.patience.stopping)).await,
        }
    }
}

/// How far somebody lags behind the slowest pace. Time in which the server did not wait for them
/// does not count, and whoever was fast saves nothing up.
#[derive(Debug)]
pub(crate) struct Pace {
    lag: Duration,
    lag_max: Duration,
    bytes_a_second: u64,
}

impl Pace {
    pub(crate) fn of(patience: &Patience) -> Self {
        let bytes_a_second = u64::try_from(patience.pace_bytes.max(1)).unwrap_or(u64::MAX);
        Self { lag: Duration::ZERO, lag_max: patience.lag, bytes_a_second }
    }

    /// Returns how long the next bytes may take.
    pub(crate) fn left(&self) -> Duration {
        self.lag_max.saturating_sub(self.lag)
    }

    /// Counts bytes that came after so much waiting.
    pub(crate) fn moved(&mut self, bytes: usize, waited: Duration) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let worth = Duration::from_secs(bytes / self.bytes_a_second)
            + Duration::from_secs(bytes % self.bytes_a_second)
                / u32::try_from(self.bytes_a_second).unwrap_or(u32::MAX);
        self.lag = (self.lag + waited).saturating_sub(worth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_slow_may_lag_so_far_and_no_further() {
        let check = |steps: &[(usize, u64)], left_seconds: u64| {
            let mut pace = Pace::of(&Patience::default());
            for (bytes, waited_seconds) in steps {
                pace.moved(*bytes, Duration::from_secs(*waited_seconds));
            }
            assert_eq!(pace.left().as_secs(), left_seconds, "{steps:?}");
        };
        let second = Patience::default().pace_bytes;
        check(&[], 30);
        check(&[(0, 12)], 18);
        // One byte every 29 seconds: the second one is the last.
        check(&[(1, 29)], 1);
        check(&[(1, 29), (1, 29)], 0);
        check(&[(second * 100, 100)], 30);
        check(&[(second * 100, 120)], 10);
        check(&[(second / 2, 10); 3], 1);
        // Whoever was fast has no more than the time of one piece.
        check(&[(second * 1_000, 1)], 30);
        check(&[(second * 1_000, 1), (1, 20)], 10);
        check(&[(usize::MAX, 1)], 30);
    }

    #[tokio::test]
    async fn patience_ends_and_shrinks_when_the_server_stops() {
        let hour = Duration::from_secs(3_600);
        let patience = Patience { stopping: Duration::ZERO, ..Patience::default() };
        let waits = Waits::new(patience);
        assert_eq!(
            waits.within(Duration::ZERO, std::future::ready(1)).await,
            Some(1),
            "what is there is taken"
        );
        assert_eq!(waits.within(Duration::ZERO, std::future::pending::<u8>()).await, None);
        let waiting = waits.within(hour, std::future::pending::<u8>());
        tokio::pin!(waiting);
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        waits.stop();
        assert_eq!(waiting.await, None);
        assert_eq!(waits.within(hour, std::future::pending::<u8>()).await, None, "once it stops, too");
    }
}
