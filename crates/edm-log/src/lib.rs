//! The log of a server on standard error.
//!
//! Every request writes a line, and the code that formats it is generic: it is compiled where the
//! log is started. It is a crate of its own so that the program's crate, which no request passes
//! through, may be compiled without optimisation.

mod buffered_log;

use std::io::{self, IsTerminal};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;

pub use buffered_log::FlushOnDrop;
pub use tracing_subscriber::filter::Targets;
pub use tracing_subscriber::reload::Error as ReplaceError;

use buffered_log::buffered_log;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// For people; in colours on a terminal.
    Text,
    /// For programs: one JSON object per line.
    Json,
}

/// The running log. Dropping `flush_on_drop` flushes the buffer.
pub struct RunningLog {
    /// Changes the filter.
    pub filter: FilterHandle,
    /// Flushes the buffer when it is dropped.
    pub flush_on_drop: FlushOnDrop,
}

/// Changes the filter of a running log.
pub struct FilterHandle(Handle<Targets, Registry>);

impl FilterHandle {
    /// Replaces the filter.
    ///
    /// # Errors
    /// The log is gone.
    pub fn replace(&self, filter: Targets) -> Result<(), ReplaceError> {
        self.0.reload(filter)
    }
}

/// Starts the log of the process. It must be called once.
///
/// # Errors
/// The system cannot start a thread.
pub fn start(format: LineFormat, filter: Targets) -> io::Result<RunningLog> {
    let (log, flush_on_drop) = buffered_log(io::stderr())?;
    let colours = format == LineFormat::Text && io::stderr().is_terminal();
    let (filter, handle) = reload::Layer::new(filter);
    let log = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(log);
    let log = match format {
        LineFormat::Text => log.boxed(),
        LineFormat::Json => {
            log.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    tracing_subscriber::registry().with(filter).with(log).init();
    Ok(RunningLog { filter: FilterHandle(handle), flush_on_drop })
}
