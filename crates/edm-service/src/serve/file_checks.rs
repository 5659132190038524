//! Compares the files of a generation with its manifest, piece by piece and at a given pace: for
//! the scrub while they are served, and for `verify`.
//!
//! The files are read through the file system, never through the mapping that scans use: a file
//! that was cut short is then an error, not the end of the process.

use std::time::Duration;

use edm_engine::{FileCheck, file_checks};
use edm_store::{BlobPath, Blobs, GenerationRow};
use sha2::{Digest, Sha256};

use crate::blob_layout::{self, GenerationPlace};
use crate::error::{Error, ErrorKind};
use crate::secrets::key_ring::KeyRing;
use crate::serve::damage::{broken, lost};
use crate::serve::generations::require_published;

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

/// Reads every file of a generation and compares it with the manifest, which must be the one that
/// the catalog names. Fails with `Corrupt` at the first file that is damaged, cut or gone.
pub(crate) async fn check_files(
    blobs: &Blobs,
    keys: &KeyRing,
    row: &GenerationRow,
    pace: Pace,
) -> Result<ReadCounts, Error> {
    let place = GenerationPlace::of(row);
    let folder = place.folder()?;
    let sealed = blobs.get(&folder.join(blob_layout::MANIFEST)?).await.map_err(lost)?;
    require_published(&row.manifest_sha256, &Sha256::digest(&sealed).into())?;
    let checks = file_checks(&keys.open_manifest(&place, &sealed)?).map_err(broken)?;
    let mut read = ReadCounts { files: 1, bytes: sealed.len() as u64 };
    for check in checks {
        read.bytes += check.length();
        check_file(blobs, &folder, pace, check).await?;
        read.files += 1;
    }
    Ok(read)
}

async fn check_file(blobs: &Blobs, folder: &BlobPath, pace: Pace, check: FileCheck) -> Result<(), Error> {
    let path = folder.join(check.name())?;
    let length = blobs.length(&path).await.map_err(lost)?;
    if length != check.length() {
        return Err(Error::of(ErrorKind::Corrupt).because(format!("{path} has {length} bytes")));
    }
    // The tags are at the end, and the chunks before them are compared with them.
    let end = check.tags_at();
    let tags = blobs.get_part(&path, end, length - end).await.map_err(lost)?;
    let mut check = check.with_tags(&tags).map_err(broken)?;
    let mut from = 0;
    while from < end {
        let piece = blobs.get_part(&path, from, PIECE_BYTES.min(end - from)).await;
        let piece = piece.map_err(lost)?;
        if piece.is_empty() {
            return Err(Error::of(ErrorKind::Corrupt).because(format!("{path} became shorter")));
        }
        from += piece.len() as u64;
        check.push(&piece).map_err(broken)?;
        pace.rest(piece.len() as u64).await;
    }
    check.finish().map_err(broken)
}
