//! Files at rest: encrypted and authenticated in chunks, and read at any place
//! (`docs/formats/generation.md`, G2).
//!
//! Every chunk of 64 KiB is a message of AES-256-GCM-SIV (RFC 8452) under the generation key. Its
//! keystream begins at its tag, so 16 bytes anywhere cost one block of AES:
//!
//! ```text
//! file     | chunk 0 ........ | chunk 1 ........ | … last | tag 0 | tag 1 | … |
//! 16 bytes at o of chunk i  =  ciphertext XOR AES-256(K_enc, counter block of tag i, + o / 16)
//! ```
//!
//! What must stay true: nothing is decrypted before the tags are those that the manifest names, so
//! a look-up never uses another file's bytes. Whether the ciphertext belongs to the tags is checked
//! by [`SealedFile::verify`] alone, before a generation is served. `docs/decisions/0033` has the
//! reasons.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce, Tag};
use edm_hash::CounterMode;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::file_id::{FileId, NONCE_BYTES};
use crate::generation::generation_key::GenerationKey;
use crate::prefetch::prefetch;

/// Plaintext bytes of a chunk; the last one of a file may be shorter.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
pub(crate) const TAG_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;
const CHUNK_BLOCKS: usize = CHUNK_BYTES / BLOCK_BYTES;

type Block = [u8; BLOCK_BYTES];

/// Returns how many chunks, and so tags, a file of that many plaintext bytes has.
pub(crate) fn chunk_count(length: u64) -> u64 {
    length.div_ceil(CHUNK_BYTES as u64)
}

/// Returns the bytes that a file of that many plaintext bytes has at rest.
pub(crate) fn sealed_length(length: u64) -> Option<u64> {
    chunk_count(length).checked_mul(TAG_BYTES as u64)?.checked_add(length)
}

/// Encrypts, decrypts and checks the chunks of one file.
#[derive(Clone)]
pub(crate) struct ChunkCipher {
    cipher: Aes256GcmSiv,
    nonce: [u8; NONCE_BYTES],
    length: u64,
}

impl ChunkCipher {
    /// Takes the key, which file it is, and its plaintext bytes.
    pub(crate) fn new(key: &GenerationKey, id: FileId, length: u64) -> Self {
        Self { cipher: Aes256GcmSiv::new(key.expose_for_sealing().into()), nonce: id.nonce(), length }
    }

    /// Returns what is authenticated beside a chunk: its place, and where the file ends.
    fn bound(&self, number: u64) -> [u8; 16] {
        let mut bound = [0; 16];
        bound[..8].copy_from_slice(&number.to_le_bytes());
        bound[8..].copy_from_slice(&self.length.to_le_bytes());
        bound
    }

    fn encrypt(&self, number: u64, chunk: &mut [u8]) -> [u8; TAG_BYTES] {
        let (nonce, bound) = (Nonce::from(self.nonce), self.bound(number));
        let tag = self.cipher.encrypt_inout_detached(&nonce, &bound, chunk.into());
        tag.expect("a chunk of 64 KiB is below the cipher's limit").into()
    }

    /// Decrypts a chunk in place. Returns whether chunk, place and tag belong together.
    pub(crate) fn decrypt(&self, number: u64, chunk: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
        let (nonce, bound) = (Nonce::from(self.nonce), self.bound(number));
        let tag = Tag::from(*tag);
        self.cipher.decrypt_inout_detached(&nonce, &bound, chunk.into(), &tag).is_ok()
    }
}

/// Encrypts a file. The same content under the same key gives the same bytes.
pub(crate) fn seal(key: &GenerationKey, id: FileId, mut content: Vec<u8>) -> Vec<u8> {
    let cipher = ChunkCipher::new(key, id, content.len() as u64);
    let mut tags = Vec::with_capacity(content.len().div_ceil(CHUNK_BYTES) * TAG_BYTES);
    for (number, chunk) in (0..).zip(content.chunks_mut(CHUNK_BYTES)) {
        tags.extend_from_slice(&cipher.encrypt(number, chunk));
    }
    content.extend_from_slice(&tags);
    content
}

