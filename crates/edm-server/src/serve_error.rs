//! Why a server does not listen.

use std::fmt;

/// Why the server does not listen.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeErrorKind {
    /// The address can be reached from elsewhere and there is no TLS.
    PlainBeyondLoopback,
    /// The certificate or key cannot be used.
    Tls,
    /// What the server is called in addresses is of no use.
    Names,
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
