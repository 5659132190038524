//! Postal addresses in cells and text (`docs/formats/hash.md`, section 8, address).

use edm_model::Rule;

use crate::text::atom_set::AtomSet;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::address::finder::Finder;
use crate::value::address::form::Form as AddressForm;
use crate::value::address::token::{TokenScratch, Tokens};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::search::{Search, WindowScratch};
use crate::value::value_type::ValueType;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;

pub(crate) mod finder;
mod form;
mod role;
mod run;
mod start_mask;
mod token;
mod words;

/// The most atoms that a box and what is dropped beside it add.
const BOX_ATOMS: usize = 8;

#[derive(Clone, Copy)]
pub(crate) struct Address<'r> {
    pub(crate) rule: &'r Rule,
}

impl ValueType for Address<'_> {
    const HAS_VOCABULARY: bool = true;
    const HAS_FAST_PATH: bool = false;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let mut tokens = Tokens::new(TokenScratch::with_room(), folded);
        let mut form = AddressForm::default();
        let mut position = 0;
        while let Some(token) = tokens.get(position) {
            form.push(folded, &token, tokens.form(&token));
            position += 1;
        }
        out.extend_from_slice(&form.value().ok_or(CellRefusal::NotThisType)?.bytes);
        Ok(())
    }

    #[inline(always)]
    fn write_plain(self, _: &Plain<'_>, _: &PlainRule, _: &mut Form<'_>) -> Option<()> {
        None
    }

    fn start_mask(self, word: AtomWord<'_>, numeric: &AtomSet, prefilter: &impl Prefilter) -> u64 {
        start_mask::starts(word, numeric, prefilter)
    }

    fn find(
        self,
        search: &Search<'_, impl Prefilter>,
        scratch: &mut WindowScratch,
        found: &mut impl FnMut(Window, &[u8]),
    ) {
        let mut finder = Finder::new(std::mem::take(&mut scratch.address), search.folded);
        search.each_run(|starts| finder.windows(&starts, search.prefilter, found));
        scratch.address = finder.into_scratch();
    }

    fn numeric(self, word: AtomWord<'_>) -> Option<u64> {
        Some(start_mask::numeric(word))
    }

    fn reach(self, prefilter: &impl Prefilter) -> usize {
        // Words of two atoms, or of one with one that is dropped; and `post office box`, `de
        // correos` once.
        2 * prefilter.atoms_max() + BOX_ATOMS
    }

    fn with_other_forms(self, word: AtomWord<'_>, atoms: u64) -> u64 {
        start_mask::with_other_forms(self.rule, word, atoms)
    }

    fn words_with_other_forms(self, mut each: impl FnMut(&'static str, &'static str)) {
        let numeric = token::NUMERIC.iter().map(|written| (*written, ""));
        words::with_other_forms().chain(numeric).for_each(|(written, form)| each(written, form));
    }
}

#[cfg(test)]
mod tests;
