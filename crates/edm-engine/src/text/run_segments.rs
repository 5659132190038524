//! Divides an unbreakable run into its segments (`docs/matching.md`, Segments).
//!
//! ```text
//! https://x.example/u?ssn=900123456&name=Ada+Langer&mail=ada@example.org
//! |---|   |-------| | |-----------| |------| |----| |------------------|
//! ```

use edm_hash::fold_character;

use crate::text::span::ZoneSpan;

/// The characters besides white space that no run goes on over.
const BREAKS: &[char] = &[
    ',', ';', '|', '"', '<', '>', '(', ')', '[', ']', '{', '}', '、', '。', '「', '」', '『', '』', '【',
    '】', '《', '》', '〈', '〉',
];

/// The characters that divide a run.
const DIVIDERS: &[char] = &['/', '\\', ':', '&', '?', '#'];

/// Two values without a common character need two bytes: shorter segments separate nothing.
const SEGMENT_BYTES_MIN: usize = 2;

/// Returns whether no run goes on over a folded character.
pub(super) fn ends_run(folded: char) -> bool {
    folded.is_whitespace() || BREAKS.contains(&folded)
}

/// Appends the segments of a run, in order, without those that are too short to hold two values.
pub(super) fn add_segments(text: &str, run: ZoneSpan, segments: &mut Vec<ZoneSpan>) {
    let mut start = run.start;
    let mut offset = run.start;
    while let Some(rest) = text.get(offset..run.end).filter(|rest| !rest.is_empty()) {
        match divider(rest) {
            Some(length) => {
                add_words(text, ZoneSpan::new(start, offset), segments);
                offset += length;
                start = offset;
            }
            None => offset += undivided(rest),
        }
    }
    add_words(text, ZoneSpan::new(start, run.end), segments);
}

/// Returns the length of the divider that a text begins with, if it begins with one.
fn divider(text: &str) -> Option<usize> {
    let character = text.chars().next()?;
    match character {
        '%' => {
            let (length, c) = percent_escape(text)?;
            (ends_run(c) || DIVIDERS.contains(&c)).then_some(length)
        }
        '\\' if is_character_escape(text) => None,
        _ => folds_into(character, DIVIDERS).then(|| character.len_utf8()),
    }
}

/// Returns the length of the bytes at the text's start that certainly divide nothing, at least that
/// of one character.
fn undivided(text: &str) -> usize {
    let first = text.chars().next().map_or(1, char::len_utf8);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'=' | b'@');
    first.max(text.bytes().take_while(plain).count())
}

/// Returns the length of the `%XX` or `%25XX` that a text begins with, and the character of ASCII
/// that it represents.
fn percent_escape(text: &str) -> Option<(usize, char)> {
    let byte = |from: usize| {
        let digits = text.get(from..from + 2)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
    };
    let twice = if text.starts_with("%25") { byte(3).map(|byte| (5, byte)) } else { None };
    let (length, byte) = match twice {
        Some(escape) => escape,
        None => (3, byte(1)?),
    };
    Some((length, char::from(byte))).filter(|(_, character)| character.is_ascii())
}

/// Returns whether a text begins with `\uXXXX` or `\xXX`, which is a character of a value.
fn is_character_escape(text: &str) -> bool {
    let hexadecimal = |digits: usize| {
        let digits = text.get(2..2 + digits);
        digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    match text.as_bytes().get(1) {
        Some(b'u') => hexadecimal(4),
        Some(b'x') => hexadecimal(2),
        _ => false,
    }
}

/// Returns whether one of the characters is in what a character folds to.
fn folds_into(character: char, wanted: &[char]) -> bool {
    if character.is_ascii() {
        return wanted.contains(&character);
    }
    fold_character(character).is_some_and(|folded| folded.iter().any(|c| wanted.contains(c)))
}

/// Appends a segment. Where it holds no e-mail address, `+` is a space of a form and divides it
/// further.
fn add_words(text: &str, segment: ZoneSpan, segments: &mut Vec<ZoneSpan>) {
    let mut add = |start: usize, end: usize| {
        if end - start >= SEGMENT_BYTES_MIN {
            segments.push(ZoneSpan::new(start, end));
        }
    };
    let own = text.get(segment.start..segment.end).unwrap_or("");
    let is_escaped = own.contains("%40") || own.contains("%2540");
    let is_address = is_escaped || own.chars().any(|character| folds_into(character, &['@']));
    let mut start = segment.start;
    if !is_address {
        for (offset, character) in own.char_indices().filter(|(_, c)| folds_into(*c, &['+'])) {
            add(start, segment.start + offset);
            start = segment.start + offset + character.len_utf8();
        }
    }
    add(start, segment.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_divided() {
        let check = |run: &str, expected: &[&str]| {
            let mut segments = Vec::new();
            add_segments(run, ZoneSpan::new(0, run.len()), &mut segments);
            let segments: Vec<&str> = segments.iter().map(|own| &run[own.start..own.end]).collect();
            assert_eq!(segments, expected, "{run}");
        };
        check("https://x.example/ab?k=cd&l=ef#gh", &["https", "x.example", "ab", "k=cd", "l=ef", "gh"]);
        check("jane@example.org:900-12-3456:Langer", &["jane@example.org", "900-12-3456", "Langer"]);
        check("C:\\Users\\Langer", &["Users", "Langer"]);
        check("m\\u00fcller@x.example\\nLanger", &["m\\u00fcller@x.example", "nLanger"]);
        check("\\xc3\\xbc.b@x\\xyz", &["\\xc3\\xbc.b@x", "xyz"]);
        check("/ab+cd/ef+gh@x/ij+kl%40x", &["ab", "cd", "ef+gh@x", "ij+kl%40x"]);
        check("/ab%2Fcd%20ef%26gh%40ij%2Bkl%2", &["ab", "cd", "ef", "gh%40ij%2Bkl%2"]);
        check("/ab%252Fcd%2520ef%2540ij+kl%25zz", &["ab", "cd", "ef%2540ij+kl%25zz"]);
        check("ab／cd＋ef：gh＋ij＠kl", &["ab", "cd", "ef", "gh＋ij＠kl"]);
        check("a/b/é/c", &["é"]);
    }
}
