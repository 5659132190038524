//! Start masks of the types that are walked: which atoms a value may begin with, 64 at a time.
//!
//! An index knows of its values the lengths of those that are one atom, the fewest atoms of those
//! that are several (without digits, of digits, mixed), which atoms any of these may hold
//! (`possible`, from the vocabulary) and which kinds they begin with. From these follows, in bits:
//!
//! ```text
//! starts of one atom     lengths match and the kind matches
//! starts of several      possible[k] and possible[k+1] and … for the fewest atoms
//!                        mixed: and a digit and a letter are reached within the run
//! and                    the kinds of atoms k and k+1 begin some value
//! ```
//!
//! An ignored delimiter may merge atoms, whose length and tag are then those of no atom of the
//! text. So atoms before such a delimiter count as possible.

use edm_model::{DataType, Delimiters, Rule};

use crate::simd::mask::low;
use crate::text::atom_word::{AtomWord, reaching};
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap;
use crate::value_summary::kinds::Kinds;
use crate::window::prefilter::{Prefilter, Several};

pub(crate) fn of_length(word: AtomWord<'_>, atoms: u64, lengths: u64) -> u64 {
    // Runs of lengths are compared as one range: values of a column have few different lengths in a
    // row.
    let (mut rest, mut out) = (lengths, 0);
    while rest != 0 && atoms != 0 {
        let first = rest.trailing_zeros();
        let count = (rest >> first).trailing_ones();
        rest &= !(low(count) << first);
        let last = first + count - 1;
        out |= word.of_length(first as u8..=if last == 63 { u8::MAX } else { last as u8 });
    }
    out & atoms
}

/// Returns the atoms that may begin a number whose count of significant digits is a set bit of
/// `lengths`.
pub(crate) fn numbers(word: AtomWord<'_>, lengths: u64, alone: bool) -> u64 {
    if !alone {
        return word.digits();
    }
    // Leading zeros do not count, so only digits shorter than the shortest number are excluded by
    // length.
    let shortest = lengths.trailing_zeros() as u8;
    word.filtered(word.digits() & word.of_length(shortest..=u8::MAX), |atom, length| {
        let zeros = word.folded.text_of(atom).bytes().take_while(|digit| *digit == b'0').count();
        lengths >> (length - zeros).min(63) & 1 == 1
    })
}

pub(crate) fn text(rule: &Rule, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
    let (digits, all) = (word.digits(), word.all());
    let several = prefilter.several();
    if several.any()
        && (word.folded.marks().word(word.number) | word.folded.marks().word(word.number + 1)) != 0
    {
        // What a mark joins is cut otherwise than the text.
        return all;
    }
    // Values of one atom.
    let mut bits = of_length(word, digits, prefilter.lengths(AtomKind::Digits));
    bits |= of_length(word, all & !digits, prefilter.lengths(AtomKind::Letters));
    let merged = if rule.delimiters.is_empty() { 0 } else { merged(rule, word, prefilter) };
    bits |= merged;
    if several.any() {
        // Atoms that are merged with a neighbour are not asked.
        let merges =
            if rule.delimiters.is_empty() { 0 } else { merged_with_next(rule, word, merged, prefilter) };
        let possible = word.with_next(|number| prefilter.possible(number)) | merges | merges << 1;
        let digits = word.with_next(|number| word.folded.digits().word(number));
        let starts = several.starts(possible, digits);
        // The words of a name may be in another order than in the value.
        let turns = rule.data_type == DataType::Name;
        bits |= if turns { starts } else { starts & (pairs(digits, prefilter) | merges) as u64 };
    }
    bits | word.followed_by(word.folded.marks(), 1)
}

/// Returns the atoms that a value of several may begin with by their kind and that of the next one.
fn pairs(digits: u128, prefilter: &impl Prefilter) -> u128 {
    let of = |bits: u128, is_digits: bool| if is_digits { bits } else { !bits };
    let pair = |[first, second]: [bool; 2]| match prefilter.begins(Kinds::default().then(first).then(second))
    {
        true => of(digits, first) & of(digits >> 1, second),
        false => 0,
    };
    [[false, false], [false, true], [true, false], [true, true]]
        .into_iter()
        .fold(0, |all, own| all | pair(own))
}

/// Returns the merged atoms of a word and of the next one.
fn merged_with_next(rule: &Rule, word: AtomWord<'_>, own: u64, prefilter: &impl Prefilter) -> u128 {
    let next = AtomWord { number: word.number + 1, ..word };
    u128::from(own) | u128::from(merged(rule, next, prefilter)) << 64
}

impl Several {
    /// Returns whether there are such values.
    pub fn any(&self) -> bool {
        self.plain.is_some() || self.mixed.is_some() || self.digits.is_some()
    }

    /// Returns the atoms of the first 64 that a value may begin with, where `possible` of 128 may
    /// be in one.
    fn starts(&self, possible: u128, digits: u128) -> u64 {
        // Bit k stays where `length` atoms from k on are in the set; shifted-in bits are unknown
        // atoms.
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

/// Returns the atoms that make one atom of a value with the next, where some value may be made so.
fn merged(rule: &Rule, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
    let (digits, behind) = (word.digits(), word.digits_behind(1));
    let several = prefilter.several().any();
    let lettered = several || prefilter.lengths(AtomKind::Letters) != 0;
    let candidates = digits & behind | if lettered { !digits & !behind & word.all() } else { 0 };
    word.filtered(candidates, |atom, _| {
        ignored_behind(word.folded, atom, &rule.delimiters)
            && (several || makes_one(rule, word.folded, atom, prefilter))
    })
}

/// Returns whether nothing but ignored delimiters, and at least one, follows an atom.
fn ignored_behind(folded: &Folded, atom: usize, delimiters: &Delimiters) -> bool {
    match folded.gap(atom).as_bytes() {
        [] => false,
        [byte] => delimiters.contains(char::from(*byte)),
        _ => gap::all_ignored(folded.gap(atom), delimiters),
    }
}

/// Returns whether an atom and those after it that merge with it are as long as a value of one
/// atom.
fn makes_one(rule: &Rule, folded: &Folded, first: usize, prefilter: &impl Prefilter) -> bool {
    let is_digits = |atom: usize| folded.digits().contains(atom);
    let lengths = prefilter.lengths(if is_digits(first) { AtomKind::Digits } else { AtomKind::Letters });
    let mut length = 0;
    for atom in first..folded.atom_count() {
        length += folded.text_of(atom).len();
        if length > prefilter.bytes_max() {
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
