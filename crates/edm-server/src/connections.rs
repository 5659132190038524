//! Counts connections, in total and by address, and selects the one that is closed for another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use ipnet::{IpNet, Ipv6Net};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The interval of log lines about connections that were closed or refused.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// The prefix length of the IPv6 network of one customer. Addresses in it count as one.
const IPV6_PREFIX: u8 = 64;

/// The limits on connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In total.
    pub total: usize,
    /// From one address.
    pub per_address: usize,
    /// Addresses without the limit per address, such as proxies of many clients.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for ConnectionLimits {
    /// 4,096, of which 256 from one address. The machine's loopback addresses are trusted.
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a network"));
        Self { total: 4_096, per_address: 256, trusted_proxies: loopback.into() }
    }
}

/// The number of connections, for gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionGauge {
    /// Open connections.
    pub open: usize,
    /// Idle connections that were closed for others since the start.
    pub closed: u64,
    /// New connections that were refused since the start, because no idle one could be closed.
    pub refused: u64,
}

/// The connections of a server.
pub(crate) struct Connections {
    limits: ArcSwap<ConnectionLimits>,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
    by_address: HashMap<IpAddr, usize>,
    closed: u64,
    refused: u64,
    /// The time of the last log line, and the counts in it.
    last_logged: Option<(Instant, u64)>,
}

struct Open {
    address: IpAddr,
    activity: Arc<Activity>,
}

