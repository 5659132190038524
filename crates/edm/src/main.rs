//! `edm`, the one binary that people run. It wires the other crates together and decides nothing itself.

mod cli;
#[cfg(feature = "agent")]
mod column_argument;
mod command;
#[cfg(feature = "agent")]
mod connection;
#[cfg(feature = "server")]
mod data_directory;
#[cfg(all(feature = "agent", feature = "server"))]
mod demo;
mod output;
#[cfg(feature = "agent")]
mod progress_bar;
#[cfg(feature = "server")]
mod running_server;
#[cfg(feature = "agent")]
mod schema_file;
mod surroundings;
#[cfg(feature = "agent")]
mod text_input;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::command::Ending;
use crate::output::{Output, is_broken_pipe};

/// Usage is status 2, which clap ends with by itself.
const FAILED: u8 = 1;
#[cfg(feature = "agent")]
const FINDINGS: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.output);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("edm: cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(command::run(cli.command, output)) {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        #[cfg(all(feature = "agent", feature = "server"))]
        Ok(Ending::Failed) => ExitCode::from(FAILED),
        #[cfg(feature = "agent")]
        Ok(Ending::Findings) => ExitCode::from(FINDINGS),
        // Whoever read the output has enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("edm: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}
