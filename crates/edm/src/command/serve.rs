//! `edm serve`.

mod reload;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use edm_model::{TenantId, Timestamp};
use edm_server::{ServerCertificate, ServerConfig, Surface, TlsFiles, bind, log_panics_without_text};
use edm_service::{Service, ServiceConfig};

use crate::config::{LISTEN_DEFAULT, LogFormat, ServeConfig, TlsSection, names};
use crate::data_directory::{self, Start};
use crate::hangup::Hangups;
use crate::host::{keep_new_files_private, log_filter_of_environment, now, raise_descriptors};
use crate::master_key::KeyArguments;
use crate::program_log::ProgramLog;
use crate::roles::NodeRoles;
use crate::server_lifecycle;
use reload::Reload;

/// A certificate that expires sooner is reported, since its renewal has probably failed.
const EXPIRY_SECONDS_WARNED: i64 = 14 * 24 * 3_600;

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  edm serve --data-dir data
  edm serve --data-dir data --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key
  edm serve --data-dir data --config edm.toml

--config sets the same as these options, and limits; an option overrides the file.
docs/operations/configuration.md lists each key with its unit and default.

The first start creates the directory with master.key and admin-token (replace it: edm token create).
Keep the key apart from the data: --master-key-file, or its text in EDM_MASTER_KEY, or the systemd
credential edm-master-key (docs/operations/data-directory.md). The log goes to standard error;
EDM_LOG=debug logs more. SIGHUP reloads the certificate, and those keys of the file that a running
server can apply.")]
pub(crate) struct ServeArguments {
    /// Folder for the catalog, blobs and indexes
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
    /// TOML configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Start with an empty catalog if the catalog is lost: all earlier tables, sessions and tokens
    /// are gone
    #[arg(long)]
    new: bool,
    /// PEM certificate chain
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM private key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS, for use with a proxy that terminates TLS
    #[arg(long)]
    insecure_http: bool,
    /// Base URL that clients see, if there is a proxy
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// api answers requests, worker builds indexes [default: api,worker]
    #[arg(long, value_name = "ROLES")]
    roles: Option<NodeRoles>,
    /// Log format: text for people, or json with one object per line [default: text]
    #[arg(long, value_name = "text|json")]
    log_format: Option<LogFormat>,
}

impl ServeArguments {
    /// Returns the path of the configuration file.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Reads the configuration file and applies the command line to it.
    pub(crate) fn read_config(&self) -> anyhow::Result<ServeConfig> {
        let mut config = match &self.config {
            Some(path) => ServeConfig::read(path)?,
            None => ServeConfig::default(),
        };
        let server = &mut config.server;
        server.listen = self.listen.or(server.listen);
        server.roles = self.roles.or(server.roles);
        server.public_url = self.public_url.clone().or(server.public_url.take());
        config.log.format = self.log_format.or(config.log.format);
        if self.insecure_http {
            server.insecure_http = Some(true);
        }
        // Both must come from one source, so that a certificate from the command line never gets a
        // key from the file.
        if self.tls_cert.is_some() && self.tls_key.is_some() {
            config.tls = TlsSection { certificate: self.tls_cert.clone(), key: self.tls_key.clone() };
        }
        names(&config).check()?;
        Ok(config)
    }
}

