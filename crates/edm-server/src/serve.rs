//! Listens, with TLS or without, until told to stop.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use edm_service::{Random, Service};
use hyper_util::rt::TokioTimer;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::app::{App, Scheme};
use crate::routes::{Surface, framed_routes};
use crate::unread_head::Answering;

/// How long requests in flight may take after the server was told to stop.
const SHUTDOWN_SECONDS: u64 = 30;

/// How long the head of a request may take, the wait for it on a kept connection included: longer than clients
/// keep an idle connection, so that none is closed under a request.
const HEAD_SECONDS_MAX: u64 = 120;

/// Where to listen and how.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate and key, both PEM.
    pub tls: Option<TlsFiles>,
    /// Allows an address beyond this machine without TLS.
    pub insecure_http: bool,
    /// What addresses in answers begin with where a proxy stands in front, such as `https://edm.example.org`.
    pub public_url: Option<String>,
    /// How much of the service is shown.
    pub surface: Surface,
}

/// Two PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why the server does not listen.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeErrorKind {
    /// The address can be reached from elsewhere and there is no TLS.
    PlainBeyondLoopback,
    /// The certificate or key cannot be used.
    Tls,
    /// The address cannot be listened on.
    Listen,
    /// Listening ended by itself.
    Serve,
}

/// Reports that the server does not listen.
#[derive(Debug)]
pub struct ServeError {
    kind: ServeErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ServeError {
    /// Returns what is wrong.
    pub fn kind(&self) -> &ServeErrorKind {
        &self.kind
    }

    fn because(
        kind: ServeErrorKind,
        message: String,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, message, source: Some(source.into()) }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

/// A server that holds its address and has not answered anything yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    public_url: Option<String>,
    surface: Surface,
}

/// Takes the address and reads certificate and key. Fails on an address beyond this machine without TLS unless
/// that is allowed, on files that cannot be used, and on an address that is taken.
pub fn bind(config: &ServerConfig) -> Result<Bound, ServeError> {
    if config.tls.is_none() && !config.listen.ip().is_loopback() && !config.insecure_http {
        return Err(ServeError {
            kind: ServeErrorKind::PlainBeyondLoopback,
            message: format!(
                "{} can be reached from elsewhere and there is no TLS: give --tls-cert and --tls-key, listen on \
                 127.0.0.1, or say --insecure-http where a proxy in front does TLS",
                config.listen
            ),
            source: None,
        });
    }
    let tls = config.tls.as_ref().map(tls_config).transpose()?;
    let fail = |error: io::Error| {
        let message = format!("cannot listen on {}: is the port taken by another program?", config.listen);
        ServeError::because(ServeErrorKind::Listen, message, error)
    };
    let listener = TcpListener::bind(config.listen).map_err(fail)?;
    listener.set_nonblocking(true).map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    Ok(Bound { listener, address, tls, public_url: config.public_url.clone(), surface: config.surface })
}

impl Bound {
    /// Returns the address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where clients on this machine find the server, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme().as_str(), self.address)
    }

    /// Answers requests until `shutdown` ends; then takes no new ones and gives those in flight 30 seconds.
    pub async fn serve(
        self,
        service: Service,
        random: Arc<dyn Random>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let scheme = self.scheme();
        let app = App::new(service, random, scheme, self.public_url);
        let routes = framed_routes(app.clone(), self.surface);
        let make_service = ServiceExt::<Request>::into_make_service(routes);
        let handle = Handle::new();
        let stopper = handle.clone();
        let stop = tokio::spawn(async move {
            shutdown.await;
            stopper.graceful_shutdown(Some(Duration::from_secs(SHUTDOWN_SECONDS)));
        });
        let served = match self.tls {
            Some(tls) => match axum_server::from_tcp_rustls(self.listener, tls) {
                Ok(server) => {
                    let server = patient(server).map(|inner| Answering { inner, app });
                    server.handle(handle).serve(make_service).await
                }
                Err(error) => Err(error),
            },
            None => match axum_server::from_tcp(self.listener) {
                Ok(server) => {
                    let server = patient(server).map(|inner| Answering { inner, app });
                    server.handle(handle).serve(make_service).await
                }
                Err(error) => Err(error),
            },
        };
        stop.abort();
        let fail = |error| {
            ServeError::because(ServeErrorKind::Serve, "the server stopped by itself".to_owned(), error)
        };
        served.map_err(fail)
    }

    const fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::Https } else { Scheme::Http }
    }
}

/// Bounds how long a head may take; without a timer nothing does.
fn patient<Acceptor>(mut server: Server<SocketAddr, Acceptor>) -> Server<SocketAddr, Acceptor> {
    let head = Duration::from_secs(HEAD_SECONDS_MAX);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(head);
    server
}

fn tls_config(files: &TlsFiles) -> Result<RustlsConfig, ServeError> {
    let pem = |path: &PathBuf, error: rustls::pki_types::pem::Error| {
        let message = format!("{} cannot be read as PEM: give the file that holds it", path.display());
        ServeError::because(ServeErrorKind::Tls, message, error)
    };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| pem(&files.certificate, error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| pem(&files.key, error))?;
    let unfit = |error: rustls::Error| {
        let message = "the certificate and the key do not fit together: give a pair".to_owned();
        ServeError::because(ServeErrorKind::Tls, message, error)
    };
    // The provider is named here, so that no other crate's choice of one can change it.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(certificates, key);
    let mut config = config.map_err(unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
