//! Payment card numbers in cells and text (`docs/formats/hash.md`, section 8, card).

use std::ops::Range;

use edm_model::Delimiters;

use crate::simd::backend::STEP;
use crate::simd::mask::{each, low, runs, starts as run_starts};
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::atom_reader::AtomReader;
use crate::value::card::luhn::{is_card, is_valid};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::value::separator::Separator;
use crate::value::spelled::Spelled;
use crate::window::found::{Found, Window};

mod luhn;

const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;
/// Of two groups, one has at least as many digits as that.
const HALF_DIGITS_MIN: u8 = 6;
/// The most groups: one of them may have a single digit, the others have two or more.
const GROUPS_MAX: usize = DIGITS_MAX.div_ceil(2);
/// How cards are printed. Other groups of digits may be a card, but do not say so.
const PRINTED: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

#[derive(Clone, Copy)]
pub(crate) struct Card<'r> {
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Card<'_> {
    const BEGINS_WITH_DIGIT: bool = true;
    const MAY_BE_SPELLED: bool = true;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        let mut pushed = Err(CellRefusal::NotThisType);
        // Of the readings, one at most ends with the cell.
        read(atoms, 0, |last, _, form| pushed = pushed.or_else(|_| atoms.push_cell(last, form, out)));
        pushed.or_else(|refusal| {
            let spelled = atoms.spelled_cell(DIGITS_MAX).filter(|(_, digits)| is_number(digits.as_bytes()));
            let (last, digits) = spelled.ok_or(refusal)?;
            atoms.push_cell(last, digits.as_bytes(), out)
        })
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, _: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        let gaps = low(plain.length) & !plain.digits;
        if !(12..=19).contains(&plain.digits.count_ones()) {
            return None;
        }
        // Groups of two to six digits with one same sign between them.
        if gaps != 0 {
            let sign = plain.byte(gaps.trailing_zeros());
            let mut same = matches!(sign, b' ' | b'-' | b'.' | b'/');
            each(gaps, |at| same &= plain.byte(at) == sign);
            if !same || !runs(plain.digits).all(|(start, end)| (2..=6).contains(&(end - start))) {
                return None;
            }
            // One sign between two groups, none around them.
            if run_starts(plain.digits).count_ones() != gaps.count_ones() + 1 {
                return None;
            }
        }
        form.push_kept(plain, plain.digits);
        let valid = match form.bytes.first_chunk().filter(|_| form.length <= STEP as u32) {
            Some(digits) => is_card(digits, form.length),
            None => is_valid(form.bytes()),
        };
        valid.then_some(())
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(number.digits.as_bytes());
        is_number(out)
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        let long = word.digits() & word.of_length(DIGITS_MIN as u8..=DIGITS_MAX as u8);
        let digits = word.with_next(|number| word.folded.digits().word(number));
        if (digits & digits >> 1) as u64 == 0 {
            return long;
        }
        // Of two groups at least one has half of the digits of a card.
        let halves = word.digits_of(HALF_DIGITS_MIN..=DIGITS_MAX as u8);
        let pairs = digits & digits >> 1;
        let grouped = pairs & (pairs >> 1 | halves | halves >> 1);
        // What joins groups begins with one of few characters, unless some are ignored.
        let joined = word.filtered(grouped as u64 & !long, |atom, _| {
            let (_, end) = word.folded.ranges()[atom];
            let behind = word.folded.text().as_bytes().get(end as usize);
            !self.delimiters.is_empty() || matches!(behind, Some(b' ' | b'-' | b'.' | b'/' | b'\r' | b'\n'))
        });
        joined | long
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        for first in starts.clone() {
            read(atoms, first, |last, _, form| atoms.offer(written(first, last), form, found));
        }
    }
}

/// Calls `found` with the card numbers of several atoms that are grouped as cards are printed.
pub(crate) fn printed(folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
    let delimiters = Delimiters::default();
    let atoms = AtomReader { folded, delimiters: &delimiters };
    for first in starts.clone() {
        read(atoms, first, |last, groups, form| {
            if PRINTED.contains(&groups) {
                atoms.offer(written(first, last), form, found);
            }
        });
    }
}

fn written(first: usize, last: usize) -> Window {
    Window { written_form: true, ..Window::of(first, last, false) }
}

/// Returns whether digits are a card number.
fn is_number(digits: &[u8]) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && is_valid(digits)
}

/// Calls `each` with the last atom, the lengths of the groups and the digits of every card number
/// that begins with an atom.
fn read(atoms: AtomReader<'_>, first: usize, mut each: impl FnMut(usize, &[usize], &[u8])) {
    // Groups are gathered as long as one separator joins them; every length that passes the check
    // is a reading.
    let (mut form, mut length) = ([0; DIGITS_MAX], 0);
    let (mut groups, mut count) = ([0; GROUPS_MAX], 0);
    let (mut separator, mut singles) = (None, 0);
    for last in first.. {
        let Some(digits) = atoms.digits(last) else { return };
        singles += usize::from(digits.len() == 1);
        // Too many digits for a card, or a number that is written digit by digit.
        let Some(room) = form.get_mut(length..length + digits.len()).filter(|_| singles <= 1) else { return };
        room.copy_from_slice(digits.as_bytes());
        length += digits.len();
        // As many groups as fit: all but one have two digits at least.
        groups[count] = digits.len();
        count += 1;
        let (form, groups) = (&form[..length], &groups[..count]);
        if is_number(form) {
            each(last, groups, form);
        }
        let next = atoms.separator(last).filter(|next| *next != Separator::Nothing);
        if next.is_none() || next != *separator.get_or_insert(next) {
            return;
        }
    }
}
