//! How long the server waits for a peer, and how slow a peer may be.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The time limits on peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the end of a TLS handshake.
    pub handshake: Duration,
    /// For the first head on a connection.
    pub first_head: Duration,
    /// For the next head on a kept connection. Longer than clients keep an idle one, so that none
    /// is closed while a request is being sent.
    pub next_head: Duration,
    /// For the first byte of a body after its head.
    pub first_byte: Duration,
    /// How far a body, or the reading of an answer, may lag behind [`Patience::pace_bytes`] per
    /// second.
    pub lag: Duration,
    /// The minimum pace in bytes per second. Without it a peer that moves single bytes would hold
    /// memory forever.
    pub pace_bytes: usize,
    /// For memory, while none is granted.
    pub memory: Duration,
    /// For the end of a streamed text, from its head on.
    pub stream: Duration,
    /// For the rest of an unwanted body.
    pub unread: Duration,
    /// For a body that does not arrive, after the server was told to stop.
    pub stopping: Duration,
    /// For all requests in flight, after the server was told to stop.
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

/// The time limits of a running server. They become shorter when it is told to stop.
pub(crate) struct Waits {
    pub(crate) patience: Patience,
    stopping: watch::Sender<bool>,
}

impl Waits {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { patience, stopping: watch::Sender::new(false) }
    }

    /// Notifies all waiting tasks that the server stops.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the server is told to stop.
    pub(crate) async fn stopping(&self) {
        // It fails only if the sender is dropped, and `self` owns the sender.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Waits for a peer's action, at most this long; for a shorter time while the server stops.
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

/// How far a peer lags behind the minimum pace. Time in which the server did not wait for the peer
/// does not count. A fast peer earns no credit.
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

    /// Counts bytes that arrived after this waiting time.
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
        // A fast peer earns no credit beyond one piece.
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
