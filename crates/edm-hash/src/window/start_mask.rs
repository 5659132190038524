//! Where windows are worth looking for: the atoms that a value of a rule may begin with, found in sets of 64 atoms.
//! [`crate::windows`] finds the same windows from these starts as from all.

use std::ops::{Range, RangeInclusive};

use edm_model::{DataType, Delimiters, Rule};

use crate::simd::level::ProcessorPath;
use crate::simd::suffix::{Ending, ending_with};
use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap;
use crate::value::{address, card, date, iban, phone, ssn};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::canonical_atoms;
use crate::window::Gate;

/// How far from a word the atoms stand that may decide on it, in atoms.
pub(crate) const CONTEXT_ATOMS: usize = ATOMS_A_WORD;

/// The fewest atoms of values that have several; `None` where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Several {
    /// Of values without a digit.
    pub plain: Option<usize>,
    /// Of values with digits and other atoms.
    pub mixed: Option<usize>,
    /// Of values of digits alone.
    pub digits: Option<usize>,
}

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

    /// Returns the atoms of so many bytes; 255 is 255 and more.
    pub(crate) fn of_length(self, bytes: RangeInclusive<u8>) -> u64 {
        self.folded.of_length(self.number, bytes)
    }

    /// Returns the digits of so many bytes of this word and of the next.
    pub(crate) fn digits_of(self, bytes: RangeInclusive<u8>) -> u128 {
        self.with_next(|number| match self.folded.digits().word(number) {
            0 => 0,
            digits => self.folded.of_length(number, bytes.clone()) & digits,
        })
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

    /// Returns what is known of the atoms of this word and of the next.
    pub(crate) fn with_next(self, of: impl Fn(usize) -> u64) -> u128 {
        u128::from(of(self.number)) | u128::from(of(self.number + 1)) << 64
    }

    /// Returns the atoms that end with some letters, and others that do not end with letters.
    pub(crate) fn ending_with(self, endings: &[Ending]) -> u64 {
        let atoms = self.folded.ranges().get(self.number * ATOMS_A_WORD..).unwrap_or(&[]);
        ending_with(ProcessorPath::current(), self.folded.text().as_bytes(), atoms, endings)
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

/// Returns which atoms may have a digit in a value, of some words of 64 and of the words beside these. Only addresses have such
/// atoms that are no digits; they are put into `room`.
pub fn numeric<'a>(
    rule: &Rule,
    folded: &'a Folded,
    words: Range<usize>,
    room: &'a mut AtomSet,
) -> &'a AtomSet {
    if rule.data_type != DataType::Address {
        return folded.digits();
    }
    room.fit(folded.atom_count());
    for number in words.start.saturating_sub(1)..=words.end {
        room.set_word(number, address::numeric(folded, number));
    }
    room
}

/// Puts into `out` the atoms of some words of 64 that a window of the rule may begin with: never too few. `numeric` is what
/// [`numeric`] says of these words.
pub fn starts(
    (rule, folded): (&Rule, &Folded),
    words: Range<usize>,
    numeric: &AtomSet,
    gate: &impl Gate,
    out: &mut AtomSet,
) {
    for number in words {
        let word = Word { folded, number };
        let delimiters = &rule.delimiters;
        if word.digits() == 0 && begins_with_digits(rule) {
            out.set_word(number, 0);
            continue;
        }
        let bits = match &rule.data_type {
            DataType::Text | DataType::Name => text(rule, word, gate),
            DataType::Digits { width } => match width {
                // Zeros may be missing in front, or be too many.
                Some(_) => numbers(word, gate.significant_digits(), delimiters.is_empty()),
                None if delimiters.is_empty() => {
                    of_length(word, word.digits(), gate.lengths(AtomKind::Digits))
                }
                None => word.digits(),
            },
            // Found by their sign.
            DataType::Email => word.all(),
            DataType::Ssn => ssn::starts(word),
            DataType::Card => card::starts(word, delimiters),
            DataType::Phone { .. } => phone::starts(word),
            DataType::Date { .. } => date::starts(word),
            DataType::Iban => iban::starts(word),
            DataType::Address => address::starts(word, numeric, gate),
        };
        out.set_word(number, bits & word.all());
    }
}

/// Whether all values of a rule begin with a digit.
fn begins_with_digits(rule: &Rule) -> bool {
    matches!(rule.data_type, DataType::Digits { .. } | DataType::Ssn | DataType::Card)
}

