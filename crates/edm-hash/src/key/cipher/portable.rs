//! The portable level: the `aes` crate, constant-time everywhere and the oracle of the other
//! levels.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit, consts::U16};

use super::Blocks;

/// How many blocks are handed to the crate together.
const LANES: usize = 64;

/// Few blocks are handed over one by one: the crate rounds them up to its own width.
const FEW: usize = 4;

pub(super) struct Key(Aes256);

impl Key {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256::new(&Array::from(*key)))
    }

    pub(super) fn encrypt(&self, count: usize, blocks: &mut impl Blocks) {
        let mut flight = [Array::<u8, U16>::default(); LANES];
        let mut first = 0;
        while first < count {
            let flight = &mut flight[..LANES.min(count - first)];
            for (index, slot) in flight.iter_mut().enumerate() {
                *slot = Array(blocks.block(first + index));
            }
            if flight.len() <= FEW {
                flight.iter_mut().for_each(|block| self.0.encrypt_block(block));
            } else {
                self.0.encrypt_blocks(flight);
            }
            for (index, block) in flight.iter().enumerate() {
                blocks.put(first + index, &block.0);
            }
            first += flight.len();
        }
    }
}
