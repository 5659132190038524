//! The check of card numbers (the Luhn algorithm), digit by digit and eight digits at a time.
//!
//! The check adds up the digits, every second one from the right doubled, and of a double its two
//! digits: `2d`, or `2d - 9` from `d = 5` on. Two words of eight digits do that without a branch:
//!
//! ```text
//! digits   7 9 9 2 7 3 9 8 …   right-aligned in 16 bytes, zeros before the first
//! EVEN     x . x . x . x .     bytes that are doubled: every second one
//! d + d    14, 18, …           carried = (d + 3) >> 3 is 1 from d = 5 on
//! - 9 * carried                then the bytes are added by one multiplication with 0x0101…01
//! ```
//!
//! A byte never passes 18, and eight of them never 255, so nothing carries into the next byte.

use crate::simd::backend::STEP;

/// Returns whether digits, as many as a card has, pass its check and are not all the same.
pub(crate) fn is_valid(form: &[u8]) -> bool {
    form.iter().any(|digit| Some(digit) != form.first()) && passes_luhn(form)
}

/// ISO/IEC 7812-1, annex B: every second digit from the right is doubled.
fn passes_luhn(form: &[u8]) -> bool {
    let sum: u32 = form
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit - b'0')) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What [`is_valid`] returns of at most 16 digits at the start of a step, eight at a time in a
/// word.
#[inline(always)]
pub(crate) fn is_card(digits: &[u8; STEP], length: u32) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    // The last digit is in the highest byte, zeros before the first.
    let before = 8 * (STEP as u32 - length);
    let word = (u128::from_le_bytes(*digits) & u128::from_le_bytes([0x0f; STEP])) << before;
    // Sixteen times the last digit, cut to the length, is the number whose digits are all alike.
    let last = word >> 120;
    let same = (last * u128::from_le_bytes([1; STEP])) << before;
    let checked = |half: u64| {
        let doubled = (half & EVEN) << 1;
        // Of a digit above 4, three more reach the bit of 8.
        let carried = ((half & EVEN) + 3 * (EVEN & ONES)) >> 3 & EVEN & ONES;
        (half & !EVEN) + doubled - 9 * carried
    };
    let sums = checked(word as u64) + checked((word >> 64) as u64);
    word != same && (sums.wrapping_mul(ONES) >> 56).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_checked_as_everywhere() {
        let mut valid = 0;
        for length in 1..=STEP {
            for seed in 0..2_000u64 {
                let mut digits = [b'7'; STEP];
                let mut number = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                for digit in &mut digits[..length] {
                    *digit = b'0' + if seed < 10 { seed as u8 } else { (number % 10) as u8 };
                    number /= 10;
                }
                let expected = is_valid(&digits[..length]);
                assert_eq!(is_card(&digits, length as u32), expected, "{:?}", &digits[..length]);
                valid += u32::from(expected);
            }
        }
        assert!(valid > 1_000);
    }
}
