//! The letters of names: what they become beside folding, and the prefixes that Hebrew and Arabic
//! join to them (`docs/formats/hash.md#m1`, `docs/matching.md#f4`).

use std::borrow::Cow;

/// The dot that Turkish capital `İ` leaves when its case is folded.
const DOT: char = '\u{307}';
const HEBREW: &str = "למבהושכ";
const VOWELS: &[u8] = b"aeiouyq";
/// The fewest characters behind a joined prefix.
const REST_MIN: usize = 2;

/// Returns an atom of letters with one `i` for the dotted and the dotless (rule M1).
pub(super) fn dotless(atom: &str) -> Cow<'_, str> {
    if atom.is_ascii() || !atom.contains(['ı', 'İ', DOT]) {
        return Cow::Borrowed(atom);
    }
    let mut out = String::with_capacity(atom.len());
    for character in atom.chars() {
        match character {
            'ı' => out.push('i'),
            'İ' => out.push('I'),
            DOT if out.ends_with(['i', 'I']) => {}
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Returns an atom of letters as names have it (rules M1 and M2).
#[inline]
pub(super) fn word(atom: &str, folds_diacritics: bool) -> Cow<'_, str> {
    if !folds_diacritics && atom.is_ascii() {
        return Cow::Borrowed(atom);
    }
    changed_word(atom, folds_diacritics)
}

fn changed_word(atom: &str, folds_diacritics: bool) -> Cow<'_, str> {
    let atom = dotless(atom);
    if folds_diacritics && has_pair(atom.as_bytes()) {
        let shorter = one_for_two(&atom);
        if shorter.len() < atom.len() {
            return Cow::Owned(shorter);
        }
    }
    atom
}

/// Returns whether a text may have a letter that rule M1 changes, or one that a joined prefix
/// begins with, by the bytes that these begin with.
pub(super) fn may_change(text: &[u8]) -> bool {
    // Without an exit the loop becomes a comparison of whole registers.
    let is_one =
        |byte: u8| (byte == 0xC4) | (byte == 0xCC) | (byte == 0xD7) | (byte == 0xD8) | (byte == 0xD9);
    text.iter().fold(0, |any, byte| any | u8::from(is_one(*byte))) != 0
}

/// Returns whether two letters that may be written for one are in a text.
pub(super) fn has_pair(text: &[u8]) -> bool {
    // Without an exit the loop becomes a comparison of whole registers.
    let pairs = text.iter().zip(text.get(1..).unwrap_or(&[]));
    pairs.fold(false, |any, (first, second)| any | is_pair(*first, *second))
}

#[inline(always)]
fn is_pair(first: u8, second: u8) -> bool {
    let (first, second) = (first | 0x20, second | 0x20);
    let before_e = (first == b'a') | (first == b'o') | (first == b'u');
    (second == b'e') & before_e | (first == b'a') & (second == b'a')
}

fn one_for_two(atom: &str) -> String {
    let bytes = atom.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut out = String::with_capacity(atom.len());
    let mut dropped = None;
    for (at, character) in atom.char_indices() {
        if dropped == Some(at) {
            continue;
        }
        out.push(character);
        let behind_vowel = at > 0 && VOWELS.contains(&(byte(at - 1) | 0x20));
        if character.is_ascii() && is_pair(byte(at), byte(at + 1)) && !behind_vowel {
            dropped = Some(at + 1);
        }
    }
    out
}

/// Returns whether an atom begins with a letter that may be a joined prefix, by its first byte.
#[inline]
pub(super) fn may_have_prefix(atom: &str) -> bool {
    matches!(atom.as_bytes().first(), Some(0xD7..=0xD9))
}

/// Calls `each` with what is left of an atom behind every prefix that may be joined to it.
pub(super) fn without_prefixes<'a>(atom: &'a str, mut each: impl FnMut(&'a str)) {
    if !may_have_prefix(atom) {
        return;
    }
    // The lengths of the prefixes in characters, as bits: no rest is called twice.
    let mut lengths = 0u32;
    let hebrew = atom.chars().take_while(|character| HEBREW.contains(*character)).take(2).count();
    lengths |= (2 << hebrew) - 2;
    for first in ["", "و", "ف"] {
        for second in ["", "ل", "ب", "ك"] {
            for third in ["", "ال"] {
                let rest = atom.strip_prefix(first).and_then(|rest| rest.strip_prefix(second));
                if rest.is_some_and(|rest| rest.starts_with(third)) {
                    lengths |= 1 << [first, second, third].concat().chars().count();
                }
            }
        }
    }
    let characters = atom.chars().count();
    for (length, (at, _)) in atom.char_indices().enumerate().skip(1) {
        if lengths.checked_shr(length as u32).unwrap_or(0) & 1 == 1 && characters >= length + REST_MIN {
            each(atom.get(at..).unwrap_or(""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_one() {
        let check = |atom: &str, kept: &str, folded: &str| {
            assert_eq!((&*word(atom, false), &*word(atom, true)), (kept, folded), "{atom}");
        };
        check("müller", "müller", "müller");
        check("mueller", "mueller", "muller");
        check("bauer", "bauer", "bauer");
        check("quelle", "quelle", "quelle");
        check("schaeuble", "schaeuble", "schauble");
        check("isaac", "isaac", "isac");
        check("çeli\u{307}k", "çelik", "çelik");
        check("yılmaz", "yilmaz", "yilmaz");
        check("AASE", "AASE", "ASE");
        check("aae", "aae", "ae");
    }

    #[test]
    fn prefixes_are_taken_off() {
        let check = |atom: &str, expected: &[&str]| {
            let mut found = Vec::new();
            without_prefixes(atom, |rest| found.push(rest));
            assert_eq!(found, expected, "{atom}");
        };
        check("לדוד", &["דוד"]);
        check("ולדוד", &["לדוד", "דוד"]);
        check("דוד", &[]);
        check("לו", &[]);
        check("لمحمد", &["محمد"]);
        check("والعلي", &["العلي", "علي"]);
        check("langer", &[]);
    }
}
