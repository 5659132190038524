//! The encoding of a text, as a user or a sender declares it.

use std::str::FromStr;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{Error, ErrorKind};

/// A declared encoding. A byte order mark in the text overrides it, as in the [Encoding Standard].
///
/// [Encoding Standard]: https://encoding.spec.whatwg.org/#decode
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding {
    encoding: &'static Encoding,
    needs_mark: bool,
}

impl TextEncoding {
    /// UTF-8. For a text it means the same as no declaration.
    pub const UTF_8: Self = Self { encoding: UTF_8, needs_mark: false };
    /// UTF-16 of unknown byte order: a text without a byte order mark is refused.
    pub const UTF_16: Self = Self { encoding: UTF_16LE, needs_mark: true };
    /// UTF-16, little-endian.
    pub const UTF_16LE: Self = Self { encoding: UTF_16LE, needs_mark: false };
    /// UTF-16, big-endian.
    pub const UTF_16BE: Self = Self { encoding: UTF_16BE, needs_mark: false };

    /// Returns the name in the Encoding Standard.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    pub(crate) fn encoding(self) -> &'static Encoding {
        self.encoding
    }

    /// Returns whether only a byte order mark can tell the byte order.
    pub(crate) fn needs_mark(self) -> bool {
        self.needs_mark
    }

    pub(crate) fn is_utf16(self) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE
    }
}

impl FromStr for TextEncoding {
    type Err = Error;

    /// Parses a label of the Encoding Standard, such as `windows-1252`, `latin1` or `shift_jis`.
    fn from_str(label: &str) -> Result<Self, Error> {
        let known = Encoding::for_label_no_replacement(label.as_bytes());
        let encoding = known.ok_or(Error::new(ErrorKind::UnknownLabel))?;
        Ok(Self { encoding, needs_mark: false })
    }
}
