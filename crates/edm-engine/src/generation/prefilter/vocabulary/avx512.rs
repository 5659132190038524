//! Eight tags at once, their words gathered (`docs/decisions/0013-batched-lookup.md`).

use std::arch::x86_64::{
    __m256i, __m512i, _mm_cvtsi32_si128, _mm256_loadu_si256, _mm256_mullo_epi32, _mm256_set1_epi32,
    _mm256_srl_epi32, _mm256_srli_epi32, _mm512_and_si512, _mm512_andnot_si512, _mm512_cvtepu32_epi64,
    _mm512_i32gather_epi64, _mm512_or_si512, _mm512_set1_epi64, _mm512_sllv_epi64, _mm512_testn_epi64_mask,
};

use super::{SPREAD, Vocabulary};

const TAGS: usize = 8;

/// Does what [`Vocabulary::mark_one_by_one`] does.
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0013")]
#[target_feature(enable = "avx512f,avx2")]
pub(crate) fn mark(vocabulary: &Vocabulary, tags: &[u32], marks: &mut [u64]) {
    let Vocabulary { words, shift } = vocabulary;
    // What is gathered below lies within the words: a tag has 32 bits.
    assert!(*shift < 32 && words.len() == 1 << (32 - shift) && words.len() <= 1 << 30);
    let shift = _mm_cvtsi32_si128(*shift as i32);
    for (tags, mark) in tags.chunks(64).zip(marks) {
        let (eights, rest) = tags.as_chunks::<TAGS>();
        let mut marked = 0;
        for (number, tags) in eights.iter().enumerate() {
            // SAFETY: eight tags are 32 bytes, and the load asks for no alignment.
            let tags = unsafe { _mm256_loadu_si256(tags.as_ptr().cast::<__m256i>()) };
            let index = _mm256_srl_epi32(tags, shift);
            // SAFETY: each index is a tag's highest bits, of which there are no more than words
            // (asserted above).
            let held = unsafe { _mm512_i32gather_epi64::<8>(index, words.as_ptr().cast::<i64>()) };
            let missing = _mm512_andnot_si512(held, bits(tags));
            marked |= u64::from(_mm512_testn_epi64_mask(missing, missing)) << (number * TAGS);
        }
        for (index, tag) in rest.iter().enumerate() {
            marked |= u64::from(vocabulary.holds(*tag)) << (eights.len() * TAGS + index);
        }
        *mark |= marked;
    }
}

/// Returns what [`super::bits`] returns of each tag.
#[target_feature(enable = "avx512f,avx2")]
fn bits(tags: __m256i) -> __m512i {
    let spread = _mm256_mullo_epi32(tags, _mm256_set1_epi32(SPREAD as i32));
    let six = _mm512_set1_epi64(63);
    let one = _mm512_set1_epi64(1);
    let bit = |places: __m256i| {
        let places = _mm512_and_si512(_mm512_cvtepu32_epi64(places), six);
        _mm512_sllv_epi64(one, places)
    };
    let (first, second) = (_mm256_srli_epi32::<26>(spread), _mm256_srli_epi32::<20>(spread));
    _mm512_or_si512(_mm512_or_si512(bit(first), bit(second)), bit(_mm256_srli_epi32::<14>(spread)))
}
