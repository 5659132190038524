//! VAES on the registers of AVX-512: four blocks a register.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_loadu_si128, _mm512_aesenc_epi128, _mm512_aesenclast_epi128,
    _mm512_broadcast_i32x4, _mm512_castsi128_si512, _mm512_inserti32x4, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_xor_si512,
};

use super::schedule::{ROUNDS, Schedule};
use super::{BLOCK_BYTES, Block, Blocks};

/// Blocks in a register.
const WIDTH: usize = 4;
/// Registers side by side. The CPU overlaps what follows with them, as nothing of it waits for
/// them: with 4 or 8 the compiler keeps them in memory, and 1 is slower too (measured).
const FLIGHT: usize = 2;

type Keys = [__m512i; ROUNDS + 1];

#[target_feature(enable = "aes,vaes,avx512f,avx512bw,avx512vl")]
pub(super) fn encrypt(schedule: &Schedule, count: usize, blocks: &mut impl Blocks) {
    let mut keys = [_mm512_setzero_si512(); ROUNDS + 1];
    for (key, bytes) in keys.iter_mut().zip(&schedule.0) {
        *key = _mm512_broadcast_i32x4(load(bytes));
    }
    let mut first = 0;
    while first + FLIGHT * WIDTH <= count {
        encrypt_flight::<FLIGHT>(&keys, first, blocks);
        first += FLIGHT * WIDTH;
    }
    while first < count {
        encrypt_flight::<1>(&keys, first, blocks);
        first += WIDTH;
    }
}

#[inline]
#[target_feature(enable = "aes,vaes,avx512f,avx512bw,avx512vl")]
fn encrypt_flight<const N: usize>(keys: &Keys, first: usize, blocks: &mut impl Blocks) {
    let mut gathered = [_mm512_setzero_si512(); N];
    for (index, lanes) in gathered.iter_mut().enumerate() {
        let at = first + index * WIDTH;
        let one = _mm512_castsi128_si512(load(&blocks.block(at)));
        let two = _mm512_inserti32x4::<1>(one, load(&blocks.block(at + 1)));
        let three = _mm512_inserti32x4::<2>(two, load(&blocks.block(at + 2)));
        *lanes = _mm512_inserti32x4::<3>(three, load(&blocks.block(at + 3)));
    }
    let mut states = gathered;
    for state in &mut states {
        *state = _mm512_xor_si512(*state, keys[0]);
    }
    for key in &keys[1..ROUNDS] {
        for state in &mut states {
            *state = _mm512_aesenc_epi128(*state, *key);
        }
    }
    for (index, state) in states.iter().enumerate() {
        let mut encrypted = [[0; BLOCK_BYTES]; WIDTH];
        store(_mm512_aesenclast_epi128(*state, keys[ROUNDS]), &mut encrypted);
        for (lane, block) in encrypted.iter().enumerate() {
            blocks.put(first + index * WIDTH + lane, block);
        }
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
#[target_feature(enable = "avx512f")]
fn store(state: __m512i, blocks: &mut [Block; WIDTH]) {
    // SAFETY: the reference is to the 64 bytes that are written, and the instruction asks for no
    // alignment.
    unsafe { _mm512_storeu_si512(blocks.as_mut_ptr().cast(), state) }
}
