//! Numbers that are written digit by digit, as in forms with a box for each
//! (`docs/formats/hash.md`, rule N5).
//!
//! ```text
//! text      |9|0|0|1|2|3|4|5|6| and 9 0 0 - 1 2 - 3 4 5 6
//! digits    9 0 0 1 2 3 4 5 6       the whole run, never a part of it
//! ```
//!
//! What must stay true: a run has one start, so a text of a million single digits is read once.

use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::atom_reader::AtomReader;

/// The fewest digits of a spelled number.
const DIGITS_MIN: usize = 6;
/// The most characters between two of its digits.
const GAP_CHARACTERS_MAX: usize = 3;

/// A spelled number.
#[derive(Clone, Copy)]
pub(crate) struct Spelled<'a> {
    pub(crate) folded: &'a Folded,
    /// Its first atom.
    pub(crate) first: usize,
    /// All of its digits.
    pub(crate) digits: &'a str,
}

/// Returns the atoms of a word that a spelled number may begin with.
pub(crate) fn starts(word: AtomWord<'_>) -> u64 {
    if word.digits() == 0 {
        return 0;
    }
    let digits = word.with_next(|number| word.folded.digits().word(number));
    if in_a_row(digits) == 0 {
        return 0;
    }
    in_a_row(word.digits_of(1..=1))
}

/// Returns the first 64 atoms that begin a row of enough atoms of a set.
fn in_a_row(atoms: u128) -> u64 {
    (1..DIGITS_MIN).fold(atoms, |row, distance| row & atoms >> distance) as u64
}

/// Leaves the digits of the spelled number that begins with an atom in `digits`, and returns its
/// last atom; `None` if none begins there, or it has more digits.
pub(crate) fn read(folded: &Folded, first: usize, digits_max: usize, digits: &mut String) -> Option<usize> {
    let digit = |index: usize| {
        let atom = folded.atom(index).filter(|_| folded.digits().contains(index))?;
        Some(folded.atom_text(atom)).filter(|text| text.len() == 1)
    };
    let goes_on =
        |index: usize| digit(index).is_some() && joins(folded.gap(index)) && digit(index + 1).is_some();
    if first > 0 && goes_on(first - 1) {
        return None;
    }
    digits.clear();
    digits.push_str(digit(first)?);
    let mut last = first;
    while goes_on(last) {
        last += 1;
        digits.push_str(digit(last)?);
        if digits.len() > digits_max {
            return None;
        }
    }
    (digits.len() >= DIGITS_MIN).then_some(last)
}

/// Returns whether a gap joins two digits of a spelled number.
fn joins(gap: &str) -> bool {
    let count = gap.chars().take(GAP_CHARACTERS_MAX + 1).count();
    let joint = |c: char| matches!(c, ' ' | '.' | '-' | '/' | '|' | '\u{2502}' | '_' | '[' | ']' | '(' | ')');
    (1..=GAP_CHARACTERS_MAX).contains(&count) && gap.chars().all(joint)
}

impl AtomReader<'_> {
    /// Returns the last atom and the digits of the spelled number that begins with a cell's first
    /// atom.
    pub(crate) fn spelled_cell(self, digits_max: usize) -> Option<(usize, String)> {
        let mut digits = String::new();
        Some((read(self.folded, 0, digits_max, &mut digits)?, digits))
    }
}
