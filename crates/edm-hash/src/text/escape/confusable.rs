//! Letters of another script that look like letters of ASCII (`docs/matching.md`, Escapes, E8).
//!
//! Problem: `pаypal` with a Cyrillic `а` reads like `paypal` and folds to something else. A word of
//! one script is what it is: only a word that mixes scripts is suspect, and most texts have none.
//!
//! Idea: the letters of such a word are escapes of the letters that they look like. What to look
//! for is a byte that begins a Greek or Cyrillic letter, beside a Latin one.
//!
//! ```text
//! bytes    p  D0 B0  y p a l      D0 is beside `p`
//! word     |--------------|       its only Cyrillic letter looks like `a`
//! escape      |---|               represents `a`
//! ```

use std::ops::Range;

/// Bytes of a text that are tested together whether they are ASCII.
const BLOCK_BYTES: usize = 64;
/// The longest word that is read.
const WORD_BYTES_MAX: usize = 256;
/// The characters of a word beyond ASCII.
const WORD: Range<char> = '\u{C0}'..'\u{530}';
/// Latin letters beyond ASCII.
const LATIN: Range<char> = '\u{C0}'..'\u{250}';
const GREEK: Range<char> = '\u{370}'..'\u{400}';
const CYRILLIC: Range<char> = '\u{400}'..'\u{530}';
/// The first bytes of a Greek or Cyrillic character.
const LEADS: Range<u8> = 0xCD..0xD5;

