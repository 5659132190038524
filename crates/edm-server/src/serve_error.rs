//! Why a server cannot listen.

use std::fmt;

/// Why the server cannot listen.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeErrorKind {
    /// Other machines can reach the address and there is no TLS.
    PlainBeyondLoopback,
    /// The certificate or key cannot be used.
    Tls,
    /// The server's names in addresses are invalid.
    Names,
    /// The address cannot be bound.
    Listen,
    /// The listener ended unexpectedly.
    Serve,
}

/// Reports that the server cannot listen.
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

    pub(crate) fn plain(kind: ServeErrorKind, message: String) -> Self {
        Self { kind, message, source: None }
    }

    pub(crate) fn because(
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
