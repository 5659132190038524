//! Social security numbers in cells and text (`docs/formats/hash.md`, section 8, ssn).

use std::ops::Range;

use edm_model::Delimiters;

use crate::simd::mask::low;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::atom_reader::AtomReader;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::value::separator::Separator;
use crate::value::spelled::Spelled;
use crate::window::found::{Found, Window};

const DIGITS: usize = 9;
/// The fewest digits of a cell that a spreadsheet may have taken the leading zeros from: area 001
/// begins with two.
const DIGITS_OF_A_CELL_MIN: usize = 7;
const GROUPS: [usize; 3] = [3, 2, 4];

#[derive(Clone, Copy)]
pub(crate) struct Ssn<'r> {
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Ssn<'_> {
    const BEGINS_WITH_DIGIT: bool = true;
    const MAY_BE_SPELLED: bool = true;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        let read = match atoms.digits(0) {
            // A spreadsheet drops leading zeros of a number that it takes for one.
            Some(digits) if atoms.count() == 1 && (DIGITS_OF_A_CELL_MIN..=DIGITS).contains(&digits.len()) => {
                let mut form = [b'0'; DIGITS];
                let zeros = DIGITS - digits.len();
                form.iter_mut().skip(zeros).zip(digits.bytes()).for_each(|(place, digit)| *place = digit);
                Some((0, form))
            }
            _ => grouped(atoms, 0).or_else(|| {
                let (last, digits) = atoms.spelled_cell(DIGITS)?;
                Some((last, digits.into_bytes().try_into().ok()?))
            }),
        };
        let (last, form) = read.filter(|(_, form)| is_valid(form)).ok_or(CellRefusal::NotThisType)?;
        atoms.push_cell(last, &form, out)
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, _: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        // Nine digits, or groups of three, two and four with the same sign between: the digits of
        // `ddd-dd-dddd`, the first in the lowest bit.
        const GROUPS: u64 = 0b111_1011_0111;
        let grouped = || {
            let [sign, other] = [3, 6].map(|at| plain.byte(at));
            plain.digits == GROUPS
                && plain.length == 11
                && sign == other
                && matches!(sign, b'-' | b' ' | b'.' | b'/')
        };
        let bare = plain.digits == low(9) && plain.length == 9;
        // In one word and stored once: the form is loaded again right away, and store-to-load
        // forwarding works only where one store covers the whole load, not where three overlapping
        // ones do.
        let word = u128::from_le_bytes(*plain.step(0));
        let word = if bare {
            word
        } else if grouped() {
            word & 0xff_ffff | (word >> 32 & 0xffff) << 24 | (word >> 56 & 0xffff_ffff) << 40
        } else {
            return None;
        };
        let number = *word.to_le_bytes().first_chunk::<9>()?;
        form.set(&number, low(9), 0);
        is_valid(&number).then_some(())
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        let digits = number.digits.as_bytes();
        out.extend_from_slice(digits);
        <&[u8; DIGITS]>::try_from(digits).is_ok_and(is_valid)
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        let bare = word.digits() & word.of_length(DIGITS as u8..=DIGITS as u8);
        // Three numbers in a row are rare: comparing three lengths is skipped where there are none.
        let digits = word.with_next(|number| word.folded.digits().word(number));
        if (digits & digits >> 1 & digits >> 2) as u64 == 0 {
            return bare;
        }
        let [area, group, serial] = GROUPS.map(|digits| word.digits_of(digits as u8..=digits as u8));
        let grouped = area & group >> 1 & serial >> 2;
        grouped as u64 | bare
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        for first in starts.clone() {
            let Some(digits) = atoms.digits(first) else { continue };
            let bare = <[u8; DIGITS]>::try_from(digits.as_bytes()).ok();
            let read = bare.map(|form| (first, form)).or_else(|| grouped(atoms, first));
            if let Some((last, form)) = read.filter(|(_, form)| is_valid(form)) {
                let number = Window { written_form: bare.is_none(), ..Window::of(first, last, false) };
                atoms.offer(number, &form, found);
            }
        }
    }
}

/// Reads groups of three, two and four digits with the same separator; returns the last atom.
fn grouped(atoms: AtomReader<'_>, first: usize) -> Option<(usize, [u8; DIGITS])> {
    let mut form = Vec::with_capacity(DIGITS);
    for (index, length) in (first..).zip(GROUPS) {
        let digits = atoms.digits(index).filter(|digits| digits.len() == length)?;
        form.extend_from_slice(digits.as_bytes());
    }
    let form = form.try_into().ok()?;
    let separator = atoms.separator(first).filter(|separator| *separator != Separator::Nothing)?;
    // Two spaces divide columns of numbers.
    let columns = |index: usize| atoms.folded.gap(index) == "  ";
    let joins = atoms.separator(first + 1) == Some(separator) && !columns(first) && !columns(first + 1);
    joins.then_some((first + 2, form))
}

/// Areas from 900 on are kept: tax offices and test data use them.
fn is_valid(form: &[u8; DIGITS]) -> bool {
    let (area, rest) = form.split_at(3);
    let (group, serial) = rest.split_at(2);
    area != b"000" && area != b"666" && group != b"00" && serial != b"0000"
}
