//! `edm doctor`: checks a set-up and prints about ten lines. It only reads, and changes nothing.

#[cfg(feature = "server")]
mod catalog;
#[cfg(feature = "server")]
mod directory;
#[cfg(feature = "agent")]
mod server;
#[cfg(feature = "server")]
mod settings;

use clap::Args;
use console::{Style, measure_text_width};
use serde_json::{Value, json};

#[cfg(feature = "agent")]
use crate::connection::Connection;
#[cfg(feature = "server")]
use crate::master_key::KeyArguments;

#[cfg(feature = "server")]
use crate::ending::UsageError;
use crate::ending::{Ending, with_two_statuses};
use crate::output::{Format, Output};

#[derive(Debug, Args)]
#[command(after_help = with_two_statuses("\
Examples:
  edm doctor                                       from a client: the server of EDM_SERVER and the token
  edm doctor --data-dir data --config edm.toml     on the server: directory, key, settings
  edm doctor --output json | jq '.checks[] | select(.state == \"fail\")'

With --data-dir, --config or --tls-cert, a server is only checked if --server, a token or their
environment variables name it. Each line is ok, warn or FAIL, with what to do. Warnings end with
status 0, failures with 1. It waits five seconds for each response, only reads, and changes
nothing: a catalog is checked in a copy in the temporary folder."))]
pub(crate) struct DoctorArguments {
    /// Data directory of the server
    #[cfg(feature = "server")]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,
    /// TOML configuration file of the server
    #[cfg(feature = "server")]
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    #[cfg(feature = "server")]
    #[command(flatten)]
    key: KeyArguments,
    /// PEM certificate chain of the server; overrides that of the file
    #[cfg(feature = "server")]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<std::path::PathBuf>,
    /// Its PEM private key
    #[cfg(feature = "server")]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<std::path::PathBuf>,
    #[cfg(feature = "agent")]
    #[command(flatten)]
    connection: Connection,
}

/// Whether a server uses a directory.
#[cfg(feature = "server")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Running,
    Free,
    /// Unknown.
    Unknown,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fine,
    Warning,
    Failed,
}

/// One check.
#[derive(Debug)]
struct Check {
    name: &'static str,
    state: State,
    /// What was found.
    found: String,
    /// What to do, if anything.
    advice: Option<String>,
}

impl Check {
    fn fine(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Fine, found: found.into(), advice: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    fn failed(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Failed, found: found.into(), advice: Some(advice.into()) }
    }
}

impl State {
    /// Returns the word for people. A failure is in capitals, so that it is easy to see.
    fn word(self) -> &'static str {
        match self {
            State::Fine => "ok",
            State::Warning => "warn",
            State::Failed => "FAIL",
        }
    }

    fn style(self) -> Style {
        match self {
            State::Fine => Style::new().green(),
            State::Warning => Style::new().yellow(),
            State::Failed => Style::new().red().bold(),
        }
    }
}

pub(crate) async fn run(arguments: &DoctorArguments, output: Output) -> anyhow::Result<Ending> {
    // A signal must only end the wait and not the process, so that the copy of the catalog is
    // removed.
    #[cfg(feature = "server")]
    let checks = {
        let mut hangups = crate::hangup::Hangups::taken()?;
        tokio::select! {
            checks = looked_at(arguments) => checks?,
            () = crate::server_lifecycle::interrupted() => anyhow::bail!("ended by a signal"),
            () = hangups.next() => anyhow::bail!("ended by a signal"),
        }
    };
    #[cfg(not(feature = "server"))]
    let checks = looked_at(arguments).await?;
    print(&checks, output)?;
    let failed = checks.iter().any(|check| check.state == State::Failed);
    Ok(if failed { Ending::Failed } else { Ending::Fine })
}

async fn looked_at(arguments: &DoctorArguments) -> anyhow::Result<Vec<Check>> {
    let mut checks = Vec::new();
    #[cfg(feature = "server")]
    if arguments.data_dir.is_none() && arguments.key.is_said() {
        return Err(
            UsageError("--master-key-file is for --data-dir: say the folder of the data as well").into()
        );
    }
    #[cfg(feature = "server")]
    {
        let said = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
        let said = said.map(|(certificate, key)| edm_server::TlsFiles { certificate, key });
        checks.extend(settings::checks(arguments.config.as_deref(), said));
        if let Some(data_dir) = &arguments.data_dir {
            checks.extend(directory::checks(data_dir, &arguments.key).await);
        }
    }
    #[cfg(feature = "agent")]
    if !is_of_the_machine(arguments) || arguments.connection.is_said() {
        checks.extend(server::checks(&arguments.connection).await);
    }
    Ok(checks)
}

/// Returns whether the server's machine is checked.
#[cfg(all(feature = "agent", feature = "server"))]
fn is_of_the_machine(arguments: &DoctorArguments) -> bool {
    arguments.data_dir.is_some() || arguments.config.is_some() || arguments.tls_cert.is_some()
}

/// An agent-only build only checks from a client.
#[cfg(all(feature = "agent", not(feature = "server")))]
fn is_of_the_machine(_: &DoctorArguments) -> bool {
    false
}

fn print(checks: &[Check], output: Output) -> anyhow::Result<()> {
    let failed = checks.iter().filter(|check| check.state == State::Failed).count();
    let warnings = checks.iter().filter(|check| check.state == State::Warning).count();
    if output.format() == Format::Json {
        let checks: Vec<Value> = checks.iter().map(check_json).collect();
        return Ok(output.json(&json!({ "checks": checks, "failed": failed, "warnings": warnings }))?);
    }
    let width = checks.iter().map(|check| measure_text_width(check.name)).max().unwrap_or(0);
    for check in checks {
        let word = output.style(check.state.style(), &format!("{:<4}", check.state.word()));
        output.line(&format!("{word}  {:<width$}  {}", check.name, check.found))?;
        if let Some(advice) = &check.advice {
            output.line(&format!("      {:width$}  → {advice}", ""))?;
        }
    }
    Ok(output.line(&format!("{} checks: {failed} failed, {warnings} warnings", checks.len()))?)
}

fn check_json(check: &Check) -> Value {
    json!({
        "check": check.name,
        "state": check.state.word().to_lowercase(),
        "found": check.found,
        "advice": check.advice,
    })
}
