//! Digits: a number of digits and ignored delimiters, of any length or brought to a width
//! (`docs/formats/hash.md`, section 4).

use edm_model::Rule;

use crate::simd::backend::PLAIN_BYTES_MAX;
use crate::simd::mask::{each, low};
use crate::text::atom_word::AtomWord;
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::plain::quick_checks;
use crate::value::spelled::Spelled;
use crate::value::walked::WalkedType;
use crate::window::form_edits::pad;
use crate::window::prefilter::Prefilter;
use crate::window::start_mask;

/// The widest column whose cells have a fast path, in digits.
const WIDTH_MAX: u32 = PLAIN_BYTES_MAX as u32;

#[derive(Clone, Copy)]
pub(crate) struct Digits<'r> {
    pub(crate) rule: &'r Rule,
    pub(crate) width: Option<u16>,
}

impl WalkedType for Digits<'_> {
    const BEGINS_WITH_DIGIT: bool = true;
    // Numbers are found by their length.
    const HAS_VOCABULARY: bool = false;
    const MAY_BE_SPELLED: bool = true;

    fn rule(&self) -> &Rule {
        self.rule
    }

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let from = out.len();
        for character in folded.text().trim_matches(gap::is_white).chars() {
            match character {
                '0'..='9' => out.push(character as u8),
                // Ignored delimiters may be anywhere in the number.
                other if self.rule.delimiters.contains(other) => {}
                _ => return Err(CellRefusal::NotThisType),
            }
        }
        if pad(out, from, self.width) { Ok(()) } else { Err(CellRefusal::TooWide) }
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        let (first, end) = quick_checks::trimmed(plain);
        let mut whole = plain.letters == 0;
        each(low(end) & !low(first) & !plain.digits, |at| whole &= rule.ignores(plain.byte(at)));
        let count = plain.digits.count_ones();
        let width = self.width.map_or(count, u32::from);
        if !whole || !(count..=WIDTH_MAX).contains(&width) {
            return None;
        }
        let zeros = width - count;
        // Zeros of the column's width come before what is written.
        if zeros > 0 {
            form.set(&[b'0'; PLAIN_BYTES_MAX][..zeros as usize], low(zeros), 0);
        }
        form.push_kept(plain, plain.digits);
        Some(())
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(number.digits.as_bytes());
        pad(out, 0, self.width)
    }

    fn starts(self, word: AtomWord<'_>, prefilter: &impl Prefilter) -> u64 {
        let ignores_none = self.rule.delimiters.is_empty();
        match self.width {
            // Zeros may be missing before the number, or be too many.
            Some(_) => start_mask::numbers(word, prefilter.significant_digits(), ignores_none),
            None if ignores_none => {
                start_mask::of_length(word, word.digits(), prefilter.lengths(AtomKind::Digits))
            }
            None => word.digits(),
        }
    }
}
