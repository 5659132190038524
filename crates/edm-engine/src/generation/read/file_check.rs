//! Checks a file of a generation while it is read piece by piece, so that one may be longer than
//! the memory and reading may take its time.

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::generation::format::layout::{self, CHECKSUM_BYTES};
use crate::generation::format::manifest::{FILE, FileFacts, Manifest};

/// A file as a manifest describes it, and what was read of it so far.
///
/// ```text
/// content ........................ | SHA-256 of the content, 32 bytes
/// ^ digested piece by piece        ^ kept in `end`: must be the digest, and that of the manifest
/// ```
#[derive(Debug, Clone)]
pub struct FileCheck {
    facts: FileFacts,
    read: u64,
    digest: Sha256,
    end: Vec<u8>,
}

impl FileCheck {
    fn new(facts: FileFacts) -> Self {
        Self { facts, read: 0, digest: Sha256::new(), end: Vec::with_capacity(CHECKSUM_BYTES) }
    }

    /// Returns the file's name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Returns how many bytes the file must have.
    pub fn length(&self) -> u64 {
        self.facts.length
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        let content = self.facts.length.saturating_sub(CHECKSUM_BYTES as u64).saturating_sub(self.read);
        let content = usize::try_from(content).unwrap_or(usize::MAX).min(bytes.len());
        let (content, end) = bytes.split_at(content);
        self.digest.update(content);
        let room = CHECKSUM_BYTES - self.end.len().min(CHECKSUM_BYTES);
        self.end.extend_from_slice(end.get(..room).unwrap_or(end));
        self.read = self.read.saturating_add(bytes.len() as u64);
    }

    /// Fails unless exactly the bytes that the manifest describes were read.
    pub fn finish(self) -> Result<(), Error> {
        let digest: [u8; 32] = self.digest.finalize().into();
        let whole = self.read == self.facts.length && self.end == digest && digest == self.facts.sha256;
        if whole { Ok(()) } else { Err(Error::damaged(&self.facts.name)) }
    }
}

/// Returns a check for each file that a manifest names. Fails on a manifest that is damaged itself.
pub fn file_checks(manifest: &[u8]) -> Result<Vec<FileCheck>, Error> {
    Ok(Manifest::read(manifest)?.files.into_iter().map(FileCheck::new).collect())
}

/// Returns the checksum that a manifest ends with. Fails on one that is damaged.
pub(crate) fn manifest_checksum(manifest: &[u8]) -> Result<[u8; 32], Error> {
    layout::verify_checksum(manifest, FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_damaged_however_it_is_cut() {
        let file = layout::seal((0..1000u32).flat_map(u32::to_le_bytes).collect());
        let sha256 = layout::verify_checksum(&file, "a").expect("sealed");
        let facts = FileFacts { name: "a".to_owned(), length: file.len() as u64, sha256 };
        let check = |bytes: &[u8], pieces: usize, whole: bool, what: &str| {
            let mut checked = FileCheck::new(facts.clone());
            bytes.chunks(pieces).for_each(|piece| checked.push(piece));
            assert_eq!(checked.finish().is_ok(), whole, "{what}, in pieces of {pieces}");
        };
        for pieces in [1, 31, 32, 33, 1000, 100_000] {
            check(&file, pieces, true, "as it was");
            check(&file[..file.len() - 1], pieces, false, "one byte short");
            check(&[], pieces, false, "empty");
            check(&[file.as_slice(), &[0]].concat(), pieces, false, "one byte more");
            for at in [0, 500, 3_999, 4_000, 4_031] {
                let mut damaged = file.clone();
                damaged[at] ^= 1;
                check(&damaged, pieces, false, "one bit");
            }
            let other = layout::seal(vec![7; 4_000]);
            check(&other, pieces, false, "another whole file of this length");
        }
    }
}
