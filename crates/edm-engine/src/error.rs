//! What can be wrong with a generation.

use std::fmt;

/// Reports a generation that cannot be built or opened.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    file: String,
    source: Option<std::io::Error>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be read.
    Unreadable,
    /// A file is of a version that this program does not know.
    UnknownVersion,
    /// A file is damaged: its bytes contradict themselves or their checksum.
    Damaged,
    /// The blocks do not follow one another, or are too many rows.
    BadPlan,
    /// A generation has no room for the rows of a delta: its rows, files or sessions have a bound.
    Full,
    /// The rows given to a builder are not those of its plan.
    ForeignRows,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, file: &str) -> Self {
        Self { kind, file: file.to_owned(), source: None }
    }

    pub(crate) fn damaged(file: &str) -> Self {
        Self::new(ErrorKind::Damaged, file)
    }

    pub(crate) fn unreadable(file: &str, source: std::io::Error) -> Self {
        Self { kind: ErrorKind::Unreadable, file: file.to_owned(), source: Some(source) }
    }

    /// Returns what is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match self.kind {
            ErrorKind::Unreadable => write!(f, "the index file {file} cannot be read"),
            ErrorKind::UnknownVersion => write!(f, "the index file {file} was written by an unknown version"),
            ErrorKind::Damaged => {
                write!(f, "the index file {file} is damaged: restore it or upload the table again")
            }
            ErrorKind::BadPlan => write!(f, "the blocks do not follow one another without a gap"),
            ErrorKind::Full => write!(f, "the generation has no room for more: upload the whole table"),
            ErrorKind::ForeignRows => write!(f, "the rows are not those that the plan names"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