/// Returns room for the tags of a file of that many bytes, so that sealing need not move it.
pub(crate) fn tags_bytes(length: usize) -> usize {
    length.div_ceil(CHUNK_BYTES) * TAG_BYTES
}

/// An opened file, decrypted where it is read.
pub(crate) struct SealedFile {
    bytes: FileBytes,
    id: FileId,
    length: usize,
    /// The counter block that each chunk's keystream begins with.
    counters: Vec<Block>,
    keystream: CounterMode,
    tags_sha256: [u8; 32],
}

impl SealedFile {
    /// Opens a file. Reads its tags only, whose digest the caller must compare
    /// ([`SealedFile::tags_sha256`]).
    pub(crate) fn open(bytes: FileBytes, key: &GenerationKey, id: FileId) -> Result<Self, Error> {
        let damaged = || Error::damaged(&id.to_string());
        let whole: &[u8] = (*bytes).as_ref();
        // The length follows from that of the whole: every chunk that is begun has a tag.
        let chunks = whole.len().div_ceil(CHUNK_BYTES + TAG_BYTES);
        let length = whole.len().checked_sub(chunks * TAG_BYTES).ok_or_else(damaged)?;
        if length.div_ceil(CHUNK_BYTES) != chunks {
            return Err(damaged());
        }
        let (_, tags) = whole.split_at(length);
        let tags_sha256 = Sha256::digest(tags).into();
        let (tags, _) = tags.as_chunks::<TAG_BYTES>();
        let counters = tags.iter().map(counter_block).collect();
        Ok(Self { id, length, counters, keystream: keystream(key, id.nonce()), tags_sha256, bytes })
    }

    /// Returns the plaintext bytes of the file.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Returns the SHA-256 of the file's tags, which stand for all of it.
    pub(crate) fn tags_sha256(&self) -> &[u8; 32] {
        &self.tags_sha256
    }

    /// Returns the name of the file.
    pub(crate) fn name(&self) -> String {
        self.id.to_string()
    }

