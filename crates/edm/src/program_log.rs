//! The log of `edm serve`: in which form it is written, what of it, and where. It goes to standard error.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload::{self, Error as ReplaceError};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;
use crate::gathered_log::{WrittenAtTheEnd, gathered_log};

/// What is logged unless somebody says otherwise.
pub(crate) const FILTER_DEFAULT: &str = "info";

/// The log while it is written; what waits is written when it is dropped.
pub(crate) struct ProgramLog {
    pub(crate) filter: LogFilter,
    pub(crate) written_at_the_end: WrittenAtTheEnd,
}

/// Says what is logged from now on.
pub(crate) struct LogFilter {
    /// The environment goes before the file.
    from_environment: bool,
    replace: Replace,
}

type Replace = Box<dyn Fn(Targets) -> Result<(), ReplaceError> + Send + Sync>;

impl ProgramLog {
    /// Begins the log of the process. `of_environment` is what its environment says of what is logged; what is no filter there
    /// counts as nothing.
    ///
    /// # Errors
    /// The configured filter is none, or the system gives no thread.
    pub(crate) fn begin(
        format: LogFormat,
        configured: Option<&str>,
        of_environment: Option<&str>,
    ) -> anyhow::Result<Self> {
        let of_environment = of_environment.and_then(|text| text.parse::<Targets>().ok());
        let from_environment = of_environment.is_some();
        let filter = match of_environment {
            Some(filter) => filter,
            None => filter_of(configured)?,
        };
        let (log, written_at_the_end) = gathered_log(std::io::stderr()).context("cannot write a log")?;
        let colours = format == LogFormat::Text && std::io::stderr().is_terminal();
        let (filter, handle) = reload::Layer::new(filter);
        let log = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(log);
        let log = match format {
            LogFormat::Text => log.boxed(),
            LogFormat::Json => {
                log.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
            }
        };
        tracing_subscriber::registry().with(filter).with(log).init();
        let filter = LogFilter { from_environment, replace: Box::new(move |filter| handle.reload(filter)) };
        Ok(Self { filter, written_at_the_end })
    }
}

impl LogFilter {
    /// Logs from now on what the file of settings says, unless the environment said it at the start.
    ///
    /// # Errors
    /// The filter is none; then nothing changes.
    pub(crate) fn adopt(&self, configured: Option<&str>) -> anyhow::Result<()> {
        let filter = filter_of(configured)?;
        if self.from_environment {
            return Ok(());
        }
        (self.replace)(filter).context("the log takes no other filter any more")
    }
}

/// Reads what is to be logged.
///
/// # Errors
/// The text is no filter.
pub(crate) fn filter_of(configured: Option<&str>) -> anyhow::Result<Targets> {
    let text = configured.unwrap_or(FILTER_DEFAULT);
    text.parse::<Targets>().with_context(|| {
        format!("log.filter is “{text}”: give a level, or levels by room such as warn,edm_service=debug")
    })
}
