//! The connection options of client commands.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use edm_agent::{ClientOptions, GraphClient};

use crate::host::token_of_environment;
use crate::regular_file::open_regular_or_handed;

/// The default URL of the server.
const SERVER_DEFAULT: &str = "http://127.0.0.1:8080";

/// Maximum size of a token or certificate file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The server's URL and the credentials.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// URL of the server [default: http://127.0.0.1:8080]
    // Without clap's default, which would hide whether the option was given.
    #[arg(long, env = "EDM_SERVER", value_name = "URL")]
    server: Option<String>,
    /// Bearer token; prefer --token-file or the environment, since process lists show arguments
    /// [env: EDM_TOKEN]
    // Not clap's `env`, which would treat the variable like the option and report a conflict with
    // `--token-file`.
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// File with the bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM certificate to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
    /// Send token and salt unencrypted to another machine, over plain http
    #[arg(long)]
    insecure_http: bool,
}

impl Connection {
    /// Returns whether a connection option was given.
    pub(crate) fn is_said(&self) -> bool {
        let token = self.token.is_some() || self.token_file.is_some() || token_of_environment().is_some();
        token || self.server.is_some()
    }

    /// Makes a client without connecting.
    pub(crate) fn client(&self) -> anyhow::Result<GraphClient> {
        let read =
            |path: &PathBuf| read_bounded(path).with_context(|| format!("cannot read {}", path.display()));
        let token = match (&self.token, &self.token_file) {
            (_, Some(path)) => {
                let text = String::from_utf8(read(path)?).ok();
                let text = text.with_context(|| format!("{} holds no token", path.display()))?;
                let token = text.trim().to_owned();
                refuse_dressed(&token, path)?;
                if token.is_empty() {
                    bail!("{} is empty, so no token can be sent: write the token into it", path.display());
                }
                Some(token)
            }
            (Some(token), None) => Some(token.clone()),
            (None, None) => token_of_environment(),
        };
        let ca_certificate_pem = self.ca_cert.as_ref().map(read).transpose()?;
        let server = self.server.as_deref().unwrap_or(SERVER_DEFAULT);
        let options = ClientOptions {
            server: server.to_owned(),
            token,
            ca_certificate_pem,
            insecure_http: self.insecure_http,
        };
        GraphClient::new(options).with_context(|| format!("cannot use {server}"))
    }
}

/// Reads a token or certificate file, or the pipe of a shell's process substitution.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular_or_handed(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it has more than a megabyte"));
    }
    Ok(bytes)
}

/// Refuses a token with decoration that people often copy with it.
fn refuse_dressed(token: &str, path: &Path) -> anyhow::Result<()> {
    let path = path.display();
    if token.starts_with('\u{feff}') {
        bail!("{path} begins with a byte order mark, as some editors write it: save it as UTF-8 without");
    }
    if token.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer ")) {
        bail!("{path} begins with the word Bearer, which is no part of the token: leave it out");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these was once sent as a token that the server did not know.
    #[test]
    fn what_is_written_around_a_token_is_told() {
        let check = |token: &str, part: Option<&str>| {
            let refusal = refuse_dressed(token, Path::new("token")).err().map(|error| error.to_string());
            assert_eq!(refusal.is_some(), part.is_some(), "{refusal:?}");
            assert!(refusal.unwrap_or_default().contains(part.unwrap_or_default()));
        };
        check("edm_abc", None);
        check("\u{feff}edm_abc", Some("byte order mark"));
        check("Bearer edm_abc", Some("the word Bearer"));
        check("bearer edm_abc", Some("the word Bearer"));
    }
}
