//! AES-NI: one block a register, eight in flight.

use std::arch::x86_64::{
    __m128i, _mm_aesenc_si128, _mm_aesenclast_si128, _mm_loadu_si128, _mm_setzero_si128, _mm_storeu_si128,
    _mm_xor_si128,
};

use super::schedule::{ROUNDS, Schedule};
use super::{BLOCK_BYTES, Block, Blocks};

/// Registers in flight: enough to hide the latency of a round.
const FLIGHT: usize = 8;

type Keys = [__m128i; ROUNDS + 1];

#[target_feature(enable = "aes,sse2")]
pub(super) fn encrypt(schedule: &Schedule, count: usize, blocks: &mut impl Blocks) {
    let mut keys = [_mm_setzero_si128(); ROUNDS + 1];
    for (key, bytes) in keys.iter_mut().zip(&schedule.0) {
        *key = load(bytes);
    }
    let mut first = 0;
    while first + FLIGHT <= count {
        encrypt_flight::<FLIGHT>(&keys, first, blocks);
        first += FLIGHT;
    }
    while first < count {
        encrypt_flight::<1>(&keys, first, blocks);
        first += 1;
    }
}

#[inline]
#[target_feature(enable = "aes,sse2")]
fn encrypt_flight<const N: usize>(keys: &Keys, first: usize, blocks: &mut impl Blocks) {
    let mut states = [_mm_setzero_si128(); N];
    for (index, state) in states.iter_mut().enumerate() {
        *state = _mm_xor_si128(load(&blocks.block(first + index)), keys[0]);
    }
    for key in &keys[1..ROUNDS] {
        for state in &mut states {
            *state = _mm_aesenc_si128(*state, *key);
        }
    }
    for (index, state) in states.iter().enumerate() {
        let mut encrypted = [0; BLOCK_BYTES];
        store(_mm_aesenclast_si128(*state, keys[ROUNDS]), &mut encrypted);
        blocks.put(first + index, &encrypted);
    }
}

#[inline]
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0012")]
#[target_feature(enable = "sse2")]
fn load(block: &Block) -> __m128i {
    // SAFETY: the reference is to the 16 bytes that are read, and the instruction asks for no
    // alignment.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

#[inline]
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0012")]
#[target_feature(enable = "sse2")]
fn store(state: __m128i, block: &mut Block) {
    // SAFETY: the reference is to the 16 bytes that are written, and the instruction asks for no
    // alignment.
    unsafe { _mm_storeu_si128(block.as_mut_ptr().cast(), state) }
}
