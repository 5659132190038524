//! Names: words that a comma may turn round (`docs/formats/hash.md`, section 4).

use edm_model::Rule;

use crate::simd::mask::{each, runs};
use crate::text::char_class::BLANK;
use crate::text::fold::Folded;
use crate::text::gap::{self, NameGap};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::walked::WalkedType;
use crate::window::form_edits::rotate_name;

#[derive(Clone, Copy)]
pub(crate) struct Name<'r> {
    pub(crate) rule: &'r Rule,
}

impl WalkedType for Name<'_> {
    fn rule(&self) -> &Rule {
        self.rule
    }

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let last = folded.atom_count().saturating_sub(1);
        let from = out.len();
        let mut comma = None;
        for (index, atom) in folded.atoms().enumerate() {
            out.extend_from_slice(folded.atom_text(atom).as_bytes());
            if index == last {
                break;
            }
            match gap::name_gap(folded.gap(index), &self.rule.delimiters) {
                NameGap::Empty => {}
                NameGap::Joint => out.push(b' '),
                NameGap::Comma if comma.is_none() => {
                    comma = Some(out.len());
                    out.push(b' ');
                }
                NameGap::Comma | NameGap::Foreign => return Err(CellRefusal::NotThisType),
            }
        }
        // `Langer, Ann` and `Ann Langer` are one name.
        if let Some(comma) = comma {
            rotate_name(out, from, comma);
        }
        Ok(())
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        let inside = plain.inside();
        let gaps = inside & !plain.alphanumerics();
        form.others = if gaps == 0 { 0 } else { BLANK };
        // Words with single spaces between them are their form: one copy.
        if gaps & !plain.spaces == 0 && gaps & gaps << 1 == 0 {
            form.push_run(plain, inside.trailing_zeros(), 64 - inside.leading_zeros());
            return Some(());
        }
        // A comma turns the name round, which the slow path does.
        let mut joined = true;
        each(gaps & !plain.spaces, |at| {
            let byte = plain.byte(at);
            joined &= matches!(byte, b'\'' | b'-' | b'.') || byte != b',' && rule.ignores(byte);
        });
        if !joined {
            return None;
        }
        let mut from = inside.trailing_zeros();
        // Whatever joins two words becomes one space.
        for (start, end) in runs(gaps) {
            form.push_run(plain, from, start);
            form.bytes[form.length as usize] = b' ';
            form.length += 1;
            from = end;
        }
        form.push_run(plain, from, 64 - inside.leading_zeros());
        Some(())
    }
}
