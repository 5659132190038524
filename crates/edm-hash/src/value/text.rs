//! Text: any letters and digits, with what is between them (`docs/formats/hash.md`, section 4).

use edm_model::Rule;

use crate::simd::mask::{each, low, runs};
use crate::text::char_class::BLANK;
use crate::text::fold::Folded;
use crate::text::gap;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::spelled::Spelled;
use crate::value::walked::WalkedType;

#[derive(Clone, Copy)]
pub(crate) struct Text<'r> {
    pub(crate) rule: &'r Rule,
}

impl WalkedType for Text<'_> {
    const MAY_BE_SPELLED: bool = true;

    fn rule(&self) -> &Rule {
        self.rule
    }

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let last = folded.atom_count().saturating_sub(1);
        for (index, atom) in folded.atoms().enumerate() {
            out.extend_from_slice(folded.atom_text(atom).as_bytes());
            if index < last {
                gap::push_canonical(folded.gap(index), &self.rule.delimiters, out);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        let inside = plain.inside();
        let gaps = inside & !plain.alphanumerics();
        let spaces = gaps & plain.spaces;
        let mut folds = false;
        // Folding makes an apostrophe of it.
        each(gaps & !spaces, |at| folds |= plain.byte(at) == b'`');
        if folds {
            return None;
        }
        // Of each run of spaces the first stays.
        let mut kept = inside & !(spaces & spaces << 1);
        if rule.ignored != 0 {
            let ignored = |(start, end): &(u32, u32)| (*start..*end).all(|at| rule.ignores(plain.byte(at)));
            runs(gaps).filter(ignored).for_each(|(start, end)| kept &= !(low(end) & !low(start)));
        }
        each(gaps & kept & !spaces, |at| form.note(plain.byte(at)));
        form.others |= if kept & spaces != 0 { BLANK } else { 0 };
        form.push_kept(plain, kept);
        Some(())
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(number.digits.as_bytes());
        true
    }
}
