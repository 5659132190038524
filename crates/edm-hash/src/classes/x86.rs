//! The paths of x86-64 with wide registers. The intrinsics are safe where the feature is enabled; what is not is said at each
//! call.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8, _mm512_cmpeq_epi8_mask,
    _mm512_cmple_epu8_mask, _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_movepi8_mask, _mm512_or_si512,
    _mm512_set1_epi8, _mm512_sub_epi8, _pdep_u64, _pext_u64,
};

use super::{BLOCK_BYTES, Masks};

pub(super) fn append_avx512(blocks: &[[u8; BLOCK_BYTES]], out: &mut Vec<Masks>) {
    // SAFETY: this path is given only where the processor has its instructions, AVX-512F and BW among them.
    unsafe { avx512(blocks, out) }
}

pub(super) fn append_avx2(blocks: &[[u8; BLOCK_BYTES]], out: &mut Vec<Masks>) {
    // SAFETY: this path is given only where the processor has its instructions, AVX2 among them.
    unsafe { avx2(blocks, out) }
}

pub(super) fn gathered(bits: u64, places: u64) -> u64 {
    // SAFETY: these paths are given only where the processor has their instructions, BMI2 among them.
    unsafe { extract(bits, places) }
}

pub(super) fn scattered(bits: u64, places: u64) -> u64 {
    // SAFETY: these paths are given only where the processor has their instructions, BMI2 among them.
    unsafe { deposit(bits, places) }
}

#[target_feature(enable = "bmi2")]
fn deposit(bits: u64, places: u64) -> u64 {
    _pdep_u64(bits, places)
}

#[target_feature(enable = "bmi2")]
fn extract(bits: u64, places: u64) -> u64 {
    _pext_u64(bits, places)
}

pub(super) fn between_avx512(numbers: &[u8; BLOCK_BYTES], bounds: (u8, u8)) -> u64 {
    // SAFETY: this path is given only where the processor has its instructions, AVX-512F and BW among them.
    unsafe { between512(numbers, bounds) }
}

pub(super) fn between_avx2(numbers: &[u8; BLOCK_BYTES], bounds: (u8, u8)) -> u64 {
    // SAFETY: this path is given only where the processor has its instructions, AVX2 among them.
    unsafe { between2(numbers, bounds) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn between512(numbers: &[u8; BLOCK_BYTES], (first, last): (u8, u8)) -> u64 {
    // SAFETY: the load reads the 64 numbers and needs no alignment.
    let numbers = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
    let above = _mm512_sub_epi8(numbers, _mm512_set1_epi8(first as i8));
    _mm512_cmple_epu8_mask(above, _mm512_set1_epi8((last - first) as i8))
}

#[target_feature(enable = "avx2")]
fn between2(numbers: &[u8; BLOCK_BYTES], (first, last): (u8, u8)) -> u64 {
    let (halves, _) = numbers.as_chunks::<32>();
    halves.iter().zip([0, 32]).fold(0, |word, (half, shift)| {
        // SAFETY: the load reads the 32 numbers of the half and needs no alignment.
        let numbers = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let above = _mm256_sub_epi8(numbers, _mm256_set1_epi8(first as i8));
        // Nothing is smaller than the smaller of the two: equal where it lies within.
        let smaller = _mm256_min_epu8(above, _mm256_set1_epi8((last - first) as i8));
        let lies = _mm256_movemask_epi8(_mm256_cmpeq_epi8(above, smaller));
        word | u64::from(lies as u32) << shift
    })
}

#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(blocks: &[[u8; BLOCK_BYTES]], out: &mut Vec<Masks>) {
    out.extend(blocks.iter().map(|block| {
        // SAFETY: the load reads the 64 bytes of the block and needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
        let letter = _mm512_sub_epi8(lower, _mm512_set1_epi8(b'a' as i8));
        let digit = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'0' as i8));
        Masks {
            letters: _mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26)),
            digits: _mm512_cmplt_epu8_mask(digit, _mm512_set1_epi8(10)),
            beyond: _mm512_movepi8_mask(bytes),
            joints: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'.' as i8))
                | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'\'' as i8)),
        }
    }));
}

#[target_feature(enable = "avx2")]
fn avx2(blocks: &[[u8; BLOCK_BYTES]], out: &mut Vec<Masks>) {
    out.extend(blocks.iter().map(|block| {
        let (halves, _) = block.as_chunks::<32>();
        let mut masks = Masks::default();
        for (half, shift) in halves.iter().zip([0, 32]) {
            // SAFETY: the load reads the 32 bytes of the half and needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
            let lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
            // Bytes beyond ASCII are negative, so they lie above no bound.
            let above = |bytes, bound: u8| _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(bound as i8 - 1));
            let below = |bytes, bound: u8| _mm256_cmpgt_epi8(_mm256_set1_epi8(bound as i8 + 1), bytes);
            let letters = _mm256_and_si256(above(lower, b'a'), below(lower, b'z'));
            let digits = _mm256_and_si256(above(bytes, b'0'), below(bytes, b'9'));
            let bits = |mask| u64::from(_mm256_movemask_epi8(mask) as u32) << shift;
            masks.letters |= bits(letters);
            masks.digits |= bits(digits);
            masks.beyond |= bits(bytes);
            let dots = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'.' as i8));
            let apostrophes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\'' as i8));
            masks.joints |= bits(_mm256_or_si256(dots, apostrophes));
        }
        masks
    }));
}
