//! A text as the recognisers need it: atoms by kind, letters in lower case, gaps classified.

use edm_model::Delimiters;

use super::super::reading::{Kind, Reading, is_white};
use super::joint::{Joint, joint};
use super::separator::{Separator, separator};
use super::spelled::spelled;

/// A folded text, its atoms in lower case, and the delimiters that the rule ignores.
pub(super) struct View<'a> {
    pub(super) reading: &'a Reading,
    pub(super) delimiters: &'a Delimiters,
    lower: Vec<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(reading: &'a Reading, delimiters: &'a Delimiters) -> Self {
        let lower = (0..reading.atoms.len()).map(|atom| reading.atom(atom).to_lowercase()).collect();
        Self { reading, delimiters, lower }
    }

    pub(super) fn count(&self) -> usize {
        self.lower.len()
    }

    pub(super) fn kind(&self, atom: usize) -> Option<Kind> {
        self.reading.atoms.get(atom).map(|atom| atom.kind)
    }

    /// Returns any atom in lower case.
    pub(super) fn lower(&self, atom: usize) -> &str {
        self.lower.get(atom).map_or("", String::as_str)
    }

    /// Returns an atom of digits.
    pub(super) fn digits(&self, atom: usize) -> Option<&str> {
        (self.kind(atom)? == Kind::Digits).then(|| self.lower(atom))
    }

    /// Returns an atom of digits, if it has one of these lengths.
    pub(super) fn digits_of(&self, atom: usize, counts: &[usize]) -> Option<&str> {
        self.digits(atom).filter(|digits| counts.contains(&digits.len()))
    }

    /// Returns an atom of letters in lower case.
    pub(super) fn letters(&self, atom: usize) -> Option<&str> {
        (self.kind(atom)? == Kind::Letters).then(|| self.lower(atom))
    }

    /// Returns what joins an atom to the next, if anything does.
    pub(super) fn joint(&self, atom: usize) -> Option<Joint> {
        (atom + 1 < self.count()).then(|| joint(&self.reading.gap_after(atom), self.delimiters))?
    }

    /// Returns the separator of the gap after an atom, if there is another atom and it joins.
    pub(super) fn separator(&self, atom: usize) -> Option<Separator> {
        (atom + 1 < self.count()).then(|| separator(&self.reading.gap_after(atom), self.delimiters))?
    }

    /// Returns the digits of a cell that is one spelled number.
    pub(super) fn spelled_cell(&self) -> Option<String> {
        let number = spelled(self.reading).into_iter().find(|number| number.first == 0)?;
        (self.begins_at_once() && self.ends_at(number.last)).then_some(number.digits)
    }

    /// Returns whether there is nothing between an atom and the next.
    pub(super) fn touches_next(&self, atom: usize) -> bool {
        atom + 1 < self.count() && self.reading.gap_after(atom).is_empty()
    }

    /// Returns whether the character is white space or an ignored delimiter.
    pub(super) fn is_void(&self, character: char) -> bool {
        is_white(character) || self.delimiters.contains(character)
    }

    /// Returns whether a cell has only white space and ignored delimiters before its first atom.
    pub(super) fn begins_at_once(&self) -> bool {
        self.count() > 0 && self.reading.gap_before(0).iter().all(|character| self.is_void(*character))
    }

    /// Returns whether a cell has only white space and ignored delimiters after this atom.
    pub(super) fn ends_at(&self, atom: usize) -> bool {
        atom + 1 == self.count()
            && self.reading.gap_after(atom).iter().all(|character| self.is_void(*character))
    }
}
