//! `edm`, the binary that people run. It wires the other crates together, and has no logic besides
//! that.

mod build_version;
mod cli;
#[cfg(feature = "agent")]
mod column_argument;
mod command;
#[cfg(feature = "server")]
mod config;
#[cfg(feature = "agent")]
mod connection;
#[cfg(feature = "server")]
mod data_directory;
#[cfg(all(feature = "agent", feature = "server"))]
mod demo;
mod ending;
#[cfg(feature = "agent")]
mod format_arguments;
#[cfg(feature = "server")]
mod hangup;
mod host;
#[cfg(feature = "server")]
mod master_key;
mod output;
#[cfg(feature = "server")]
mod program_log;
#[cfg(feature = "agent")]
mod progress_bar;
mod regular_file;
#[cfg(feature = "server")]
mod roles;
#[cfg(feature = "agent")]
mod row_origin;
#[cfg(feature = "agent")]
mod schema_file;
#[cfg(feature = "server")]
mod server_lifecycle;
#[cfg(feature = "agent")]
mod suggested_schema;
#[cfg(feature = "agent")]
mod text_input;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::Cli;
use crate::ending::Ending;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.output);
    // Before any secret is read: every command has at least a token, and most have cells, texts or
    // keys.
    if !cli.allow_core_dumps
        && let Err(error) = host::forbid_core_dumps()
    {
        eprintln!("edm: a crash may leave a core dump with texts and keys in it: {error}");
    }
    if let Err(error) = host::prefer_processor() {
        eprintln!("edm: {error:#}");
        return ExitCode::from(Ending::Failed.status());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("edm: cannot start: {error}");
            return ExitCode::from(Ending::Failed.status());
        }
    };
    ExitCode::from(ending(runtime.block_on(command::run(cli.command, output, Cli::command))).status())
}

/// Returns how the command ended, and prints the error if it failed.
fn ending(ended: anyhow::Result<Ending>) -> Ending {
    ended.unwrap_or_else(|error| {
        let ending = Ending::of_error(&error);
        if ending != Ending::Fine {
            eprintln!("edm: {error:#}");
        }
        ending
    })
}
