//! Sixteen ends at once, gathered from the text.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_cmpgt_epu32_mask, _mm512_cmplt_epi32_mask, _mm512_cmplt_epu32_mask,
    _mm512_i32gather_epi32, _mm512_loadu_si512, _mm512_mask_mov_epi32, _mm512_mask_test_epi32_mask,
    _mm512_permutex2var_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_sllv_epi32, _mm512_srli_epi32,
    _mm512_sub_epi32, _mm512_test_epi32_mask,
};
use std::mem::offset_of;

use super::{BEYOND_ASCII, EndingSet, LETTERS};

/// Ends of a register.
const PIECES: usize = 16;
/// Bytes that are gathered for each end.
const BYTES: u32 = 4;

/// Does what [`super::ending_with`] does; `None` where a piece ends too near to the text's start,
/// or not in it.
pub(super) fn ending_with(text: &[u8], pieces: &[(u32, u32); 64], endings: &EndingSet) -> Option<u64> {
    // SAFETY: this level is taken only where the processor has its instructions, AVX-512F among
    // them.
    unsafe { ending_with_wide(text, pieces, endings) }
}

#[target_feature(enable = "avx512f")]
fn ending_with_wide(text: &[u8], pieces: &[(u32, u32); 64], endings: &EndingSet) -> Option<u64> {
    let length = u32::try_from(text.len()).ok().filter(|length| *length <= i32::MAX as u32)?;
    let rows = endings.rows.as_ptr().cast::<__m512i>();
    // SAFETY: the rows are two registers; the loads ask for no alignment.
    let (front, back) = unsafe { (_mm512_loadu_si512(rows), _mm512_loadu_si512(rows.add(1))) };
    let mut found = 0;
    for (number, pieces) in pieces.as_chunks::<PIECES>().0.iter().enumerate() {
        let ends = ends(pieces);
        let too_near = _mm512_cmplt_epu32_mask(ends, _mm512_set1_epi32(BYTES as i32));
        let outside = _mm512_cmpgt_epu32_mask(ends, _mm512_set1_epi32(length as i32));
        if too_near | outside != 0 {
            return None;
        }
        let from = _mm512_sub_epi32(ends, _mm512_set1_epi32(BYTES as i32));
        // SAFETY: each end lies in the text and at least as many bytes after its begin as are read
        // before it.
        let last = unsafe { _mm512_i32gather_epi32::<1>(from, text.as_ptr().cast::<i32>()) };
        // The last byte is the highest of each lane. Where it is beyond ASCII, the lane is
        // negative.
        let ascii = !_mm512_cmplt_epi32_mask(last, _mm512_setzero_si512());
        let row = _mm512_permutex2var_epi32(front, _mm512_srli_epi32::<24>(last), back);
        let before = _mm512_srli_epi32::<16>(last);
        let beyond = _mm512_test_epi32_mask(before, _mm512_set1_epi32(0x80));
        let letter = _mm512_and_si512(before, _mm512_set1_epi32(LETTERS as i32 - 1));
        let letter = _mm512_mask_mov_epi32(letter, beyond, _mm512_set1_epi32(i32::from(BEYOND_ASCII)));
        let own = _mm512_mask_test_epi32_mask(ascii, row, _mm512_sllv_epi32(_mm512_set1_epi32(1), letter));
        found |= u64::from(own) << (number * PIECES);
    }
    Some(found)
}

/// Returns where pieces end.
#[target_feature(enable = "avx512f")]
fn ends(pieces: &[(u32, u32); PIECES]) -> __m512i {
    // A pair's two numbers may lie either way round in memory: the compiler knows, and makes of
    // this what it is.
    let second = offset_of!((u32, u32), 1) as i32 / 4;
    let places: [i32; PIECES] = std::array::from_fn(|piece| 2 * piece as i32 + second);
    let at = pieces.as_ptr().cast::<__m512i>();
    // SAFETY: sixteen pairs of numbers are two registers, and as many places are one; the loads ask
    // for no alignment.
    let (front, back, places) = unsafe {
        (
            _mm512_loadu_si512(at),
            _mm512_loadu_si512(at.add(1)),
            _mm512_loadu_si512(places.as_ptr().cast::<__m512i>()),
        )
    };
    _mm512_permutex2var_epi32(front, places, back)
}
