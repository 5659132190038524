//! Payment card numbers in cells and text (`docs/formats/hash.md`, section 8, card).

use std::ops::Range;

use edm_model::Delimiters;

use crate::simd::backend::STEP;
use crate::simd::mask::{each, low, runs, starts as run_starts};
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::atom_reader::{AtomReader, Joint};
use crate::value::card::luhn::{is_card, is_valid};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::window::found::Found;

mod luhn;

const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;
const GROUP_DIGITS: std::ops::RangeInclusive<usize> = 2..=6;
/// How cards are printed. Other groups of digits may be a card, but do not say so.
const PRINTED: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

#[derive(Clone, Copy)]
pub(crate) struct Card<'r> {
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Card<'_> {
    const BEGINS_WITH_DIGIT: bool = true;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        let mut pushed = Err(CellRefusal::NotThisType);
        // Of the readings, one at most ends with the cell.
        read(atoms, 0, |last, _, form| pushed = pushed.or_else(|_| atoms.push_cell(last, form, out)));
        pushed
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
            let mut same = matches!(sign, b' ' | b'-');
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

    fn starts(self, word: AtomWord<'_>) -> u64 {
        let long = word.digits() & word.of_length(DIGITS_MIN as u8..=DIGITS_MAX as u8);
        let digits = word.with_next(|number| word.folded.digits().word(number));
        if (digits & digits >> 1) as u64 == 0 {
            return long;
        }
        let groups = word.digits_of(*GROUP_DIGITS.start() as u8..=*GROUP_DIGITS.end() as u8);
        if (groups & groups >> 1) as u64 == 0 {
            return long;
        }
        let shortest = word.digits_of(*GROUP_DIGITS.start() as u8..=*GROUP_DIGITS.start() as u8);
        let longest = word.digits_of(*GROUP_DIGITS.end() as u8..=*GROUP_DIGITS.end() as u8);
        // Two groups are enough only if both are as long as can be, three if no two of them are as
        // short as can be.
        let three = groups & groups >> 1 & groups >> 2;
        let short = shortest & (shortest >> 1 | shortest >> 2) | shortest >> 1 & shortest >> 2;
        let grouped = three & (groups >> 3 | !short) | longest & longest >> 1;
        // What joins groups begins with one of few characters, unless some are ignored.
        let joined = word.filtered(grouped as u64, |atom, _| {
            let (_, end) = word.folded.ranges()[atom];
            let behind = word.folded.text().as_bytes().get(end as usize);
            !self.delimiters.is_empty() || matches!(behind, Some(b' ' | b'-' | b'\r' | b'\n'))
        });
        joined | long
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        for first in starts.clone() {
            read(atoms, first, |last, _, form| atoms.offer(first, last, true, form, found));
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
                atoms.offer(first, last, true, form, found);
            }
        });
    }
}

/// Calls `each` with the last atom, the lengths of the groups and the digits of every card number
/// that begins with an atom.
fn read(atoms: AtomReader<'_>, first: usize, mut each: impl FnMut(usize, &[usize], &[u8])) {
    let Some(digits) = atoms.digits(first) else { return };
    if (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
        if is_valid(digits.as_bytes()) {
            each(first, &[digits.len()], digits.as_bytes());
        }
        return;
    }
    let joint = match atoms.joint(first) {
        Some(joint @ (Joint::Ignored | Joint::Written(" " | "-"))) => joint,
        _ => return,
    };
    // Groups are gathered as long as one joint joins them; every length that passes the check is a
    // reading.
    let (mut form, mut length) = ([0; DIGITS_MAX], 0);
    let (mut groups, mut count) = ([0; DIGITS_MAX / *GROUP_DIGITS.start()], 0);
    for last in first.. {
        let Some(digits) = atoms.digits(last).filter(|digits| GROUP_DIGITS.contains(&digits.len())) else {
            return;
        };
        // Too many digits for a card.
        let Some(room) = form.get_mut(length..length + digits.len()) else { return };
        room.copy_from_slice(digits.as_bytes());
        length += digits.len();
        // As many groups as fit: each has two digits at least.
        groups[count] = digits.len();
        count += 1;
        let (form, groups) = (&form[..length], &groups[..count]);
        if length >= DIGITS_MIN && is_valid(form) {
            each(last, groups, form);
        }
        if atoms.joint(last) != Some(joint) {
            return;
        }
    }
}
