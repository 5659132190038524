//! Where windows are worth looking for: the atoms that a value of a rule may begin with, found 64
//! at a time. From these starts [`windows_of`](crate::windows_of) finds the same windows as from
//! all atoms.
//!
//! Looking at an atom with a recogniser costs 100 ns and more, and most atoms of a text begin no
//! value. So each type says of 64 atoms at once where one may begin, from what is already a bit
//! mask: which atoms are digits, how long they are, and which may be in the vocabulary (the bits of
//! `possible`).
//!
//! ```text
//! atoms       sold  to   12   Main Street  on   2024  -  03  -  04
//! digits       0    0    1    0    0       0    1        1      1
//! possible     0    0    1    1    1       0    0        0      0    by the vocabulary
//! starts       0    0    1    0    0       0    0        0      0    a digit and a word
//! starts       0    0    0    0    0       0    1        0      0    date: by length
//! ```
//!
//! A mask may have too many bits, never too few; a property test holds the windows from the mask
//! against those from every atom. Measured steps: `docs/bench/windows.md`.

use std::ops::Range;

use edm_model::Rule;

use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::atom_word::AtomWord;
use crate::text::canonical_atoms::canonical_atoms;
use crate::text::fold::Folded;
use crate::text::rule_text::RuleText;
use crate::value::spelled;
use crate::value::value_type::{ValueType, WithType};
use crate::value::with_type;
use crate::window::prefilter::Prefilter;

/// How far from a word the atoms are that may decide on it, in atoms.
const CONTEXT_ATOMS: usize = ATOMS_A_WORD;

/// Returns which atoms may have a digit in a value, of some words of 64 and of the words beside
/// these. Only addresses have such atoms that are no digits; they are put into `room`.
pub fn numeric<'a>(
    rule: &Rule,
    folded: &'a Folded,
    words: Range<usize>,
    room: &'a mut AtomSet,
) -> &'a AtomSet {
    match with_type(rule, Numeric { folded, words, room: &mut *room }) {
        true => room,
        false => folded.digits(),
    }
}

/// Fills `room` where the type has atoms with digits of their own, and returns whether it has.
struct Numeric<'a> {
    folded: &'a Folded,
    words: Range<usize>,
    room: &'a mut AtomSet,
}

impl WithType for Numeric<'_> {
    type Output = bool;

    fn with_type<T: ValueType>(self, data_type: T) -> bool {
        let Self { folded, words, room } = self;
        if data_type.numeric(AtomWord { folded, number: words.start }).is_none() {
            return false;
        }
        room.fit(folded.atom_count());
        // The words beside them, as far as the text has these.
        let behind = folded.atom_count().div_ceil(ATOMS_A_WORD).min(words.end + 1);
        for number in words.start.saturating_sub(1)..behind {
            let numeric = data_type.numeric(AtomWord { folded, number });
            room.set_word(number, numeric.expect("a type has such atoms in all words or in none"));
        }
        true
    }
}

/// Puts into `out` the atoms of some words of 64 that a window of the rule may begin with: never
/// too few. `numeric` is what [`numeric`] returns of these words.
pub fn start_mask(
    text: RuleText<'_>,
    words: Range<usize>,
    numeric: &AtomSet,
    prefilter: &impl Prefilter,
    out: &mut AtomSet,
) {
    with_type(text.rule, StartMask { folded: text.folded, words, numeric, prefilter, out });
}

struct StartMask<'a, G> {
    folded: &'a Folded,
    words: Range<usize>,
    numeric: &'a AtomSet,
    prefilter: &'a G,
    out: &'a mut AtomSet,
}

impl<G: Prefilter> WithType for StartMask<'_, G> {
    type Output = ();

    fn with_type<T: ValueType>(self, data_type: T) {
        let Self { folded, words, numeric, prefilter, out } = self;
        for number in words {
            let word = AtomWord { folded, number };
            out.set_word(number, mask_of(data_type, word, numeric, prefilter));
        }
    }
}

