//! Configuration of the log.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Format and filter of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSection {
    /// The format of a line.
    pub(crate) format: Option<LogFormat>,
    /// The filter, in the syntax of `EDM_LOG`.
    pub(crate) filter: Option<String>,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object per line.
    Json,
}
