//! The ways of x86-64 with wide registers: all characters of a cell at once, and counting of bits
//! in one instruction.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm256_cmpeq_epi8, _mm256_cmplt_epu8_mask, _mm256_loadu_si256,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8,
    _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_or_si512, _mm512_set1_epi8, _mm512_sub_epi8,
};

use crate::simd::backend::{CellMasks, ROOM_BYTES, Simd, WithSimd};
use crate::simd::level::{Avx2, Avx512};
use crate::simd::mask::low;

/// Characters in half a register.
const HALF: usize = 32;
/// Characters from the first printable one on: 0x20 to 0x7f.
const PRINTABLE: u8 = 0x60;

/// Runs a loop that is compiled for AVX-512.
pub(super) fn avx512(token: Avx512, work: impl WithSimd) {
    // SAFETY: the token proves that the processor has the instructions.
    unsafe { with_avx512(token, work) }
}

/// Runs a loop that is compiled for AVX2.
pub(super) fn avx2(token: Avx2, work: impl WithSimd) {
    // SAFETY: the token proves that the processor has the instructions.
    unsafe { with_avx2(token, work) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx512(token: Avx512, work: impl WithSimd) {
    work.with_simd(token);
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx2(token: Avx2, work: impl WithSimd) {
    work.with_simd(token);
}

impl Simd for Avx512 {
    #[inline(always)]
    fn classify(self, bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { classify512(bytes, length) }
    }

    #[inline(always)]
    fn prefetch(self, bytes: &[u8]) {
        prefetch(bytes);
    }
}

impl Simd for Avx2 {
    #[inline(always)]
    fn classify(self, bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { classify256(bytes, length) }
    }

    #[inline(always)]
    fn prefetch(self, bytes: &[u8]) {
        prefetch(bytes);
    }
}

#[inline(always)]
fn prefetch(bytes: &[u8]) {
    // SAFETY: asking for a line of the cache reads nothing; every processor of this kind can.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn classify512(bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
    if length <= HALF {
        return classify_half(bytes, length);
    }
    // SAFETY: the load reads 64 of the bytes and needs no alignment.
    let bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    let cell = low(length as u32);
    let lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    let within = |bytes, first: u8, count: u8| {
        let above = _mm512_sub_epi8(bytes, _mm512_set1_epi8(first as i8));
        _mm512_cmplt_epu8_mask(above, _mm512_set1_epi8(count as i8)) & cell
    };
    CellMasks {
        letters: within(lower, b'a', 26),
        digits: within(bytes, b'0', 10),
        spaces: within(bytes, b' ', 1),
        printable: within(bytes, b' ', PRINTABLE) == cell,
    }
}

/// Most cells are short, and half a register lies across fewer lines of the cache.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn classify_half(bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
    // SAFETY: the load reads 32 of the bytes and needs no alignment.
    let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    let cell = low(length as u32) as u32;
    let lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    let within = |bytes, first: u8, count: u8| {
        let above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
        _mm256_cmplt_epu8_mask(above, _mm256_set1_epi8(count as i8)) & cell
    };
    CellMasks {
        letters: u64::from(within(lower, b'a', 26)),
        digits: u64::from(within(bytes, b'0', 10)),
        spaces: u64::from(within(bytes, b' ', 1)),
        printable: within(bytes, b' ', PRINTABLE) == cell,
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn classify256(bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks {
    let (halves, _) = bytes.as_chunks::<32>();
    let cell = low(length as u32);
    let (mut letters, mut digits, mut spaces, mut printable) = (0, 0, 0, 0);
    for (half, shift) in halves.iter().zip([0, 32]) {
        // SAFETY: the load reads the 32 bytes of the half and needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        let within = |bytes, first: u8, count: u8| {
            let above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
            // Nothing is smaller than the smaller of the two: equal where it lies within.
            let smaller = _mm256_min_epu8(above, _mm256_set1_epi8(count as i8 - 1));
            u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(above, smaller)) as u32) << shift
        };
        letters |= within(lower, b'a', 26);
        digits |= within(bytes, b'0', 10);
        spaces |= within(bytes, b' ', 1);
        printable |= within(bytes, b' ', PRINTABLE);
    }
    CellMasks {
        letters: letters & cell,
        digits: digits & cell,
        spaces: spaces & cell,
        printable: printable & cell == cell,
    }
}
