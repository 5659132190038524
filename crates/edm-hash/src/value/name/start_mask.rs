//! Which atoms a name may begin with, 64 at a time.

use edm_model::Rule;

use crate::text::atom_word::AtomWord;
use crate::text::fold::AtomKind;
use crate::value::name::atoms;
use crate::value::name::gaps;
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
        bits |= atoms::changed(rule, word) | paired(rule, word, lengths);
    }
    if several.any() {
        let possible = word.with_next(|number| prefilter.possible(number));
        bits |= several.starts(possible, word.with_next(|number| word.folded.digits().word(number)));
        // The next atom may be in a nickname, which is in no value.
        let before_unknown = possible as u64 & !((possible >> 1) as u64) & all & !bits;
        bits |= word.filtered(before_unknown, |atom, _| {
            let last = word.folded.atom_count() - 1;
            gaps::nickname(word.folded, &rule.delimiters, [atom, last], "").is_some()
        });
    }
    bits
}

/// Returns the atoms that may be one word with the next one, of a length that a value has.
fn paired(rule: &Rule, word: AtomWord<'_>, lengths: u64) -> u64 {
    let ranges = word.folded.ranges();
    word.filtered(atoms::pairs(rule, word), |atom, length| {
        let next = ranges.get(atom + 1).map_or(0, |(start, end)| (end - start) as usize);
        // Two letters for one make it shorter.
        let longest = length + next;
        (longest / 2..=longest).any(|length| lengths >> length.min(63) & 1 == 1)
    })
}
