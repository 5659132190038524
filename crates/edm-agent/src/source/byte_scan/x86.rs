//! The implementations for AVX2 and AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_movepi8_mask, _mm512_set1_epi8,
    _mm512_setzero_si512,
};

use super::{ByteStats, WINDOW};

pub(super) fn stats_avx512(windows: &[[u8; WINDOW]]) -> ByteStats {
    // SAFETY: this level is only passed on processors that have its instructions, AVX-512F and BW
    // among them.
    unsafe { byte_stats_avx512(windows) }
}

pub(super) fn stats_avx2(windows: &[[u8; WINDOW]]) -> ByteStats {
    // SAFETY: this level is only passed on processors that have its instructions, AVX2 among them.
    unsafe { byte_stats_avx2(windows) }
}

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
fn byte_stats_avx512(windows: &[[u8; WINDOW]]) -> ByteStats {
    let (mut line_ends, mut nul, mut beyond) = (0, 0, 0);
    for window in windows {
        // SAFETY: the load reads the 64 bytes of the window and needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(window.as_ptr().cast()) };
        line_ends += u64::from(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'\n' as i8)).count_ones());
        nul |= _mm512_cmpeq_epi8_mask(bytes, _mm512_setzero_si512());
        beyond |= _mm512_movepi8_mask(bytes);
    }
    ByteStats { line_ends, nul: nul != 0, beyond: beyond != 0 }
}

#[target_feature(enable = "avx2")]
fn byte_stats_avx2(windows: &[[u8; WINDOW]]) -> ByteStats {
    let (mut line_ends, mut nul) = (0, _mm256_setzero_si256());
    let mut beyond = _mm256_setzero_si256();
    for half in windows.as_flattened().as_chunks::<32>().0 {
        // SAFETY: the load reads the 32 bytes of the half and needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let ends = _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\n' as i8)));
        line_ends += u64::from(ends.count_ones());
        nul = _mm256_or_si256(nul, _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
        beyond = _mm256_or_si256(beyond, bytes);
    }
    ByteStats { line_ends, nul: _mm256_movemask_epi8(nul) != 0, beyond: _mm256_movemask_epi8(beyond) != 0 }
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
