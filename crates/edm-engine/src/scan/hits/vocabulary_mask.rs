//! Which atoms of a view may be in a value of several atoms: the vocabulary prefilter, tested for
//! as few atoms as possible.
//!
//! A value of several atoms is a run of atoms that are all in the vocabulary. An atom whose two
//! neighbours are both not in it cannot be in such a run, so it need not be tested. The mask is
//! made in two rounds:
//!
//! ```text
//! atoms           the  number  of  ada  lovelace  was  given
//! round 1: even    -            -        yes            -
//! round 2: odd          (skip)     test           test          only beside a yes
//! mask             0    0       0  1    1         0    0
//! ```
//!
//! Most atoms of a text are in no value, so round 2 is nearly empty and half of the tags are never
//! hashed.
//!
//! What must stay true: the mask may keep an atom that is in no value, and never drops one that is.
//! Rules whose values are cut otherwise than the text (addresses, rules with delimiters, words with
//! marks) test every atom in round 1. `docs/decisions/0015-windows-begin-where-they-may.md` has
//! the measurements, and what was tried besides.

use std::ops::Range;

use edm_hash::{
    ATOMS_A_WORD, AtomSet, Folded, Prefilter, RuleText, atoms_with_other_forms, near_digits, scattered,
};
use edm_model::DataType;

use crate::bit_set::BitSet;
use crate::prepared::rule_groups::RuleGroup;
use crate::scan::hits::group_prefilter::GroupPrefilter;

/// Every second atom of a word of 64.
const EVERY_SECOND: u64 = u64::MAX / 3;

/// Which atoms of a view a value of several atoms may contain, as far as they were tested.
#[derive(Default)]
pub(crate) struct VocabularyMask {
    /// Which words of 64 atoms were tested.
    tested: Vec<bool>,
    possible: AtomSet,
    /// The atoms of this round, and those that may follow in the next.
    round: Vec<AtomWord>,
    next_round: Vec<AtomWord>,
    /// Positions and tags of the atoms of a round, and which of them may occur.
    ranges: Vec<(u32, u32)>,
    tags: Vec<u32>,
    may_occur: BitSet,
}

/// Atoms of one word of 64, a bit each.
#[derive(Clone, Copy)]
struct AtomWord {
    number: usize,
    atoms: u64,
}

/// The view whose atoms are tested, and the group for which.
#[derive(Clone, Copy)]
pub(crate) struct MaskRequest<'a> {
    pub(crate) group: &'a RuleGroup,
    pub(crate) folded: &'a Folded,
    /// The atoms of numbers.
    pub(crate) numeric: &'a AtomSet,
}

impl VocabularyMask {
    /// Forgets the view before.
    pub(crate) fn clear(&mut self) {
        self.tested.clear();
    }

    /// Returns the atoms that may be in a value of several atoms, as far as they were tested.
    pub(crate) fn possible(&self) -> &AtomSet {
        &self.possible
    }

    /// Tests all atoms of some words of 64, unless that was done before.
    pub(crate) fn test(
        &mut self,
        request: MaskRequest<'_>,
        words: Range<usize>,
        prefilter: &GroupPrefilter<'_>,
    ) {
        let MaskRequest { group, folded, numeric } = request;
        let count = folded.atom_count().div_ceil(ATOMS_A_WORD);
        if self.tested.len() != count {
            self.tested.clear();
            self.tested.resize(count, false);
            self.possible.reset(folded.atom_count());
        }
        let several = prefilter.several();
        let anywhere = several.plain.is_some();
        let digits_too = several.mixed.is_some() || several.digits.is_some();
        let regular = group.rule.data_type != DataType::Address && group.rule.delimiters.is_empty();
        self.round.clear();
        self.next_round.clear();
        for number in words.start..words.end.min(count) {
            if std::mem::replace(&mut self.tested[number], true) {
                continue;
            }
            let near = match anywhere {
                true => u64::MAX,
                // All values of several atoms contain digits: words far from a digit are in none.
                false => near_digits(RuleText { rule: &group.rule, folded }, number, numeric, prefilter),
            };
            let atoms = near & if digits_too { u64::MAX } else { !folded.digits().word(number) };
            if regular && !folded.has_marks_near(number) {
                self.round.push(AtomWord { number, atoms: atoms & EVERY_SECOND });
                self.next_round.push(AtomWord { number, atoms: atoms & !EVERY_SECOND });
            } else {
                self.round.push(AtomWord { number, atoms });
            }
        }
        self.test_round(request, prefilter);
        std::mem::swap(&mut self.round, &mut self.next_round);
        for word in &mut self.round {
            let known = self.possible.word(word.number);
            // The right neighbour of the word's last atom is in the next word, which may not have
            // been tested yet: that atom is tested in any case.
            //
            //   word n      … a61 a62 a63 │ a0 a1 …   word n+1
            //                          ^    ^ unknown here
            word.atoms &= known << 1 | known >> 1 | 1 << (ATOMS_A_WORD - 1);
        }
        self.test_round(request, prefilter);
    }

    /// Tests the atoms of the round, and adds those that may occur.
    fn test_round(&mut self, request: MaskRequest<'_>, prefilter: &GroupPrefilter<'_>) {
        let MaskRequest { group, folded, .. } = request;
        self.ranges.clear();
        for word in &mut self.round {
            word.atoms = folded.append_ranges(word.number, word.atoms, &mut self.ranges);
        }
        if self.ranges.is_empty() {
            return;
        }
        self.tags.clear();
        group.keys.vocabulary_tags(folded.text().as_bytes(), &self.ranges, &mut self.tags);
        self.may_occur.clear(self.tags.len());
        prefilter.prefilters.iter().for_each(|one| one.mark_atoms(&self.tags, &mut self.may_occur));
        // These bits are dense, one for each tested atom; `scattered` puts them back to the
        // positions of the atoms.
        let mut next = 0;
        for AtomWord { number, atoms } in self.round.iter().copied() {
            let possible = scattered(self.may_occur.from(next), atoms);
            next += atoms.count_ones() as usize;
            let others = atoms_with_other_forms(&group.rule, folded, number, atoms & !possible);
            self.possible.set_word(number, self.possible.word(number) | possible | others);
        }
    }
}
