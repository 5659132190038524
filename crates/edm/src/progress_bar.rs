//! The progress bar of an upload on standard error, drawn only on a terminal. Warnings are always
//! printed.

use std::io::IsTerminal;

use edm_agent::{Amounts, Event, Progress};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Draws a bar of the bytes read, with records, throughput and the remaining time.
pub(crate) struct UploadBar {
    bar: ProgressBar,
}

impl UploadBar {
    pub(crate) fn new() -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Self { bar: ProgressBar::with_draw_target(None, target) }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn warn(&self, text: &str) {
        self.bar.suspend(|| eprintln!("edm: {text}"));
    }

    fn style(has_total: bool) -> ProgressStyle {
        let template = match has_total {
            true => "{bar:24} {percent:>3}%  {msg}  {rate}  {eta} left",
            false => "{spinner}  {msg}  {rate}",
        };
        let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            // A bar that cannot be written is no reason to stop an upload.
            let _ = write!(text, "{}/s", HumanBytes(state.per_sec() as u64));
        };
        // The templates are constants of this file. If one were invalid, the plain bar would be
        // used.
        ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("rate", rate)
    }
}

impl Progress for UploadBar {
    fn event(&self, event: &Event) {
        match event {
            Event::SeparatorSniffed { separator } => {
                self.warn(&format!(
                    "the separator is {separator}, as the first lines show; --separator has precedence"
                ));
            }
            Event::ResumeRefused { session_id, reason } => {
                self.warn(&format!("session {session_id} cannot go on ({reason}); a new one is made"));
            }
            Event::SessionResumed { session_id, blocks_present } => {
                self.warn(&format!(
                    "session {session_id} goes on; the server has {blocks_present} of its blocks"
                ));
            }
            Event::Retrying { what, reason } => {
                self.warn(&format!("{what} failed and is sent again: {reason}"))
            }
            Event::Renewed => self.warn("the upload address had expired and was renewed"),
            Event::Processing { jobs, remaining } => {
                self.bar.set_message(format!("indexing, {remaining} of {jobs} jobs left"));
            }
            _ => {}
        }
    }

    fn read(&self, amounts: Amounts) {
        if self.bar.length() != amounts.bytes_total || self.bar.position() == 0 {
            self.bar.set_style(Self::style(amounts.bytes_total.is_some()));
            if let Some(total) = amounts.bytes_total {
                self.bar.set_length(total);
            }
        }
        self.bar.set_position(amounts.bytes);
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        let each_second = HumanCount((amounts.records as f64 / seconds) as u64);
        self.bar.set_message(format!("{} rows  {each_second} rows/s", HumanCount(amounts.records)));
    }
}
