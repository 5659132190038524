//! The command line: the list of commands. Their implementations are in `command/`.

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
  edm store create --name patients --column ssn:searchable:ignore=- --column lastName --column dob
  edm upload --store patients --file people.csv --wait
  echo 'Ms Langer gave 900-12-3456' | edm classify - --explain";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole workflow: a table, its upload, texts, findings, and what a stolen index
    /// reveals
    #[cfg(all(feature = "agent", feature = "server"))]
    Demo(crate::demo::DemoArguments),
    /// Runs the service
    #[cfg(feature = "server")]
    Serve(command::serve::ServeArguments),
    /// Creates, changes, lists, shows, deletes and rolls back data stores
    #[cfg(feature = "agent")]
    Store(command::store::StoreArguments),
    /// Checks and hashes a table and uploads the hashes; resumes an interrupted upload
    #[cfg(feature = "agent")]
    Upload(Box<command::upload::UploadArguments>),
    /// Shows what the columns of a table can be used for; sends nothing
    #[cfg(feature = "agent")]
    Profile(command::profile::ProfileArguments),
    /// Lists, shows, creates, imports and deletes sensitive types
    #[cfg(feature = "agent")]
    Type(command::sensitive_type::TypeArguments),
    /// Looks up which rows contain a value of a searchable column
    #[cfg(feature = "agent")]
    Lookup(command::lookup::LookupArguments),
    /// Finds records in texts, or redacts them
    #[cfg(feature = "agent")]
    Classify(command::classify::ClassifyArguments),
    /// Compares a data directory's catalog, files and checksums; reports damage and what to do
    #[cfg(feature = "server")]
    Verify(command::verify::VerifyArguments),
    /// Checks a set-up, from a client or on the server's machine; changes nothing
    Doctor(Box<command::doctor::DoctorArguments>),
    /// Creates, lists and revokes bearer tokens of a data directory
    #[cfg(feature = "server")]
    Token(command::token::TokenArguments),
    /// Prints a completion script for a shell
    Completions(command::completions::CompletionsArguments),
    /// Writes manual pages, one for each command
    Man(command::man::ManArguments),
}
