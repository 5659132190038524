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
//! An atom beside a nickname or an initial may have no neighbour in its value, and is tested in
//! round 1. Other forms of the atoms of names are tested between the two rounds.
//!
//! Most atoms of a text are in no value, so round 2 is nearly empty and half of the tags are never
//! hashed.
//!
//! What must stay true: the mask may keep an atom that is in no value, and never drops one that is.
//! Rules whose values are cut otherwise than the text (addresses, rules with delimiters, words with
//! marks) test every atom in round 1.
//! `docs/decisions/0015-windows-begin-where-they-may.md` has the measurements, and what was tried
//! besides.

use std::ops::Range;

use edm_hash::{
    ATOMS_A_WORD, AtomSet, Folded, Prefilter, RuleText, atoms_of_length, atoms_with_other_forms,
    beside_others, head_end, near_digits, other_forms, scattered,
};
use edm_model::DataType;

use crate::bit_set::BitSet;
use crate::prepared::rule_groups::RuleGroup;
use crate::scan::hits::group_prefilter::{GroupPrefilter, NameAtoms};

/// Every second atom of a word of 64.
const EVERY_SECOND: u64 = u64::MAX / 3;

/// Which atoms of a view a value of several atoms may contain, as far as they were tested.
#[derive(Default)]
pub(crate) struct VocabularyMask {
    /// Which words of 64 atoms were tested.
    tested: Vec<bool>,
    possible: AtomSet,
    names: NameAtoms,
    /// The atoms of this round, and those that may follow in the next.
    round: Vec<AtomWord>,
    next_round: Vec<AtomWord>,
    /// The words whose atoms may have other forms; these forms, and their bytes.
    named: Vec<usize>,
    other_bytes: Vec<u8>,
    other_forms: Vec<OtherForm>,
    /// Positions and tags of the atoms of a round, and which of them may occur.
    ranges: Vec<(u32, u32)>,
    tags: Vec<u32>,
    may_occur: BitSet,
}

/// Another form of atoms, or what it begins with.
#[derive(Clone, Copy)]
struct OtherForm {
    first: usize,
    last: usize,
    is_head: bool,
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

    /// Returns what is known of the atoms of names, as far as they were tested.
    pub(crate) fn names(&self) -> &NameAtoms {
        &self.names
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
        let is_name = group.rule.data_type == DataType::Name;
        if self.tested.len() != count {
            self.tested.clear();
            self.tested.resize(count, false);
            self.possible.reset(folded.atom_count());
            if is_name {
                let NameAtoms { heads, changed, pairs } = &mut self.names;
                [heads, changed, pairs].into_iter().for_each(|set| set.reset(folded.atom_count()));
            }
        }
        let several = prefilter.several();
        let anywhere = several.plain.is_some();
        let digits_too = several.mixed.is_some() || several.digits.is_some();
        // What names ignore between two words is a joint, so it changes no word.
        let regular =
            is_name || group.rule.data_type != DataType::Address && group.rule.delimiters.is_empty();
        self.round.clear();
        self.next_round.clear();
        self.named.clear();
        // A pair may begin in the word before.
        if is_name && words.start > 0 && self.tested.get(words.start - 1) == Some(&false) {
            self.named.push(words.start - 1);
        }
        for number in words.start..words.end.min(count) {
            if std::mem::replace(&mut self.tested[number], true) {
                continue;
            }
            let near = match anywhere {
                true => u64::MAX,
                // All values of several atoms contain digits: words far from a digit are in none.
                false => near_digits(RuleText { rule: &group.rule, folded }, number, numeric, prefilter),
            };
            if is_name {
                self.named.push(number);
            }
            let atoms = near & if digits_too { u64::MAX } else { !folded.digits().word(number) };
            if regular && !folded.has_marks_near(number) {
                let first = EVERY_SECOND | beside_others(&group.rule, folded, number);
                self.round.push(AtomWord { number, atoms: atoms & first });
                self.next_round.push(AtomWord { number, atoms: atoms & !first });
            } else {
                self.round.push(AtomWord { number, atoms });
            }
        }
        self.test_round(request, prefilter);
        self.test_other_forms(request, prefilter);
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
        self.test_heads(request, prefilter);
    }

    /// Tests the other forms of the atoms of names, and adds the atoms of those that may occur.
    fn test_other_forms(&mut self, request: MaskRequest<'_>, prefilter: &GroupPrefilter<'_>) {
        let Self { named, names, other_bytes, ranges, other_forms: found, .. } = self;
        other_bytes.clear();
        ranges.clear();
        found.clear();
        let joined_lengths = prefilter.joined_lengths();
        for number in named.iter() {
            other_forms(&request.group.rule, request.folded, *number, |first, last, parts| {
                let start = other_bytes.len();
                parts.iter().for_each(|part| other_bytes.extend_from_slice(part));
                let form = &other_bytes[start..];
                ranges.push((start as u32, (start + form.len()) as u32));
                found.push(OtherForm { first, last, is_head: false });
                let set = if first == last { &mut names.changed } else { &mut names.pairs };
                set.insert(first..first + 1);
                if joined_lengths >> form.len().min(63) & 1 == 1 {
                    ranges.push((start as u32, (start + head_end(form)) as u32));
                    found.push(OtherForm { first, last, is_head: true });
                }
            });
        }
        if ranges.is_empty() {
            return;
        }
        self.tags.clear();
        request.group.keys.vocabulary_tags(&self.other_bytes, &self.ranges, &mut self.tags);
        self.may_occur.clear(self.tags.len());
        prefilter.prefilters.iter().for_each(|one| one.mark_atoms(&self.tags, &mut self.may_occur));
        for index in self.may_occur.iter() {
            let OtherForm { first, last, is_head } = self.other_forms[index];
            match is_head {
                true => self.names.heads.insert(first..first + 1),
                false => self.possible.insert(first..last + 1),
            }
        }
    }

    /// Tests the first characters of the atoms that are as long as a name of several words.
    fn test_heads(&mut self, request: MaskRequest<'_>, prefilter: &GroupPrefilter<'_>) {
        let (folded, lengths, several) = (request.folded, prefilter.joined_lengths(), prefilter.several());
        self.round.clear();
        self.ranges.clear();
        for at in 0..self.named.len() {
            let number = self.named[at];
            let digits = folded.digits().word(number);
            // A suffix has letters, also behind digits.
            let numbers = several.digits.is_some() || several.mixed.is_some();
            let kinds = if several.plain.is_some() { !digits } else { 0 } | if numbers { digits } else { 0 };
            let atoms = atoms_of_length(folded, number, lengths) & kinds;
            let from = self.ranges.len();
            folded.append_ranges(number, atoms, &mut self.ranges);
            for (start, end) in self.ranges.iter_mut().skip(from) {
                let atom = &folded.text().as_bytes()[*start as usize..*end as usize];
                *end = *start + head_end(atom) as u32;
            }
            self.round.push(AtomWord { number, atoms });
        }
        if self.ranges.is_empty() {
            return;
        }
        self.tags.clear();
        request.group.keys.vocabulary_tags(folded.text().as_bytes(), &self.ranges, &mut self.tags);
        self.may_occur.clear(self.tags.len());
        prefilter.prefilters.iter().for_each(|one| one.mark_atoms(&self.tags, &mut self.may_occur));
        let mut next = 0;
        for AtomWord { number, atoms } in self.round.iter().copied() {
            let heads = scattered(self.may_occur.from(next), atoms);
            self.names.heads.set_word(number, self.names.heads.word(number) | heads);
            next += atoms.count_ones() as usize;
        }
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
