//! The command line: its global options. The commands are in `command/`.

use clap::Parser;

use crate::build_version;
use crate::command::Command;
use crate::ending::with_statuses;
use crate::output::OutputFormat;

/// Finds the exact records of a table in any text
#[derive(Debug, Parser)]
#[command(name = "edm", version, long_version = build_version::long(), after_help = with_statuses(EXAMPLES), max_term_width = 100)]
pub(crate) struct Cli {
    /// Table for people, JSON for programs [default: table on a terminal, json elsewhere]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<OutputFormat>,
    /// Allow core dumps, which write the program's memory, with texts and keys, to a file after a
    /// crash
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_core_dumps: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  edm demo                                         the whole workflow in a minute
  edm serve --data-dir data                        run the service
  edm profile --file people.csv                    what each of its columns can be used for
  edm upload --store patients --file people.csv --create --wait
                                                   make the data store of the profile and fill it
  echo 'Ms Langer gave 900-12-3456' | edm classify - --explain";
