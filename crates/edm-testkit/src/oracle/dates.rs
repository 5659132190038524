//! Date detection (`docs/formats/hash.md`).

use edm_model::{CaseRule, DiacriticRule};

use super::folding::folded_string;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const CELL_BYTES_MAX: usize = 40;

/// Returns whether the cell, folded and trimmed, starts with a date.
pub(crate) fn reads_as_date(cell: &str) -> bool {
    let folded = folded_string(cell, CaseRule::Insensitive, DiacriticRule::Keep);
    let date = folded.trim();
    date.len() <= CELL_BYTES_MAX && (is_numeric(date) || is_compact(date) || is_named(date))
}

fn number(
    text: &str,
    digits: std::ops::RangeInclusive<usize>,
    values: std::ops::RangeInclusive<u32>,
) -> bool {
    digits.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse().is_ok_and(|value| values.contains(&value))
}

fn is_day(text: &str) -> bool {
    number(text, 1..=2, 1..=31)
}

fn is_month(text: &str) -> bool {
    number(text, 1..=2, 1..=12)
}

fn is_full_year(text: &str) -> bool {
    number(text, 4..=4, 1800..=2199)
}

fn is_year(text: &str) -> bool {
    is_full_year(text) || number(text, 2..=2, 0..=99)
}

fn is_numeric(date: &str) -> bool {
    ['-', '/', '.', ' '].iter().any(|separator| {
        let parts: Vec<&str> = date.splitn(3, *separator).collect();
        let [a, b, rest] = parts.as_slice() else { return false };
        let c = rest.split(['t', ' ']).next().unwrap_or(rest);
        (is_full_year(a) && is_month(b) && is_day(c))
            || (is_year(c) && ((is_day(a) && is_month(b)) || (is_month(a) && is_day(b))))
    })
}

fn is_compact(date: &str) -> bool {
    date.len() == 8
        && date.is_ascii()
        && number(&date[..4], 4..=4, 1900..=2099)
        && is_month(&date[4..6])
        && is_day(&date[6..])
}

/// Returns whether the text starts with a day, perhaps with letters after it, and a month in either
/// order, and a year.
fn is_named(date: &str) -> bool {
    let words = date.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let [a, b, c, ..] = words.as_slice() else { return false };
    let named = |text: &str| MONTHS.iter().any(|month| *month == text || &month[..3] == text);
    let numbered = |text: &str| is_day(text.trim_end_matches(|letter: char| letter.is_ascii_lowercase()));
    is_year(c) && ((named(a) && numbered(b)) || (numbered(a) && named(b)))
}
