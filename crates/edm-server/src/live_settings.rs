//! The settings of a running listener that can be replaced.

use std::sync::Arc;

use crate::certificate::ServerCertificate;
use crate::connections::{ConnectionLimits, Connections};
use crate::origin::{CurrentNames, Names};

/// The settings of a listener that can be replaced while it serves. Requests and connections that
/// have begun keep the old ones.
#[derive(Clone)]
pub struct LiveSettings {
    pub(crate) certificate: Option<Arc<ServerCertificate>>,
    pub(crate) names: CurrentNames,
    pub(crate) connections: Arc<Connections>,
}

impl LiveSettings {
    /// Returns the certificate, if the listener has TLS.
    pub fn certificate(&self) -> Option<&ServerCertificate> {
        self.certificate.as_deref()
    }

    /// Replaces the server's names in addresses.
    pub fn replace_names(&self, names: Names) {
        self.names.replace(names);
    }

    /// Replaces the limits on connections. Open connections are not closed.
    pub fn replace_connection_limits(&self, limits: ConnectionLimits) {
        self.connections.replace_limits(limits);
    }
}
