//! Social security numbers in cells and text (`docs/formats/hash.md`, section 8, ssn).

use std::ops::Range;

use edm_model::Delimiters;

use super::Found;
use super::atom_reader::{Atoms, Joint};
use crate::text::fold::Folded;
use crate::value::canonical::CellRefusal;
use crate::window::start_mask::Word;

const DIGITS: usize = 9;
/// The fewest digits of a cell that a spreadsheet may have taken the leading zeros from: area 001 begins with two.
const DIGITS_OF_A_CELL_MIN: usize = 7;
const GROUPS: [usize; 3] = [3, 2, 4];

/// Appends the nine digits that a folded cell is.
pub(crate) fn push_cell(
    folded: &Folded,
    delimiters: &Delimiters,
    out: &mut Vec<u8>,
) -> Result<(), CellRefusal> {
    let atoms = Atoms { folded, delimiters };
    let read = match atoms.digits(0) {
        Some(digits) if atoms.count() == 1 && (DIGITS_OF_A_CELL_MIN..=DIGITS).contains(&digits.len()) => {
            let mut form = [b'0'; DIGITS];
            let zeros = DIGITS - digits.len();
            form.iter_mut().skip(zeros).zip(digits.bytes()).for_each(|(place, digit)| *place = digit);
            Some((0, form))
        }
        _ => grouped(atoms, 0),
    };
    let (last, form) = read.filter(|(_, form)| is_valid(form)).ok_or(CellRefusal::NotThisType)?;
    atoms.push_cell(last, &form, out)
}

/// Returns the atoms of a word that a number may begin with.
pub(crate) fn starts(word: Word<'_>) -> u64 {
    let bare = word.digits() & word.of_length(DIGITS as u8..=DIGITS as u8);
    let digits = word.with_next(|number| word.folded.digits().word(number));
    if (digits & digits >> 1 & digits >> 2) as u64 == 0 {
        return bare;
    }
    let [area, group, serial] = GROUPS.map(|digits| word.digits_of(digits as u8..=digits as u8));
    let grouped = area & group >> 1 & serial >> 2;
    grouped as u64 | bare
}

/// Calls `found` with every number that begins at an atom of `starts`.
pub(crate) fn candidates(folded: &Folded, starts: &Range<usize>, delimiters: &Delimiters, found: Found<'_>) {
    let atoms = Atoms { folded, delimiters };
    for first in starts.clone() {
        let Some(digits) = atoms.digits(first) else { continue };
        let bare = <[u8; DIGITS]>::try_from(digits.as_bytes()).ok();
        let read = bare.map(|form| (first, form)).or_else(|| grouped(atoms, first));
        if let Some((last, form)) = read.filter(|(_, form)| is_valid(form)) {
            atoms.offer((first, last), bare.is_none(), &form, found);
        }
    }
}

/// Reads groups of three, two and four digits that the same joint joins; returns the last atom.
fn grouped(atoms: Atoms<'_>, first: usize) -> Option<(usize, [u8; DIGITS])> {
    let mut form = Vec::with_capacity(DIGITS);
    for (index, length) in (first..).zip(GROUPS) {
        let digits = atoms.digits(index).filter(|digits| digits.len() == length)?;
        form.extend_from_slice(digits.as_bytes());
    }
    let form = form.try_into().ok()?;
    let joint = atoms.joint(first)?;
    let joins = matches!(joint, Joint::Ignored | Joint::Written("-" | " " | "."));
    (joins && atoms.joint(first + 1) == Some(joint)).then_some((first + 2, form))
}

/// Areas from 900 on are kept: tax offices and test data use them.
pub(crate) fn is_valid(form: &[u8; DIGITS]) -> bool {
    let (area, rest) = form.split_at(3);
    let (group, serial) = rest.split_at(2);
    area != b"000" && area != b"666" && group != b"00" && serial != b"0000"
}
