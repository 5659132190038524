//! The levels of x86-64 with wide registers. The intrinsics are safe where the feature is enabled;
//! what is not is said at each call.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi8, _mm256_and_si256, _mm256_blendv_epi8, _mm256_cmpeq_epi8,
    _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_storeu_si256, _mm256_sub_epi8, _mm512_cmpeq_epi8_mask, _mm512_cmple_epu8_mask,
    _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_mask_blend_epi8,
    _mm512_maskz_loadu_epi8, _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8, _mm512_storeu_si512,
    _mm512_sub_epi8,
};

use super::{BLOCK_BYTES, Classes, Masks, portable};

/// Bytes of a register of AVX2.
const HALF_BYTES: usize = 32;

pub(super) fn read_avx512(text: &[u8], out: &mut Masks) {
    // SAFETY: this level is given only where the processor has its instructions, AVX-512F and BW
    // among them.
    unsafe { read512(text, out) }
}

pub(super) fn read_avx2(text: &[u8], out: &mut Masks) {
    // SAFETY: this level is given only where the processor has its instructions, AVX2 among them.
    unsafe { read2(text, out) }
}

pub(super) fn read_signs_avx512(text: &[u8], out: &mut Vec<u64>) {
    // SAFETY: this level is given only where the processor has its instructions, AVX-512F and BW
    // among them.
    unsafe { signs512(text, out) }
}

pub(super) fn read_signs_avx2(text: &[u8], out: &mut Vec<u64>) {
    // SAFETY: this level is given only where the processor has its instructions, AVX2 among them.
    unsafe { signs2(text, out) }
}

pub(super) fn append_ascii_avx512(text: &str, lower: bool, out: &mut String) -> usize {
    // SAFETY: what is appended is ASCII, so the string stays one; and this level is given only
    // where the processor has its instructions, AVX-512F and BW among them.
    unsafe { append512(text.as_bytes(), lower, out.as_mut_vec()) }
}

pub(super) fn append_ascii_avx2(text: &str, lower: bool, out: &mut String) -> usize {
    // SAFETY: what is appended is ASCII, so the string stays one; and this level is given only
    // where the processor has its instructions, AVX2 among them.
    let whole = unsafe { append2(text.as_bytes(), lower, out.as_mut_vec()) };
    let rest = text.get(whole..).expect("whole blocks of ASCII end at a character");
    whole + portable::append_ascii(rest, lower, out)
}

pub(super) fn between_avx512(numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    // SAFETY: this level is given only where the processor has its instructions, AVX-512F and BW
    // among them.
    unsafe { between512(numbers, first, last) }
}

pub(super) fn between_avx2(numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    // SAFETY: this level is given only where the processor has its instructions, AVX2 among them.
    unsafe { between2(numbers, first, last) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn between512(numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    let above = _mm512_sub_epi8(load512(numbers), _mm512_set1_epi8(first as i8));
    _mm512_cmple_epu8_mask(above, _mm512_set1_epi8((last - first) as i8))
}

#[target_feature(enable = "avx2")]
fn between2(numbers: &[u8; BLOCK_BYTES], first: u8, last: u8) -> u64 {
    of_halves(numbers, |numbers| {
        let above = _mm256_sub_epi8(numbers, _mm256_set1_epi8(first as i8));
        // Nothing is smaller than the smaller of the two: equal where it lies within.
        let smaller = _mm256_min_epu8(above, _mm256_set1_epi8((last - first) as i8));
        _mm256_cmpeq_epi8(above, smaller)
    })
}

#[target_feature(enable = "avx512f,avx512bw")]
fn read512(text: &[u8], out: &mut Masks) {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    blocks.iter().for_each(|block| out.push(classes512(load512(block))));
    if !rest.is_empty() {
        out.push(classes512(load_rest512(rest)));
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn classes512(bytes: __m512i) -> Classes {
    let lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    let letter = _mm512_sub_epi8(lower, _mm512_set1_epi8(b'a' as i8));
    let digit = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'0' as i8));
    let letters = _mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26));
    let digits = _mm512_cmplt_epu8_mask(digit, _mm512_set1_epi8(10));
    [letters, digits, _mm512_movepi8_mask(bytes), equal512(bytes, b'.') | equal512(bytes, b'\'')]
}

#[target_feature(enable = "avx512f,avx512bw")]
fn signs512(text: &[u8], out: &mut Vec<u64>) {
    let signs = |bytes| {
        equal512(bytes, b'\\') | equal512(bytes, b'%') | equal512(bytes, b'&') | equal512(bytes, b'=')
    };
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    out.extend(blocks.iter().map(|block| signs(load512(block))));
    if !rest.is_empty() {
        out.push(signs(load_rest512(rest)));
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn append512(text: &[u8], lower: bool, out: &mut Vec<u8>) -> usize {
    out.reserve(text.len() + BLOCK_BYTES);
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    let (places, _) = out.spare_capacity_mut().as_chunks_mut::<BLOCK_BYTES>();
    let mut places = places.iter_mut();
    let mut length = 0;
    for (block, place) in blocks.iter().zip(&mut places) {
        let bytes = load512(block);
        // SAFETY: the store fills the 64 bytes of the place and needs no alignment.
        unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), folded512(bytes, lower)) };
        let beyond = _mm512_movepi8_mask(bytes);
        length += beyond.trailing_zeros() as usize;
        if beyond != 0 {
            break;
        }
    }
    if length == text.len() - rest.len()
        && let Some(place) = places.next()
    {
        let bytes = load_rest512(rest);
        // SAFETY: the store fills the 64 bytes of the place and needs no alignment.
        unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), folded512(bytes, lower)) };
        length += rest.len().min(_mm512_movepi8_mask(bytes).trailing_zeros() as usize);
    }
    // SAFETY: as many bytes were stored after those that there were, the last block's whole.
    unsafe { out.set_len(out.len() + length) };
    length
}

