//! The prefilters of a group, in the form in which `edm_hash` tests windows.

use edm_hash::{AtomKind, AtomSet, CallingCodes, Kinds, Prefilter, PrefilterResult, Several, Shape, SignSet};

use crate::generation::RulePrefilter;
use crate::prepared::active_type::Accelerators;
use crate::prepared::rule_groups::Sizes;

/// Which atoms may be words of names in another way than as they stand.
#[derive(Default)]
pub(crate) struct NameAtoms {
    /// Those that may be a name of several words, by their first characters.
    pub(crate) heads: AtomSet,
    /// Those that have another form in names.
    pub(crate) changed: AtomSet,
    /// Those that are one word with the next one.
    pub(crate) pairs: AtomSet,
}

/// The prefilters of a group as one.
pub(crate) struct GroupPrefilter<'a> {
    pub(crate) prefilters: &'a [&'a RulePrefilter],
    pub(crate) accelerators: Accelerators,
    /// `None`: nothing is known of any atom.
    pub(crate) possible: Option<&'a AtomSet>,
    /// What is known of atoms of names beside that; `None`: nothing.
    pub(crate) names: Option<&'a NameAtoms>,
    pub(crate) sizes: &'a Sizes,
}

impl Prefilter for GroupPrefilter<'_> {
    fn atoms_max(&self) -> usize {
        self.sizes.atoms_max
    }

    fn bytes_max(&self) -> usize {
        self.sizes.bytes_max
    }

    fn lengths(&self, kind: AtomKind) -> u64 {
        // No test of the accelerators: without the shape prefilter the sizes are those of
        // `RuleGroup::shapeless`, which exclude no length.
        let [digits, others] = self.sizes.lengths;
        if kind == AtomKind::Digits { digits } else { others }
    }

    fn joined_lengths(&self) -> u64 {
        self.sizes.joined_lengths
    }

    fn joined(&self, word: usize) -> u64 {
        self.names.map_or(u64::MAX, |names| names.heads.word(word))
    }

    fn other_forms(&self, word: usize) -> Option<[u64; 2]> {
        self.names.map(|names| [names.changed.word(word), names.pairs.word(word)])
    }

    fn significant_digits(&self) -> u64 {
        self.sizes.significant_digits
    }

    fn several(&self) -> Several {
        self.sizes.several
    }

    fn kinds(&self, kinds: Kinds) -> bool {
        !self.accelerators.shapes || self.prefilters.iter().any(|one| one.kinds.contains(kinds))
    }

    fn signs(&self) -> SignSet {
        self.sizes.signs
    }

    fn calling_codes(&self) -> &CallingCodes {
        &self.sizes.calling_codes
    }

    fn begins(&self, kinds: Kinds) -> bool {
        !self.accelerators.shapes || self.prefilters.iter().any(|one| one.beginnings.contains(kinds))
    }

    fn possible(&self, word: usize) -> u64 {
        self.possible.map_or(u64::MAX, |possible| possible.word(word))
    }

    fn shape(&self, shape: Shape) -> bool {
        !self.accelerators.shapes || self.prefilters.iter().any(|one| one.shape(&shape))
    }

    #[inline]
    fn fit(&self, shape: Shape) -> PrefilterResult {
        match self.prefilters {
            // Called for every atom that a window grows by: the hottest line of the scan.
            [one] if self.accelerators.shapes => one.fit(shape),
            _ => self.fit_any(shape),
        }
    }
}

impl GroupPrefilter<'_> {
    /// Cold, so that the usual case, one table, stays small enough to be inlined.
    #[cold]
    fn fit_any(&self, shape: Shape) -> PrefilterResult {
        match self.accelerators.shapes {
            true => {
                self.prefilters.iter().fold(PrefilterResult::default(), |all, one| all.or(one.fit(shape)))
            }
            false => PrefilterResult::bounded(shape, self.sizes.atoms_max, self.sizes.bytes_max),
        }
    }
}
