//! The command line: which commands there are. What each does is in `command/`.

use clap::{Parser, Subcommand};

use crate::build_version;
use crate::command;
use crate::output::OutputFormat;

/// Finds the exact records of a table in any text
#[derive(Debug, Parser)]
#[command(name = "edm", version, long_version = build_version::long(), after_help = command::with_statuses(EXAMPLES), max_term_width = 100)]
pub(crate) struct Cli {
    /// Table for people, JSON for programs [default: table on a terminal, json elsewhere]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<OutputFormat>,
    /// Let the system write memory, with texts and keys in it, to a file when the program crashes
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_core_dumps: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  edm demo                                         the whole story in a minute
  edm serve --data-dir data                        run the service
  edm profile --file people.csv                    which of its columns are fit for what
  edm store create --name patients --column ssn:searchable:ignore=- --column lastName --column dob
  edm upload --store patients --file people.csv --wait
  echo 'Ms Langer gave 900-12-3456' | edm classify - --explain";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole story: a table, its upload, texts, findings, and what a thief would get
    #[cfg(all(feature = "agent", feature = "server"))]
    Demo(crate::demo::DemoArguments),
    /// Runs the service
    #[cfg(feature = "server")]
    Serve(command::serve::ServeArguments),
    /// Creates, changes, lists, shows and deletes data stores, and brings the generation before back
    #[cfg(feature = "agent")]
    Store(command::store::StoreArguments),
    /// Checks and hashes a table and uploads the hashes; goes on where it was stopped
    #[cfg(feature = "agent")]
    Upload(Box<command::upload::UploadArguments>),
    /// Says what the columns of a table are fit for; sends nothing
    #[cfg(feature = "agent")]
    Profile(command::profile::ProfileArguments),
    /// Lists, shows, creates, imports and deletes sensitive types
    #[cfg(feature = "agent")]
    Type(command::sensitive_type::TypeArguments),
    /// Asks which rows hold a value of a searchable column
    #[cfg(feature = "agent")]
    Lookup(command::lookup::LookupArguments),
    /// Finds records in texts, or redacts them
    #[cfg(feature = "agent")]
    Classify(command::classify::ClassifyArguments),
    /// Compares a data directory's catalog, files and checksums; says what is damaged and what to do
    #[cfg(feature = "server")]
    Verify(command::verify::VerifyArguments),
    /// Says what is wrong with a set-up, as a client sees it or where the server runs; changes nothing
    Doctor(Box<command::doctor::DoctorArguments>),
    /// Creates, lists and revokes bearer tokens of a data directory
    #[cfg(feature = "server")]
    Token(command::token::TokenArguments),
    /// Prints what makes a shell complete commands and options
    Completions(command::completions::CompletionsArguments),
    /// Writes manual pages, one for each command
    Man(command::man::ManArguments),
}
