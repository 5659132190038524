//! Errors of the catalog and the blobs.

use std::fmt;

pub use crate::error_kind::ErrorKind;

/// Reports a failed call of the catalog or the blobs.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    context: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: &'static str) -> Self {
        Self { kind, context, source: None }
    }

    pub(crate) fn with_source(
        kind: ErrorKind,
        context: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context, source: Some(source.into()) }
    }

    /// Makes an error from a failed database call.
    pub(crate) fn database(context: &'static str, source: sqlx::Error) -> Self {
        let kind = crate::catalog::kind_of(&source);
        Self::with_source(kind, context, source)
    }

    pub(crate) fn corrupt(context: &'static str) -> Self {
        Self::new(ErrorKind::Corrupt, context)
    }

    /// Returns the same error with another kind.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Returns the kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::NotFound => "not found",
            ErrorKind::NameTaken => "the name is taken",
            ErrorKind::UnknownProperty => "its rows do not have this property",
            ErrorKind::Fenced => "the job is someone else's now",
            ErrorKind::Corrupt => "what is stored cannot be read back",
            ErrorKind::DataDirectory => "the data directory cannot be used",
            ErrorKind::Damaged => "the catalog is damaged",
            ErrorKind::QueryTooSlow => "it takes too long",
            ErrorKind::Busy => "the catalog is busy",
            ErrorKind::Full => "the disk is full",
            ErrorKind::Unavailable => "storage failed",
        };
        write!(f, "{}: {what}", self.context)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

/// Adds the name of the failed step to a database error.
pub(crate) trait Context<T> {
    /// Converts the error.
    fn context(self, context: &'static str) -> Result<T, Error>;
}

impl<T> Context<T> for Result<T, sqlx::Error> {
    fn context(self, context: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::database(context, source))
    }
}
