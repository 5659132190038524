//! How and what is logged.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How and what is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSection {
    /// How a line is written.
    pub(crate) format: Option<LogFormat>,
    /// What is logged, as `EDM_LOG` says it.
    pub(crate) filter: Option<String>,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}
