//! The questions asked of every cell, answered for most of them at a glance
//! (`docs/formats/hash.md`, sections 3 and 7).

use crate::simd::mask::{low, runs};
use crate::value::date::reads_as_date as date;
use crate::value::placeholder::{Placeholders, is_number_for_none};
use crate::value::plain::plain_cell::Plain;

/// The longest cell that is looked at for a date.
const DATE_BYTES_MAX: u32 = 40;

/// Returns whether a cell with an atom counts as empty by its text.
#[inline(always)]
pub(crate) fn is_placeholder(plain: &Plain<'_>, placeholders: &Placeholders) -> bool {
    let may_be_number = if plain.letters == 0 {
        is_one_digit(plain) || may_be_epoch(plain)
    } else {
        plain.byte(plain.letters.trailing_zeros()) | 0x20 == b't' && may_be_epoch(plain)
    };
    may_be_number
        && std::str::from_utf8(plain.text())
            .is_ok_and(|text| is_number_for_none(text.trim_ascii(), placeholders.numbers()))
        || placeholders.has_plain(plain)
}

/// Returns whether all digits are 0, or all are 9.
#[inline(always)]
fn is_one_digit(plain: &Plain<'_>) -> bool {
    // Stops at the first digit that differs, which in most numbers is the second one.
    let mut rest = plain.digits;
    let digit = plain.byte(rest.trailing_zeros());
    if !matches!(digit, b'0' | b'9') {
        return false;
    }
    while rest != 0 && plain.byte(rest.trailing_zeros()) == digit {
        rest &= rest - 1;
    }
    rest == 0
}

/// Returns whether a number of one, two or four digits, as all are of a day that means none, begins
/// the cell, and one of its numbers is 1900.
fn may_be_epoch(plain: &Plain<'_>) -> bool {
    let first = plain.digits.trailing_zeros();
    if !matches!((plain.digits.checked_shr(first).unwrap_or(0)).trailing_ones(), 1 | 2 | 4) {
        return false;
    }
    let year =
        |(start, end): (u32, u32)| end - start == 4 && plain.text()[start as usize..end as usize] == *b"1900";
    runs(plain.digits).any(year)
}

/// Returns start and end of a cell without the spaces around it.
#[inline(always)]
pub(crate) fn trimmed(plain: &Plain<'_>) -> (u32, u32) {
    let (mut first, mut end) = (0, plain.length);
    while first < end && plain.byte(first) == b' ' {
        first += 1;
    }
    while first < end && plain.byte(end - 1) == b' ' {
        end -= 1;
    }
    (first, end)
}

/// Returns whether a cell with an atom reads as a date.
#[inline(always)]
pub(crate) fn reads_as_date(plain: &Plain<'_>) -> bool {
    if plain.digits == 0 || !may_be_date(plain) {
        return false;
    }
    let (first, end) = trimmed(plain);
    if end - first > DATE_BYTES_MAX {
        return false;
    }
    if end - first == NUMBERS_BYTES
        && let Some(answer) = three_numbers(plain, first)
    {
        return answer;
    }
    std::str::from_utf8(plain.text()).is_ok_and(date::reads_as_date)
}

/// Looks at the first two words alone: a date begins with a day, a month, a year, or nothing but 8
/// digits; after a number a number or a month follows.
#[inline(always)]
fn may_be_date(plain: &Plain<'_>) -> bool {
    let words = plain.alphanumerics();
    let first = words.trailing_zeros();
    // How many digits the first word begins with; `31st` has two.
    let digits = (plain.digits >> first).trailing_ones();
    match digits {
        0 => return begins_month(plain, first),
        8 => return words.count_ones() == 8,
        1 | 2 | 4 => {}
        _ => return false,
    }
    // What follows the first word, which may be an ordinal number.
    let behind = words & !low(first + (words >> first).trailing_ones());
    if behind == 0 {
        return false;
    }
    let second = behind.trailing_zeros();
    match (plain.digits >> second).trailing_ones() {
        0 => begins_month(plain, second),
        // After a day, a month or a year a number is a month or a day.
        digits => digits <= 2,
    }
}

/// Returns whether the word that begins there is the name of a month, or its first three letters.
#[inline(always)]
fn begins_month(plain: &Plain<'_>, at: u32) -> bool {
    let letters = [plain.byte(at) | 0x20, plain.byte(at + 1) | 0x20, plain.byte(at + 2) | 0x20];
    // All are compared at once: which letter comes first in a name or a mailbox no processor
    // guesses.
    let [a, b, c] = letters.map(u32::from);
    let number = a | b << 8 | c << 16;
    MONTHS.iter().fold(false, |any, month| any | (*month == number)) && is_month(plain, at, letters)
}

/// The first letters of each month as a number, the first the lowest.
static MONTHS: [u32; 12] = months();

const fn months() -> [u32; 12] {
    let names = *b"janfebmaraprmayjunjulaugsepoctnovdec";
    let mut months = [0; 12];
    let mut month = 0;
    while month < 12 {
        let [a, b, c] = [names[month * 3], names[month * 3 + 1], names[month * 3 + 2]];
        months[month] = u32::from_le_bytes([a, b, c, 0]);
        month += 1;
    }
    months
}

#[cold]
fn is_month(plain: &Plain<'_>, at: u32, letters: [u8; 3]) -> bool {
    let whole = match &letters {
        b"may" => 3,
        b"jun" | b"jul" => 4,
        b"mar" | b"apr" => 5,
        b"aug" => 6,
        b"jan" | b"oct" => 7,
        b"feb" | b"nov" | b"dec" => 8,
        b"sep" => 9,
        _ => return false,
    };
    let length = (plain.alphanumerics() >> at).trailing_ones();
    length == 3 || length == whole
}

/// Day, month and year of two, two and four digits, with what parts them.
const NUMBERS_BYTES: u32 = 10;
const YEAR_FIRST: u64 = 0b11_0110_1111;
const YEAR_LAST: u64 = 0b11_1101_1011;

/// Judges `YYYY-MM-DD`, `DD-MM-YYYY` and `MM-DD-YYYY`; `None` for any other way of writing.
fn three_numbers(plain: &Plain<'_>, first: u32) -> Option<bool> {
    if plain.letters != 0 {
        return None;
    }
    let digits = plain.digits >> first;
    let number = |at: u32, count: u32| {
        (at..at + count).fold(0, |sum, at| sum * 10 + u32::from(plain.byte(first + at).wrapping_sub(b'0')))
    };
    // The positions of the ten characters tell which of the two ways it is.
    let (signs, year, [a, b]) = match digits {
        YEAR_FIRST => ([4, 7], number(0, 4), [number(5, 2), number(8, 2)]),
        YEAR_LAST => ([2, 5], number(6, 4), [number(0, 2), number(3, 2)]),
        _ => return None,
    };
    let [sign, other] = signs.map(|at| plain.byte(first + at));
    let joined = sign == other && matches!(sign, b'-' | b'/' | b'.' | b' ');
    let is = |month: u32, day: u32| (1..=12).contains(&month) && (1..=31).contains(&day);
    Some(joined && (1800..=2199).contains(&year) && (is(a, b) || digits == YEAR_LAST && is(b, a)))
}