/// A connection's place in the count, released on drop.
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) activity: Arc<Activity>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        let limits = ArcSwap::from_pointee(limits);
        Arc::new(Self { limits, begun: Instant::now(), state: Mutex::default() })
    }

    /// Replaces the limits for new connections.
    pub(crate) fn replace_limits(&self, limits: ConnectionLimits) {
        self.limits.store(Arc::new(limits));
    }

    /// Returns a place for a new connection. If there are too many, closes the one that has been
    /// idle longest: of the same address if that has too many, else of the address with the most.
    /// `None` if none of these is idle.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let address = network_of(peer);
        let limits = self.limits.load();
        let trusted = limits.trusted_proxies.iter().any(|net| net.contains(&peer));
        let mut state = self.lock();
        let own = state.by_address.get(&address).copied().unwrap_or(0);
        let crowded = if !trusted && own >= limits.per_address {
            Some(address)
        } else if state.open.len() >= limits.total {
            state.by_address.iter().max_by_key(|(_, count)| **count).map(|(address, _)| *address)
        } else {
            None
        };
        if let Some(crowded) = crowded {
            let made = state.make_room(crowded);
            if made {
                state.closed += 1
            } else {
                state.refused += 1
            }
            state.log_changes();
            if !made {
                return None;
            }
        }
        let number = state.next;
        state.next += 1;
        let activity = Arc::new(Activity::new(self.begun));
        *state.by_address.entry(address).or_default() += 1;
        state.open.insert(number, Open { address, activity: activity.clone() });
        drop(state);
        Some(Place { connections: self.clone(), number, activity })
    }

    /// Logs, at most once a minute, that the system accepts no more connections.
    pub(crate) fn log_accept_failure(&self, error: &std::io::Error) {
        let mut state = self.lock();
        state.refused += 1;
        if state.events_to_log().is_some() {
            let connections = state.open.len();
            tracing::error!(connections, "the system gives no more connections: {error}");
        }
    }

    /// Returns the current numbers.
    pub(crate) fn gauge(&self) -> ConnectionGauge {
        let state = self.lock();
        ConnectionGauge { open: state.open.len(), closed: state.closed, refused: state.refused }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the connection of an address that has been idle longest. Returns `false` if none is
    /// idle.
    fn make_room(&mut self, address: IpAddr) -> bool {
        loop {
            let of_address = self.open.iter().filter(|(_, open)| open.address == address);
            let idle = of_address.filter_map(|(number, open)| Some((open.activity.idle_since()?, *number)));
            let Some((since, number)) = idle.min() else { return false };
            // A request may begin on it at this moment. Then try the next one.
            if self.open.get(&number).is_some_and(|open| open.activity.close(since)) {
                self.remove(number);
                return true;
            }
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(Open { address, .. }) = self.open.remove(&number) else { return };
        if let Some(count) = self.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Returns, at most once a minute, the number of connections that were closed or refused since
    /// the last time.
    fn events_to_log(&mut self) -> Option<u64> {
        let (now, events) = (Instant::now(), self.closed + self.refused);
        let new = match self.last_logged {
            Some((at, _)) if now < at + LOG_INTERVAL => return None,
            Some((_, before)) => events - before,
            None => events,
        };
        self.last_logged = Some((now, events));
        Some(new)
    }

    fn log_changes(&mut self) {
        let Some(new) = self.events_to_log() else { return };
        tracing::warn!(
            connections = self.open.len(),
            new,
            closed = self.closed,
            refused = self.refused,
            "there are too many connections: idle ones are closed, and new ones refused where none is idle"
        );
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.number);
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Net::new_assert(six, IPV6_PREFIX).network().into(),
    }
}

/// The activity of a connection.
#[derive(Debug)]
pub(crate) struct Activity {
    begun: Instant,
    /// [`BUSY`], [`CLOSED`], or the time since which it has been idle, in microseconds.
    state: AtomicU64,
    /// Whether a head has arrived.
    has_begun: AtomicBool,
    /// Whether the answer was passed to the connection, which may not have written all of it yet.
    is_answered: AtomicBool,
    closed: Notify,
}

const BUSY: u64 = 0;
const CLOSED: u64 = u64::MAX;

impl Activity {
    fn new(begun: Instant) -> Self {
        let one = Self {
            begun,
            state: AtomicU64::new(BUSY),
            has_begun: AtomicBool::new(false),
            is_answered: AtomicBool::new(false),
            closed: Notify::new(),
        };
        one.state.store(one.now(), Ordering::Release);
        one
    }

    fn now(&self) -> u64 {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(CLOSED - 1);
        micros.clamp(BUSY + 1, CLOSED - 1)
    }

    /// Marks the start of a request. Returns `false` if the connection is being closed.
    pub(crate) fn begin_request(&self) -> bool {
        self.has_begun.store(true, Ordering::Release);
        self.is_answered.store(false, Ordering::Release);
        let begin = |state| (state != CLOSED).then_some(BUSY);
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, begin).is_ok()
    }

    /// Marks that the answer was passed to the connection.
    pub(crate) fn answered(&self) {
        self.is_answered.store(true, Ordering::Release);
    }

    /// Marks that everything passed to the connection is written.
    pub(crate) fn written(&self) {
        if self.is_answered.swap(false, Ordering::AcqRel) {
            let _ = self.state.compare_exchange(BUSY, self.now(), Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Returns whether a head has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    fn idle_since(&self) -> Option<u64> {
        let state = self.state.load(Ordering::Acquire);
        (state != BUSY && state != CLOSED).then_some(state)
    }

    /// Closes the connection if it is still idle since `since`. Returns whether it did.
    fn close(&self, since: u64) -> bool {
        let closed = self.state.compare_exchange(since, CLOSED, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if closed {
            self.closed.notify_one();
        }
        closed
    }

    /// Waits until the connection must be closed.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_address: usize, trusted: &[&str]) -> Arc<Connections> {
        let trusted_proxies = trusted.iter().map(|net| net.parse().expect("a network")).collect();
        Connections::new(ConnectionLimits { total, per_address, trusted_proxies })
    }

    fn admit(connections: &Arc<Connections>, peer: &str) -> Option<Place> {
        connections.admit(peer.parse().expect("an address"))
    }

    fn is_closed(place: &Place) -> bool {
        place.activity.state.load(Ordering::Acquire) == CLOSED
    }

    #[test]
    fn an_address_makes_room_for_itself_alone() {
        let connections = connections(100, 2, &["10.0.0.0/8"]);
        let first = admit(&connections, "192.0.2.1").expect("there is room");
        let second = admit(&connections, "::ffff:192.0.2.1").expect("the same address, written otherwise");
        let other = admit(&connections, "192.0.2.2").expect("another address");
        assert!(first.activity.begin_request());
        let third = admit(&connections, "192.0.2.1").expect("the second made room");
        assert!(is_closed(&second) && !is_closed(&first) && !is_closed(&other));
        assert!(!second.activity.begin_request(), "what is closed begins nothing");
        assert!(third.activity.begin_request());
        assert!(admit(&connections, "192.0.2.1").is_none(), "both are busy");
        first.activity.written();
        assert!(admit(&connections, "192.0.2.1").is_none(), "the answer is not there yet");
        first.activity.answered();
        assert!(admit(&connections, "192.0.2.1").is_none(), "it is not written yet");
        first.activity.written();
        let fourth = admit(&connections, "192.0.2.1").expect("the first is idle again");
        assert!(is_closed(&first));
        let proxied: Vec<Place> = (0..9).filter_map(|_| admit(&connections, "10.1.2.3")).collect();
        assert_eq!(proxied.len(), 9, "a trusted proxy has no bound of its own");
        assert_eq!(connections.gauge(), ConnectionGauge { open: 12, closed: 2, refused: 3 });
        drop((first, second, third, fourth, other, proxied));
        assert_eq!(connections.gauge().open, 0);
        assert!(connections.lock().by_address.is_empty());
    }

    #[test]
    fn the_fullest_address_makes_room_for_others() {
        let connections = connections(4, 100, &[]);
        // Addresses of one IPv6 network count as one.
        let crowd: Vec<Place> = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
            .into_iter()
            .map(|peer| admit(&connections, peer).expect("there is room"))
            .collect();
        let lone = admit(&connections, "192.0.2.1").expect("there is room");
        let next = admit(&connections, "192.0.2.2").expect("the crowd makes room");
        let closed: Vec<bool> = crowd.iter().map(is_closed).collect();
        assert_eq!((closed, is_closed(&lone)), (vec![true, false, false], false));
        assert!(crowd[1..].iter().all(|place| place.activity.begin_request()));
        assert!(admit(&connections, "192.0.2.3").is_none(), "those of the crowd are busy");
        drop((lone, next));
        assert!(admit(&connections, "192.0.2.3").is_some());
    }
}
