//! Hashes the windows of a view that pass a group's prefilters, in batches.
//!
//! The problem: at every atom of a text a value of every rule may start, and it may have any number
//! of atoms. Hashing all of these windows would cost some hundred hashes for each atom. The idea is
//! to decide by masks of 64 atoms where a value may start, from what the prefilters know of all
//! values. Only the windows from there are hashed:
//!
//! ```text
//! each(view, starts):
//!     mask     = where a value of the group may start   64 atoms at a time: shapes, digits, signs
//!     mask    &= the vocabulary mask                     values of several atoms
//!     mask    &= the starts of the view                  decoded views: near an escape only
//!     if mask is empty: return                                     nearly always
//!     for each start in mask:
//!         for each window from start that the prefilters accept:
//!             batch += canonical form of the window
//!             if batch is full: hash all, pass it on, empty it
//!     hash the rest, pass it on
//! ```
//!
//! What must stay true: no window that is a value is left out, whichever accelerators are on. A
//! batch is hashed at once because AES-CMAC runs several messages side by side.
//! `docs/decisions/0015-windows-begin-where-they-may.md` has the measured alternatives.

use std::ops::Range;

use edm_hash::{ATOMS_A_WORD, AtomSet, Hash, RuleKeys, RuleText, Window, WindowScratch, windows_of};

use edm_model::DataType;

use crate::prepared::active_type::Accelerators;
use crate::prepared::rule_groups::{Prefilters, RuleGroup, RuleGroups, Sizes};
use crate::scan::hits::group_prefilter::GroupPrefilter;
use crate::scan::hits::vocabulary_mask::{MaskRequest, VocabularyMask};
use crate::text::views::TextView;

/// Windows that are hashed and looked up together.
const BATCH_WINDOWS: usize = 4096;
/// Bytes of canonical forms of a batch, but for its last one.
const BATCH_BYTES: usize = 1024 * 1024;

/// Windows, their canonical forms and hashes.
#[derive(Default)]
pub(crate) struct WindowBatch {
    arena: Vec<u8>,
    /// Where in the arena the form of each window is: the layout that `RuleKeys::hash_all` reads.
    forms: Vec<(u32, u32)>,
    pub(crate) windows: Vec<Window>,
    /// One hash for each window, once the batch is passed on.
    pub(crate) hashes: Vec<Hash>,
}

impl WindowBatch {
    #[inline]
    fn push(&mut self, window: Window, canonical: &[u8]) {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(canonical);
        self.forms.push((start, self.arena.len() as u32));
        self.windows.push(window);
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.windows.len() >= BATCH_WINDOWS || self.arena.len() >= BATCH_BYTES
    }

    /// Returns the canonical form of a window.
    pub(crate) fn canonical(&self, index: usize) -> &[u8] {
        let (start, end) = self.forms[index];
        &self.arena[start as usize..end as usize]
    }

    fn flush(&mut self, keys: &RuleKeys, each: &mut impl FnMut(&mut WindowBatch)) {
        if self.windows.is_empty() {
            return;
        }
        self.hashes.clear();
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        debug_assert_eq!(self.hashes.len(), self.windows.len(), "each window has a hash");
        each(self);
        self.clear();
    }

    /// Forgets the windows.
    pub(crate) fn clear(&mut self) {
        self.arena.clear();
        self.forms.clear();
        self.windows.clear();
    }
}

/// Hashes windows of one group in one view; keeps its buffers.
pub(crate) struct WindowHasher<'a> {
    group: &'a RuleGroup,
    prefilters: Prefilters<'a>,
    accelerators: Accelerators,
    scratch: Box<HasherScratch>,
}

/// Buffers of a [`WindowHasher`], reused from view to view and from text to text.
#[derive(Default)]
pub(crate) struct HasherScratch {
    vocabulary: VocabularyMask,
    /// No atom, of names none of which has several words.
    none: AtomSet,
    numeric: AtomSet,
    starts: AtomSet,
    windows: WindowScratch,
    batch: WindowBatch,
}

