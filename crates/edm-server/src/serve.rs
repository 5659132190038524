//! Listens, with or without TLS, until it is told to stop.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use edm_service::{Random, Service};
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::admission::{Capacity, CapacityLimits, MemoryGauge};
use crate::app::App;
use crate::certificate::{ServerCertificate, TlsFiles, acceptor};
use crate::connection::Listener;
use crate::connections::{ConnectionGauge, ConnectionLimits, Connections};
use crate::live_settings::LiveSettings;
use crate::origin::{Names, Scheme};
use crate::router::Router;
use crate::routes::Surface;
use crate::serve_error::{ServeError, ServeErrorKind};

/// The pause after a connection could not be accepted, as when descriptors have run out.
const PAUSE: Duration = Duration::from_millis(50);

/// Where to listen and how.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The address; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Certificate and key, both PEM.
    pub tls: Option<TlsFiles>,
    /// Allows an address beyond this machine without TLS.
    pub insecure_http: bool,
    /// The server's names in addresses.
    pub names: Names,
    /// The part of the service that is served.
    pub surface: Surface,
    /// What callers may use at once.
    pub capacity: CapacityLimits,
    /// The limits on connections.
    pub connections: ConnectionLimits,
}

/// A server that has bound its address and has not answered a request yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    surface: Surface,
    gauges: Gauges,
    settings: LiveSettings,
}

/// Reports the usage of a running server.
#[derive(Clone)]
pub struct Gauges {
    capacity: Capacity,
    connections: Arc<Connections>,
}

impl Gauges {
    /// Returns the memory that bodies and answers use.
    pub fn memory(&self) -> MemoryGauge {
        self.capacity.memory()
    }

    /// Returns the number of connections.
    pub fn connections(&self) -> ConnectionGauge {
        self.connections.gauge()
    }
}

/// Binds the address and reads certificate and key. Fails on an address beyond this machine without
/// TLS, unless that is allowed. Also fails on invalid files and on an address in use.
pub fn bind(config: &ServerConfig) -> Result<Bound, ServeError> {
    refuse_plain(config.listen, config.tls.is_some() || config.insecure_http)?;
    let certificate = config.tls.as_ref().map(ServerCertificate::read).transpose()?.map(Arc::new);
    let tls = certificate.clone().map(acceptor).transpose()?;
    let fail = |error: io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address: name one of its own, or 0.0.0.0"
            }
            io::ErrorKind::AddrInUse => "another program has the port: stop it, or name another port",
            io::ErrorKind::PermissionDenied => {
                "this user may not: name a port from 1024 on, or give the service CAP_NET_BIND_SERVICE"
            }
            _ => "the system refuses the address",
        };
        let message = format!("cannot listen on {}: {reason}", config.listen);
        ServeError::because(ServeErrorKind::Listen, message, error)
    };
    let listener = TcpListener::bind(config.listen).map_err(fail)?;
    listener.set_nonblocking(true).map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    if !address.ip().is_loopback() && config.names == Names::default() {
        tracing::warn!(
            "addresses in answers begin with what a request names as Host: set server.public_url, or \
             server.allowed_hosts"
        );
    }
    let connections = Connections::new(config.connections.clone());
    let names = config.names.clone().into();
    let settings = LiveSettings { certificate, names, connections: connections.clone() };
    let gauges = Gauges { capacity: Capacity::new(config.capacity), connections };
    Ok(Bound { listener, address, tls, surface: config.surface, gauges, settings })
}

/// Fails on an address that other machines can reach, unless there is TLS or it is allowed.
pub fn refuse_plain(listen: SocketAddr, is_safe: bool) -> Result<(), ServeError> {
    if is_safe || listen.ip().is_loopback() {
        return Ok(());
    }
    Err(ServeError::plain(
        ServeErrorKind::PlainBeyondLoopback,
        format!(
            "{listen} can be reached from elsewhere and there is no TLS: give --tls-cert and --tls-key, listen on \
             127.0.0.1, or say --insecure-http where a proxy in front does TLS"
        ),
    ))
}

impl Bound {
    /// Returns the bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the server's URL for clients on this machine, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme().as_str(), self.address)
    }

    /// Returns a handle that reports the usage of the server.
    pub fn gauges(&self) -> Gauges {
        self.gauges.clone()
    }

    /// Returns the settings that can be replaced while it serves.
    pub fn settings(&self) -> LiveSettings {
        self.settings.clone()
    }

    /// Answers requests until `shutdown` resolves. Then it accepts no new ones and gives those in
    /// flight 30 seconds, but a body that stops arriving only three.
    pub fn serve(
        self,
        service: Service,
        random: Arc<dyn Random>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> BoxFuture<'static, Result<(), ServeError>> {
        self.serve_boxed(service, random, Box::pin(shutdown))
    }

    /// Boxes the future. This function is not generic, so the future and all that it spawns are
    /// compiled in this crate, and not in each program that calls it.
    #[inline(never)]
    fn serve_boxed(
        self,
        service: Service,
        random: Arc<dyn Random>,
        shutdown: BoxFuture<'static, ()>,
    ) -> BoxFuture<'static, Result<(), ServeError>> {
        Box::pin(self.serve_until(service, random, shutdown))
    }

    async fn serve_until(
        self,
        service: Service,
        random: Arc<dyn Random>,
        mut shutdown: BoxFuture<'static, ()>,
    ) -> Result<(), ServeError> {
        let scheme = self.scheme();
        let Gauges { capacity, connections } = self.gauges;
        let app = App::new(service, random, scheme, self.settings.names, capacity.clone());
        let routes = Router::new(app.clone(), self.surface);
        let fail = |error| {
            ServeError::because(ServeErrorKind::Serve, "the server stopped by itself".to_owned(), error)
        };
        let tcp = tokio::net::TcpListener::from_std(self.listener).map_err(fail)?;
        let listener = Arc::new(Listener::new(app, routes, self.tls));
        let mut served = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = served.join_next(), if !served.is_empty() => {}
                taken = tcp.accept() => match taken {
                    Ok((stream, peer)) => {
                        if let Some(place) = connections.admit(peer.ip()) {
                            let listener = listener.clone();
                            served.spawn(async move { listener.serve(stream, place).await });
                        }
                    }
                    Err(error) if is_of_the_connection(&error) => {}
                    Err(error) => {
                        connections.log_accept_failure(&error);
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
        drop(tcp);
        let waits = &capacity.waits;
        waits.stop();
        let ending = async { while served.join_next().await.is_some() {} };
        // Dropping the set aborts the remaining connections.
        let _ = tokio::time::timeout(waits.patience.shutdown, ending).await;
        Ok(())
    }

    const fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::Https } else { Scheme::Http }
    }
}

/// Returns whether the client had disconnected before its connection was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
