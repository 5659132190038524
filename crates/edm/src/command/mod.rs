//! One module per command: its options and the calls that it makes.

#[cfg(feature = "agent")]
pub(crate) mod classify;
pub(crate) mod completions;
pub(crate) mod doctor;
#[cfg(feature = "agent")]
pub(crate) mod lookup;
pub(crate) mod man;
#[cfg(feature = "agent")]
pub(crate) mod profile;
#[cfg(feature = "agent")]
pub(crate) mod sensitive_type;
#[cfg(feature = "server")]
pub(crate) mod serve;
#[cfg(feature = "agent")]
pub(crate) mod store;
#[cfg(feature = "server")]
pub(crate) mod token;
#[cfg(feature = "agent")]
pub(crate) mod type_import;
#[cfg(feature = "agent")]
pub(crate) mod upload;
#[cfg(feature = "server")]
pub(crate) mod verify;

use clap::Subcommand;

use crate::ending::{Ending, UsageError};
use crate::output::Output;

/// The commands of `edm`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole workflow: a table, its upload, texts, findings, and what a stolen index
    /// reveals
    #[cfg(all(feature = "agent", feature = "server"))]
    Demo(crate::demo::DemoArguments),
    /// Runs the service
    #[cfg(feature = "server")]
    Serve(serve::ServeArguments),
    /// Creates, changes, lists, shows, deletes and rolls back data stores
    #[cfg(feature = "agent")]
    Store(store::StoreArguments),
    /// Checks and hashes a table and uploads the hashes; resumes an interrupted upload
    #[cfg(feature = "agent")]
    Upload(Box<upload::UploadArguments>),
    /// Shows what the columns of a table can be used for; sends nothing
    #[cfg(feature = "agent")]
    Profile(profile::ProfileArguments),
    /// Lists, shows, creates, imports and deletes sensitive types
    #[cfg(feature = "agent")]
    Type(sensitive_type::TypeArguments),
    /// Looks up which rows contain a value of a searchable column
    #[cfg(feature = "agent")]
    Lookup(lookup::LookupArguments),
    /// Finds records in texts, or redacts them
    #[cfg(feature = "agent")]
    Classify(classify::ClassifyArguments),
    /// Compares a data directory's catalog, files and checksums; reports damage and what to do
    #[cfg(feature = "server")]
    Verify(verify::VerifyArguments),
    /// Checks a set-up, from a client or on the server's machine; changes nothing
    Doctor(Box<doctor::DoctorArguments>),
    /// Creates, lists and revokes bearer tokens of a data directory
    #[cfg(feature = "server")]
    Token(token::TokenArguments),
    /// Prints a completion script for a shell
    Completions(completions::CompletionsArguments),
    /// Writes manual pages, one for each command
    Man(man::ManArguments),
}

/// Runs the command. `describe` returns the whole command line, which two commands print.
pub(crate) async fn run(
    command: Command,
    output: Output,
    describe: fn() -> clap::Command,
) -> anyhow::Result<Ending> {
    if output.is_by_finding() && !finds(&command) {
        return Err(UsageError("--output ndjson is for `edm classify`: say json").into());
    }
    match command {
        #[cfg(all(feature = "agent", feature = "server"))]
        Command::Demo(arguments) => crate::demo::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(&arguments).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Store(arguments) => store::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Upload(arguments) => upload::run(*arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Profile(arguments) => profile::run(arguments, output).await,
        #[cfg(feature = "agent")]
        Command::Type(arguments) => sensitive_type::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Lookup(arguments) => lookup::run(arguments, output).await,
        #[cfg(feature = "agent")]
        Command::Classify(arguments) => classify::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Verify(arguments) => verify::run(&arguments, output).await,
        Command::Doctor(arguments) => doctor::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Token(arguments) => token::run(arguments, output).await.map(|()| Ending::Fine),
        Command::Completions(arguments) => {
            completions::run(&arguments, describe(), output).map(|()| Ending::Fine)
        }
        Command::Man(arguments) => man::run(&arguments, describe(), output).map(|()| Ending::Fine),
    }
}

/// Returns whether the command prints findings, which can be written one per line.
#[cfg(feature = "agent")]
fn finds(command: &Command) -> bool {
    matches!(command, Command::Classify(_))
}

/// The server-only build has no such command.
#[cfg(not(feature = "agent"))]
fn finds(_: &Command) -> bool {
    false
}
