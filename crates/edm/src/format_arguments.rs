//! The options that say how the text of a table is written.

use clap::Args;
use edm_agent::{Separator, TableFormat};
use edm_extract::TextEncoding;

/// How a table is written, where its own bytes do not say it.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormatArguments {
    /// Character between cells, or tab, comma, pipe, semicolon [default: the file's sep= line, else the one by which its
    /// first records have the most cells]
    #[arg(long, value_name = "CHAR")]
    separator: Option<Separator>,
    /// Encoding by its label on the web, such as windows-1252 [default: UTF-8, or UTF-16]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<TextEncoding>,
}

impl FormatArguments {
    /// Returns what was said.
    pub(crate) fn format(&self) -> TableFormat {
        TableFormat { separator: self.separator, encoding: self.encoding }
    }
}
