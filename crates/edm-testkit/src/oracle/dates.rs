//! Whether a value reads as a date (`docs/formats/hash.md` section 7).

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

/// Returns whether the cell, folded and trimmed, reads as a date, whatever time stands behind it.
pub(crate) fn reads_as_date(cell: &str) -> bool {
    let folded = folded_string(cell, CaseRule::Insensitive, DiacriticRule::Keep);
    let date = without_time(folded.trim());
    is_numeric(date) || is_compact(date) || is_named(date)
}

fn without_time(value: &str) -> &str {
    let clock = |rest: &str| {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        (1..=2).contains(&digits) && rest[digits..].starts_with(':')
    };
    let cut = value.match_indices(['t', ' ']).find(|(at, _)| clock(&value[at + 1..]));
    cut.map_or(value, |(at, _)| &value[..at])
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
        let parts: Vec<&str> = date.split(*separator).collect();
        let [a, b, c] = parts.as_slice() else { return false };
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

fn is_named(date: &str) -> bool {
    let parts: Vec<&str> = date.split([' ', '-', '.', '/', ',']).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts.as_slice() else { return false };
    let named = |text: &str| MONTHS.iter().any(|month| *month == text || &month[..3] == text);
    is_year(c) && ((named(a) && is_day(b)) || (is_day(a) && named(b)))
}
