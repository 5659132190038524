//! Masks of one word: runs of bits, and numbers of them.

/// Returns a mask of the `count` lowest bits.
#[inline(always)]
pub(crate) fn low(count: u32) -> u64 {
    // What wide processors do in one instruction.
    if count < 64 { !(u64::MAX << count) } else { u64::MAX }
}

/// Returns the runs of set bits, as start and end.
#[inline(always)]
pub(crate) fn runs(bits: u64) -> impl Iterator<Item = (u32, u32)> {
    let mut rest = bits;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let start = rest.trailing_zeros();
        let end = start + (rest >> start).trailing_ones();
        rest &= !low(end);
        Some((start, end))
    })
}

/// Returns the first bit of each run.
#[inline(always)]
pub(crate) fn starts(bits: u64) -> u64 {
    bits & !(bits << 1)
}

/// Calls `each` with the number of every set bit, ascending.
#[inline(always)]
pub(crate) fn each(mut bits: u64, mut each: impl FnMut(u32)) {
    while bits != 0 {
        each(bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_bits() {
        let check = |bits: u64, expected: &[(u32, u32)]| assert_eq!(runs(bits).collect::<Vec<_>>(), expected);
        check(0, &[]);
        check(0b1011_1001, &[(0, 1), (3, 6), (7, 8)]);
        check(u64::MAX, &[(0, 64)]);
        check(1 << 63 | 1, &[(0, 1), (63, 64)]);
        assert_eq!((starts(0b1011_1001), low(0), low(64), low(3)), (0b1000_1001, 0, u64::MAX, 7));
    }
}
