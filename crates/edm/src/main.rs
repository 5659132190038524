//! `edm`, the one binary that people run. It wires the other crates together and decides nothing itself.

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
#[cfg(feature = "server")]
mod gathered_log;
#[cfg(feature = "server")]
mod node_roles;
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
const FINE: u8 = 0;
const FAILED: u8 = 1;
#[cfg(feature = "agent")]
const FINDINGS: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.output);
    if let Err(error) = surroundings::prefer_processor() {
        eprintln!("edm: {error:#}");
        return ExitCode::from(FAILED);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("edm: cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    ExitCode::from(status(runtime.block_on(command::run(cli.command, output))))
}

/// Returns the exit status of a command, and tells why one failed.
fn status(ended: anyhow::Result<Ending>) -> u8 {
    match ended {
        Ok(Ending::Fine) => FINE,
        Ok(Ending::Failed) => FAILED,
        #[cfg(feature = "agent")]
        Ok(Ending::Findings) => FINDINGS,
        // Whoever read the output has enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => FINE,
        Err(error) => {
            eprintln!("edm: {error:#}");
            FAILED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_its_status() {
        let check = |ended: anyhow::Result<Ending>, expected: u8| assert_eq!(status(ended), expected);
        check(Ok(Ending::Fine), 0);
        check(Err(anyhow::anyhow!("a test's own error")), 1);
        check(Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()), 0);
        #[cfg(feature = "agent")]
        check(Ok(Ending::Failed), 1);
        #[cfg(feature = "agent")]
        check(Ok(Ending::Findings), 3);
    }
}
