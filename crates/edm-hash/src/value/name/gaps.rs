//! What lies between the atoms of a name (`docs/formats/hash.md#m3`).

use edm_model::Delimiters;

use crate::text::fold::{AtomKind, Folded};
use crate::text::gap::{is_white, plain};

/// The signs around a nickname.
const SIGNS: [(char, char); 8] =
    [('(', ')'), ('[', ']'), ('"', '"'), ('“', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('\'', '\'')];
/// The most atoms of a nickname.
const NICKNAME_ATOMS_MAX: usize = 3;

/// How two atoms of a name are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameGap {
    Nothing,
    Joint,
    Comma,
    Other,
}

fn is_joint(character: char, delimiters: &Delimiters) -> bool {
    is_white(character)
        || matches!(character, '\'' | '-' | '.' | '\u{B7}' | '\u{30FB}' | '_')
        || delimiters.contains(character)
}

/// Judges a gap.
#[inline]
pub(super) fn judge(gap: &str, delimiters: &Delimiters) -> NameGap {
    match gap {
        "" => NameGap::Nothing,
        " " => NameGap::Joint,
        _ => judge_any(gap, delimiters),
    }
}

fn judge_any(gap: &str, delimiters: &Delimiters) -> NameGap {
    let (mut joint, mut dots, mut commas, mut other) = (true, true, 0, false);
    plain(gap, |character| {
        joint &= is_joint(character, delimiters);
        match character {
            ',' => commas += 1,
            '.' => dots &= commas == 0,
            white if is_white(white) => {}
            _ => other = true,
        }
    });
    match (joint, commas) {
        (true, _) => NameGap::Joint,
        (false, 1) if dots && !other => NameGap::Comma,
        _ => NameGap::Other,
    }
}

/// Appends what a form that is matched as text has for a gap (rule M7).
pub(super) fn push_as_text(gap: &str, delimiters: &Delimiters, out: &mut String) {
    match judge(gap, delimiters) {
        NameGap::Nothing => {}
        NameGap::Joint => out.push(' '),
        NameGap::Comma | NameGap::Other => plain(gap, |character| {
            if !is_white(character) {
                out.push(character);
            }
        }),
    }
}

/// Returns the sign that closes what a gap opens, for each sign that may.
fn opened(gap: &str) -> Option<char> {
    // Nearly all gaps are one character, or do not begin with white space and end with a sign.
    let [b' ' | b'\t' | b'\r' | b'\n', .., b'(' | b'[' | b'"' | b'\'' | 0x80..=0xFF] = gap.as_bytes() else {
        return None;
    };
    let (mut white, mut opening) = (0, None);
    let mut pure = true;
    plain(gap, |character| {
        pure &= opening.is_none();
        match is_white(character) {
            true => white += 1,
            false => opening = Some(character),
        }
    });
    opening.filter(|sign| pure && white > 0 && SIGNS.iter().any(|(own, _)| own == sign))
}

fn closes(opening: char, sign: Option<char>) -> bool {
    sign.is_some_and(|sign| SIGNS.contains(&(opening, sign)))
}

/// Returns the last atom of a nickname that begins behind `atom` (rule M4), if it ends before or
/// with `last`. `behind` is what follows `last` in a cell.
pub(super) fn nickname(
    folded: &Folded,
    delimiters: &Delimiters,
    [atom, last]: [usize; 2],
    behind: &str,
) -> Option<usize> {
    let opening = opened(folded.gap(atom))?;
    for end in atom + 1..=(atom + NICKNAME_ATOMS_MAX).min(last) {
        if folded.atom(end).is_none_or(|atom| atom.kind == AtomKind::Digits) {
            return None;
        }
        if end == last {
            let mut rest = behind.chars();
            return (closes(opening, rest.next()) && rest.all(is_white)).then_some(end);
        }
        let gap = folded.gap(end);
        let (mut first, mut white, mut other) = (None, 0, false);
        plain(gap, |character| match first {
            None => first = Some(character),
            Some(_) if is_white(character) => white += 1,
            Some(_) => other = true,
        });
        if closes(opening, first) && white > 0 && !other {
            return Some(end);
        }
        if !matches!(judge(gap, delimiters), NameGap::Nothing | NameGap::Joint) {
            return None;
        }
    }
    None
}
