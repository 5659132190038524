//! A limit on the plaintext that waits between the reader and the hashing threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A counting semaphore over bytes. It is also the one place that stops all threads.
pub(crate) struct Budget {
    free: Mutex<usize>,
    returned: Condvar,
    stopped: AtomicBool,
}

/// Bytes taken from a [`Budget`]. Dropping the permit returns them.
pub(crate) struct Permit {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(bytes), returned: Condvar::new(), stopped: AtomicBool::new(false) })
    }

    /// Waits until `bytes` are free, and takes them. Returns `None` once stopped.
    ///
    /// Takes at most the whole budget, because a larger request could never be met.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Permit> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < bytes {
            if self.is_stopped() {
                return None;
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        if self.is_stopped() {
            return None;
        }
        *free -= bytes;
        Some(Permit { budget: Arc::clone(self), bytes })
    }

    /// Wakes all waiting threads. No more bytes are given out.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Taking the lock ensures that no thread is between its check of the flag and its wait; it
        // would miss the wake-up.
        drop(self.free.lock().unwrap_or_else(PoisonError::into_inner));
        self.returned.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_thread_goes_on_when_bytes_return_and_gives_up_when_stopped() {
        let budget = Budget::new(10);
        let first = budget.take(8).expect("free");
        let waiting = std::thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.take(5).map(drop).is_some()
        });
        drop(first);
        assert!(waiting.join().expect("no panic"));
        let all = budget.take(10).expect("free again");
        let waiting = std::thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.take(1).is_some()
        });
        budget.stop();
        assert!(!waiting.join().expect("no panic"));
        drop(all);
        assert!(budget.take(1).is_none());
    }
}
