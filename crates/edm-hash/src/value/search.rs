//! What a type needs to find its values in a text.

use std::ops::Range;

use crate::text::atom_set::AtomSet;
use crate::text::fold::Folded;
use crate::value::address::finder::FinderScratch;
use crate::value::name::finder::NameScratch;
use crate::window::found::{Found, Window};
use crate::window::prefilter::Prefilter;
use crate::window::walk::WalkScratch;

/// Memory that searches reuse from text to text. A search that finds it grown allocates nothing.
#[derive(Default)]
pub struct WindowScratch {
    pub(crate) walk: WalkScratch,
    pub(crate) address: FinderScratch,
    pub(crate) name: NameScratch,
}

/// Where a value may begin.
pub(crate) enum Starts<'a> {
    /// At each of these atoms.
    All(Range<usize>),
    /// At those atoms of a range that are in a set.
    Some(&'a AtomSet, Range<usize>),
}

/// A text, and where in it values are looked for.
pub(crate) struct Search<'a, G> {
    pub(crate) folded: &'a Folded,
    pub(crate) starts: Starts<'a>,
    pub(crate) prefilter: &'a G,
}

impl<G: Prefilter> Search<'_, G> {
    /// Calls `each` with every run of atoms that a value may begin with.
    pub(crate) fn each_run(&self, mut each: impl FnMut(Range<usize>)) {
        match &self.starts {
            Starts::All(starts) => each(starts.clone()),
            Starts::Some(set, within) => set.each_run(within.clone(), each),
        }
    }

    /// Calls `recognise` with every run of starts and what takes its windows, and hands on to
    /// `found` those that are not longer than any value.
    ///
    /// No shape is computed: what a recogniser finds has the type's form, and the shape would cost
    /// more than the hash that it might save.
    pub(crate) fn recognise(
        &self,
        found: &mut impl FnMut(Window, &[u8]),
        recognise: impl Fn(&Range<usize>, Found<'_>),
    ) {
        let mut bounded = |window: Window, form: &[u8]| {
            if form.len() <= self.prefilter.bytes_max() {
                found(window, form);
            }
        };
        self.each_run(|starts| recognise(&starts, &mut bounded));
    }
}
