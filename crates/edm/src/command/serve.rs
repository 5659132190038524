//! `edm serve`.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use edm_model::TenantId;
use edm_server::{ServerConfig, TlsFiles, bind};
use tracing_subscriber::EnvFilter;

use crate::{data_directory, running_server};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edm serve --data-dir data
  edm serve --data-dir data --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key

The first start makes the directory with master.key (keep it apart from the data and its backups) and
admin-token (replace it: edm token create). The log goes to standard error; EDM_LOG=debug says more.")]
pub(crate) struct ServeArguments {
    /// Folder of the catalog and the indexes
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
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
}

pub(crate) async fn run(arguments: &ServeArguments) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("EDM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    let tls = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    // Before anything is made on the disk: an address that cannot be had is told at once.
    let bound = bind(&ServerConfig {
        listen: arguments.listen,
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        insecure_http: arguments.insecure_http,
        public_url: arguments.public_url.clone(),
    })?;
    let service = data_directory::open_or_create(&arguments.data_dir).await?;
    let token_file = data_directory::bootstrap(&service, &arguments.data_dir).await?;
    let url = bound.url();
    tracing::info!(url, data_dir = %arguments.data_dir.display(), "edm is listening");
    if service.only_bootstrap_admin(TenantId::DEFAULT).await? {
        let file =
            token_file.map_or_else(|| "a file that is gone".to_owned(), |path| path.display().to_string());
        tracing::warn!(
            "the only Admin token is the first start's, in {file}: make your own with `edm token create`"
        );
    }
    running_server::serve(bound, service, running_server::interrupted()).await?;
    tracing::info!("edm has stopped");
    Ok(())
}
