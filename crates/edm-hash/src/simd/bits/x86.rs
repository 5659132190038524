//! The levels of x86-64 with wide registers. The intrinsics are safe where the feature is enabled;
//! what is not is said at each call.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi32, _mm512_storeu_si512, _pdep_u64,
    _pext_u64,
};

use super::portable;

/// Bits of a word, and numbers of a register.
const BITS: usize = 64;
const LANES: usize = 16;

/// The numbers of the bits of a word.
const NUMBERS: [u8; BITS] = {
    let mut numbers = [0; BITS];
    let mut at = 0;
    while at < BITS {
        numbers[at] = at as u8;
        at += 1;
    }
    numbers
};

pub(super) fn scattered(bits: u64, places: u64) -> u64 {
    // SAFETY: these levels are given only where the processor has their instructions, BMI2 among
    // them.
    unsafe { deposit(bits, places) }
}

pub(super) fn count(words: &[u64]) -> usize {
    // SAFETY: these levels are given only where the processor has their instructions, POPCNT among
    // them.
    unsafe { count_bits(words) }
}

pub(super) fn positions_bmi(words: &[u64], out: &mut [u32]) {
    // SAFETY: this level is given only where the processor has its instructions, BMI1 among them.
    unsafe { bit_by_bit(words, out) }
}

pub(super) fn positions_avx512(words: &[u64], out: &mut [u32]) {
    // SAFETY: this level is given only where the processor has its instructions, AVX-512F, VBMI2
    // and POPCNT among them.
    unsafe { compressed(words, out) }
}

pub(super) fn pack(bits: &[u64], places: &[u64], out: &mut [u64]) {
    // SAFETY: these levels are given only where the processor has their instructions, BMI2 and
    // POPCNT among them.
    unsafe { extracted(bits, places, out) }
}

pub(super) fn pair_avx2(starts: &[u32], ends: &[u32], ranges: &mut [(u32, u32)], lengths: &mut [u8]) {
    // SAFETY: this level is given only where the processor has its instructions, AVX2 among them.
    unsafe { pair2(starts, ends, ranges, lengths) }
}

pub(super) fn pair_avx512(starts: &[u32], ends: &[u32], ranges: &mut [(u32, u32)], lengths: &mut [u8]) {
    // SAFETY: this level is given only where the processor has its instructions, AVX-512F, BW and
    // VL among them.
    unsafe { pair512(starts, ends, ranges, lengths) }
}

#[target_feature(enable = "bmi2")]
fn deposit(bits: u64, places: u64) -> u64 {
    _pdep_u64(bits, places)
}

#[target_feature(enable = "popcnt")]
fn count_bits(words: &[u64]) -> usize {
    portable::count(words)
}

#[target_feature(enable = "bmi1")]
fn bit_by_bit(words: &[u64], out: &mut [u32]) {
    portable::positions(words, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn compressed(words: &[u64], out: &mut [u32]) {
    // SAFETY: the load reads the 64 numbers and needs no alignment.
    let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
    let mut at = 0;
    for (index, word) in words.iter().enumerate() {
        let base = (index * BITS) as u32;
        let count = word.count_ones() as usize;
        let own = _mm512_maskz_compress_epi8(*word, numbers);
        store(_mm512_castsi512_si128(own), base, out, at);
        if count > LANES {
            store(_mm512_extracti32x4_epi32::<1>(own), base, out, at + LANES);
        }
        if count > 2 * LANES {
            store(_mm512_extracti32x4_epi32::<2>(own), base, out, at + 2 * LANES);
            store(_mm512_extracti32x4_epi32::<3>(own), base, out, at + 3 * LANES);
        }
        at += count;
    }
}

/// Writes 16 numbers of one byte, each after `base`.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(numbers: __m128i, base: u32, out: &mut [u32], at: usize) {
    let all = _mm512_add_epi32(_mm512_cvtepu8_epi32(numbers), _mm512_set1_epi32(base as i32));
    if let Some(room) = out.get_mut(at..).and_then(<[u32]>::first_chunk_mut::<LANES>) {
        // SAFETY: the store fills the 16 numbers of the room and needs no alignment.
        unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), all) };
    }
}

#[target_feature(enable = "bmi1,bmi2,popcnt")]
fn extracted(bits: &[u64], places: &[u64], out: &mut [u64]) {
    portable::pack(bits, places, out, |bits, places| _pext_u64(bits, places));
}

#[target_feature(enable = "avx2")]
fn pair2(starts: &[u32], ends: &[u32], ranges: &mut [(u32, u32)], lengths: &mut [u8]) {
    portable::pair(starts, ends, ranges, lengths);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn pair512(starts: &[u32], ends: &[u32], ranges: &mut [(u32, u32)], lengths: &mut [u8]) {
    portable::pair(starts, ends, ranges, lengths);
}
