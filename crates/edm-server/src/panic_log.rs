//! The log line of a panic.

use std::panic::{PanicHookInfo, set_hook};

/// Logs every panic of this process in one line with its location. The message is left out, because
/// it may quote scanned text. To be called by `main` before the first request. Requests have a
/// separate handler of panics, which answers the client.
pub fn log_panics_without_text() {
    set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(
            panic.place = place,
            "a thread panicked: report the place as a fault of this program"
        );
    }));
}
