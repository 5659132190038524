//! Finds the windows of a rule in a text: the same canonical forms as for cells, at every place of
//! a text (`docs/matching.md`, Windows).

mod spelled;

use std::ops::Range;

use edm_model::Rule;

use crate::text::atom_set::AtomSet;
use crate::text::fold::Folded;
use crate::text::rule_text::RuleText;
use crate::value::search::{Search, Starts, WindowScratch};
use crate::value::value_type::{ValueType, WithType};
use crate::value::with_type;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;

/// Calls `found` with every window that begins at an atom of `starts`, and its canonical form.
pub fn windows(
    rule: &Rule,
    folded: &Folded,
    starts: Range<usize>,
    prefilter: &impl Prefilter,
    found: impl FnMut(Window, &[u8]),
) {
    let search = Search { folded, starts: Starts::All(starts), prefilter };
    with_type(rule, Find { search, scratch: &mut WindowScratch::default(), found });
}

/// Calls `found` with every window that begins at an atom of the set and of `within`, and its
/// canonical form.
pub fn windows_of(
    text: RuleText<'_>,
    starts: &AtomSet,
    within: Range<usize>,
    prefilter: &impl Prefilter,
    scratch: &mut WindowScratch,
    found: impl FnMut(Window, &[u8]),
) {
    let search = Search { folded: text.folded, starts: Starts::Some(starts, within), prefilter };
    with_type(text.rule, Find { search, scratch, found });
}

struct Find<'a, G, F> {
    search: Search<'a, G>,
    scratch: &'a mut WindowScratch,
    found: F,
}

impl<G: Prefilter, F: FnMut(Window, &[u8])> WithType for Find<'_, G, F> {
    type Output = ();

    fn with_type<T: ValueType>(mut self, data_type: T) {
        data_type.find(&self.search, self.scratch, &mut self.found);
        if T::MAY_BE_SPELLED {
            spelled::find(data_type, &self.search, &mut self.found);
        }
    }
}

#[cfg(test)]
mod tests;