/// Says of some atoms of a word which may be a part of a value although their own tag is not in its vocabulary, because they have
/// another form there.
pub fn atoms_with_other_forms(rule: &Rule, folded: &Folded, number: usize, atoms: u64) -> u64 {
    match rule.data_type {
        DataType::Address => address::with_other_forms(rule, Word { folded, number }, atoms),
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
/// which has a digit may hold both. `numeric` is what [`numeric`] says of this word.
pub fn near_digits(
    (rule, folded): (&Rule, &Folded),
    number: usize,
    numeric: &AtomSet,
    gate: &impl Gate,
) -> u64 {
    let reach = match rule.data_type {
        // Words of two atoms, and one that is dropped.
        DataType::Address => 2 * gate.atoms_max() + 2,
        _ if rule.delimiters.is_empty() => gate.atoms_max(),
        _ => gate.bytes_max(),
    };
    if reach >= CONTEXT_ATOMS || folded.has_marks_near(number) {
        return u64::MAX;
    }
    let before = number.checked_sub(1).map_or(0, |before| numeric.word(before));
    let own = u128::from(numeric.word(number));
    let behind = spread(own | u128::from(numeric.word(number + 1)) << 64, reach, |bits, by| bits >> by);
    let front = spread(own << 64 | u128::from(before), reach, |bits, by| bits << by);
    behind as u64 | (front >> 64) as u64
}

/// Returns some bits and those up to `reach` from one of them, to the side that `shifted` shifts to.
fn spread(bits: u128, reach: usize, shifted: impl Fn(u128, usize) -> u128) -> u128 {
    let (mut all, mut reached) = (bits, 0);
    while reached < reach {
        let step = (reached + 1).min(reach - reached);
        all |= shifted(all, step);
        reached += step;
    }
    all
}

fn of_length(word: Word<'_>, atoms: u64, lengths: u64) -> u64 {
    let (mut rest, mut out) = (lengths, 0);
    while rest != 0 && atoms != 0 {
        let first = rest.trailing_zeros();
        let count = (rest >> first).trailing_ones();
        rest &= !(u64::MAX.checked_shr(64 - count).unwrap_or(0) << first);
        let last = first + count - 1;
        out |= word.of_length(first as u8..=if last == 63 { u8::MAX } else { last as u8 });
    }
    out & atoms
}

/// Returns the atoms that may begin a number of so many significant digits (bits of a number).
fn numbers(word: Word<'_>, lengths: u64, alone: bool) -> u64 {
    if !alone {
        return word.digits();
    }
    let text = word.folded.text().as_bytes();
    let ranges = word.folded.ranges();
    let shortest = lengths.trailing_zeros() as u8;
    word.filtered(word.digits() & word.of_length(shortest..=u8::MAX), |atom, length| {
        ranges.get(atom).and_then(|(start, end)| text.get(*start as usize..*end as usize)).is_some_and(
            |digits| {
                let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
                lengths >> (length - zeros).min(63) & 1 == 1
            },
        )
    })
}

fn text(rule: &Rule, word: Word<'_>, gate: &impl Gate) -> u64 {
    let (digits, all) = (word.digits(), word.all());
    let several = gate.several();
    if several.any()
        && (word.folded.marks().word(word.number) | word.folded.marks().word(word.number + 1)) != 0
    {
        // What a mark joins is cut otherwise than the text.
        return all;
    }
    let mut bits = of_length(word, digits, gate.lengths(AtomKind::Digits));
    bits |= of_length(word, all & !digits, gate.lengths(AtomKind::Letters));
    let merged = if rule.delimiters.is_empty() { 0 } else { merged(rule, word, gate) };
    bits |= merged;
    if several.any() {
        // Atoms that are merged with a neighbour are not asked.
        let merges = if rule.delimiters.is_empty() { 0 } else { merged_with_next(rule, word, merged, gate) };
        let possible = word.with_next(|number| gate.possible(number)) | merges | merges << 1;
        let digits = word.with_next(|number| word.folded.digits().word(number));
        let starts = several.starts(possible, digits);
        // The words of a name may stand in another order than in the value.
        let turns = rule.data_type == DataType::Name;
        bits |= if turns { starts } else { starts & (pairs(digits, gate) | merges) as u64 };
    }
    bits | word.followed_by(word.folded.marks(), 1)
}

/// Returns the atoms that a value of several may begin with by their kind and that of the next one.
fn pairs(digits: u128, gate: &impl Gate) -> u128 {
    let of = |bits: u128, is_digits: bool| if is_digits { bits } else { !bits };
    let pair = |[first, second]: [bool; 2]| match gate.begins(Kinds::default().then(first).then(second)) {
        true => of(digits, first) & of(digits >> 1, second),
        false => 0,
    };
    [[false, false], [false, true], [true, false], [true, true]]
        .into_iter()
        .fold(0, |all, own| all | pair(own))
}

/// Returns the merged atoms of a word and of the next one.
fn merged_with_next(rule: &Rule, word: Word<'_>, own: u64, gate: &impl Gate) -> u128 {
    let next = Word { number: word.number + 1, ..word };
    u128::from(own) | u128::from(merged(rule, next, gate)) << 64
}

impl Several {
    /// Whether there are such values.
    pub fn any(&self) -> bool {
        self.plain.is_some() || self.mixed.is_some() || self.digits.is_some()
    }

    /// Returns the atoms of the first 64 that a value may begin with, where `possible` of 128 may be in one.
    fn starts(&self, possible: u128, digits: u128) -> u64 {
        let runs = |atoms: u128, length: Option<usize>| match length {
            None => 0,
            Some(length) => (1..length.min(64))
                .fold(atoms, |runs, distance| runs & (atoms >> distance | !(u128::MAX >> distance))),
        };
        let mixed = match self.mixed {
            None => 0,
            length => runs(possible, length) & reaching(possible, digits) & reaching(possible, !digits),
        };
        (runs(possible & !digits, self.plain) | mixed | runs(possible & digits, self.digits)) as u64
    }
}

/// Returns the atoms from which one of `goals` is reached over atoms of a run. What a run meets behind the last atom is not known,
/// so it counts as reached.
pub(crate) fn reaching(run: u128, goals: u128) -> u128 {
    let mut reached = run & (goals | 1 << 127);
    let mut open = run;
    for distance in [1, 2, 4, 8, 16, 32, 64] {
        reached |= open & reached >> distance;
        open &= open >> distance;
    }
    reached
}

/// Returns the atoms that make one atom of a value with the next, where some value may be made so.
fn merged(rule: &Rule, word: Word<'_>, gate: &impl Gate) -> u64 {
    let (digits, behind) = (word.digits(), word.digits_behind(1));
    let several = gate.several().any();
    let lettered = several || gate.lengths(AtomKind::Letters) != 0;
    let candidates = digits & behind | if lettered { !digits & !behind & word.all() } else { 0 };
    word.filtered(candidates, |atom, _| {
        ignored_behind(word.folded, atom, &rule.delimiters)
            && (several || makes_one(rule, word.folded, atom, gate))
    })
}

/// Whether nothing but ignored delimiters, and at least one, stands behind an atom.
fn ignored_behind(folded: &Folded, atom: usize, delimiters: &Delimiters) -> bool {
    let ranges = folded.ranges();
    let (Some((_, end)), Some((next, _))) = (ranges.get(atom), ranges.get(atom + 1)) else { return false };
    match folded.text().as_bytes().get(*end as usize..*next as usize) {
        Some([byte]) => delimiters.contains(char::from(*byte)),
        Some([_, ..]) => gap::all_ignored(folded.gap(atom), delimiters),
        _ => false,
    }
}

/// Whether an atom and those behind it that merge with it are as long as a value of one atom.
fn makes_one(rule: &Rule, folded: &Folded, first: usize, gate: &impl Gate) -> bool {
    let is_digits = |atom: usize| folded.digits().contains(atom);
    let lengths = gate.lengths(if is_digits(first) { AtomKind::Digits } else { AtomKind::Letters });
    let mut length = 0;
    for atom in first..folded.atom_count() {
        length += folded.ranges().get(atom).map_or(0, |(start, end)| (end - start) as usize);
        if length > gate.bytes_max() {
            return false;
        }
        if atom > first && lengths >> length.min(63) & 1 == 1 {
            return true;
        }
        let merges = is_digits(atom) == is_digits(atom + 1) && ignored_behind(folded, atom, &rule.delimiters);
        if !merges && !folded.marks().contains(atom + 1) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests;
