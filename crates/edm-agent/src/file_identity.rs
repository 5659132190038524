//! The identity of a file, by which a journal recognises the table of its upload.

use serde::{Deserialize, Serialize};

/// Identifies one state of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileIdentity {
    pub(crate) size: u64,
    /// Nanoseconds since the Unix epoch.
    pub(crate) modified_ns: u64,
    pub(crate) header_sha256: String,
}

/// Returns lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
