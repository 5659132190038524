//! AES-256 over many blocks at once, on the fastest level that the machine has
//! (`docs/decisions/0012-own-paths-through-aes.md`). Every level gives the same bytes.

#[cfg(target_arch = "x86_64")]
mod aes_ni;
mod portable;
#[cfg(target_arch = "x86_64")]
mod schedule;
#[cfg(target_arch = "x86_64")]
mod vaes;

use crate::simd::level::Level;

/// A block of the cipher.
pub(crate) type Block = [u8; BLOCK_BYTES];

pub(crate) const BLOCK_BYTES: usize = 16;

/// Blocks that come from somewhere and go somewhere, so that none is copied only to be encrypted.
///
/// Implementations are `#[inline(always)]` and free of closures and iterators: they become part of
/// code for instructions that nothing else was compiled for, and what is not inlined there costs
/// more than the cipher.
pub(crate) trait Blocks {
    /// Returns what is to be encrypted at the index; anything if it is after the last.
    fn block(&self, index: usize) -> Block;

    /// Takes an encrypted block, each once and in order; it is to be ignored if its index is after
    /// the last.
    fn put(&mut self, index: usize, encrypted: &Block);
}

/// An AES-256 key, expanded once. Wiped on drop.
pub(crate) struct Cipher(Keyed);

/// Which level the key was expanded for. Those of the CPU's own instructions are made by
/// [`Cipher::new`] alone, after it saw that the CPU has them.
enum Keyed {
    Portable(Box<portable::Key>),
    #[cfg(target_arch = "x86_64")]
    AesNi(schedule::Schedule),
    #[cfg(target_arch = "x86_64")]
    Vaes(schedule::Schedule),
}

impl Cipher {
    /// Expands the key for a level.
    #[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0012")]
    pub(crate) fn new(key: &[u8; 32], level: Level) -> Self {
        // SAFETY: each level but the portable one proves that the CPU has AES-NI, which is all that
        // this needs.
        #[cfg(target_arch = "x86_64")]
        let expanded = || unsafe { schedule::Schedule::expand(key) };
        Self(match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => Keyed::AesNi(expanded()),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => Keyed::Vaes(expanded()),
            _ => Keyed::Portable(Box::new(portable::Key::new(key))),
        })
    }

    /// Encrypts `count` blocks.
    #[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0012")]
    pub(crate) fn encrypt(&self, count: usize, blocks: &mut impl Blocks) {
        match &self.0 {
            // One branch for thousands of blocks: the loop is inside.
            Keyed::Portable(key) => key.encrypt(count, blocks),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `new` made this variant, so the CPU has AES-NI.
            Keyed::AesNi(schedule) => unsafe { aes_ni::encrypt(schedule, count, blocks) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `new` made this variant, so the CPU has VAES and the parts of AVX-512 that
            // the level names.
            Keyed::Vaes(schedule) => unsafe { vaes::encrypt(schedule, count, blocks) },
        }
    }

    /// Encrypts one block.
    pub(crate) fn encrypt_one(&self, block: Block) -> Block {
        let mut one = One(block);
        self.encrypt(1, &mut one);
        one.0
    }
}

struct One(Block);

impl Blocks for One {
    #[inline(always)]
    fn block(&self, _: usize) -> Block {
        self.0
    }

    #[inline(always)]
    fn put(&mut self, index: usize, encrypted: &Block) {
        if index == 0 {
            self.0 = *encrypted;
        }
    }
}

#[cfg(test)]
mod tests;
