//! The memory for request bodies and responses. A body takes bytes as it arrives and gives them
//! back when it is freed, so a client that sends nothing holds nothing.
//!
//! ```text
//!  ├──────────────────────── bound ────────────────────────┤
//!  │ common room                          │ reserve        │
//!  ├───────────────┬───────┬──────────────┼────────────────┤
//!  │ held by A     │ by B  │ free         │ of one body    │
//!  └───────────────┴───────┴──────────────┴────────────────┘
//!    A may take n bytes while  held(A) + n  ≤  SHARE × (free − n)
//! ```
//!
//! A body takes the bytes of each piece before it keeps the piece. What must stay true:
//!
//! 1. *Bound.* The bytes taken never exceed the bound. A response exists already when it is
//!    counted, so it may exceed the bound. Until it is written, nothing is taken in its place.
//! 2. *Share.* A holder is a principal, or the session of an upload URI. It takes from the common
//!    pool only if it then holds at most [`SHARE`] times what is still free. One holder alone gets
//!    three quarters of the pool, two get three sevenths each, and so on, so the next one always
//!    finds some. Bytes cannot be taken back from a holder; the part that stays free is the price
//!    of that.
//! 3. *The oldest finishes.* If nothing fits, the oldest waiting body takes from the reserve. The
//!    reserve is as large as the largest body and belongs to one body at a time. So one body always
//!    completes and gives back all its bytes: half-read bodies cannot block one another for ever.
//! 4. *No endless wait.* A body that gets nothing for a while is refused before it has an effect.
//! 5. *Order.* The bodies of one holder are served in the order in which they started. They do not
//!    delay those of other holders.
//! 6. *No leak.* A granted amount is a [`Lease`]. Dropping the lease gives it back: at the end of a
//!    handler, when a client leaves, or when a wait is given up at the moment of the grant.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use edm_model::{PrincipalId, SessionId, limits};
use tokio::sync::oneshot;

use crate::wiped_buffer::wipe;

/// A holder may hold at most this many times what is free.
const SHARE: usize = 3;

/// The caller under whom memory and requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Principal(PrincipalId),
    /// The holders of the upload address of a session.
    Session(SessionId),
}

/// The current usage, for gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryGauge {
    /// The greatest number of bytes of bodies and answers.
    pub bound_bytes: usize,
    /// The bytes in use.
    pub held_bytes: usize,
    /// Bodies that wait for memory.
    pub waiting: usize,
    /// Bodies that were refused since the start, because they got none in time.
    pub refused: u64,
    /// Requests in flight.
    pub requests: usize,
}

/// Reports that a body got no memory in time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Reports that a holder has the greatest permitted number of requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyRequests;

/// The memory for bodies and answers, and its holders.
pub(crate) struct MemoryBudget {
    state: Mutex<State>,
    bound: usize,
    requests_per_holder: usize,
    wait: Duration,
}

struct State {
    common_room: usize,
    reserve_room: usize,
    /// Bytes in use from the common pool, including answers.
    common: usize,
    reserve: usize,
    /// The age of the body that has the reserve.
    heir: Option<u64>,
    accounts: HashMap<Arc<Holder>, Account>,
    /// By age: the oldest first. A body waits for one piece at a time.
    waiting: BTreeMap<u64, Waiter>,
    next_age: u64,
    refused: u64,
}

/// The account of one holder. A holder without bytes and requests has none.
#[derive(Default)]
struct Account {
    /// Bytes from the common pool.
    bytes: usize,
    requests: usize,
}

struct Waiter {
    holder: Arc<Holder>,
    bytes: usize,
    granted: oneshot::Sender<Lease>,
}

/// Granted bytes, released on drop.
pub(crate) struct Lease {
    budget: Arc<MemoryBudget>,
    holder: Arc<Holder>,
    /// The number of the body in the order in which bodies started.
    age: u64,
    common: usize,
    reserve: usize,
}

/// A request that is counted under its sender until it is dropped.
pub(crate) struct Running {
    budget: Arc<MemoryBudget>,
    holder: Arc<Holder>,
}

impl MemoryBudget {
    pub(crate) fn new(bound_bytes: usize, requests_per_holder: usize, wait: Duration) -> Arc<Self> {
        // Configuration checks the bound. With a lower one the largest body would never get memory.
        let bound = bound_bytes.max(super::MEMORY_BYTES_MIN);
        Self::with_reserve(bound, limits::BLOCK_LIST_BYTES_MAX, requests_per_holder, wait)
    }

