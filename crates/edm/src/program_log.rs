//! The log of `edm serve`: its format, filter and destination. It goes to standard error.

use anyhow::{Context, bail};
use edm_log::{FilterHandle, FlushOnDrop, LineFormat, RunningLog, Targets};

use crate::config::LogFormat;

/// The default filter.
pub(crate) const FILTER_DEFAULT: &str = "info";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The running log. Dropping it flushes the buffer.
pub(crate) struct ProgramLog {
    pub(crate) filter: LogFilter,
    pub(crate) flush_on_drop: FlushOnDrop,
}

/// Changes the filter of a running log.
pub(crate) struct LogFilter {
    /// Whether the filter comes from the environment, which overrides the file.
    from_environment: bool,
    handle: FilterHandle,
}

impl ProgramLog {
    /// Starts the log of the process. `of_environment` is the filter from the environment.
    ///
    /// # Errors
    /// A filter is invalid, or the system cannot start a thread.
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
        let format = match format {
            LogFormat::Text => LineFormat::Text,
            LogFormat::Json => LineFormat::Json,
        };
        let RunningLog { filter: handle, flush_on_drop } =
            edm_log::start(format, filter).context("cannot write a log")?;
        Ok(Self { filter: LogFilter { from_environment, handle }, flush_on_drop })
    }
}

impl LogFilter {
    /// Applies the filter of the configuration file, unless the environment had one at the start.
    ///
    /// # Errors
    /// The filter is invalid; then nothing changes.
    pub(crate) fn adopt(&self, configured: Option<&str>) -> anyhow::Result<()> {
        let filter = filter_of(configured)?;
        if self.from_environment {
            return Ok(());
        }
        self.handle.replace(filter).context("the log takes no other filter any more")
    }
}

/// Parses a filter.
///
/// # Errors
/// The text is not a filter.
pub(crate) fn filter_of(configured: Option<&str>) -> anyhow::Result<Targets> {
    parsed("log.filter", configured.unwrap_or(FILTER_DEFAULT))
}

/// Parses a filter; `place` names its source in errors. The library takes a single word that is not
/// a level as a module name, and then logs nothing else. A typo would silence the whole log.
fn parsed(place: &str, text: &str) -> anyhow::Result<Targets> {
    let context = || {
        format!(
            "{place} is “{}”: give a level ({}), or levels by room such as warn,edm_service=debug",
            text.escape_debug(),
            LEVELS.join(", ")
        )
    };
    if !text.split(',').all(is_directive) {
        bail!(context());
    }
    text.parse::<Targets>().with_context(context)
}

/// Returns whether a text is a level, or a module with a level.
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
