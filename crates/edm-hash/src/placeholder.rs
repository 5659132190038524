//! Cells that say "nothing" in words (matching, section 4; `docs/formats/hash.md`, section 3).

use crate::gap::is_white;
use crate::shape::is_letter;

const WORDS: [&str; 4] = ["null", "n/a", "#n/a", "unknown"];

/// The longest of these.
const WORD_BYTES_MAX: usize = 7;

/// Judges a folded cell.
pub(crate) fn is_placeholder(folded: &str) -> bool {
    let cell = folded.trim_matches(is_white);
    if cell.len() <= WORD_BYTES_MAX && WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word)) {
        return true;
    }
    // Most cells without one of these are words.
    let Some(first) = cell.bytes().find(u8::is_ascii_digit) else { return false };
    if is_epoch(cell) {
        return true;
    }
    let digits = || cell.bytes().filter(u8::is_ascii_digit);
    let same = matches!(first, b'0' | b'9') && digits().all(|digit| digit == first);
    same && (first == b'0' || digits().nth(1).is_some()) && !cell.chars().any(is_letter)
}

/// 1 January 1900, perhaps at midnight, is what spreadsheets and databases write for an empty date.
fn is_epoch(cell: &str) -> bool {
    if !cell.contains("1900") || cell.chars().any(|c| is_letter(c) && !matches!(c, 't' | 'T')) {
        return false;
    }
    let mut parts: Vec<&str> =
        cell.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let time = parts.split_off(parts.len().min(3));
    let ones = parts.iter().filter(|part| matches!(**part, "1" | "01")).count();
    parts.contains(&"1900") && ones == 2 && time.iter().all(|part| part.bytes().all(|digit| digit == b'0'))
}
