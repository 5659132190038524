//! The round keys of AES-256 (FIPS 197, section 5.2), expanded by the CPU.

use std::arch::x86_64::{
    __m128i, _mm_aeskeygenassist_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_shuffle_epi32, _mm_slli_si128,
    _mm_unpackhi_epi64, _mm_xor_si128,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Block;

/// The rounds of AES-256.
pub(super) const ROUNDS: usize = 14;

/// The round keys in their order. Wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Schedule(pub(super) [Block; ROUNDS + 1]);

impl Schedule {
    #[target_feature(enable = "aes,sse2")]
    pub(super) fn expand(key: &[u8; 32]) -> Self {
        let mut own = Self([Block::default(); ROUNDS + 1]);
        // Round keys 0 and 1 are the key itself. Each later pair is made of the pair before it,
        // with a round constant that the instruction takes as an immediate: so no loop.
        own.0.as_flattened_mut()[..32].copy_from_slice(key);
        own.expand_pair::<0x01>(2);
        own.expand_pair::<0x02>(4);
        own.expand_pair::<0x04>(6);
        own.expand_pair::<0x08>(8);
        own.expand_pair::<0x10>(10);
        own.expand_pair::<0x20>(12);
        let (even, odd) = (own.read(12), own.read(13));
        own.write(14, next_even::<0x40>(even, odd));
        own
    }

    /// Writes the round keys at `index` and after it.
    #[target_feature(enable = "aes,sse2")]
    fn expand_pair<const ROUND_CONSTANT: i32>(&mut self, index: usize) {
        let (even, odd) = (self.read(index - 2), self.read(index - 1));
        let even = next_even::<ROUND_CONSTANT>(even, odd);
        self.write(index, even);
        self.write(index + 1, next_odd(even, odd));
    }

    #[target_feature(enable = "sse2")]
    fn read(&self, index: usize) -> __m128i {
        let value = u128::from_le_bytes(self.0[index]);
        _mm_set_epi64x((value >> 64) as i64, value as i64)
    }

    #[target_feature(enable = "sse2")]
    fn write(&mut self, index: usize, value: __m128i) {
        let halves = [_mm_cvtsi128_si64(value), _mm_cvtsi128_si64(_mm_unpackhi_epi64(value, value))];
        for (place, half) in self.0[index].chunks_exact_mut(8).zip(halves) {
            place.copy_from_slice(&half.to_le_bytes());
        }
    }
}

#[target_feature(enable = "aes,sse2")]
fn next_even<const ROUND_CONSTANT: i32>(even: __m128i, odd: __m128i) -> __m128i {
    let assist = _mm_aeskeygenassist_si128::<ROUND_CONSTANT>(odd);
    _mm_xor_si128(running(even), _mm_shuffle_epi32::<0xff>(assist))
}

#[target_feature(enable = "aes,sse2")]
fn next_odd(even: __m128i, odd: __m128i) -> __m128i {
    let assist = _mm_aeskeygenassist_si128::<0>(even);
    _mm_xor_si128(running(odd), _mm_shuffle_epi32::<0xaa>(assist))
}

/// Returns each word XORed with all words before it.
#[target_feature(enable = "sse2")]
fn running(words: __m128i) -> __m128i {
    // A prefix XOR in two steps (`+` is XOR, the lowest word is last):
    //   d c b a  ->  d+c c+b b+a a  ->  d+c+b+a c+b+a b+a a
    let words = _mm_xor_si128(words, _mm_slli_si128::<4>(words));
    _mm_xor_si128(words, _mm_slli_si128::<8>(words))
}
