//! The options with which a command reaches a server.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use edm_agent::{ClientOptions, GraphClient};

/// Where the server is and how to be let in.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// Address of the server
    #[arg(long, env = "EDM_SERVER", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Bearer token; prefer --token-file or the environment, which no list of processes shows
    #[arg(
        long,
        env = "EDM_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        conflicts_with = "token_file"
    )]
    token: Option<String>,
    /// File that holds the bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM certificate to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
}

impl Connection {
    /// Makes a client; sends nothing yet.
    pub(crate) fn client(&self) -> anyhow::Result<GraphClient> {
        let read =
            |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let token = match (&self.token, &self.token_file) {
            (_, Some(path)) => {
                let text = String::from_utf8(read(path)?).ok();
                let text = text.with_context(|| format!("{} holds no token", path.display()))?;
                Some(text.trim().to_owned())
            }
            (token, None) => token.clone(),
        };
        let ca_certificate_pem = self.ca_cert.as_ref().map(read).transpose()?;
        let options = ClientOptions { server: self.server.clone(), token, ca_certificate_pem };
        GraphClient::new(options).with_context(|| format!("cannot use {}", self.server))
    }
}
