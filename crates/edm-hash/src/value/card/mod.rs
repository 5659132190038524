//! Payment card numbers in cells and text (`docs/formats/hash.md`, section 8, card).

use std::ops::Range;

use edm_model::Delimiters;

use super::Found;
use super::atom_reader::{Atoms, Joint};
use crate::text::fold::Folded;
use crate::value::canonical::CellRefusal;
use crate::window::start_mask::Word;

const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;
const GROUP_DIGITS: std::ops::RangeInclusive<usize> = 2..=6;
/// How cards are printed. Other groups of digits may be a card, but do not say so.
const PRINTED: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// Appends the digits of the card number that a folded cell is.
pub(crate) fn push_cell(
    folded: &Folded,
    delimiters: &Delimiters,
    out: &mut Vec<u8>,
) -> Result<(), CellRefusal> {
    let atoms = Atoms { folded, delimiters };
    let mut pushed = Err(CellRefusal::NotThisType);
    // Of the readings, one at most ends with the cell.
    read(atoms, 0, |last, _, form| pushed = pushed.or_else(|_| atoms.push_cell(last, form, out)));
    pushed
}

/// Returns the atoms of a word that a number may begin with.
pub(crate) fn starts(word: Word<'_>, delimiters: &Delimiters) -> u64 {
    let long = word.digits() & word.of_length(DIGITS_MIN as u8..=DIGITS_MAX as u8);
    let digits = word.with_next(|number| word.folded.digits().word(number));
    if (digits & digits >> 1) as u64 == 0 {
        return long;
    }
    let groups = word.digits_of(*GROUP_DIGITS.start() as u8..=*GROUP_DIGITS.end() as u8);
    if (groups & groups >> 1) as u64 == 0 {
        return long;
    }
    let shortest = word.digits_of(*GROUP_DIGITS.start() as u8..=*GROUP_DIGITS.start() as u8);
    let longest = word.digits_of(*GROUP_DIGITS.end() as u8..=*GROUP_DIGITS.end() as u8);
    // Two groups are enough only if both are as long as can be, three if no two of them are as short as can be.
    let three = groups & groups >> 1 & groups >> 2;
    let short = shortest & (shortest >> 1 | shortest >> 2) | shortest >> 1 & shortest >> 2;
    let grouped = three & (groups >> 3 | !short) | longest & longest >> 1;
    // What joins groups begins with one of few characters, unless some are ignored.
    let joined = word.filtered(grouped as u64, |atom, _| {
        let end = word.folded.ranges().get(atom).map_or(0, |(_, end)| *end as usize);
        let behind = word.folded.text().as_bytes().get(end);
        !delimiters.is_empty() || matches!(behind, Some(b' ' | b'-' | b'\r' | b'\n'))
    });
    joined | long
}

/// Calls `found` with every card number that begins at an atom of `starts`.
pub(crate) fn candidates(folded: &Folded, starts: &Range<usize>, delimiters: &Delimiters, found: Found<'_>) {
    let atoms = Atoms { folded, delimiters };
    for first in starts.clone() {
        read(atoms, first, |last, _, form| atoms.offer((first, last), true, form, found));
    }
}

/// Calls `found` with the card numbers of several atoms that are grouped as cards are printed.
pub(crate) fn printed(folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
    let delimiters = Delimiters::default();
    let atoms = Atoms { folded, delimiters: &delimiters };
    for first in starts.clone() {
        read(atoms, first, |last, groups, form| {
            if PRINTED.contains(&groups) {
                atoms.offer((first, last), true, form, found);
            }
        });
    }
}

/// Calls `each` with the last atom, the lengths of the groups and the digits of every card number that begins with an
/// atom.
fn read(atoms: Atoms<'_>, first: usize, mut each: impl FnMut(usize, &[usize], &[u8])) {
    let Some(digits) = atoms.digits(first) else { return };
    if (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
        if is_valid(digits.as_bytes()) {
            each(first, &[digits.len()], digits.as_bytes());
        }
        return;
    }
    let joint = match atoms.joint(first) {
        Some(joint @ (Joint::Ignored | Joint::Written(" " | "-"))) => joint,
        _ => return,
    };
    let (mut form, mut length) = ([0; DIGITS_MAX], 0);
    let (mut groups, mut count) = ([0; DIGITS_MAX / *GROUP_DIGITS.start()], 0);
    for last in first.. {
        let Some(digits) = atoms.digits(last).filter(|digits| GROUP_DIGITS.contains(&digits.len())) else {
            return;
        };
        let Some(room) = form.get_mut(length..length + digits.len()) else { return };
        room.copy_from_slice(digits.as_bytes());
        length += digits.len();
        groups.iter_mut().skip(count).take(1).for_each(|group| *group = digits.len());
        count += 1;
        let (form, groups) = (form.get(..length).unwrap_or(&[]), groups.get(..count).unwrap_or(&[]));
        if length >= DIGITS_MIN && is_valid(form) {
            each(last, groups, form);
        }
        if atoms.joint(last) != Some(joint) {
            return;
        }
    }
}

/// Whether digits, as many as a card has, pass its check and are not all the same.
pub(crate) fn is_valid(form: &[u8]) -> bool {
    form.iter().any(|digit| Some(digit) != form.first()) && passes_luhn(form)
}

/// ISO/IEC 7812-1, annex B: every second digit from the right is doubled.
fn passes_luhn(form: &[u8]) -> bool {
    let sum: u32 = form
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit - b'0')) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}
