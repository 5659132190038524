//! One file for each command: its options and the calls that it makes.

#[cfg(feature = "agent")]
pub(crate) mod classify;
#[cfg(feature = "agent")]
pub(crate) mod lookup;
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

use crate::cli::Command;
use crate::output::Output;

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Exit status 0.
    Fine,
    /// Exit status 1, everything said already.
    Failed,
    /// Exit status 3.
    #[cfg(feature = "agent")]
    Findings,
}

/// Runs the command.
pub(crate) async fn run(command: Command, output: Output) -> anyhow::Result<Ending> {
    match command {
        #[cfg(all(feature = "agent", feature = "server"))]
        Command::Demo(arguments) => crate::demo::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(&arguments).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Store(arguments) => store::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Upload(arguments) => upload::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Profile(arguments) => profile::run(arguments, output).await,
        #[cfg(feature = "agent")]
        Command::Type(arguments) => sensitive_type::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Lookup(arguments) => lookup::run(arguments, output).await.map(|()| Ending::Fine),
        #[cfg(feature = "agent")]
        Command::Classify(arguments) => classify::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Verify(arguments) => verify::run(&arguments, output).await,
        #[cfg(feature = "server")]
        Command::Token(arguments) => token::run(arguments, output).await.map(|()| Ending::Fine),
    }
}