#[target_feature(enable = "avx512f,avx512bw")]
fn folded512(bytes: __m512i, lower: bool) -> __m512i {
    let letter = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'A' as i8));
    let capitals = if lower { _mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26)) } else { 0 };
    let folded = _mm512_mask_add_epi8(bytes, capitals, bytes, _mm512_set1_epi8(0x20));
    let breaks = equal512(bytes, 0x0B) | equal512(bytes, 0x0C);
    let folded = _mm512_mask_blend_epi8(breaks, folded, _mm512_set1_epi8(b'\n' as i8));
    _mm512_mask_blend_epi8(equal512(bytes, b'`'), folded, _mm512_set1_epi8(b'\'' as i8))
}

#[target_feature(enable = "avx512f,avx512bw")]
fn equal512(bytes: __m512i, byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8))
}

#[target_feature(enable = "avx512f")]
fn load512(block: &[u8; BLOCK_BYTES]) -> __m512i {
    // SAFETY: the load reads the 64 bytes of the block and needs no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

/// Loads less than a block, and zeros.
#[target_feature(enable = "avx512f,avx512bw")]
fn load_rest512(rest: &[u8]) -> __m512i {
    let there = (1 << rest.len().min(BLOCK_BYTES - 1)) - 1;
    // SAFETY: of the bytes that the mask says only those are read, and the rest has as many.
    unsafe { _mm512_maskz_loadu_epi8(there, rest.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn read2(text: &[u8], out: &mut Masks) {
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    blocks.iter().for_each(|block| out.push(classes2(block)));
    if !rest.is_empty() {
        // To load less than a register, bytes would have to be copied, and those just copied cannot
        // be loaded together at once.
        out.push(portable::classes(rest));
    }
}

#[target_feature(enable = "avx2")]
fn classes2(block: &[u8; BLOCK_BYTES]) -> Classes {
    let letters =
        of_halves(block, |bytes| within2(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), b'a', b'z'));
    let digits = of_halves(block, |bytes| within2(bytes, b'0', b'9'));
    let joints = of_halves(block, |bytes| _mm256_or_si256(equal2(bytes, b'.'), equal2(bytes, b'\'')));
    [letters, digits, of_halves(block, |bytes| bytes), joints]
}

#[target_feature(enable = "avx2")]
fn signs2(text: &[u8], out: &mut Vec<u64>) {
    let signs = |bytes| {
        let front = _mm256_or_si256(equal2(bytes, b'\\'), equal2(bytes, b'%'));
        _mm256_or_si256(front, _mm256_or_si256(equal2(bytes, b'&'), equal2(bytes, b'=')))
    };
    let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
    out.extend(blocks.iter().map(|block| of_halves(block, signs)));
    if !rest.is_empty() {
        out.push(portable::signs(rest));
    }
}

/// Appends halves of blocks as far as they are ASCII and whole.
#[target_feature(enable = "avx2")]
fn append2(text: &[u8], lower: bool, out: &mut Vec<u8>) -> usize {
    out.reserve(text.len());
    let (halves, _) = text.as_chunks::<HALF_BYTES>();
    let (places, _) = out.spare_capacity_mut().as_chunks_mut::<HALF_BYTES>();
    let mut length = 0;
    for (half, place) in halves.iter().zip(places) {
        let bytes = load2(half);
        if _mm256_movemask_epi8(bytes) != 0 {
            break;
        }
        // SAFETY: the store fills the 32 bytes of the place and needs no alignment.
        unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), folded2(bytes, lower)) };
        length += HALF_BYTES;
    }
    // SAFETY: as many bytes were stored after those that there were.
    unsafe { out.set_len(out.len() + length) };
    length
}

#[target_feature(enable = "avx2")]
fn folded2(bytes: __m256i, lower: bool) -> __m256i {
    let case = _mm256_set1_epi8(if lower { 0x20 } else { 0 });
    let folded = _mm256_add_epi8(bytes, _mm256_and_si256(within2(bytes, b'A', b'Z'), case));
    let breaks = _mm256_or_si256(equal2(bytes, 0x0B), equal2(bytes, 0x0C));
    let folded = _mm256_blendv_epi8(folded, _mm256_set1_epi8(b'\n' as i8), breaks);
    _mm256_blendv_epi8(folded, _mm256_set1_epi8(b'\'' as i8), equal2(bytes, b'`'))
}

/// Returns which bytes lie between two bounds of ASCII. Bytes beyond ASCII are negative, so they
/// lie above no bound.
#[target_feature(enable = "avx2")]
fn within2(bytes: __m256i, first: u8, last: u8) -> __m256i {
    let above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(first as i8 - 1));
    _mm256_and_si256(above, _mm256_cmpgt_epi8(_mm256_set1_epi8(last as i8 + 1), bytes))
}

#[target_feature(enable = "avx2")]
fn equal2(bytes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8))
}

#[target_feature(enable = "avx2")]
fn load2(half: &[u8; HALF_BYTES]) -> __m256i {
    // SAFETY: the load reads the 32 bytes of the half and needs no alignment.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

/// Returns the high bits that something makes of the bytes of a block.
#[target_feature(enable = "avx2")]
fn of_halves(block: &[u8; BLOCK_BYTES], of: impl Fn(__m256i) -> __m256i) -> u64 {
    let (halves, _) = block.as_chunks::<HALF_BYTES>();
    halves.iter().zip([0, 32]).fold(0, |word, (half, shift)| {
        word | u64::from(_mm256_movemask_epi8(of(load2(half))) as u32) << shift
    })
}
