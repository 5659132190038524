//! What of a running listener can be replaced.

use std::sync::Arc;

use crate::certificate::ServerCertificate;
use crate::connections::{ConnectionLimits, Connections};
use crate::origin::{CurrentNames, Names};

/// The settings of a listener that can be replaced while it serves. What was begun under the old
/// ones goes on under them.
#[derive(Clone)]
pub struct LiveSettings {
    pub(crate) certificate: Option<Arc<ServerCertificate>>,
    pub(crate) names: CurrentNames,
    pub(crate) connections: Arc<Connections>,
}

impl LiveSettings {
    /// Returns the certificate of a listener that speaks TLS.
    pub fn certificate(&self) -> Option<&ServerCertificate> {
        self.certificate.as_deref()
    }

    /// Replaces what the server is called in addresses.
    pub fn replace_names(&self, names: Names) {
        self.names.replace(names);
    }

    /// Replaces how many connections there may be. None of those that are open is closed for it.
    pub fn replace_connection_limits(&self, limits: ConnectionLimits) {
        self.connections.replace_limits(limits);
    }
}
