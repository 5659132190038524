//! `edm serve`.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use edm_model::TenantId;
use edm_server::{Names, ServerConfig, Surface, TlsFiles, bind, log_panics_without_text};
use edm_service::ServiceConfig;
use tracing_subscriber::EnvFilter;

use crate::config::ServeConfig;
use crate::data_directory::{self, Start};
use crate::gathered_log::gathered_log;
use crate::node_roles::NodeRoles;
use crate::running_server;
use crate::surroundings::{keep_new_files_private, raise_descriptors};

/// Where the server listens unless it is told otherwise.
pub(crate) const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edm serve --data-dir data
  edm serve --data-dir data --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key
  edm serve --data-dir data --config edm.toml

--config sets what these options set, and how much the server may do at once; an option goes
before the file. Each key with its unit and default is in docs/operations/configuration.md.

The first start makes the directory with master.key (keep it apart from the data and backups)
and admin-token (replace it: edm token create). The log goes to standard error; EDM_LOG=debug
says more.")]
pub(crate) struct ServeArguments {
    /// Folder of the catalog and the indexes
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// TOML file of settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Begin anew where the catalog is lost: without the tables, sessions and tokens of before
    #[arg(long)]
    new: bool,
    /// PEM certificate chain
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM private key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS, for a proxy in front that does TLS
    #[arg(long)]
    insecure_http: bool,
    /// What clients see in front of every path where a proxy stands between
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// api answers requests, worker builds indexes [default: api,worker]
    #[arg(long, value_name = "ROLES")]
    roles: Option<NodeRoles>,
}

pub(crate) async fn run(arguments: &ServeArguments) -> anyhow::Result<()> {
    // Before anything that could panic over a text.
    log_panics_without_text();
    let filter = EnvFilter::try_from_env("EDM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    // What waits is written when the server ends.
    let (log, _written_at_the_end) = gathered_log(std::io::stderr()).context("cannot write a log")?;
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(log).init();
    keep_new_files_private();
    let config = match &arguments.config {
        Some(path) => ServeConfig::read(path)?,
        None => ServeConfig::default(),
    };
    let roles = arguments.roles.or(config.server.roles).unwrap_or_default();
    let limits = config.service_limits()?;
    // Before anything is made on the disk: an address that cannot be had is told at once.
    let bound = bind(&listening(arguments, &config, roles)?)?;
    let start = if arguments.new { Start::New } else { Start::Usual };
    let required_types = config.readiness.required.clone();
    let of = |key| ServiceConfig { limits, required_types, ..ServiceConfig::new(&arguments.data_dir, key) };
    let service = data_directory::open_or_create(&arguments.data_dir, start, of).await?;
    data_directory::refuse_in_use(&arguments.data_dir)?;
    let token_file = data_directory::bootstrap(&service, &arguments.data_dir).await?;
    let url = bound.url();
    tracing::info!(url, data_dir = %arguments.data_dir.display(), %roles, "edm is listening");
    if service.only_bootstrap_admin(TenantId::DEFAULT).await? {
        let file =
            token_file.map_or_else(|| "a file that is gone".to_owned(), |path| path.display().to_string());
        tracing::warn!(
            "the only Admin token is the first start's, in {file}: make your own with `edm token create`"
        );
    }
    running_server::serve(bound, service, roles, running_server::interrupted()).await?;
    tracing::info!("edm has stopped");
    Ok(())
}

/// Lays the command line over the file, and the file over the defaults.
fn listening(
    arguments: &ServeArguments,
    config: &ServeConfig,
    roles: NodeRoles,
) -> anyhow::Result<ServerConfig> {
    let server = &config.server;
    let listen = match arguments.listen.or(server.listen) {
        Some(listen) => listen,
        None => LISTEN_DEFAULT.parse().context("the default address is none")?,
    };
    // Both come from one place: a certificate of the command line never meets a key of the file.
    let files = arguments.tls_cert.as_ref().zip(arguments.tls_key.as_ref());
    let files = files.or(config.tls.certificate.as_ref().zip(config.tls.key.as_ref()));
    let tls = files.map(|(certificate, key)| TlsFiles { certificate: certificate.clone(), key: key.clone() });
    Ok(ServerConfig {
        listen,
        tls,
        insecure_http: arguments.insecure_http || server.insecure_http.unwrap_or_default(),
        names: Names {
            public_url: arguments.public_url.clone().or_else(|| server.public_url.clone()),
            allowed_hosts: server.allowed_hosts.clone(),
        },
        surface: if roles.api { Surface::Whole } else { Surface::Health },
        capacity: config.capacity()?,
        connections: config.connections(raise_descriptors())?,
    })
}
