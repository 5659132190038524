//! The implementations for AVX2 and AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
};

use super::WINDOW;

pub(super) fn append_avx512(windows: &[[u8; WINDOW]], delimiter: u8, out: &mut Vec<u64>) {
    // SAFETY: this level is only passed on processors that have its instructions, AVX-512F and BW
    // among them.
    unsafe { marks_avx512(windows, delimiter, out) }
}

pub(super) fn append_avx2(windows: &[[u8; WINDOW]], delimiter: u8, out: &mut Vec<u64>) {
    // SAFETY: this level is only passed on processors that have its instructions, AVX2 among them.
    unsafe { marks_avx2(windows, delimiter, out) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn marks_avx512(windows: &[[u8; WINDOW]], delimiter: u8, out: &mut Vec<u64>) {
    let [quote, delimiter, end] = [b'"', delimiter, b'\n'].map(|mark| mark as i8);
    let (quote, delimiter, end) =
        (_mm512_set1_epi8(quote), _mm512_set1_epi8(delimiter), _mm512_set1_epi8(end));
    out.extend(windows.iter().map(|window| {
        // SAFETY: the load reads the 64 bytes of the window and needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(window.as_ptr().cast()) };
        _mm512_cmpeq_epi8_mask(bytes, quote)
            | _mm512_cmpeq_epi8_mask(bytes, delimiter)
            | _mm512_cmpeq_epi8_mask(bytes, end)
    }));
}

#[target_feature(enable = "avx2")]
fn marks_avx2(windows: &[[u8; WINDOW]], delimiter: u8, out: &mut Vec<u64>) {
    out.extend(windows.iter().map(|window| {
        let (halves, _) = window.as_chunks::<32>();
        halves.iter().zip([0, 32]).fold(0, |marks, (half, shift)| {
            // SAFETY: the load reads the 32 bytes of the half and needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
            let is = |mark: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(mark as i8));
            let found = _mm256_or_si256(_mm256_or_si256(is(b'"'), is(delimiter)), is(b'\n'));
            marks | u64::from(_mm256_movemask_epi8(found) as u32) << shift
        })
    }));
}
