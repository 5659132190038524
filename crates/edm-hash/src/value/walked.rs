//! What the types without a recogniser have alike: their windows are walked from gap to gap.

use edm_model::Rule;

use crate::text::rule_text::RuleText;
use crate::value::search::Search;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;
use crate::window::walk::{Walk, WalkScratch};

/// Calls `found` with every window of a search, and its canonical form.
pub(crate) fn find<G: Prefilter>(
    rule: &Rule,
    search: &Search<'_, G>,
    scratch: &mut WalkScratch,
    found: &mut impl FnMut(Window, &[u8]),
) {
    let text = RuleText { rule, folded: search.folded };
    let mut walk = Walk::new(std::mem::take(scratch), text, search.prefilter);
    search.each_run(|starts| starts.for_each(|first| walk.from(first, found)));
    *scratch = walk.into_scratch();
}

/// Returns how many atoms may lie between two atoms of one value: an ignored delimiter joins atoms
/// into one, so that only its bytes bound a value.
pub(crate) fn reach(rule: &Rule, prefilter: &impl Prefilter) -> usize {
    if rule.delimiters.is_empty() { prefilter.atoms_max() } else { prefilter.bytes_max() }
}
