//! The level of any processor, and what the others share with it: compiled again for their
//! instructions.

/// Bits of a word.
const WORD_BITS: usize = 64;

#[inline(always)]
pub(super) fn count(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

#[inline(always)]
pub(super) fn positions(words: &[u64], out: &mut [u32]) {
    let mut room = out.iter_mut();
    for (number, word) in words.iter().enumerate() {
        let mut rest = *word;
        while rest != 0 {
            let Some(place) = room.next() else { return };
            *place = (number * WORD_BITS) as u32 + rest.trailing_zeros();
            rest &= rest - 1;
        }
    }
}

#[inline(always)]
pub(super) fn pack(bits: &[u64], places: &[u64], out: &mut [u64], gathered: impl Fn(u64, u64) -> u64) {
    //   word     ......cba          3 bits are filled
    //   own      ......fed          3 more come
    //   word     ...fedcba          own << filled; what is shifted out begins the next word
    let (mut word, mut filled, mut at) = (0u64, 0, 0);
    for (bits, places) in bits.iter().zip(places) {
        // Up to 64 bits that are appended to what is filled of the word.
        let own = gathered(*bits, *places);
        word |= own << filled;
        // Written whether it is full or not: what is written next has its bits as well.
        if let Some(place) = out.get_mut(at) {
            *place = word;
        }
        let end = filled + places.count_ones();
        if end >= u64::BITS {
            // `own >> (64 - filled)` in two steps: a shift by 64 would overflow.
            word = own >> 1 >> (u64::BITS - 1 - filled);
            at += 1;
        }
        filled = end % u64::BITS;
    }
    if let Some(place) = out.get_mut(at) {
        *place = word;
    }
}

#[inline(always)]
pub(super) fn pair(starts: &[u32], ends: &[u32], ranges: &mut [(u32, u32)], lengths: &mut [u8]) {
    for ((start, end), range) in starts.iter().zip(ends).zip(ranges) {
        *range = (*start, *end);
    }
    for ((start, end), length) in starts.iter().zip(ends).zip(lengths) {
        *length = end.wrapping_sub(*start).min(u32::from(u8::MAX)) as u8;
    }
}

/// Returns the bits at the places, close together.
pub(super) fn gathered(bits: u64, places: u64) -> u64 {
    let (mut rest, mut out) = (bits & places, 0);
    while rest != 0 {
        // A bit goes to the position that is the number of places before its own.
        let below = (1 << rest.trailing_zeros()) - 1;
        out |= 1 << (places & below).count_ones();
        rest &= rest - 1;
    }
    out
}

/// Returns the lowest bits at the places.
pub(super) fn scattered(mut bits: u64, mut places: u64) -> u64 {
    let mut out = 0;
    while places != 0 {
        out |= (bits & 1) << places.trailing_zeros();
        places &= places - 1;
        bits >>= 1;
    }
    out
}
