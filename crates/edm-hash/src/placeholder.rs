//! Cells that say "nothing" in words (matching, section 4; `docs/formats/hash.md`, section 3).

use crate::gap::is_white;

const WORDS: [&str; 4] = ["null", "n/a", "#n/a", "unknown"];

/// Judges a folded cell.
pub(crate) fn is_placeholder(folded: &str) -> bool {
    let cell = folded.trim_matches(is_white);
    if WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word)) {
        return true;
    }
    if cell.chars().any(char::is_alphabetic) {
        return false;
    }
    let digits: Vec<u8> = cell.bytes().filter(u8::is_ascii_digit).collect();
    if digits.is_empty() {
        return false;
    }
    digits.iter().all(|digit| *digit == b'0')
        || digits.len() >= 2 && digits.iter().all(|digit| *digit == b'9')
        || is_epoch(cell)
}

/// 1 January 1900 is what spreadsheets write for an empty date.
fn is_epoch(cell: &str) -> bool {
    let parts: Vec<&str> =
        cell.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["19000101"] | ["01011900"] => true,
        [year, month, day, ..] if *year == "1900" => is_one(month) && is_one(day),
        [day, month, year, ..] if *year == "1900" => is_one(month) && is_one(day),
        _ => false,
    }
}

fn is_one(part: &str) -> bool {
    matches!(part, "1" | "01")
}