    /// Reads every byte and fails unless it is what was encrypted.
    pub(crate) fn verify(&self, key: &GenerationKey) -> Result<(), Error> {
        let damaged = || Error::damaged(&self.name());
        let cipher = ChunkCipher::new(key, self.id, self.length as u64);
        let (content, tags) = self.whole().split_at(self.length);
        let (tags, _) = tags.as_chunks::<TAG_BYTES>();
        let mut plain = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES));
        for ((number, chunk), tag) in (0..).zip(content.chunks(CHUNK_BYTES)).zip(tags) {
            plain.clear();
            plain.extend_from_slice(chunk);
            if !cipher.decrypt(number, &mut plain, tag) {
                return Err(damaged());
            }
        }
        Ok(())
    }

    /// Prefetches the bytes at a place.
    #[inline]
    pub(crate) fn prefetch(&self, at: usize) {
        prefetch(self.whole().get(at..).unwrap_or(&[]));
    }

    /// Returns the `N` bytes at a place, at most 16; `None` if the file ends before.
    #[inline]
    pub(crate) fn read<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        const { assert!(N <= BLOCK_BYTES) };
        let within = at % BLOCK_BYTES;
        at.checked_add(N).filter(|end| *end <= self.length)?;
        let mut blocks = [[0; BLOCK_BYTES]; 2];
        let count = (within + N).div_ceil(BLOCK_BYTES);
        self.blocks(at / BLOCK_BYTES, blocks.get_mut(..count)?)?;
        blocks.as_flattened().get(within..)?.first_chunk().copied()
    }

    /// Fills `out` with the bytes at a place; `None` if the file ends before.
    pub(crate) fn read_into(&self, at: usize, out: &mut [u8]) -> Option<()> {
        at.checked_add(out.len()).filter(|end| *end <= self.length)?;
        // A read mostly begins and ends inside a block: these blocks are decrypted aside.
        let within = at % BLOCK_BYTES;
        let head = if within == 0 { 0 } else { (BLOCK_BYTES - within).min(out.len()) };
        let (head, rest) = out.split_at_mut(head);
        self.part_of_block(at, head)?;
        let at = at + head.len();
        let (middle, tail) = rest.as_chunks_mut::<BLOCK_BYTES>();
        self.blocks(at / BLOCK_BYTES, middle)?;
        self.part_of_block(at + middle.len() * BLOCK_BYTES, tail)
    }

    /// Returns the plaintext of a range; `None` if the file ends before.
    pub(crate) fn plain(&self, at: usize, length: usize) -> Option<Vec<u8>> {
        // Before the room is made: a damaged file may name any length.
        at.checked_add(length).filter(|end| *end <= self.length)?;
        let mut out = vec![0; length];
        self.read_into(at, &mut out)?;
        Some(out)
    }

    /// Fills `out` with bytes of one block.
    fn part_of_block(&self, at: usize, out: &mut [u8]) -> Option<()> {
        if out.is_empty() {
            return Some(());
        }
        let mut block = [[0; BLOCK_BYTES]];
        self.blocks(at / BLOCK_BYTES, &mut block)?;
        let from = at % BLOCK_BYTES;
        out.copy_from_slice(block.as_flattened().get(from..from + out.len())?);
        Some(())
    }

    /// Decrypts whole blocks, the first of which has this number in the file. A last block that is
    /// cut by the file's end has arbitrary bytes behind it.
    #[inline]
    pub(crate) fn blocks(&self, first: usize, out: &mut [Block]) -> Option<()> {
        let whole = self.whole();
        let (mut number, mut rest) = (first, out);
        while !rest.is_empty() {
            let (chunk, within) = (number / CHUNK_BLOCKS, number % CHUNK_BLOCKS);
            let counter = self.counters.get(chunk)?;
            let count = rest.len().min(CHUNK_BLOCKS - within);
            let (now, later) = rest.split_at_mut(count);
            // The tags follow the last chunk, so that a cut block is inside the whole.
            let at = number * BLOCK_BYTES;
            let source = whole.get(at..at + count * BLOCK_BYTES)?;
            now.as_flattened_mut().copy_from_slice(source);
            self.keystream.apply(counter, within as u32, now);
            number += count;
            rest = later;
        }
        Some(())
    }

    #[inline]
    fn whole(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }
}

/// Returns the counter block that a chunk's keystream begins with (RFC 8452, section 4).
fn counter_block(tag: &[u8; TAG_BYTES]) -> Block {
    let mut block = *tag;
    block[BLOCK_BYTES - 1] |= 0x80;
    block
}

/// Derives the message-encryption key of a file (RFC 8452, section 4): the first halves of four
/// blocks of the generation key's counter mode, from block 2 on.
fn keystream(key: &GenerationKey, nonce: [u8; NONCE_BYTES]) -> CounterMode {
    let mut initial = [0; BLOCK_BYTES];
    initial[BLOCK_BYTES - NONCE_BYTES..].copy_from_slice(&nonce);
    let mut blocks = Zeroizing::new([[0; BLOCK_BYTES]; 4]);
    CounterMode::new(key.expose_for_sealing()).apply(&initial, 2, blocks.as_mut_slice());
    let mut derived = Zeroizing::new([0; GenerationKey::BYTES]);
    for (half, block) in derived.chunks_mut(BLOCK_BYTES / 2).zip(blocks.iter()) {
        half.copy_from_slice(&block[..BLOCK_BYTES / 2]);
    }
    CounterMode::new(&derived)
}

#[cfg(test)]
mod tests;
