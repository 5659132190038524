//! The test of a filter's block by AVX2: its eight words at once.

use std::arch::x86_64::{
    __m256i, _mm256_loadu_si256, _mm256_mullo_epi32, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_sllv_epi32,
    _mm256_srli_epi32, _mm256_testc_si256,
};

use edm_hash::Hash;

use super::{Block, Parts, SALTS, mark_inline};

#[target_feature(enable = "avx2,bmi2")]
pub(crate) fn mark(parts: Parts<'_>, hashes: &[Hash], marks: &mut [u64]) {
    let [a, b, c, d, e, f, g, h] = SALTS.map(|salt| salt as i32);
    let salts = _mm256_setr_epi32(a, b, c, d, e, f, g, h);
    mark_inline(parts, hashes, marks, |block, address| {
        let places = _mm256_srli_epi32::<27>(_mm256_mullo_epi32(_mm256_set1_epi32(address as i32), salts));
        let wanted = _mm256_sllv_epi32(_mm256_set1_epi32(1), places);
        _mm256_testc_si256(load(block), wanted) == 1
    });
}

#[inline]
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0013")]
#[target_feature(enable = "avx2")]
fn load(block: &Block) -> __m256i {
    // SAFETY: the reference is to the 32 bytes that are read, and the instruction asks for no
    // alignment.
    unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
}
