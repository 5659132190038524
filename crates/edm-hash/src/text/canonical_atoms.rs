//! Cuts a canonical form into its atoms again, as an index sees them (`docs/formats/hash.md`,
//! section 7).

use crate::text::char_class::{ATOM, MASKS};
use crate::text::fold::AtomKind;
use crate::text::unicode_data::{Class, TABLE};

/// Cuts a canonical form into its atoms: the byte ranges of its runs of letters, of digits, and its
/// clusters.
pub(crate) fn canonical_atoms(canonical: &[u8], mut each: impl FnMut(&[u8])) -> usize {
    // Nearly all forms are ASCII.
    if canonical.is_ascii() {
        return ascii_atoms(canonical, each);
    }
    let text = std::str::from_utf8(canonical).expect("a canonical form is UTF-8");
    let (mut count, mut start) = (0, 0);
    let mut open = None;
    let mut close = |start: usize, end: usize| {
        each(&canonical[start..end]);
        count += 1;
    };
    for (at, character) in text.char_indices() {
        let kind = match class(character) {
            // A mark stays with the letter or cluster before it.
            Class::Mark if matches!(open, Some(AtomKind::Letters | AtomKind::Cluster)) => continue,
            Class::Letter | Class::Mark => Some(AtomKind::Letters),
            Class::Digit => Some(AtomKind::Digits),
            Class::Cluster => Some(AtomKind::Cluster),
            _ => None,
        };
        if open == kind && kind != Some(AtomKind::Cluster) {
            continue;
        }
        if open.is_some() {
            close(start, at);
        }
        (open, start) = (kind, at);
    }
    if open.is_some() {
        close(start, text.len());
    }
    count
}

fn ascii_atoms(canonical: &[u8], mut each: impl FnMut(&[u8])) -> usize {
    let mut count = 0;
    for atom in canonical.chunk_by(|a, b| MASKS[*a as usize] & ATOM == MASKS[*b as usize] & ATOM) {
        if atom.first().is_some_and(|first| MASKS[*first as usize] & ATOM != 0) {
            each(atom);
            count += 1;
        }
    }
    count
}

/// Returns whether a folded character is a letter or a cluster, by the frozen table.
pub(crate) fn is_letter(character: char) -> bool {
    matches!(class(character), Class::Letter | Class::Cluster)
}

/// Returns a class of the frozen table, for ASCII without looking it up; white space is any other
/// character here.
fn class(character: char) -> Class {
    match character {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '\0'..='\x7f' => Class::Other,
        other => TABLE.entry(other).class,
    }
}
