//! The format options of a table.

use clap::Args;
use edm_agent::{Separator, TableFormat};
use edm_extract::TextEncoding;

/// The format of a table, for what cannot be detected.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormatArguments {
    /// Separator: a character, or tab, comma, pipe, semicolon [default: from the file's sep= line,
    /// else the one that gives the first records the most cells]
    #[arg(long, value_name = "CHAR")]
    separator: Option<Separator>,
    /// Encoding by its web label, such as windows-1252 [default: UTF-8 or UTF-16]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<TextEncoding>,
}

impl FormatArguments {
    /// Returns the given format.
    pub(crate) fn format(&self) -> TableFormat {
        TableFormat { separator: self.separator, encoding: self.encoding }
    }
}
