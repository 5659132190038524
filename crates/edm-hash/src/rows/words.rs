//! The words of a form that has them parted, and those that a text may join
//! (`docs/formats/hash.md#m9`).

use crate::text::canonical_atoms::canonical_atoms;
use crate::text::char_class::{DIGIT, class_of};
use crate::text::fold::is_cluster;

/// How many characters of a form say whether a text's atom may be all of it.
const HEAD_CHARACTERS: usize = 6;
/// Two words of at most so many characters are joined with the one after them.
const SHORT_CHARACTERS: usize = 3;

/// Calls `each` with every word; with the head of the form, if there are two words or more; and
/// with what neighbours make, if there are three.
pub(crate) fn each_with_joins(parted: &[u8], each: &mut dyn FnMut(&[u8])) {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let origin = parted.as_ptr() as usize;
    canonical_atoms(parted, |word| {
        each(word);
        let start = word.as_ptr() as usize - origin;
        words.push((start, start + word.len()));
    });
    if words.len() > 1 {
        each_head(parted, each);
    }
    if words.len() < 3 {
        return;
    }
    let mut joined = Vec::new();
    let text = |(start, end): (usize, usize)| parted.get(start..end).unwrap_or(&[]);
    let joins = |one: (usize, usize), next: (usize, usize)| {
        parted.get(one.1..next.0) == Some(b" ") && is_letters(text(one)) && is_letters(text(next))
    };
    for (at, pair) in words.windows(2).enumerate() {
        let [one, two] = *pair else { continue };
        if !joins(one, two) {
            continue;
        }
        joined.clear();
        joined.extend_from_slice(text(one));
        joined.extend_from_slice(text(two));
        each(&joined);
        let Some(three) = words.get(at + 2).copied().filter(|three| joins(two, *three)) else { continue };
        if is_short(text(one)) && is_short(text(two)) {
            joined.extend_from_slice(text(three));
            each(&joined);
        }
    }
}

/// Calls `each` with the first characters of a form whose words are joined, without its suffix.
pub(crate) fn each_head(parted: &[u8], each: &mut dyn FnMut(&[u8])) {
    // A character has at most four bytes.
    let mut head = [0; 4 * HEAD_CHARACTERS];
    let (mut length, mut characters) = (0, 0);
    for byte in parted.iter().take_while(|byte| **byte != b',').filter(|byte| **byte != b' ') {
        characters += usize::from(begins_character(*byte));
        let Some(place) = head.get_mut(length).filter(|_| characters <= HEAD_CHARACTERS) else { break };
        *place = *byte;
        length += 1;
    }
    each(head.get(..length).unwrap_or(&[]));
}

/// Returns how many bytes of an atom are its head.
#[inline]
pub fn head_end(atom: &[u8]) -> usize {
    // Nearly all heads are ASCII, and many atoms are no longer.
    if atom.len() <= HEAD_CHARACTERS {
        return atom.len();
    }
    match atom.first_chunk::<HEAD_CHARACTERS>() {
        Some(head) if head.iter().fold(0, |all, byte| all | byte) < 0x80 => HEAD_CHARACTERS,
        _ => head_end_beyond(atom),
    }
}

#[cold]
fn head_end_beyond(atom: &[u8]) -> usize {
    let begins = atom.iter().enumerate().filter(|(_, byte)| begins_character(**byte));
    begins.map(|(at, _)| at).nth(HEAD_CHARACTERS).unwrap_or(atom.len())
}

/// Returns whether a character begins with a byte of UTF-8.
fn begins_character(byte: u8) -> bool {
    !matches!(byte, 0x80..=0xBF)
}

fn is_letters(word: &[u8]) -> bool {
    let first = std::str::from_utf8(word).ok().and_then(|word| word.chars().next());
    first.is_some_and(|first| match first.is_ascii() {
        true => class_of(first as u8) != DIGIT,
        false => !is_cluster(first),
    })
}

fn is_short(word: &[u8]) -> bool {
    let word = std::str::from_utf8(word).unwrap_or("");
    word.chars().nth(SHORT_CHARACTERS).is_none()
}
