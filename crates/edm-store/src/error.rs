//! What can go wrong below the service.

use std::fmt;

/// One kind per decision that a caller can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such row or blob.
    NotFound,
    /// Another row has this unique name.
    NameTaken,
    /// A list was asked for by a property that its rows do not have.
    UnknownProperty,
    /// Someone else holds the job now, or it is gone: drop the work, write nothing.
    Fenced,
    /// What is stored cannot be read back.
    Corrupt,
    /// The data directory cannot be used.
    DataDirectory,
    /// The catalog's file is damaged: restore it.
    Damaged,
    /// The statements of a list take longer than they may.
    QueryTooSlow,
    /// Too many lists are being read, or the writer is taken for too long. Nothing has happened: try again later.
    Busy,
    /// The disk, or what the catalog may have of it, is full.
    Full,
    /// The database or the blob store failed; trying again may help.
    Unavailable,
}

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

    /// Makes the error of a database call.
    pub(crate) fn database(context: &'static str, source: sqlx::Error) -> Self {
        let kind = crate::catalog::kind_of(&source);
        Self::with_source(kind, context, source)
    }

    pub(crate) fn corrupt(context: &'static str) -> Self {
        Self::new(ErrorKind::Corrupt, context)
    }

    /// Says the same as an error of another kind.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Returns what went wrong.
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

/// Names the step for the error of a database call.
pub(crate) trait Context<T> {
    /// Turns the error into ours.
    fn context(self, context: &'static str) -> Result<T, Error>;
}

impl<T> Context<T> for Result<T, sqlx::Error> {
    fn context(self, context: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::database(context, source))
    }
}
