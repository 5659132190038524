//! Permits to match: a semaphore with a bounded queue. It bounds how many texts are matched at once
//! and how many wait.
//!
//! Principals take turns, not texts (deficit round robin): in each round a principal may have
//! [`TURN_BYTES`] matched. The texts of a principal with many long texts so wait for each other. A
//! free permit is given at once.
//!
//! A text that has begun runs to its end, so one principal could hold every permit when another one
//! comes. There is therefore one extra permit, only for a principal of which no text is being
//! matched.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use edm_engine::Scratch;
use edm_model::PrincipalId;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};

pub(crate) const BUSY_RETRY_SECONDS: u32 = 1;
/// Bytes that a principal may have matched in each round.
const TURN_BYTES: usize = 64 * 1024;
/// The least cost of a text: a short one takes a thread's time as well.
const TEXT_BYTES_MIN: usize = 1024;
/// Texts of one principal that may wait at least, however short the queue is.
const WAITING_MIN: usize = 8;

/// How many texts are matched at once, how many may wait, and whose turn it is.
pub(crate) struct MatchQueue {
    state: Mutex<State>,
    concurrency: usize,
    queue_length: usize,
    /// Texts of one principal that may wait.
    part_length: usize,
    pub(crate) scratches: Scratches,
}

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    /// The principals with a text that is matched or waits.
    principals: HashMap<PrincipalId, Part>,
    /// The principals with a text that waits, the next one first.
    turns: VecDeque<PrincipalId>,
    next_ticket: u64,
}

/// The texts of one principal.
#[derive(Default)]
struct Part {
    running: usize,
    waiting: VecDeque<Waiter>,
    /// Bytes that it may still have matched in this round.
    left: usize,
}

struct Waiter {
    ticket: u64,
    cost: usize,
    admitted: oneshot::Sender<Permit>,
}

/// Whether a request for a permit may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A request that has done nothing yet: refused when too many wait.
    New,
    /// One that has been answered in part: it waits.
    InProgress,
}

impl MatchQueue {
    pub(crate) fn new(concurrency: usize, queue_length: usize) -> Self {
        Self {
            state: Mutex::default(),
            concurrency: concurrency.max(1),
            queue_length,
            part_length: (queue_length / 4).max(WAITING_MIN),
            scratches: Scratches::default(),
        }
    }

    /// Returns how many are matched and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.waiting)
    }

    /// Waits for a permit to match this many bytes. A new request fails with `Busy` when too many
    /// texts wait, of all principals or of this one.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        principal: &PrincipalId,
        bytes: usize,
        admission: Admission,
    ) -> Result<Permit, Error> {
        let (ticket, coming) = {
            let mut state = self.lock();
            if state.waiting == 0 && state.has_permit(principal, self.concurrency) {
                state.begin(principal);
                return Ok(Permit { queue: self.clone(), principal: principal.clone(), held: true });
            }
            let waiting = state.principals.get(principal).map_or(0, |part| part.waiting.len());
            let full = state.waiting >= self.queue_length || waiting >= self.part_length;
            if admission == Admission::New && full {
                return Err(Error::of(ErrorKind::Busy { retry_after_seconds: BUSY_RETRY_SECONDS }));
            }
            state.wait(principal, bytes.max(TEXT_BYTES_MIN))
        };
        // Dropped after `coming`, so that a permit that is granted at that moment is released.
        let place = WaitingPlace { queue: self, principal, ticket };
        self.let_in();
        let permit = coming.await.map_err(|source| Error::of(ErrorKind::Internal).because(source));
        drop(place);
        permit
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free permits to the principals whose turn it is.
    fn let_in(self: &Arc<Self>) {
        loop {
            let next = self.lock().next(self.concurrency);
            let Some((principal, admitted)) = next else { return };
            // If the receiver is gone, the permit comes back here and is released.
            drop(admitted.send(Permit { queue: self.clone(), principal, held: true }));
        }
    }
}

impl State {
    /// Returns whether a text of the principal may begin now: with a free permit, or with the extra
    /// one if it has none.
    fn has_permit(&self, principal: &PrincipalId, concurrency: usize) -> bool {
        let running = self.principals.get(principal).map_or(0, |part| part.running);
        self.running < concurrency || (self.running == concurrency && running == 0)
    }

