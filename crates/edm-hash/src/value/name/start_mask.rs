//! Which atoms a name may begin with, 64 at a time.

use std::ops::RangeInclusive;

use edm_model::Rule;

use crate::text::atom_set::ATOMS_A_WORD;
use crate::text::atom_word::AtomWord;
use crate::text::fold::AtomKind;
use crate::value::name::{atoms, gaps, letters};
use crate::window::prefilter::Prefilter;
use crate::window::start_mask::of_length;

/// Returns the atoms of a word that a name may begin with.
pub(super) fn starts(rule: &Rule, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
    let (digits, all, several) = (word.digits(), word.all(), prefilter.several());
    let joined = prefilter.joined_lengths();
    let lengths = prefilter.lengths(AtomKind::Letters) | joined;
    let mut bits = of_length(word, digits, prefilter.lengths(AtomKind::Digits));
    bits |= of_length(word, all & !digits, prefilter.lengths(AtomKind::Letters));
    // A value of several words may be written as one.
    bits |= of_length(word, all & !bits & prefilter.joined(word.number), joined);
    if lengths != 0 {
        bits |= of_changed(rule, word, prefilter) | paired(rule, word, prefilter);
    }
    if several.any() {
        let possible = word.with_next(|number| prefilter.possible(number));
        bits |= several.starts(possible, word.with_next(|number| word.folded.digits().word(number)));
        // The next atom may be in a nickname, which is in no value.
        let before_unknown = possible as u64 & !((possible >> 1) as u64) & all & !bits;
        // Or it may be an initial of a middle name that the value has not.
        let single = word.with_next(|number| {
            atoms::one_character(word.folded, number) & !word.folded.digits().word(number)
        });
        bits |= before_unknown & (single >> 1) as u64;
        let opened = word.with_next(|number| word.folded.opened(number)) >> 1;
        let opened = before_unknown & opened as u64;
        bits |= word.filtered(opened, |atom, _| {
            let last = word.folded.atom_count() - 1;
            gaps::nickname(word.folded, &rule.delimiters, [atom, last], "").is_some()
        });
    }
    bits
}

/// Returns the atoms that may have a prefix, or are changed and may then be as long as a value.
fn of_changed(rule: &Rule, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
    let changed = prefilter.other_forms(word.number).map(|[changed, _]| changed);
    word.filtered(changed.unwrap_or_else(|| atoms::changed(rule, word)), |atom, length| {
        // A dot goes with two of three bytes, and of two letters for one the second.
        letters::may_have_prefix(word.folded.text_of(atom))
            || may_be_one(prefilter, atom, length / 3..=length)
    })
}

/// Returns the atoms that may be a value with the next one, as one word.
fn paired(rule: &Rule, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
    let pairs = prefilter.other_forms(word.number).map(|[_, pairs]| pairs);
    let pairs = pairs.unwrap_or_else(|| atoms::pairs(rule, word));
    let ranges = word.folded.ranges();
    word.filtered(pairs, |atom, length| {
        let next = ranges.get(atom + 1).map_or(0, |(start, end)| (end - start) as usize);
        // Two letters for one make it shorter.
        let longest = length + next;
        may_be_one(prefilter, atom, longest / 3..=longest)
    })
}

/// Returns whether an atom, or it and the next one, may be all of a value if its form has one of
/// some lengths.
fn may_be_one(prefilter: &impl Prefilter, atom: usize, mut lengths: RangeInclusive<usize>) -> bool {
    let of_several = prefilter.joined(atom / ATOMS_A_WORD) >> (atom % ATOMS_A_WORD) & 1 == 1;
    let joined = if of_several { prefilter.joined_lengths() } else { 0 };
    let known = prefilter.lengths(AtomKind::Letters) | joined;
    lengths.any(|length| known >> length.min(63) & 1 == 1)
}
