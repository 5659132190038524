//! Recognisers of the typed columns (`docs/formats/hash.md`, sections 4 and 8): what a cell must be, and where a text
//! has it. Each has two entry points, `push_cell` and `candidates`, and both go through the same reading of atoms.

use std::ops::Range;

use edm_model::Delimiters;

use crate::text::fold::Folded;

pub(crate) mod address;
pub(crate) mod atom_reader;
pub(crate) mod canonical;
pub(crate) mod card;
pub(crate) mod date;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod phone;
pub(crate) mod placeholder;
pub(crate) mod plain;
pub(crate) mod ssn;
#[cfg(test)]
mod tests;

/// A piece of a text that is a value of a type.
///
/// It has no more atoms than its canonical form has bytes: what is searched around a hit relies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its first atom.
    pub(crate) first: usize,
    /// Its last atom.
    pub(crate) last: usize,
    /// Whether it may match only with evidence.
    pub(crate) attached: bool,
    /// Whether it stands in the type's own written form, in which hardly anything else stands.
    pub(crate) written_form: bool,
}

/// The most atoms that a number of [`checked_numbers`] has: those of an account number, one character each.
pub const CHECKED_NUMBER_ATOMS_MAX: usize = 34;

/// Calls `found` with the first and last atom of every valid card number, grouped as cards are printed, and of every
/// valid account number (IBAN) that begins at an atom of `starts`: what stands inside one is no value by itself
/// (matching, section 2).
pub fn checked_numbers(folded: &Folded, starts: &Range<usize>, mut found: impl FnMut(usize, usize)) {
    let mut each = |candidate: Candidate, _: &[u8]| found(candidate.first, candidate.last);
    card::printed(folded, starts, &mut each);
    iban::candidates(folded, starts, &Delimiters::default(), &mut each);
}

/// Takes candidates and their canonical forms.
pub(crate) type Found<'a> = &'a mut dyn FnMut(Candidate, &[u8]);
