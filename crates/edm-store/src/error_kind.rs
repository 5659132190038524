//! The kinds of errors. They are apart from the error, because the kind of a failure of SQLite is
//! determined below it.

/// Error kinds, one for each decision that a caller can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The row or blob does not exist.
    NotFound,
    /// Another row has this name, which must be unique.
    NameTaken,
    /// A list names a property that its rows do not have.
    UnknownProperty,
    /// Another worker has the job now, or it is gone. Stop the work and write nothing.
    Fenced,
    /// Stored data cannot be read back.
    Corrupt,
    /// The data directory cannot be used.
    DataDirectory,
    /// The catalog's file is damaged and must be restored.
    Damaged,
    /// The statements of a list exceed the time limit.
    QueryTooSlow,
    /// Too many lists are being read, or the writer is taken for too long. Nothing was changed; try
    /// again later.
    Busy,
    /// The disk or the catalog's share of it is full.
    Full,
    /// The database or the blob store failed. Trying again may help.
    Unavailable,
}
