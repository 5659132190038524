//! The log of `edm serve`: in which form it is written, what of it, and where. It goes to standard error.

use std::io::IsTerminal;

use anyhow::{Context, bail};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload::{self, Error as ReplaceError};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;
use crate::gathered_log::{WrittenAtTheEnd, gathered_log};

/// What is logged unless somebody says otherwise.
pub(crate) const FILTER_DEFAULT: &str = "info";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

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
    /// Begins the log of the process. `of_environment` is what its environment says of what is logged.
    ///
    /// # Errors
    /// A filter is none, or the system gives no thread.
    pub(crate) fn begin(
        format: LogFormat,
        configured: Option<&str>,
        of_environment: Option<&str>,
    ) -> anyhow::Result<Self> {
        let from_environment = of_environment.is_some();
        let filter = match of_environment {
            Some(text) => parsed("EDM_LOG", text)?,
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
    parsed("log.filter", configured.unwrap_or(FILTER_DEFAULT))
}

/// Reads a filter that stands in a place of this name. The library takes a lone word that is no level for a room, and logs nothing
/// else then: a slip of the pen would silence the whole log.
fn parsed(place: &str, text: &str) -> anyhow::Result<Targets> {
    let told = || {
        format!(
            "{place} is “{}”: give a level ({}), or levels by room such as warn,edm_service=debug",
            text.escape_debug(),
            LEVELS.join(", ")
        )
    };
    if !text.split(',').all(is_directive) {
        bail!(told());
    }
    text.parse::<Targets>().with_context(told)
}

/// Returns whether a text is a level, or a room with its level.
fn is_directive(text: &str) -> bool {
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
    match text.split_once('=') {
        Some((room, level)) => !room.is_empty() && room.bytes().all(is_of_a_name) && is_level(level),
        None => is_level(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `warning` once silenced the whole log.
    #[test]
    fn a_slip_of_the_pen_is_no_filter() {
        let check = |text: &str, expected: bool| {
            let read = filter_of(Some(text));
            assert_eq!(read.is_ok(), expected, "{text}");
            if let Err(error) = read {
                assert!(format!("{error:#}").contains("log.filter is “"), "{error:#}");
            }
        };
        for filter in ["info", "OFF", "warn,edm_service=debug", "edm_server::frame=trace", "edm=error,info"] {
            check(filter, true);
        }
        for other in [
            "",
            "warning",
            "infoo",
            "a b",
            "[x",
            "edm=",
            "=debug",
            "edm=loud",
            "info,",
            "edm",
            "a[b]=info",
            "info, warn",
        ] {
            check(other, false);
        }
        let refused = parsed("EDM_LOG", "warning").expect_err("it is no level");
        assert!(refused.to_string().starts_with("EDM_LOG is “warning”"), "{refused}");
    }
}
