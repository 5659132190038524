//! Checks a file of a generation while it is read piece by piece, so that one may be longer than
//! the memory and reading may take its time.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::generation::format::manifest::{FILE, FileFacts, Manifest};
use crate::generation::format::sealed_file::{CHUNK_BYTES, ChunkCipher, TAG_BYTES};
use crate::generation::generation_key::GenerationKey;

/// A file as a manifest describes it.
///
/// ```text
/// chunks ............................... | tags
/// ^ then each against its tag            ^ read first: must be those that the manifest names
/// ```
#[derive(Debug)]
pub struct FileCheck {
    facts: FileFacts,
    key: GenerationKey,
}

impl FileCheck {
    /// Returns the file's name.
    pub fn name(&self) -> String {
        self.facts.id.to_string()
    }

    /// Returns how many bytes the file must have.
    pub fn length(&self) -> u64 {
        self.facts.sealed_length()
    }

    /// Returns where the chunks end and the tags begin.
    pub fn tags_at(&self) -> u64 {
        self.facts.length
    }

    /// Takes the tags. Fails unless they are those that the manifest names.
    pub fn with_tags(self, tags: &[u8]) -> Result<ChunkCheck, Error> {
        let digest: [u8; 32] = Sha256::digest(tags).into();
        if digest != self.facts.tags_sha256 {
            return Err(Error::damaged(&self.name()));
        }
        let cipher = ChunkCipher::new(&self.key, self.facts.id, self.facts.length);
        let (tags, _) = tags.as_chunks();
        Ok(ChunkCheck {
            left: self.facts.length,
            facts: self.facts,
            cipher,
            tags: tags.to_vec(),
            number: 0,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)),
        })
    }
}

/// What was read of a file's chunks so far.
pub struct ChunkCheck {
    facts: FileFacts,
    cipher: ChunkCipher,
    tags: Vec<[u8; TAG_BYTES]>,
    /// Bytes that are missing.
    left: u64,
    number: usize,
    chunk: Zeroizing<Vec<u8>>,
}

impl ChunkCheck {
    /// Takes the next bytes of the chunks. Fails at the first chunk that is not what was encrypted.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            // More than the file has is refused with what is left of a chunk.
            let wanted =
                (CHUNK_BYTES - self.chunk.len()).min(usize::try_from(self.left).unwrap_or(CHUNK_BYTES));
            if wanted == 0 {
                return Err(self.damaged());
            }
            let (now, later) = bytes.split_at(wanted.min(bytes.len()));
            self.chunk.extend_from_slice(now);
            self.left -= now.len() as u64;
            bytes = later;
            if self.chunk.len() == CHUNK_BYTES || self.left == 0 {
                self.check_chunk()?;
            }
        }
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), Error> {
        let tag = self.tags.get(self.number).copied().ok_or_else(|| self.damaged())?;
        if !self.cipher.decrypt(self.number as u64, &mut self.chunk, &tag) {
            return Err(self.damaged());
        }
        self.number += 1;
        self.chunk.clear();
        Ok(())
    }

    /// Fails unless all chunks were read.
    pub fn finish(self) -> Result<(), Error> {
        if self.left == 0 && self.number == self.tags.len() { Ok(()) } else { Err(self.damaged()) }
    }

    fn damaged(&self) -> Error {
        Error::damaged(&self.facts.id.to_string())
    }
}

/// Returns a check for each file that a manifest names. Fails on a manifest that is damaged itself.
pub fn file_checks(manifest: &[u8]) -> Result<Vec<FileCheck>, Error> {
    let Manifest { files, sources, .. } = Manifest::read(manifest)?;
    let check = |facts: FileFacts| {
        let source = sources.get(facts.source as usize).ok_or_else(|| Error::damaged(FILE))?;
        Ok(FileCheck { key: source.key.clone(), facts })
    };
    files.into_iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::generation::format::file_id::{FileId, FileKind};
    use crate::generation::format::sealed_file::{SealedFile, seal};

    #[test]
    fn a_file_is_whole_or_damaged_however_it_is_cut() {
        let id = FileId { kind: FileKind::Entries, number: 1 };
        let key = GenerationKey::new([3; 32]);
        let length = 2 * CHUNK_BYTES + 4_000;
        let file = seal(&key, id, (0..length).map(|at| (at % 251) as u8).collect());
        let opened = SealedFile::open(Arc::new(file.clone()), &key, id).expect("it opens");
        let facts = FileFacts::of(&opened, id, 0);
        let check = |bytes: &[u8], pieces: usize, whole: bool, what: &str| {
            let check = FileCheck { facts, key: key.clone() };
            assert_eq!(check.length(), file.len() as u64);
            let (chunks, tags) = bytes.split_at(bytes.len().min(check.tags_at() as usize));
            let checked = check.with_tags(tags).and_then(|mut checked| {
                chunks.chunks(pieces).try_for_each(|piece| checked.push(piece))?;
                checked.finish()
            });
            assert_eq!(checked.is_ok(), whole, "{what}, in pieces of {pieces}");
        };
        for pieces in [31, 1_000, CHUNK_BYTES, CHUNK_BYTES + 1, 1_000_000] {
            check(&file, pieces, true, "as it was");
            check(&file[..file.len() - 1], pieces, false, "one byte short");
            check(&[], pieces, false, "empty");
            check(&[file.as_slice(), &[0]].concat(), pieces, false, "one byte more");
            for at in [0, 500, CHUNK_BYTES - 1, CHUNK_BYTES, length - 1, length, file.len() - 1] {
                let mut damaged = file.clone();
                damaged[at] ^= 1;
                check(&damaged, pieces, false, "one bit");
            }
            let other = seal(&key, id, vec![7; length]);
            check(&other, pieces, false, "another whole file of this length");
            check(&[&file[..length - 1], &file[length..]].concat(), pieces, false, "a byte of a chunk less");
        }
    }
}
