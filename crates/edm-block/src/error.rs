//! Why bytes are no block.

use std::fmt;

/// Reports bytes that are no block of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// They end before the block does.
    Truncated,
    /// They are more than a block may have.
    TooLarge,
    /// They do not begin as a block does.
    BadMagic,
    /// They are a block of a format, algorithm or Unicode version that this program does not know.
    UnknownVersion,
    /// Their checksum is not that of their content.
    BadChecksum,
    /// Their content contradicts itself.
    Malformed,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self { kind }
    }

    /// Returns what is wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::Truncated => "the block is truncated: send it whole",
            ErrorKind::TooLarge => "the block is larger than 16 MiB: use fewer rows per block",
            ErrorKind::BadMagic => "the body is no block: it must be one sealed block as written by edm",
            ErrorKind::UnknownVersion => {
                "the block has a version that this server does not know: use an edm agent of the server's version"
            }
            ErrorKind::BadChecksum => "the block's checksum does not match its content: send it again",
            ErrorKind::Malformed => "the block's content contradicts itself: make it anew with an edm agent",
        })
    }
}

impl std::error::Error for Error {}
