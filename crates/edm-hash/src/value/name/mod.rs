//! Names: words in one form, whatever joins them and comes with them (`docs/formats/hash.md`,
//! section 8, Name; `docs/matching.md`, Names).
//!
//! ```text
//! words    titles, degrees, suffixes      letters  what letters become, joined prefixes
//! gaps     joints, commas, nicknames      form     a run of atoms, read as a name
//! atoms    other forms of a text's atoms  finder, start_mask   names in a text
//! ```

use edm_model::{DiacriticRule, Rule};

use crate::simd::mask::{each, low, runs};
use crate::text::atom_set::AtomSet;
use crate::text::atom_word::AtomWord;
use crate::text::char_class::BLANK;
use crate::text::fold::Folded;
use crate::value::cell_form::CellRefusal;
use crate::value::name::finder::Finder;
use crate::value::name::form::{ALTERNATIVE, NameForm, Run};
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::search::{Search, WindowScratch};
use crate::value::value_type::ValueType;
use crate::window::found::Window;
use crate::window::prefilter::Prefilter;

mod atoms;
pub(crate) mod finder;
pub(crate) mod form;
mod gaps;
mod letters;
mod start_mask;
#[cfg(test)]
mod tests;
mod words;

/// The longest word that may be in the table, in bytes.
const LISTED_BYTES_MAX: u32 = 14;

#[derive(Clone, Copy)]
pub(crate) struct Name<'r> {
    pub(crate) rule: &'r Rule,
}

impl ValueType for Name<'_> {
    const HAS_VOCABULARY: bool = true;
    const PARTS_WORDS: bool = true;
    const HAS_ALTERNATIVES: bool = true;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let form = self.whole(folded);
        out.extend_from_slice(form.base.as_bytes());
        form.push_suffix(out);
        Ok(())
    }

    fn push_alternatives(self, folded: &Folded, each: &mut dyn FnMut(&[u8])) {
        let form = self.whole(folded);
        let Some(middle) = form.middle(folded).filter(|_| !form.is_text) else { return };
        let mut marked = Vec::new();
        form.shortened(&middle, |short| {
            marked.clear();
            marked.push(ALTERNATIVE);
            marked.extend_from_slice(short.as_bytes());
            form.push_suffix(&mut marked);
            each(&marked);
        });
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        let inside = plain.inside();
        let gaps = inside & !plain.alphanumerics();
        // Letters that become others, and digits beside letters, take the slow path.
        if self.rule.diacritics == DiacriticRule::Fold || plain.digits != 0 {
            return None;
        }
        let first = inside.trailing_zeros();
        form.others = if gaps == 0 { 0 } else { BLANK };
        if gaps == 0 {
            form.push_run(plain, first, 64 - inside.leading_zeros());
            return Some(());
        }
        let mut joined = true;
        each(gaps & !plain.spaces, |at| {
            let byte = plain.byte(at);
            joined &= matches!(byte, b'\'' | b'-' | b'.' | b'_')
                || !matches!(byte, b',' | b'(' | b'[' | b'"') && rule.ignores(byte);
        });
        // A comma, a nickname, a title and a suffix take the slow path.
        if !joined || is_quoted(plain, gaps) || has_listed(plain, inside) {
            return None;
        }
        // So does a name that may have middle names, because it has other forms.
        if runs(gaps).filter(|(start, end)| low(*end) & !low(*start) & plain.spaces != 0).nth(1).is_some() {
            return None;
        }
        let mut from = first;
        // Whatever joins two words becomes one space.
        for (start, end) in runs(gaps) {
            form.push_run(plain, from, start);
            if let Some(joint) = form.bytes.get_mut(form.length as usize) {
                *joint = b' ';
            }
            form.length += 1;
            from = end;
        }
        form.push_run(plain, from, 64 - inside.leading_zeros());
        Some(())
    }

    fn start_mask(self, word: AtomWord<'_>, _: &AtomSet, prefilter: &impl Prefilter) -> u64 {
        start_mask::starts(self.rule, word, prefilter)
    }

    fn find(
        self,
        search: &Search<'_, impl Prefilter>,
        scratch: &mut WindowScratch,
        found: &mut impl FnMut(Window, &[u8]),
    ) {
        let mut finder = Finder {
            rule: self.rule,
            folded: search.folded,
            prefilter: search.prefilter,
            has_suffixes: search.prefilter.signs().holds(b','),
            has_alternatives: search.prefilter.signs().holds(ALTERNATIVE),
            scratch: &mut scratch.name,
        };
        search.each_run(|starts| starts.for_each(|first| finder.from(first, found)));
    }

    fn with_other_forms(self, word: AtomWord<'_>, atoms: u64) -> u64 {
        atoms::listed(self.rule, word, atoms)
    }

    fn other_forms(self, word: AtomWord<'_>, each: impl FnMut(usize, usize, [&[u8]; 2])) {
        atoms::other_forms(self.rule, word, each);
    }

    fn beside_others(self, word: AtomWord<'_>) -> u64 {
        atoms::beside_others(self.rule, word)
    }

    fn words_with_other_forms(self, mut each: impl FnMut(&'static str, &'static str)) {
        words::all().for_each(|word| each(word, ""));
    }
}

impl Name<'_> {
    /// Reads a whole cell.
    fn whole(self, folded: &Folded) -> NameForm {
        let last = folded.atom_count().saturating_sub(1);
        let end = folded.ranges().last().map_or(0, |(_, end)| *end as usize);
        let behind = folded.text().get(end..).unwrap_or("");
        let mut form = NameForm::default();
        form.read(folded, self.rule, Run { first: 0, last, behind, head: None });
        form
    }
}

/// Returns whether a joint of a plain cell has an apostrophe beside a space, which may be around a
/// nickname.
#[inline(always)]
fn is_quoted(plain: &Plain<'_>, gaps: u64) -> bool {
    let mut quoted = false;
    each(gaps & !plain.spaces & (plain.spaces << 1 | plain.spaces >> 1), |at| {
        quoted |= matches!(plain.byte(at), b'\'' | b'`');
    });
    quoted
}

/// Returns whether the first or the last word of a plain cell may be in the table, or a degree with
/// dots.
#[inline(always)]
fn has_listed(plain: &Plain<'_>, inside: u64) -> bool {
    let first = inside.trailing_zeros();
    let end = 64 - inside.leading_zeros();
    let front = (plain.letters >> first).trailing_ones();
    let back = (plain.letters << (64 - end)).leading_ones();
    let word = |start: u32, length: u32| length <= LISTED_BYTES_MAX && is_listed(plain, start, length);
    // A degree with dots ends with a short word behind one.
    let dotted = back <= 4 && end > back && plain.byte(end - back - 1) == b'.';
    word(first, front) || word(end - back, back) || dotted
}

fn is_listed(plain: &Plain<'_>, start: u32, length: u32) -> bool {
    let mut lower = *plain.step(start as usize);
    lower.make_ascii_lowercase();
    let word = lower.get(..length as usize).and_then(|word| std::str::from_utf8(word).ok());
    word.is_none_or(|word| words::listed(word).is_any())
}
