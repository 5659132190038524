//! AES-256-CMAC (NIST SP 800-38B) over many messages at once, so that the cipher always has many blocks in flight.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit, consts::U16};
use zeroize::Zeroize;

type Block = Array<u8, U16>;

/// The width of a hash in bytes.
pub const HASH_BYTES: usize = 16;

/// A keyed hash.
pub type Hash = [u8; HASH_BYTES];

/// How many messages are hashed side by side.
const LANES: usize = 64;

/// A CMAC key with its two subkeys. Wiped on drop.
pub(crate) struct CmacKey {
    cipher: Aes256,
    complete: [u8; 16],
    padded: [u8; 16],
}

impl Drop for CmacKey {
    fn drop(&mut self) {
        self.complete.zeroize();
        self.padded.zeroize();
    }
}

impl CmacKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256::new(&Array::from(*key));
        let mut zero = Block::default();
        cipher.encrypt_block(&mut zero);
        let complete = doubled(u128::from_be_bytes(zero.into()));
        let padded = doubled(complete);
        zero.zeroize();
        Self { cipher, complete: complete.to_be_bytes(), padded: padded.to_be_bytes() }
    }

    /// Appends the tag of each message to `out`. Messages are ranges of `arena`, at most 4 GiB.
    pub(crate) fn tag_all(&self, arena: &[u8], messages: &[(u32, u32)], out: &mut Vec<Hash>) {
        for lanes in messages.chunks(LANES) {
            self.tag_lanes(arena, lanes, out);
        }
    }

    fn tag_lanes(&self, arena: &[u8], messages: &[(u32, u32)], out: &mut Vec<Hash>) {
        let mut states = [Block::default(); LANES];
        let message = |range: &(u32, u32)| arena.get(range.0 as usize..range.1 as usize).unwrap_or(&[]);
        let rounds = messages.iter().map(|range| message(range).len().div_ceil(16)).max().unwrap_or(0).max(1);
        if rounds == 1 {
            for (state, range) in states.iter_mut().zip(messages) {
                self.absorb_last(state, message(range));
            }
            self.cipher.encrypt_blocks(states.get_mut(..messages.len()).unwrap_or(&mut []));
            out.extend(states.iter().take(messages.len()).map(|state| Hash::from(*state)));
            return;
        }
        let mut active = [0usize; LANES];
        let mut flight = [Block::default(); LANES];
        for round in 0..rounds {
            let mut count = 0;
            for (lane, range) in messages.iter().enumerate() {
                let bytes = message(range);
                let own = bytes.len().div_ceil(16).max(1);
                if round >= own {
                    continue;
                }
                let Some(rest) = bytes.get(round * 16..) else { continue };
                let state = &mut states[lane];
                if round + 1 == own {
                    self.absorb_last(state, rest);
                } else {
                    xor(state, rest);
                }
                active[count] = lane;
                flight[count] = *state;
                count += 1;
            }
            self.cipher.encrypt_blocks(&mut flight[..count]);
            for i in 0..count {
                states[active[i]] = flight[i];
            }
        }
        out.extend(states.iter().take(messages.len()).map(|state| Hash::from(*state)));
    }

    fn absorb_last(&self, state: &mut Block, rest: &[u8]) {
        xor(state, rest);
        if rest.len() == 16 {
            xor(state, &self.complete);
        } else {
            if let Some(byte) = state.get_mut(rest.len()) {
                *byte ^= 0x80;
            }
            xor(state, &self.padded);
        }
    }
}

fn xor(state: &mut Block, bytes: &[u8]) {
    state.iter_mut().zip(bytes).for_each(|(state, byte)| *state ^= byte);
}

/// Doubling in GF(2^128) (SP 800-38B, section 5.3).
fn doubled(value: u128) -> u128 {
    value << 1 ^ if value >> 127 == 1 { 0x87 } else { 0 }
}

/// A plain AES-256 key for row checks.
pub(crate) struct BlockKey(Aes256);

impl BlockKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256::new(&Array::from(*key)))
    }

    /// Encrypts each block in place.
    pub(crate) fn encrypt_all(&self, blocks: &mut [[u8; 16]]) {
        let mut flight = [Block::default(); LANES];
        for chunk in blocks.chunks_mut(LANES) {
            for (slot, block) in flight.iter_mut().zip(chunk.iter()) {
                *slot = Block::from(*block);
            }
            self.0.encrypt_blocks(flight.get_mut(..chunk.len()).unwrap_or(&mut []));
            for (slot, block) in flight.iter().zip(chunk.iter_mut()) {
                *block = (*slot).into();
            }
        }
    }
}

#[cfg(test)]
mod tests;
