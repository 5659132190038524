//! The demo's fixture: a temporary folder, a server in it, and a client of that server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use edm_agent::{ClientOptions, GraphClient};
use edm_server::{CapacityLimits, ConnectionLimits, Names, ServerConfig, Surface, bind};
use edm_service::ServiceConfig;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::data_directory::{self, Start};
use crate::master_key::KeySource;
use crate::roles::NodeRoles;
use crate::server_lifecycle;

/// A running server with its folder and client.
pub(crate) struct Fixture {
    folder: TempDir,
    data_dir: PathBuf,
    token_file: PathBuf,
    client: GraphClient,
    stop: oneshot::Sender<()>,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Fixture {
    /// Starts the server, exactly as `edm serve` does.
    pub(crate) async fn open(listen: SocketAddr) -> anyhow::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("edm-demo-").tempdir().context("cannot make a folder")?;
        let data_dir = folder.path().join("data");
        let bound = bind(&ServerConfig {
            listen,
            tls: None,
            insecure_http: false,
            names: Names::default(),
            surface: Surface::Whole,
            capacity: CapacityLimits::default(),
            connections: ConnectionLimits::default(),
        })?;
        let of = |key| ServiceConfig::new(&data_dir, key);
        let key = KeySource::beside(&data_dir);
        let service = data_directory::open_or_create(&data_dir, &key, Start::Usual, of).await?;
        let token_file =
            data_directory::bootstrap(&service, &data_dir).await?.context("no token was written")?;
        let token = std::fs::read_to_string(&token_file).context("cannot read the token")?;
        let server = bound.url();
        let client =
            GraphClient::new(ClientOptions { server, token: Some(token), ..ClientOptions::default() })?;
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async {
            // Dropping the fixture stops its server too.
            let _ = stopped.await;
        };
        let server = tokio::spawn(server_lifecycle::serve(bound, service, NodeRoles::default(), until));
        Ok(Self { folder, data_dir, token_file, client, stop, server })
    }

    pub(crate) fn client(&self) -> &GraphClient {
        &self.client
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn token_file(&self) -> &Path {
        &self.token_file
    }

    /// Returns the file of the sample table, which is next to the data folder and not in it.
    pub(crate) fn table(&self) -> PathBuf {
        self.folder.path().join("people.csv")
    }

    /// Stops the server and removes the folder.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        // The server may have ended by itself; its result has the reason.
        let _ = self.stop.send(());
        self.server.await.context("the server stopped unexpectedly")??;
        self.folder.close().context("cannot remove the temporary folder")
    }
}
