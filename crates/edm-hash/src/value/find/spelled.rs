//! The spelled numbers of a text ([`Spelled`]).

use crate::text::atom_set::ATOMS_A_WORD;
use crate::text::atom_word::AtomWord;
use crate::value::search::{Search, Starts};
use crate::value::spelled::{Spelled, read, starts};
use crate::value::value_type::ValueType;
use crate::window::form_edits::LEADING_ZEROS_MAX;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;

/// Calls `found` with every spelled number of a type that begins at one of the starts.
pub(super) fn find<T: ValueType, G: Prefilter>(
    data_type: T,
    search: &Search<'_, G>,
    found: &mut impl FnMut(Window, &[u8]),
) {
    let folded = search.folded;
    // Longer runs have longer forms than any value, unless they begin with that many zeros.
    let digits_max = search.prefilter.bytes_max() + LEADING_ZEROS_MAX;
    let (mut digits, mut form) = (String::new(), Vec::new());
    let mut each = |first: usize| {
        let Some(last) = read(folded, first, digits_max, &mut digits) else { return };
        form.clear();
        let number = Spelled { folded, first, digits: &digits };
        if data_type.push_spelled(number, &mut form) && search.prefilter.bytes_max() >= form.len() {
            found(Window::of(first, last, true), &form);
        }
    };
    let (set, within) = match &search.starts {
        Starts::All(within) => (None, within),
        Starts::Some(set, within) => (Some(*set), within),
    };
    for number in within.start / ATOMS_A_WORD..within.end.div_ceil(ATOMS_A_WORD) {
        let word = AtomWord { folded, number };
        let allowed = set.map_or(u64::MAX, |set| set.word(number));
        word.filtered(starts(word) & allowed, |first, _| {
            if within.contains(&first) {
                each(first);
            }
            false
        });
    }
}