pub(crate) async fn run(arguments: &ServeArguments) -> anyhow::Result<()> {
    // First of all, because a SIGHUP during start-up must not end the process.
    let hangups = Hangups::taken().context("cannot take SIGHUP")?;
    // Before any code that could panic while it processes a text.
    log_panics_without_text();
    let config = arguments.read_config()?;
    let of_environment = log_filter_of_environment();
    let format = config.log.format.unwrap_or_default();
    let ProgramLog { filter: log_filter, flush_on_drop: _until_the_end } =
        ProgramLog::begin(format, config.log.filter.as_deref(), of_environment.as_deref())?;
    keep_new_files_private();
    let key = arguments.key.source(&arguments.data_dir)?;
    let roles = config.server.roles.unwrap_or_default();
    let limits = config.service_limits()?;
    let descriptors = raise_descriptors();
    // Before anything is written to the disk, so that an address that cannot be bound is reported
    // at once.
    let bound = bind(&listening(&config, descriptors)?)?;
    let settings = bound.settings();
    if let Some(certificate) = settings.certificate() {
        warn_of_refusals(certificate, now());
    }
    let start = if arguments.new { Start::New } else { Start::Usual };
    let required_types = config.readiness.required.clone();
    let of = |key| ServiceConfig { limits, required_types, ..ServiceConfig::new(&arguments.data_dir, key) };
    let service = data_directory::open_or_create(&arguments.data_dir, &key, start, of).await?;
    data_directory::refuse_in_use(&arguments.data_dir).await?;
    let token_file = data_directory::bootstrap(&service, &arguments.data_dir).await?;
    let url = bound.url();
    tracing::info!(url, data_dir = %arguments.data_dir.display(), %roles, "edm is listening");
    warn_of_first_token(&service, token_file).await?;
    let data_dir = &arguments.data_dir;
    let warnings = [key.beside_the_data(data_dir), key.left_beside_the_data(data_dir), key.open_to_others()];
    for warning in warnings.into_iter().flatten() {
        tracing::warn!("{warning}");
    }
    let reload = Reload {
        arguments: arguments.clone(),
        started: config.clone(),
        latest: config,
        descriptors,
        settings,
        service: service.clone(),
        log: log_filter,
    };
    let reloading = tokio::spawn(reload.at_each(hangups));
    let served = server_lifecycle::serve(bound, service, roles, server_lifecycle::interrupted()).await;
    reloading.abort();
    served?;
    tracing::info!("edm has stopped");
    Ok(())
}

async fn warn_of_first_token(service: &Service, token_file: Option<PathBuf>) -> anyhow::Result<()> {
    if service.only_bootstrap_admin(TenantId::DEFAULT).await? {
        let file =
            token_file.map_or_else(|| "a file that is gone".to_owned(), |path| path.display().to_string());
        tracing::warn!(
            "the only Admin token is the first start's, in {file}: make your own with `edm token create`"
        );
    }
    Ok(())
}

/// Advice on how to make a certificate that names its server.
pub(crate) const NAMED_CERTIFICATE: &str = "make one that names the server as clients do: openssl req -x509 -newkey rsa:2048 -nodes \
     -days 365 -keyout server.key -out server.pem -subj /CN=edm.example.org -addext \
     subjectAltName=DNS:edm.example.org,IP:192.0.2.7";

/// Warns about a certificate that clients refuse because of its names or dates, or soon will.
pub(crate) fn warn_of_refusals(certificate: &ServerCertificate, now: Timestamp) {
    if certificate.is_nameless() {
        tracing::warn!(
            "the certificate contains no subjectAltName, so edm's clients and most others refuse it: {NAMED_CERTIFICATE}"
        );
    }
    if certificate.is_outdated(now) {
        tracing::warn!(
            "the certificate is over, or has not begun: clients refuse it: renew it and send SIGHUP"
        );
        return;
    }
    let Some(expires_at) = certificate.expires_at() else { return };
    if expires_at < now.plus_seconds(EXPIRY_SECONDS_WARNED) {
        let expires = edm_graph::DateTimeOffset::new(expires_at).to_string();
        tracing::warn!(expires, "the certificate is over in less than 14 days: renew it and send SIGHUP");
    }
}

/// Returns the files of the certificate, if the server has one.
pub(crate) fn tls_files(config: &ServeConfig) -> Option<TlsFiles> {
    let (certificate, key) = config.tls.certificate.clone().zip(config.tls.key.clone())?;
    Some(TlsFiles { certificate, key })
}

fn listening(config: &ServeConfig, descriptors: u64) -> anyhow::Result<ServerConfig> {
    let server = &config.server;
    let listen = match server.listen {
        Some(listen) => listen,
        None => LISTEN_DEFAULT.parse().context("the default address is none")?,
    };
    let roles = server.roles.unwrap_or_default();
    Ok(ServerConfig {
        listen,
        tls: tls_files(config),
        insecure_http: server.insecure_http.unwrap_or_default(),
        names: names(config),
        surface: if roles.api { Surface::Whole } else { Surface::Health },
        capacity: config.capacity()?,
        connections: config.connections(descriptors)?,
    })
}
