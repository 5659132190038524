//! Split-block Bloom filters over addresses (Putze, Sanders, Singler, "Cache-, hash- and
//! space-efficient Bloom filters", 2007; the eight constants are those of the Apache Parquet
//! format).
//!
//! An address sets one bit in each of the eight words of one block of 32 bytes, so that a test
//! reads one cache line and compares eight words at once:
//!
//! ```text
//! address   | part bits | high: chooses the block | low × salt 0…7, top 5 bits: a bit of word 0…7 |
//! block     [word 0][word 1][word 2][word 3][word 4][word 5][word 6][word 7]
//! ```
//!
//! What must stay true: no test says "no" wrongly; the vector path and the portable one agree.
//! `docs/decisions/0013-batched-lookup.md` has the measured alternatives.

#[cfg(target_arch = "x86_64")]
mod avx2;

use edm_hash::{Hash, Level};

use crate::prefetch::prefetch;

const SALTS: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
pub(crate) const BLOCK_BYTES: usize = 32;
const BITS_PER_ADDRESS: usize = 12;

/// Returns how many blocks a filter of that many addresses has.
pub(crate) fn blocks_for(addresses: usize) -> usize {
    (addresses * BITS_PER_ADDRESS).div_ceil(BLOCK_BYTES * 8).max(1)
}

#[inline(always)]
fn block_of(address: u64, part_bits: u32, blocks: usize) -> usize {
    // The top `part_bits` are the same for all addresses of a part: shifted out, the rest choose
    // the block. Multiply and shift instead of a modulo: the block count need not be a power of
    // two.
    let spread = address << part_bits;
    (((spread >> 32) * blocks as u64) >> 32) as usize
}

#[inline(always)]
fn bit(address: u64, salt: u32) -> u32 {
    // One bit in each of eight words, from the low half of the address: the top half chose the
    // block.
    1 << ((address as u32).wrapping_mul(salt) >> 27)
}

/// Adds an address to a filter of whole blocks.
pub(crate) fn insert(filter: &mut [u8], address: u64, part_bits: u32) {
    let at = block_of(address, part_bits, filter.len() / BLOCK_BYTES) * BLOCK_BYTES;
    // An empty filter has no block: a column without values inserts nothing.
    let Some(block) = filter.get_mut(at..at + BLOCK_BYTES) else { return };
    let (words, _) = block.as_chunks_mut::<4>();
    for (word, salt) in words.iter_mut().zip(SALTS) {
        *word = (u32::from_le_bytes(*word) | bit(address, salt)).to_le_bytes();
    }
}

/// Marks each hash whose address may have been added: never leaves out one that was. The filters
/// are those of the parts in their order; an empty one holds nothing. `marks` has a bit for each
/// hash and keeps what is marked in it.
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0013")]
pub(crate) fn mark(level: Level, parts: Parts<'_>, hashes: &[Hash], marks: &mut [u64]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: these paths are given only where the processor has their instructions, AVX2 and
        // BMI2 among them.
        Level::Avx2(_) | Level::Avx512(_) => unsafe { avx2::mark(parts, hashes, marks) },
        _ => mark_inline(parts, hashes, marks, holds),
    }
}

/// How many hashes [`mark`] prefetches at once, before it tests the first.
pub(crate) const ASKED_TOGETHER: usize = 64;

/// Prefetches the block of an address.
pub(crate) fn prefetch_block(blocks: &[Block], address: u64, part_bits: u32) {
    blocks.get(block_of(address, part_bits, blocks.len())).into_iter().for_each(|block| prefetch(block));
}

/// A rule's filters.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) bits: u32,
    pub(crate) filters: &'a [&'a [Block]],
}

impl<'a> Parts<'a> {
    #[inline(always)]
    fn block(self, address: u64) -> &'a Block {
        // With no part bits this would be a shift by 64, which is not defined: two shifts give 0.
        let part = address >> 1 >> (63 - self.bits);
        let Some(blocks) = self.filters.get(part as usize) else { return NOTHING };
        match blocks.get(block_of(address, self.bits, blocks.len())) {
            Some(block) => block,
            None => NOTHING,
        }
    }
}

/// A block of a filter.
pub(crate) type Block = [u8; BLOCK_BYTES];

const NOTHING: &Block = &[0; BLOCK_BYTES];

/// Prefetches the blocks of 64 hashes, and tests those of the 64 before: by then most have arrived.
#[inline(always)]
fn mark_inline(parts: Parts<'_>, hashes: &[Hash], marks: &mut [u64], holds: impl Fn(&Block, u64) -> bool) {
    // Two sets of blocks, swapped: one was prefetched in the last round and is tested, the other is
    // prefetched.
    let (mut first, mut second) = ([NOTHING; 64], [NOTHING; 64]);
    let (mut asked, mut asked_next) = (&mut first, &mut second);
    let mut chunks = hashes.chunks(64);
    let mut next = chunks.next().unwrap_or(&[]);
    ask(parts, next, asked_next);
    for word in marks {
        let hashes = next;
        std::mem::swap(&mut asked, &mut asked_next);
        next = chunks.next().unwrap_or(&[]);
        ask(parts, next, asked_next);
        // The word is built in a register and written once.
        let mut marked = 0;
        for (index, (block, hash)) in asked.iter().zip(hashes).enumerate() {
            marked |= u64::from(holds(block, own_address(hash))) << index;
        }
        *word |= marked;
    }
}

#[inline(always)]
fn ask<'a>(parts: Parts<'a>, hashes: &[Hash], blocks: &mut [&'a Block; 64]) {
    for (block, hash) in blocks.iter_mut().zip(hashes) {
        *block = parts.block(own_address(hash));
        prefetch(*block);
    }
}

/// `edm_hash::address`, here because it must be inlined into code for other instructions than it
/// was compiled for.
#[inline(always)]
fn own_address(hash: &Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn holds(block: &Block, address: u64) -> bool {
    let (words, _) = block.as_chunks::<4>();
    let mut missing = 0;
    for (word, salt) in words.iter().zip(SALTS) {
        // Without a branch: eight tests take less time than one wrong guess.
        missing |= !u32::from_le_bytes(*word) & bit(address, salt);
    }
    missing == 0
}

#[cfg(test)]
mod tests;