    fn with_reserve(bound: usize, reserve: usize, requests_per_holder: usize, wait: Duration) -> Arc<Self> {
        let state = State {
            common_room: bound - reserve,
            reserve_room: reserve,
            common: 0,
            reserve: 0,
            heir: None,
            accounts: HashMap::new(),
            waiting: BTreeMap::new(),
            next_age: 0,
            refused: 0,
        };
        Arc::new(Self { state: Mutex::new(state), bound, requests_per_holder, wait })
    }

    /// Counts a request. Fails if the holder has the greatest permitted number.
    pub(crate) fn begin_request(self: &Arc<Self>, holder: Holder) -> Result<Running, TooManyRequests> {
        let holder = Arc::new(holder);
        let mut state = self.lock();
        let account = state.accounts.entry(holder.clone()).or_default();
        if account.requests >= self.requests_per_holder {
            return Err(TooManyRequests);
        }
        account.requests += 1;
        drop(state);
        Ok(Running { budget: self.clone(), holder })
    }

    /// Returns the current usage.
    pub(crate) fn gauge(&self) -> MemoryGauge {
        let state = self.lock();
        MemoryGauge {
            bound_bytes: self.bound,
            held_bytes: state.common + state.reserve,
            waiting: state.waiting.len(),
            refused: state.refused,
            requests: state.accounts.values().map(|account| account.requests).sum(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and grants memory to waiters that now fit.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let granted = state.serve_waiting(self);
        drop(state);
        for (waiter, lease) in granted {
            // If a waiter gave up at this moment, its lease is returned here and dropped.
            drop(waiter.send(lease));
        }
    }
}

impl State {
    /// Takes bytes for a body if they fit: from the common pool, or from the reserve if permitted.
    /// Returns the number from each.
    fn place(
        &mut self,
        age: u64,
        holder: &Arc<Holder>,
        bytes: usize,
        from_reserve: bool,
    ) -> Option<(usize, usize)> {
        let held = self.accounts.get(holder).map_or(0, |account| account.bytes);
        let free = self.common_room.saturating_sub(self.common).checked_sub(bytes);
        if free.is_some_and(|free| held + bytes <= SHARE * free) {
            self.count(holder, bytes);
            return Some((bytes, 0));
        }
        let reserved = from_reserve
            && self.heir.is_none_or(|heir| heir == age)
            && self.reserve + bytes <= self.reserve_room;
        reserved.then(|| {
            self.reserve += bytes;
            self.heir = Some(age);
            (0, bytes)
        })
    }

    fn count(&mut self, holder: &Arc<Holder>, bytes: usize) {
        self.common += bytes;
        self.accounts.entry(holder.clone()).or_default().bytes += bytes;
    }

    /// Subtracts from a holder's account, and removes it when it is empty.
    fn discount(&mut self, holder: &Arc<Holder>, bytes: usize, requests: usize) {
        self.common -= bytes;
        if let Some(account) = self.accounts.get_mut(holder) {
            account.bytes -= bytes;
            account.requests -= requests;
            if account.bytes == 0 && account.requests == 0 {
                self.accounts.remove(holder);
            }
        }
    }

    fn give_back(&mut self, holder: &Arc<Holder>, common: usize, reserve: usize) {
        self.discount(holder, common, 0);
        self.reserve -= reserve;
        if self.reserve == 0 {
            self.heir = None;
        }
    }

    /// Grants memory to waiters, the oldest first.
    fn serve_waiting(&mut self, budget: &Arc<MemoryBudget>) -> Vec<(oneshot::Sender<Lease>, Lease)> {
        let mut granted = Vec::new();
        if self.waiting.is_empty() {
            return granted;
        }
        let mut stalled: HashSet<Arc<Holder>> = HashSet::new();
        let mut still_waiting = BTreeMap::new();
        for (age, waiter) in std::mem::take(&mut self.waiting) {
            // The reserve belongs to the oldest waiter, or to the body that already has it.
            let from_reserve = still_waiting.is_empty() || self.heir == Some(age);
            let placed = match stalled.contains(&waiter.holder) && self.heir != Some(age) {
                true => None,
                false => self.place(age, &waiter.holder, waiter.bytes, from_reserve),
            };
            let Some((common, reserve)) = placed else {
                stalled.insert(waiter.holder.clone());
                still_waiting.insert(age, waiter);
                continue;
            };
            let Waiter { holder, granted: sender, .. } = waiter;
            granted.push((sender, Lease { budget: budget.clone(), holder, age, common, reserve }));
        }
        self.waiting = still_waiting;
        granted
    }
}

impl Running {
    /// Returns an empty lease, younger than all others.
    pub(crate) fn lease(&self) -> Lease {
        let mut state = self.budget.lock();
        let age = state.next_age;
        state.next_age += 1;
        Lease { budget: self.budget.clone(), holder: self.holder.clone(), age, common: 0, reserve: 0 }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.budget.lock().discount(&self.holder, 0, 1);
    }
}

impl Lease {
    /// Takes more bytes. Waits for memory for a limited time, then fails.
    pub(crate) async fn take(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let Some(coming) = self.ask(bytes) else { return Ok(()) };
        // Declared after `coming`, so it is dropped first: it leaves the queue before a granted
        // lease is dropped.
        let place = WaitingPlace { budget: &self.budget, age: self.age };
        match tokio::time::timeout(self.budget.wait, coming).await {
            Ok(Ok(granted)) => {
                drop(place);
                self.absorb(granted);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => {
                self.budget.lock().refused += 1;
                Err(NoRoom)
            }
        }
    }

    /// Takes bytes if they are free, or joins the queue.
    fn ask(&mut self, bytes: usize) -> Option<oneshot::Receiver<Self>> {
        if bytes == 0 {
            return None;
        }
        let mut state = self.budget.lock();
        // An older body of the same holder comes first.
        let overtakes = state.waiting.values().any(|waiter| waiter.holder == self.holder);
        if !overtakes && let Some((common, reserve)) = state.place(self.age, &self.holder, bytes, false) {
            self.common += common;
            self.reserve += reserve;
            return None;
        }
        let (granted, coming) = oneshot::channel();
        state.waiting.insert(self.age, Waiter { holder: self.holder.clone(), bytes, granted });
        drop(state);
        // It may be the oldest, and then the reserve is available.
        self.budget.change(|_| ());
        Some(coming)
    }

    /// Counts bytes that exist already.
    pub(crate) fn add(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.budget.lock().count(&self.holder, bytes);
        self.common += bytes;
    }

    /// Releases all but this many bytes.
    pub(crate) fn keep(&mut self, bytes: usize) {
        let surplus = self.bytes().saturating_sub(bytes);
        // The reserve first, because another body may wait for it.
        let reserve = surplus.min(self.reserve);
        let common = surplus - reserve;
        self.common -= common;
        self.reserve -= reserve;
        let holder = &self.holder;
        self.budget.change(|state| state.give_back(holder, common, reserve));
    }

    /// Splits off bytes of an answer. Bytes beyond those held are counted now.
    pub(crate) fn split_made(&mut self, bytes: usize) -> Self {
        self.add(bytes.saturating_sub(self.common));
        self.split(bytes)
    }

    /// Splits off at most this many bytes.
    pub(crate) fn split(&mut self, bytes: usize) -> Self {
        let common = bytes.min(self.common);
        let reserve = (bytes - common).min(self.reserve);
        self.common -= common;
        self.reserve -= reserve;
        Self { budget: self.budget.clone(), holder: self.holder.clone(), age: self.age, common, reserve }
    }

    /// Returns the number of bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.common + self.reserve
    }

    /// Returns whether it holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Attaches the lease to its bytes. It is released when the last reference to them is dropped.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(HeldBytes { bytes, _lease: self })
    }

    fn absorb(&mut self, mut granted: Self) {
        self.common += std::mem::take(&mut granted.common);
        self.reserve += std::mem::take(&mut granted.reserve);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_empty() {
            self.keep(0);
        }
    }
}

/// A place in the queue, left on drop.
struct WaitingPlace<'a> {
    budget: &'a Arc<MemoryBudget>,
    age: u64,
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        // Waiters after it may now fit.
        let mut waiter = None;
        self.budget.change(|state| waiter = state.waiting.remove(&self.age));
    }
}

/// Bytes with the lease for them.
struct HeldBytes {
    bytes: Bytes,
    _lease: Lease,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.bytes));
    }
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