/// A letter, and the one of ASCII that it looks like: confusables.txt of Unicode 14, letters of the
/// Greek and Cyrillic blocks whose skeleton is that of one ASCII letter of the same case. Left out
/// are `г`, which looks like `r` in few fonts, and letters of ancient Greek. Of several with one
/// ASCII letter and script, the first is the frequent one.
const LOOK_ALIKES: &[(char, char)] = &[
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('α', 'a'),
    ('γ', 'y'),
    ('ι', 'i'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('σ', 'o'),
    ('υ', 'u'),
    ('Ѕ', 'S'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('ѕ', 's'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѡ', 'w'),
    ('Ѵ', 'V'),
    ('ѵ', 'v'),
    ('Ү', 'Y'),
    ('ү', 'y'),
    ('һ', 'h'),
    ('ҽ', 'e'),
    ('Ӏ', 'I'),
    ('ӏ', 'i'),
    ('ԁ', 'd'),
    ('Ԍ', 'G'),
    ('ԛ', 'q'),
    ('Ԝ', 'W'),
    ('ԝ', 'w'),
];

/// Calls `each` with every letter of a text that represents another, in order. `between` returns
/// the stretch between two escapes that contains an offset: no word goes over an escape.
pub(super) fn each_look_alike(
    text: &str,
    between: impl Fn(usize) -> Range<usize>,
    mut each: impl FnMut(usize, char, char),
) {
    let bytes = text.as_bytes();
    let mut next = 0;
    for (number, block) in bytes.chunks(BLOCK_BYTES).enumerate().filter(|(_, block)| !block.is_ascii()) {
        for (offset, _) in block.iter().enumerate().filter(|(_, byte)| LEADS.contains(byte)) {
            let at = number * BLOCK_BYTES + offset;
            if at < next || !is_beside_latin(text, at) {
                continue;
            }
            let word = word_at(text, at, between(at));
            next = word.end;
            read_word(text, word, &mut each);
        }
    }
}

/// Returns whether a Greek or Cyrillic character is at an offset, and a Latin letter beside it.
fn is_beside_latin(text: &str, at: usize) -> bool {
    let (before, own) = text.split_at(at);
    let mut own = own.chars();
    own.next().is_some_and(is_foreign)
        && (before.chars().next_back().is_some_and(is_latin) || own.next().is_some_and(is_latin))
}

fn is_foreign(character: char) -> bool {
    GREEK.contains(&character) || CYRILLIC.contains(&character)
}

fn is_latin(character: char) -> bool {
    character.is_ascii_alphabetic() || LATIN.contains(&character)
}

fn is_in_word(character: char) -> bool {
    character.is_ascii_alphabetic() || WORD.contains(&character)
}

/// Returns the word around an offset, within a stretch.
fn word_at(text: &str, at: usize, within: Range<usize>) -> Range<usize> {
    let before = text.get(within.start..at).unwrap_or("");
    let after = text.get(at..within.end).unwrap_or("");
    // A character more than a word may have, so that a longer one is seen to be longer.
    let is_near = |distance: usize| distance <= WORD_BYTES_MAX;
    let front = before
        .char_indices()
        .rev()
        .take_while(|(offset, c)| is_in_word(*c) && is_near(before.len() - offset));
    let back = after.char_indices().take_while(|(offset, c)| is_in_word(*c) && is_near(*offset));
    let start = front.last().map_or(at, |(offset, _)| within.start + offset);
    let end = back.last().map_or(at, |(offset, c)| at + offset + c.len_utf8());
    start..end
}

/// Calls `each` with the letters of a word that represent others: those of Greek and Cyrillic if
/// all look like ASCII, else the Latin ones if all look like the other script.
fn read_word(text: &str, word: Range<usize>, each: &mut impl FnMut(usize, char, char)) {
    let Some(own) = text.get(word.clone()).filter(|own| own.len() <= WORD_BYTES_MAX) else { return };
    let others = || own.char_indices().filter(|(_, c)| is_foreign(*c));
    let letters = || own.char_indices().filter(|(_, c)| is_latin(*c));
    let script = [GREEK, CYRILLIC].into_iter().find(|script| others().all(|(_, c)| script.contains(&c)));
    if others().all(|(_, c)| to_ascii(c).is_some()) {
        others().for_each(|(at, c)| each(word.start + at, c, to_ascii(c).unwrap_or(c)));
    } else if let Some(script) = script
        && letters().all(|(_, c)| from_ascii(c, &script).is_some())
    {
        letters().for_each(|(at, c)| each(word.start + at, c, from_ascii(c, &script).unwrap_or(c)));
    }
}

fn to_ascii(character: char) -> Option<char> {
    LOOK_ALIKES.iter().find(|(own, _)| *own == character).map(|(_, letter)| *letter)
}

fn from_ascii(letter: char, script: &Range<char>) -> Option<char> {
    LOOK_ALIKES.iter().find(|(own, like)| *like == letter && script.contains(own)).map(|(own, _)| *own)
}

#[cfg(test)]
mod tests {
    use crate::text::escape::{Decoded, decode_escapes};

    #[test]
    fn words_that_mix_scripts_are_read_in_one() {
        let check = |text: &str, expected: &str| {
            let decoded = decode_escapes(text);
            assert_eq!(decoded.as_ref().map_or(text, Decoded::text), expected, "{text}");
        };
        // Latin with Cyrillic or Greek letters.
        check("Lаnger", "Langer");
        check("LАNGER", "LANGER");
        check("Оrla Fеnwick", "Orla Fenwick");
        check("jаne@exаmple.cоm", "jane@example.com");
        check("Κofi", "Kofi");
        check("Lαnger", "Langer");
        check("Rеnée Müllеr", "Renée Müller");
        check("ԁаve", "dave");
        check("Sãо", "São");
        check("xЖa", "хЖа");
        check("АСС-771203 АCC-771203", "АСС-771203 ACC-771203");
        check("(Lаnger)", "(Langer)");
        check("АаA", "AaA");
        // Cyrillic or Greek with Latin letters.
        check("Ивaнов", "Иванов");
        check("ИВAHОВ", "ИВАНОВ");
        check("Петрoв-Ивaнов", "Петров-Иванов");
        check("Пaпaдoпoулoс", "Пападопоулос");
        check("Παπaδόπουλος", "Παπαδόπουλος");
        check("Γεώργιoς", "Γεώργιος");
        // Other escapes beside them.
        check("\\nLаnger", "\nLanger");
        check("Lаnger%20Оrla", "Langer Orla");
        check("\\xeaИвaнов", "êИванов");
        // One script, or letters that look like none of the other.
        for text in [
            "Иванов Langer",
            "Иванов-Langer",
            "сосна",
            "СССР",
            "ΑΒΕ",
            "SQLзапрос",
            "USBпорт",
            "kΩ",
            "10μF",
            "xЖü",
            "Жukов",
            "aé",
            "Langer7а",
            "а7Langer",
            "аб",
            "ΑА",
            "ρο\u{301}",
            "ΑЁ\u{301}",
            "ο\u{345}ρ",
            "αД",
            "ДΩa",
            "L\u{430}\u{416}nger",
        ] {
            check(text, text);
        }
        let long = "а".repeat(super::WORD_BYTES_MAX / 2 - 1);
        check(&format!("{long}bc"), &format!("{}bc", "a".repeat(super::WORD_BYTES_MAX / 2 - 1)));
        check(&format!("{long}bcd"), &format!("{long}bcd"));
        check(&format!("bcd{long}"), &format!("bcd{long}"));
    }

    #[test]
    fn places_are_those_of_the_text() {
        let decoded = decode_escapes("x Lаnger").expect("it mixes scripts");
        assert_eq!(decoded.source_span(2, 8), (2, 9));
        assert_eq!(decoded.source_span(3, 4), (3, 5));
    }
}
