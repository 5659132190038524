//! The options with which a command reaches a server.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use edm_agent::{ClientOptions, GraphClient};

use crate::surroundings::token_of_environment;

/// Where a server listens unless it is told otherwise.
const SERVER_DEFAULT: &str = "http://127.0.0.1:8080";

/// Where the server is and how to be let in.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// Address of the server
    #[arg(long, env = "EDM_SERVER", value_name = "URL", default_value = SERVER_DEFAULT)]
    server: String,
    /// Bearer token; prefer --token-file or the environment, which no list of processes shows
    /// [env: EDM_TOKEN]
    // Not clap's own reading of the environment, which would take it for the option beside --token-file.
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// File that holds the bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM certificate to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
    /// Let token and salt travel in clear to another machine, over plain http
    #[arg(long)]
    insecure_http: bool,
}

impl Connection {
    /// Returns whether anybody said where the server is or how to be let in.
    pub(crate) fn is_said(&self) -> bool {
        let token = self.token.is_some() || self.token_file.is_some() || token_of_environment().is_some();
        token || self.server != SERVER_DEFAULT
    }

    /// Makes a client; sends nothing yet.
    pub(crate) fn client(&self) -> anyhow::Result<GraphClient> {
        let read =
            |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let token = match (&self.token, &self.token_file) {
            (_, Some(path)) => {
                let text = String::from_utf8(read(path)?).ok();
                let text = text.with_context(|| format!("{} holds no token", path.display()))?;
                let token = text.trim().to_owned();
                if token.is_empty() {
                    bail!("{} is empty, so no token can be sent: write the token into it", path.display());
                }
                Some(token)
            }
            (Some(token), None) => Some(token.clone()),
            (None, None) => token_of_environment(),
        };
        let ca_certificate_pem = self.ca_cert.as_ref().map(read).transpose()?;
        let options = ClientOptions {
            server: self.server.clone(),
            token,
            ca_certificate_pem,
            insecure_http: self.insecure_http,
        };
        GraphClient::new(options).with_context(|| format!("cannot use {}", self.server))
    }
}
