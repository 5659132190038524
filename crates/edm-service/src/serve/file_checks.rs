//! Compares the files of a generation with its manifest, piece by piece and at a given pace: for
//! the scrub while they are served, and for `verify`.
//!
//! The files are read through the file system, never through the mapping that scans use: a file
//! that was cut short is then an error, not the end of the process.

use std::time::Duration;

use edm_engine::{FileCheck, file_checks};
use edm_store::{BlobPath, Blobs};

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::serve::damage::{broken, lost};

/// Bytes that are read at once.
const PIECE_BYTES: u64 = 1024 * 1024;

/// How fast files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As fast as it goes.
    Full,
    /// At most this many bytes a second, averaged over pieces.
    BytesPerSecond(u64),
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ReadCounts {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Pace {
    async fn rest(self, bytes: u64) {
        if let Pace::BytesPerSecond(rate) = self {
            let micros = bytes.saturating_mul(1_000_000) / rate.max(1);
            if micros > 0 {
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
        }
    }
}

/// Reads every file of the generation in a folder and compares it with the manifest, which
/// `is_manifest` must accept. Fails with `Corrupt` at the first file that is damaged, cut or gone.
pub(crate) async fn check_files(
    blobs: &Blobs,
    folder: &BlobPath,
    pace: Pace,
    is_manifest: impl Fn(&[u8]) -> bool,
) -> Result<ReadCounts, Error> {
    let path = folder.join(blob_layout::MANIFEST)?;
    let manifest = blobs.get(&path).await.map_err(lost)?;
    let checks = file_checks(&manifest).map_err(broken)?;
    if !is_manifest(&manifest) {
        return Err(Error::with_message(
            ErrorKind::Corrupt,
            "the manifest is another than the one that is served",
        ));
    }
    let mut read = ReadCounts { files: 1, bytes: manifest.len() as u64 };
    for check in checks {
        read.bytes += check.length();
        check_file(blobs, folder, pace, check).await?;
        read.files += 1;
    }
    Ok(read)
}

async fn check_file(blobs: &Blobs, folder: &BlobPath, pace: Pace, mut check: FileCheck) -> Result<(), Error> {
    let path = folder.join(check.name())?;
    let length = blobs.length(&path).await.map_err(lost)?;
    if length != check.length() {
        return Err(Error::of(ErrorKind::Corrupt).because(format!("{path} has {length} bytes")));
    }
    let mut from = 0;
    while from < length {
        let piece = blobs.get_part(&path, from, PIECE_BYTES.min(length - from)).await;
        let piece = piece.map_err(lost)?;
        if piece.is_empty() {
            return Err(Error::of(ErrorKind::Corrupt).because(format!("{path} became shorter")));
        }
        from += piece.len() as u64;
        check.push(&piece);
        pace.rest(piece.len() as u64).await;
    }
    check.finish().map_err(broken)
}
