//! Leave to match: how many texts are matched at once, and how many may wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use edm_engine::Scratch;
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind};

pub(crate) const BUSY_RETRY_SECONDS: u32 = 1;

/// How many texts are matched at once, and how many may wait.
pub(crate) struct MatchQueue {
    permits: Semaphore,
    concurrency: usize,
    queue_length: usize,
    admitted: AtomicUsize,
    pub(crate) scratches: Scratches,
}

/// Whether whoever asks for leave to match may be turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A request of which nothing is done yet: refused where too many wait.
    New,
    /// One that has been answered in part: it waits.
    Begun,
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    /// Returns a place, and how many were taken before.
    fn take(admitted: &'a AtomicUsize) -> (Self, usize) {
        let before = admitted.fetch_add(1, Ordering::AcqRel);
        (Self(admitted), before)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl MatchQueue {
    pub(crate) fn new(concurrency: usize, queue_length: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            permits: Semaphore::new(concurrency),
            concurrency,
            queue_length,
            admitted: AtomicUsize::new(0),
            scratches: Scratches::default(),
        }
    }

    /// Returns how many are matched and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let running = self.concurrency - self.permits.available_permits().min(self.concurrency);
        (running, self.admitted.load(Ordering::Acquire).saturating_sub(running))
    }

    /// Waits for leave. Fails where whoever asks may be turned away, and too many wait.
    pub(crate) async fn enter(self: &Arc<Self>, admission: Admission) -> Result<Leave, Error> {
        let (place, before) = Place::take(&self.admitted);
        if admission == Admission::New && before >= self.concurrency + self.queue_length {
            return Err(Error::of(ErrorKind::Busy { retry_after_seconds: BUSY_RETRY_SECONDS }));
        }
        self.wait(place).await?;
        Ok(Leave { queue: self.clone(), held: true })
    }

    /// Waits until it is the turn of a place; whoever has waited gives both back with [`MatchQueue::give_back`].
    async fn wait(&self, place: Place<'_>) -> Result<(), Error> {
        let permit = self.permits.acquire().await;
        permit.map_err(|source| Error::of(ErrorKind::Internal).because(source))?.forget();
        std::mem::forget(place);
        Ok(())
    }

    fn give_back(&self) {
        // The place first: whoever is let in by the permit must not find the queue fuller than it is.
        self.admitted.fetch_sub(1, Ordering::AcqRel);
        self.permits.add_permits(1);
    }
}

/// Leave to match, which can be given back for a while.
pub(crate) struct Leave {
    queue: Arc<MatchQueue>,
    held: bool,
}

impl Leave {
    /// Lets others go on.
    pub(crate) fn give_back(&mut self) {
        if std::mem::take(&mut self.held) {
            self.queue.give_back();
        }
    }

    /// Waits until it is this one's turn; does nothing while leave is held.
    pub(crate) async fn take_again(&mut self) -> Result<(), Error> {
        if !self.held {
            self.queue.wait(Place::take(&self.queue.admitted).0).await?;
            self.held = true;
        }
        Ok(())
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Scratch of texts that are done, for those to come: never more than were matched at once.
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
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_before_any_work_and_frees_its_places() {
        let queue = Arc::new(MatchQueue::new(1, 1));
        let first = queue.enter(Admission::New).await.expect("the first runs");
        let waiting = queue.enter(Admission::New);
        tokio::pin!(waiting);
        assert!(futures::poll!(waiting.as_mut()).is_pending(), "the second waits");
        assert_eq!(queue.load(), (1, 1));
        let refused = queue.enter(Admission::New).await.err().expect("the third is refused");
        let begun = queue.enter(Admission::Begun);
        tokio::pin!(begun);
        assert!(futures::poll!(begun.as_mut()).is_pending(), "who has begun waits");
        assert_eq!(refused.kind(), &ErrorKind::Busy { retry_after_seconds: 1 });
        drop(first);
        let second = waiting.await.expect("the second runs");
        assert_eq!(queue.load(), (1, 1));
        drop(second);
        drop(begun.await.expect("who has begun runs"));
        assert_eq!(queue.load(), (0, 0));
    }
}
