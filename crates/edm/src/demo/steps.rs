//! Prints one line per step, with its time.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::Style;
use edm_agent::{Amounts, Event, Progress};

use crate::output::{Output, grouped};

/// Prints steps. As a progress receiver it measures the time between the agent's events.
pub(crate) struct Steps {
    output: Output,
    before: Mutex<Instant>,
    live_after: Mutex<Duration>,
}

impl Steps {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, before: Mutex::new(Instant::now()), live_after: Mutex::new(Duration::ZERO) }
    }

    pub(crate) fn title(&self, text: &str) -> io::Result<()> {
        self.output.line(&format!("\n{}", self.output.style(Style::new().bold(), text)))
    }

    pub(crate) fn step(&self, what: &str, took: Duration, detail: &str) -> io::Result<()> {
        self.output.line(&format!("  {what:<24} {:>9}   {detail}", seconds(took)))
    }

    /// Starts the time measurement of the next event.
    pub(crate) fn start_clock(&self) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Returns the time from commit to live of the last upload.
    pub(crate) fn live_after(&self) -> Duration {
        *self.live_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lap(&self) -> Duration {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let lap = before.elapsed();
        *before = Instant::now();
        lap
    }
}

impl Progress for Steps {
    fn event(&self, event: &Event) {
        let (what, detail) = match event {
            Event::SessionCreated { rows_per_block, .. } => {
                ("open the session", format!("{} rows a block", grouped(u64::from(*rows_per_block))))
            }
            Event::BlocksUploaded { blocks, sent_bytes, .. } => (
                "hash and put blocks",
                format!("{blocks} blocks, {:.1} MB of hashes, not one value", *sent_bytes as f64 / 1e6),
            ),
            Event::BlockListPut => ("put the block list", String::new()),
            Event::Committed => ("commit", String::new()),
            Event::Live => ("live", "indexed, verified, swapped in".to_owned()),
            Event::Retrying { what, reason } => {
                eprintln!("edm: {what} is sent again: {reason}");
                return;
            }
            _ => return,
        };
        let lap = self.lap();
        if *event == Event::Live {
            *self.live_after.lock().unwrap_or_else(PoisonError::into_inner) = lap;
        }
        // If the output was closed, the next line that can fail reports it.
        let _ = self.step(what, lap, &detail);
    }

    fn read(&self, _: Amounts) {}
}

/// Formats a duration for people.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration {
        short if short < Duration::from_secs(1) => format!("{:.1} ms", short.as_secs_f64() * 1e3),
        long => format!("{:.2} s", long.as_secs_f64()),
    }
}