fn mask_of<T: ValueType>(
    data_type: T,
    word: AtomWord<'_>,
    numeric: &AtomSet,
    prefilter: &impl Prefilter,
) -> u64 {
    // Most words of a text have no digit at all.
    if T::BEGINS_WITH_DIGIT && word.digits() == 0 {
        return 0;
    }
    let spelled = if T::MAY_BE_SPELLED { spelled::starts(word) } else { 0 };
    (data_type.start_mask(word, numeric, prefilter) | spelled) & word.all()
}

/// Returns whether the windows of a rule are looked for by its vocabulary.
pub fn has_vocabulary(rule: &Rule) -> bool {
    struct HasVocabulary;
    impl WithType for HasVocabulary {
        type Output = bool;

        fn with_type<T: ValueType>(self, _: T) -> bool {
            T::HAS_VOCABULARY
        }
    }
    with_type(rule, HasVocabulary)
}

/// Returns those of some atoms that may be a part of a value although their own tag is not in its
/// vocabulary, because they have another form there.
pub fn atoms_with_other_forms(rule: &Rule, folded: &Folded, number: usize, atoms: u64) -> u64 {
    struct OtherForms<'a>(AtomWord<'a>, u64);
    impl WithType for OtherForms<'_> {
        type Output = u64;

        fn with_type<T: ValueType>(self, data_type: T) -> u64 {
            data_type.with_other_forms(self.0, self.1)
        }
    }
    with_type(rule, OtherForms(AtomWord { folded, number }, atoms))
}

/// Calls `each` with every word that has another form in the values of a rule, and the atoms of
/// that form: none where the word is dropped, or its form depends on what is around it.
pub fn words_with_other_forms(rule: &Rule, each: impl FnMut(&[u8], &[Vec<u8>])) {
    struct Words<F>(F);
    impl<F: FnMut(&[u8], &[Vec<u8>])> WithType for Words<F> {
        type Output = ();

        fn with_type<T: ValueType>(mut self, data_type: T) {
            data_type.words_with_other_forms(|written, form| {
                let mut atoms = Vec::new();
                canonical_atoms(form.as_bytes(), |atom| atoms.push(atom.to_vec()));
                (self.0)(written.as_bytes(), &atoms);
            });
        }
    }
    with_type(rule, Words(each));
}

/// Returns which atoms of a word are so near to a digit, or to a character that may be a numeral,
/// that one value with a digit may hold both. `numeric` is what [`numeric`]
/// returns of this word.
pub fn near_digits(text: RuleText<'_>, number: usize, numeric: &AtomSet, prefilter: &impl Prefilter) -> u64 {
    let reach = with_type(text.rule, Reach(prefilter));
    // Beyond one word on either side nothing is known; marks cut atoms otherwise.
    if reach >= CONTEXT_ATOMS || text.folded.has_marks_near(number) {
        return u64::MAX;
    }
    // Two words of 64 side by side, so that a digit of the neighbour reaches over the border.
    let before = number.checked_sub(1).map_or(0, |before| numeric.word(before));
    let own = u128::from(numeric.word(number));
    let behind = spread(own | u128::from(numeric.word(number + 1)) << 64, reach, |bits, by| bits >> by);
    let front = spread(own << 64 | u128::from(before), reach, |bits, by| bits << by);
    behind as u64 | (front >> 64) as u64
}

struct Reach<'a, G>(&'a G);

impl<G: Prefilter> WithType for Reach<'_, G> {
    type Output = usize;

    fn with_type<T: ValueType>(self, data_type: T) -> usize {
        data_type.reach(self.0)
    }
}

/// Returns some bits and those up to `reach` from one of them, to the side that `shifted` shifts
/// to: in steps that double, as many shifts as `reach` has binary digits.
fn spread(bits: u128, reach: usize, shifted: impl Fn(u128, usize) -> u128) -> u128 {
    let (mut all, mut reached) = (bits, 0);
    while reached < reach {
        let step = (reached + 1).min(reach - reached);
        all |= shifted(all, step);
        reached += step;
    }
    all
}

#[cfg(test)]
mod tests;
