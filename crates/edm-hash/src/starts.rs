//! Where windows are worth looking for: the atoms that a value of a rule may begin with, found in sets of 64 atoms.
//! [`crate::windows`] finds the same windows from these starts as from all.

use std::ops::Range;

use edm_model::{DataType, Rule};

use crate::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::fold::{AtomKind, Folded};
use crate::gap;
use crate::shape::canonical_atoms;
use crate::types::{address, card, date, iban, phone, ssn};
use crate::window::Gate;

/// How far from a word the atoms stand that may decide on it, in atoms.
pub(crate) const CONTEXT_ATOMS: usize = ATOMS_A_WORD;

/// 64 atoms of a folded text.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) folded: &'a Folded,
    pub(crate) number: usize,
}

impl<'a> Word<'a> {
    pub(crate) fn digits(self) -> u64 {
        self.folded.digits().word(self.number)
    }

    /// Returns the atoms that are followed, `distance` atoms behind, by one of a set.
    pub(crate) fn followed_by(self, set: &AtomSet, distance: u32) -> u64 {
        set.word(self.number) >> distance | set.word(self.number + 1) << (64 - distance)
    }

    pub(crate) fn digits_behind(self, distance: u32) -> u64 {
        self.followed_by(self.folded.digits(), distance)
    }

    /// Returns the atoms that there are.
    pub(crate) fn all(self) -> u64 {
        match self.folded.atom_count().saturating_sub(self.number * ATOMS_A_WORD) {
            count @ 0..ATOMS_A_WORD => (1 << count) - 1,
            _ => u64::MAX,
        }
    }

    /// Returns those of some atoms for which `holds`, given the atom and its length in bytes.
    pub(crate) fn filtered(self, atoms: u64, mut holds: impl FnMut(usize, usize) -> bool) -> u64 {
        let base = self.number * ATOMS_A_WORD;
        let ranges = self.folded.ranges().get(base..).unwrap_or(&[]);
        let (mut rest, mut out) = (atoms, 0);
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            if let Some((start, end)) = ranges.get(at as usize) {
                out |= u64::from(holds(base + at as usize, (end - start) as usize)) << at;
            }
        }
        out
    }
}

/// Puts into `out` the atoms of some words of 64 that a window of the rule may begin with: never too few.
pub fn starts(rule: &Rule, folded: &Folded, words: Range<usize>, gate: &impl Gate, out: &mut AtomSet) {
    for number in words {
        let word = Word { folded, number };
        let delimiters = &rule.delimiters;
        let bits = match &rule.data_type {
            DataType::Text | DataType::Name => text(rule, word, gate),
            DataType::Digits { width } => match width {
                // Zeros may be missing in front: any number may be one.
                Some(_) => word.digits(),
                None if delimiters.is_empty() => {
                    of_length(word, word.digits(), gate.lengths(AtomKind::Digits))
                }
                None => word.digits(),
            },
            // Found by their sign.
            DataType::Email => word.all(),
            DataType::Ssn => ssn::starts(word),
            DataType::Card => card::starts(word),
            DataType::Phone { .. } => phone::starts(word),
            DataType::Date { .. } => date::starts(word),
            DataType::Iban => iban::starts(word),
            DataType::Address => address::starts(word, gate),
        };
        out.set_word(number, bits & word.all());
    }
}

/// Says of some atoms of a word which may be a part of a value although their own tag is not in its vocabulary, because they have
/// another form there.
pub fn atoms_with_other_forms(rule: &Rule, folded: &Folded, number: usize, atoms: u64) -> u64 {
    match rule.data_type {
        DataType::Address => address::with_other_forms(Word { folded, number }, atoms),
        _ => 0,
    }
}

/// Calls `each` with every word that has another form in the values of a rule, and the atoms of that form: none where the word is
/// dropped, or its form depends on what stands around it.
pub fn words_with_other_forms(rule: &Rule, mut each: impl FnMut(&[u8], &[Vec<u8>])) {
    if rule.data_type == DataType::Address {
        for (written, form) in address::words_with_other_forms() {
            let mut atoms = Vec::new();
            canonical_atoms(form.as_bytes(), |atom| atoms.push(atom.to_vec()));
            each(written.as_bytes(), &atoms);
        }
    }
}

/// Returns which atoms of a word stand so near to a digit, or to a character that may be a numeral, that a value of so many atoms
/// which has a digit may hold both.
pub fn near_digits(rule: &Rule, folded: &Folded, number: usize, gate: &impl Gate) -> u64 {
    let reach = match rule.data_type {
        // Words of two atoms, and one that is dropped.
        DataType::Address => 2 * gate.atoms_max() + 2,
        _ if rule.delimiters.is_empty() => gate.atoms_max(),
        _ => gate.bytes_max(),
    };
    let marked = (number.saturating_sub(1)..number + 2).any(|word| folded.marks().word(word) != 0);
    if reach >= CONTEXT_ATOMS || marked {
        return u64::MAX;
    }
    let number = number as isize;
    let mut near = 0u64;
    for (offset, word) in [(-1, number - 1), (0, number), (1, number + 1)] {
        let Ok(word) = usize::try_from(word) else { continue };
        let mut digits = folded.digits().word(word) | folded.clusters().word(word);
        while digits != 0 {
            let at = digits.trailing_zeros() as isize + offset * 64;
            digits &= digits - 1;
            let (from, to) = (at - reach as isize, at + reach as isize);
            if to >= 0 && from <= 63 {
                let (from, to) = (from.max(0) as u32, to.min(63) as u32);
                near |= u64::MAX >> (63 - to) & u64::MAX << from;
            }
        }
    }
    near
}

fn of_length(word: Word<'_>, atoms: u64, lengths: u64) -> u64 {
    if lengths == 0 {
        return 0;
    }
    word.filtered(atoms, |_, length| lengths >> length.min(63) & 1 == 1)
}

fn text(rule: &Rule, word: Word<'_>, gate: &impl Gate) -> u64 {
    let (digits, all) = (word.digits(), word.all());
    let mut bits = of_length(word, digits, gate.lengths(AtomKind::Digits));
    bits |= of_length(word, all & !digits, gate.lengths(AtomKind::Letters));
    let several = gate.several();
    let merged = if rule.delimiters.is_empty() { 0 } else { merged(rule, word, gate) };
    bits |= merged;
    if several && (word.folded.marks().word(word.number) | word.folded.marks().word(word.number + 1)) != 0 {
        // What a mark joins is cut otherwise than the text.
        return all;
    }
    if several {
        let possible = gate.possible(word.number);
        // The first atom of the next word may be merged with the one behind it: it is not asked.
        let next = gate.possible(word.number + 1) | u64::from(!rule.delimiters.is_empty());
        bits |= possible & (possible >> 1 | next << 63 | merged >> 1);
    }
    bits | word.followed_by(word.folded.marks(), 1)
}

/// Returns the atoms that make one atom of a value with the next.
fn merged(rule: &Rule, word: Word<'_>, gate: &impl Gate) -> u64 {
    let (digits, behind) = (word.digits(), word.digits_behind(1));
    let longer = |kind, length: usize| gate.lengths(kind) >> length.min(63) > 1 || length >= 62;
    let lettered = gate.several() || gate.lengths(AtomKind::Letters) != 0;
    let candidates = digits & behind | if lettered { !digits & !behind & word.all() } else { 0 };
    word.filtered(candidates, |atom, length| {
        let kind = if word.folded.digits().contains(atom) { AtomKind::Digits } else { AtomKind::Letters };
        (gate.several() || longer(kind, length)) && gap::all_ignored(word.folded.gap(atom), &rule.delimiters)
    })
}