impl<'a> WindowHasher<'a> {
    pub(crate) fn new(groups: &'a RuleGroups, group: &'a RuleGroup, accelerators: Accelerators) -> Self {
        Self::with_scratch(Box::default(), groups, group, accelerators)
    }

    /// Makes a hasher with the buffers of another.
    pub(crate) fn with_scratch(
        mut scratch: Box<HasherScratch>,
        groups: &'a RuleGroups,
        group: &'a RuleGroup,
        accelerators: Accelerators,
    ) -> Self {
        // Tags depend on the group's keys: what another group's hasher learned is of no use.
        scratch.vocabulary.clear();
        Self { group, prefilters: groups.prefilters(group), accelerators, scratch }
    }

    /// Returns the buffers, for the next hasher.
    pub(crate) fn into_scratch(self) -> Box<HasherScratch> {
        self.scratch
    }

    /// Returns the longest value of the group in bytes: no window has more atoms than that.
    pub(crate) fn bytes_max(&self) -> usize {
        self.group.sizes.bytes_max
    }

    fn sizes(&self) -> &'a Sizes {
        if self.accelerators.shapes { &self.group.sizes } else { &self.group.shapeless }
    }

    /// Calls `each` with every window that starts at an atom of `starts`, hashed, in batches.
    /// `each` may keep a batch if it swaps in another, whose content is forgotten.
    pub(crate) fn each(
        &mut self,
        view: &TextView,
        starts: Range<usize>,
        mut each: impl FnMut(&mut WindowBatch),
    ) {
        let folded = &view.folded;
        let sizes = self.sizes();
        let words = starts.start / ATOMS_A_WORD..starts.end.div_ceil(ATOMS_A_WORD);
        // Which atoms are known is a rule of names, not an accelerator.
        let is_name = self.group.rule.data_type == DataType::Name;
        let uses_vocabulary = (self.accelerators.vocabulary || is_name) && sizes.vocabulary;
        let prefilter = GroupPrefilter {
            prefilters: &self.prefilters,
            accelerators: self.accelerators,
            possible: None,
            names: None,
            sizes,
        };
        let (keys, rule) = (&self.group.keys, &self.group.rule);
        let HasherScratch { vocabulary, none, numeric, starts: possible, windows, batch } =
            &mut *self.scratch;
        // A window may reach beyond the last start: its atoms must be known too. So must the word
        // after the last one, because start masks are made of two words at a time.
        let last = starts.end.saturating_add(sizes.bytes_max).min(folded.atom_count());
        let tested = words.start..last.div_ceil(ATOMS_A_WORD).max(words.end + 1);
        let numeric = edm_hash::numeric(rule, folded, tested.clone(), numeric);
        if uses_vocabulary {
            vocabulary.test(MaskRequest { group: self.group, folded, numeric }, tested, &prefilter);
        }
        let nothing = (is_name && sizes.lists_vocabulary).then_some(&*none);
        let possible_atoms = if uses_vocabulary { Some(vocabulary.possible()) } else { nothing };
        let names = (uses_vocabulary && is_name).then_some(vocabulary.names());
        let prefilter = GroupPrefilter { possible: possible_atoms, names, ..prefilter };
        possible.fit(folded.atom_count());
        let text = RuleText { rule, folded };
        edm_hash::start_mask(text, words.clone(), numeric, &prefilter, possible);
        if let Some(allowed) = &view.starts {
            words.clone().for_each(|word| possible.set_word(word, possible.word(word) & allowed.word(word)));
        }
        // The usual case for rules of numbers in prose: nothing starts, so nothing is cut into
        // windows.
        if words.clone().all(|word| possible.word(word) == 0) {
            return;
        }
        windows_of(text, possible, starts, &prefilter, windows, |window, canonical| {
            batch.push(window, canonical);
            if batch.is_full() {
                batch.flush(keys, &mut each);
            }
        });
        batch.flush(keys, &mut each);
    }
}