    fn begin(&mut self, principal: &PrincipalId) {
        self.running += 1;
        match self.principals.get_mut(principal) {
            Some(part) => part.running += 1,
            None => {
                self.principals.insert(principal.clone(), Part { running: 1, ..Part::default() });
            }
        }
    }

    fn end(&mut self, principal: &PrincipalId) {
        self.running -= 1;
        if let Some(part) = self.principals.get_mut(principal) {
            part.running -= 1;
        }
        self.forget(principal);
    }

    fn wait(&mut self, principal: &PrincipalId, cost: usize) -> (u64, oneshot::Receiver<Permit>) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting += 1;
        let (admitted, coming) = oneshot::channel();
        let part = self.principals.entry(principal.clone()).or_default();
        if part.waiting.is_empty() {
            part.left = 0;
            self.turns.push_back(principal.clone());
        }
        part.waiting.push_back(Waiter { ticket, cost, admitted });
        (ticket, coming)
    }

    /// Takes the text whose turn it is out of the queue, if there is a permit for it.
    fn next(&mut self, concurrency: usize) -> Option<(PrincipalId, oneshot::Sender<Permit>)> {
        // A principal that may not begin is passed over, and keeps its turn.
        let mut passed_over = 0;
        while passed_over < self.turns.len() {
            let principal = self.turns.get(passed_over)?.clone();
            if !self.has_permit(&principal, concurrency) {
                passed_over += 1;
                continue;
            }
            let part = self.principals.get_mut(&principal)?;
            let cost = part.waiting.front().map_or(0, |waiter| waiter.cost);
            if cost > part.left {
                part.left += TURN_BYTES;
                // To the end: all others come first.
                self.turns.remove(passed_over);
                self.turns.push_back(principal);
                continue;
            }
            let waiter = part.waiting.pop_front()?;
            part.left -= cost;
            if part.waiting.is_empty() {
                self.turns.remove(passed_over);
            }
            self.waiting -= 1;
            self.begin(&principal);
            return Some((principal, waiter.admitted));
        }
        None
    }

    /// Removes a text that no longer waits.
    fn leave(&mut self, principal: &PrincipalId, ticket: u64) {
        let Some(part) = self.principals.get_mut(principal) else { return };
        let before = part.waiting.len();
        part.waiting.retain(|waiter| waiter.ticket != ticket);
        self.waiting -= before - part.waiting.len();
        if before > 0 && part.waiting.is_empty() {
            self.turns.retain(|waiting| waiting != principal);
        }
        self.forget(principal);
    }

    /// Forgets a principal without a running or waiting text.
    fn forget(&mut self, principal: &PrincipalId) {
        if self.principals.get(principal).is_some_and(|part| part.running == 0 && part.waiting.is_empty()) {
            self.principals.remove(principal);
        }
    }
}

/// A place in the queue, given up when it is dropped.
struct WaitingPlace<'a> {
    queue: &'a Arc<MatchQueue>,
    principal: &'a PrincipalId,
    ticket: u64,
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.queue.lock().leave(self.principal, self.ticket);
    }
}

/// The permit to match, which can be released for a while.
pub(crate) struct Permit {
    queue: Arc<MatchQueue>,
    principal: PrincipalId,
    held: bool,
}

impl Permit {
    /// Releases the permit.
    pub(crate) fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            self.queue.lock().end(&self.principal);
            self.queue.let_in();
        }
    }

    /// Waits for a permit to match this many bytes more. Releases the one that it may hold first,
    /// so that others have their turn.
    pub(crate) async fn reacquire(&mut self, bytes: usize) -> Result<(), Error> {
        self.release();
        let mut again = self.queue.enter(&self.principal, bytes, Admission::InProgress).await?;
        self.held = std::mem::take(&mut again.held);
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.release();
    }
}

/// Scratch of texts that are done, for later ones: never more than were matched at once.
#[derive(Default)]
pub(crate) struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    pub(crate) fn take(&self) -> Scratch {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn give_back(&self, scratch: Scratch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

#[cfg(test)]
mod tests;
