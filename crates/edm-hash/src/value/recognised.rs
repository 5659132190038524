//! What the types with a recogniser have alike: the characters of a value say what it is. So it is
//! read at the atom that it begins with, without a vocabulary and without a walk over windows.

use std::ops::Range;

use crate::text::atom_set::AtomSet;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::search::{Search, WindowScratch};
use crate::value::spelled::Spelled;
use crate::value::value_type::ValueType;
use crate::window::found::{Found, Window};
use crate::window::prefilter::Prefilter;

/// A data type that recognises its values. [`Recognised`] makes a [`ValueType`] of it.
pub(crate) trait Recogniser: Copy {
    /// See [`ValueType::BEGINS_WITH_DIGIT`].
    const BEGINS_WITH_DIGIT: bool = false;
    /// See [`ValueType::MAY_BE_SPELLED`].
    const MAY_BE_SPELLED: bool = false;

    /// See [`ValueType::push_cell`].
    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal>;

    /// See [`ValueType::write_plain`].
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()>;

    /// See [`ValueType::push_spelled`].
    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        let _ = (number, out);
        false
    }

    /// Returns the atoms of a word that a value may begin with: may be too many, never too few.
    fn starts(self, word: AtomWord<'_>) -> u64;

    /// Calls `found` with every reading of every value that begins at an atom of `starts`, and its
    /// canonical form.
    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>);
}

/// A data type with a recogniser.
#[derive(Clone, Copy)]
pub(crate) struct Recognised<T>(pub(crate) T);

impl<T: Recogniser> ValueType for Recognised<T> {
    const BEGINS_WITH_DIGIT: bool = T::BEGINS_WITH_DIGIT;
    const MAY_BE_SPELLED: bool = T::MAY_BE_SPELLED;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        self.0.push_cell(folded, out)
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        self.0.write_plain(plain, rule, form)
    }

    fn start_mask(self, word: AtomWord<'_>, _: &AtomSet, _: &impl Prefilter) -> u64 {
        self.0.starts(word)
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        self.0.push_spelled(number, out)
    }

    fn find(
        self,
        search: &Search<'_, impl Prefilter>,
        _: &mut WindowScratch,
        found: &mut impl FnMut(Window, &[u8]),
    ) {
        search.recognise(found, |starts, found| self.0.candidates(search.folded, starts, found));
    }
}
