//! What the types without a recogniser have alike: any run of atoms may be a value, so their
//! windows are walked from gap to gap, as far as the prefilter allows.

use edm_model::Rule;

use crate::text::atom_set::AtomSet;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::text::rule_text::RuleText;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::search::{Search, WindowScratch};
use crate::value::spelled::Spelled;
use crate::value::value_type::ValueType;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;
use crate::window::start_mask;
use crate::window::walk::Walk;

/// A data type whose windows are walked. [`Walked`] makes a [`ValueType`] of it.
pub(crate) trait WalkedType: Copy {
    /// See [`ValueType::BEGINS_WITH_DIGIT`].
    const BEGINS_WITH_DIGIT: bool = false;
    /// See [`ValueType::HAS_VOCABULARY`].
    const HAS_VOCABULARY: bool = true;
    /// See [`ValueType::MAY_BE_SPELLED`].
    const MAY_BE_SPELLED: bool = false;

    /// Returns the rule of the column.
    fn rule(&self) -> &Rule;

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
    fn starts(self, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
        start_mask::text(self.rule(), word, prefilter)
    }
}

/// A data type without a recogniser.
#[derive(Clone, Copy)]
pub(crate) struct Walked<T>(pub(crate) T);

impl<T: WalkedType> ValueType for Walked<T> {
    const BEGINS_WITH_DIGIT: bool = T::BEGINS_WITH_DIGIT;
    const HAS_VOCABULARY: bool = T::HAS_VOCABULARY;
    const MAY_BE_SPELLED: bool = T::MAY_BE_SPELLED;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        self.0.push_cell(folded, out)
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        self.0.write_plain(plain, rule, form)
    }

    fn start_mask(self, word: AtomWord<'_>, _: &AtomSet, prefilter: &impl Prefilter) -> u64 {
        self.0.starts(word, prefilter)
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        self.0.push_spelled(number, out)
    }

    fn find(
        self,
        search: &Search<'_, impl Prefilter>,
        scratch: &mut WindowScratch,
        found: &mut impl FnMut(Window, &[u8]),
    ) {
        let text = RuleText { rule: self.0.rule(), folded: search.folded };
        let mut walk = Walk::new(std::mem::take(&mut scratch.walk), text, search.prefilter);
        search.each_run(|starts| starts.for_each(|first| walk.from(first, found)));
        scratch.walk = walk.into_scratch();
    }

    fn reach(self, prefilter: &impl Prefilter) -> usize {
        // An ignored delimiter joins atoms into one, so that only its bytes bound a value.
        match self.0.rule().delimiters.is_empty() {
            true => prefilter.atoms_max(),
            false => prefilter.bytes_max(),
        }
    }
}
