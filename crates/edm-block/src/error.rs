//! Errors of reading a block.

use std::fmt;

/// Reports bytes that are not a valid block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes end before the block does.
    Truncated,
    /// The block is larger than allowed.
    TooLarge,
    /// The bytes do not start with the magic of a block.
    BadMagic,
    /// The format, algorithm or Unicode version is unknown to this program.
    UnknownVersion,
    /// The checksum does not match the content.
    BadChecksum,
    /// The content contradicts itself.
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
