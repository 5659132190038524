//! What the crate asks of a data type. Each type implements it in its own file or folder, and
//! [`with_type`](super::with_type) is the only place that knows which types there are.

use crate::text::atom_set::AtomSet;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::search::{Search, WindowScratch};
use crate::value::spelled::Spelled;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;

/// A data type with the parameters of one rule.
///
/// A value of the type has one canonical form, however it is written, and three pieces of code
/// write it: [`push_cell`](Self::push_cell) for any cell, [`write_plain`](Self::write_plain) for
/// the usual cells (the fast path), [`find`](Self::find) for texts. Tests hold each against the
/// others.
pub(crate) trait ValueType: Copy {
    /// Whether every value begins with a digit: words of 64 atoms without one are skipped.
    const BEGINS_WITH_DIGIT: bool = false;
    /// Whether windows are looked for by the vocabulary of the values. A type whose windows are
    /// found by their form alone does without it: computing tags costs AES for each atom.
    const HAS_VOCABULARY: bool = false;
    /// Whether [`write_plain`](Self::write_plain) knows any way of writing.
    const HAS_FAST_PATH: bool = true;
    /// Whether its values may have alternative forms
    /// ([`push_alternatives`](Self::push_alternatives)). [`write_plain`](Self::write_plain) leaves
    /// cells that have one to [`push_cell`](Self::push_cell).
    const HAS_ALTERNATIVES: bool = false;
    /// Whether forms are written with a space between their words, which the canonical form has
    /// not.
    const PARTS_WORDS: bool = false;
    /// Whether its numbers may be written digit by digit ([`push_spelled`](Self::push_spelled)).
    const MAY_BE_SPELLED: bool = false;

    /// Appends the canonical form of a folded cell with at least one atom. What is appended before
    /// a refusal is removed by the caller.
    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal>;

    /// Calls `each` with every alternative form of a folded cell that
    /// [`push_cell`](Self::push_cell) takes (`docs/formats/hash.md`, Alternative forms).
    fn push_alternatives(self, folded: &Folded, each: &mut dyn FnMut(&[u8])) {
        let _ = (folded, each);
    }

    /// Writes the form of a cell of printable ASCII into `form`, which is empty; `None` where only
    /// [`push_cell`](Self::push_cell) can say.
    ///
    /// Implementations are `#[inline(always)]` and free of closures that are called for each cell:
    /// they become part of a loop that is compiled for each level of the processor.
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()>;

    /// Returns the atoms of a word that a value may begin with: may be too many, never too few.
    /// `numeric` has what [`numeric`](Self::numeric) returns of this word and of those beside it.
    fn start_mask(self, word: AtomWord<'_>, numeric: &AtomSet, prefilter: &impl Prefilter) -> u64;

    /// Calls `found` with every window that begins at one of the starts, and its canonical form.
    ///
    /// A window has no more atoms than its form has bytes: what is searched around a hit relies on
    /// it.
    fn find(
        self,
        search: &Search<'_, impl Prefilter>,
        scratch: &mut WindowScratch,
        found: &mut impl FnMut(Window, &[u8]),
    );

    /// Appends the canonical form of a number that is written digit by digit, and returns whether
    /// it is one of this type.
    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        let _ = (number, out);
        false
    }

    /// Returns which atoms of a word may have a digit in the canonical form; `None`: those that are
    /// digits in the text.
    fn numeric(self, word: AtomWord<'_>) -> Option<u64> {
        let _ = word;
        None
    }

    /// Returns how many atoms may lie between two atoms of one value.
    fn reach(self, prefilter: &impl Prefilter) -> usize {
        prefilter.bytes_max()
    }

    /// Returns those of some atoms that may be part of a value although their own tag is not in its
    /// vocabulary, because they have another form there.
    fn with_other_forms(self, word: AtomWord<'_>, atoms: u64) -> u64 {
        let _ = (word, atoms);
        0
    }

    /// Calls `each` with every other form that atoms of a word may have in a value: the first and
    /// the last of the atoms, and the two parts of the form. If its vocabulary has one, these atoms
    /// may be in a value.
    fn other_forms(self, word: AtomWord<'_>, each: impl FnMut(usize, usize, [&[u8]; 2])) {
        let _ = (word, each);
    }

    /// Returns the atoms of a word that may be in a value of several words although no atom beside
    /// them is.
    fn beside_others(self, word: AtomWord<'_>) -> u64 {
        let _ = word;
        0
    }

    /// Calls `each` with every word that has another form in values, and that form: empty where the
    /// word is dropped, or its form depends on what is around it.
    fn words_with_other_forms(self, each: impl FnMut(&'static str, &'static str)) {
        let _ = each;
    }
}

/// Work that is the same for all types, compiled for each of them.
pub(crate) trait WithType {
    /// What comes out of it.
    type Output;

    /// Runs the work with the type of a rule.
    fn with_type<T: ValueType>(self, data_type: T) -> Self::Output;
}
