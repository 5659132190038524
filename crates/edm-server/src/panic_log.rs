//! What a panic leaves in the log.

use std::panic::{PanicHookInfo, set_hook};

/// Makes every panic of this process one log line with its place, and without its text: a text may
/// quote what was being scanned. For `main`, before the first request; the fence around requests
/// answers the client.
pub fn log_panics_without_text() {
    set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(
            panic.place = place,
            "a thread panicked: report the place as a fault of this program"
        );
    }));
}
