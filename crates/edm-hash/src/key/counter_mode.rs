//! AES-256 in counter mode with a 32-bit little-endian counter, as AES-GCM-SIV uses it (RFC 8452,
//! section 4), from any block on.

use crate::key::cipher::{BLOCK_BYTES, Block, Blocks, Cipher};
use crate::simd::level::Level;

/// AES-256 in counter mode. The key is wiped on drop.
pub struct CounterMode(Cipher);

impl CounterMode {
    /// Expands the key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Cipher::new(key, Level::current()))
    }

    /// Encrypts or decrypts blocks in place. The first of them has the number `first` in the
    /// message that begins with this counter block.
    pub fn apply(&self, initial: &[u8; BLOCK_BYTES], first: u32, blocks: &mut [[u8; BLOCK_BYTES]]) {
        let [a, b, c, d, ..] = *initial;
        let counter = u32::from_le_bytes([a, b, c, d]).wrapping_add(first);
        self.0.encrypt(blocks.len(), &mut Message { initial: *initial, counter, blocks });
    }
}

/// Blocks that are combined with their keystream.
struct Message<'a> {
    initial: Block,
    counter: u32,
    blocks: &'a mut [Block],
}

impl Blocks for Message<'_> {
    #[inline(always)]
    fn block(&self, index: usize) -> Block {
        let mut block = self.initial;
        // Only the counter wraps: the other bytes of the block never change.
        let [a, b, c, d] = self.counter.wrapping_add(index as u32).to_le_bytes();
        [block[0], block[1], block[2], block[3]] = [a, b, c, d];
        block
    }

    #[inline(always)]
    fn put(&mut self, index: usize, encrypted: &Block) {
        let Some(block) = self.blocks.get_mut(index) else { return };
        *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(*encrypted)).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each block alone gives what all together give, the counter wraps inside its four bytes, and
    /// the cipher is AES-256.
    #[test]
    fn any_block_is_reached_alone() {
        let key: [u8; 32] = std::array::from_fn(|index| index as u8);
        let cipher = CounterMode::new(&key);
        let mut initial = [0xA5; BLOCK_BYTES];
        initial[..4].copy_from_slice(&(u32::MAX - 3).to_le_bytes());
        for count in [1, 2, 3, 4, 5, 7, 8, 9, 16, 33] {
            let mut all = vec![[0; BLOCK_BYTES]; count];
            cipher.apply(&initial, 0, &mut all);
            for (index, block) in all.iter().enumerate() {
                let mut alone = [[0; BLOCK_BYTES]];
                cipher.apply(&initial, index as u32, &mut alone);
                assert_eq!(alone[0], *block, "block {index} of {count}");
                let mut counter = initial;
                counter[..4].copy_from_slice(&(u32::MAX - 3).wrapping_add(index as u32).to_le_bytes());
                assert_eq!(cipher.0.encrypt_one(counter), *block, "block {index} of {count}");
            }
        }
    }
}
