//! Whether a value reads as a date (`docs/formats/hash.md`, section 7). Used for classes only: a
//! column of dates is no identifier, whatever its type.

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

/// Judges a folded cell.
pub(crate) fn reads_as_date(folded: &str) -> bool {
    let cell = folded.trim();
    if cell.len() > 40 || !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    compact(cell) || separated(cell) || written(&cell.to_lowercase())
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

fn is_year(text: &str) -> bool {
    number(text, 4..=4, 1800..=2199)
}

fn compact(cell: &str) -> bool {
    cell.len() == 8
        && number(cell, 8..=8, 19_000_101..=20_991_231)
        && cell.get(4..6).is_some_and(is_month)
        && cell.get(6..).is_some_and(is_day)
}

fn separated(cell: &str) -> bool {
    ['-', '/', '.', ' '].into_iter().any(|separator| {
        let mut parts = cell.splitn(3, separator);
        let (Some(a), Some(b), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let c = rest.split(['t', 'T', ' ']).next().expect("a split has one part at least");
        let year_last = is_year(c) || number(c, 2..=2, 0..=99);
        is_year(a) && is_month(b) && is_day(c)
            || year_last && (is_day(a) && is_month(b) || is_month(a) && is_day(b))
    })
}

fn written(cell: &str) -> bool {
    let words: Vec<&str> =
        cell.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_name =
        |word: &str| word.len() >= 3 && MONTHS.iter().any(|m| *m == word || m.get(..3) == Some(word));
    let plain_day = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        is_day(digits)
    };
    match words.as_slice() {
        [a, b, c, ..] => {
            let year = is_year(c) || number(c, 2..=2, 0..=99);
            year && (plain_day(a) && is_name(b) || is_name(a) && plain_day(b))
        }
        _ => false,
    }
}
