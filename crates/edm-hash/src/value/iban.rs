//! International bank account numbers in cells and text (`docs/formats/hash.md`, section 8, iban).

use std::ops::Range;

use edm_model::Delimiters;

use crate::simd::mask::{each, low};
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::value::atom_reader::AtomReader;
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::window::found::{Found, Window};

/// Country and length of its account numbers (SWIFT IBAN registry).
const LENGTHS: &str = "ad24 ae23 al28 at20 az28 ba20 be16 bg22 bh22 bi27 br29 by28 ch21 cr22 cy28 cz24 de22 dj27 dk18 \
     do28 ee20 eg29 es24 fi18 fk18 fo18 fr27 gb22 ge22 gi23 gl18 gr27 gt28 hn28 hr21 hu28 ie22 il23 iq23 is26 it27 jo30 \
     kw30 kz20 lb28 lc32 li21 lt20 lu20 lv21 ly25 mc27 md24 me22 mk19 mn20 mr27 mt31 mu30 ni28 nl18 no15 om23 pk24 pl28 \
     ps29 pt25 qa29 ro24 rs22 ru33 sa24 sc31 sd18 se24 si19 sk24 sm27 so23 st25 sv28 tl23 tn24 tr26 ua29 va22 vg24 xk20 \
     ye30";

#[derive(Clone, Copy)]
pub(crate) struct Iban<'r> {
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Iban<'_> {
    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        // `IBAN: DE89 …` is how people write it.
        let labelled = atoms.letters(0).is_some_and(|word| word.eq_ignore_ascii_case("iban"));
        let label_ends =
            |gap: &str| !gap.is_empty() && gap.chars().all(|c| matches!(c, ' ' | ':' | '.' | '-'));
        let first = usize::from(labelled && label_ends(folded.gap(0)));
        let (last, form) = read(atoms, first, 0).ok_or(CellRefusal::NotThisType)?;
        atoms.push_cell(last, &form, out)
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, rule: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        // Single gaps inside the cell, none at its end.
        let gaps = low(plain.length) & !plain.alphanumerics();
        let mut joined =
            rule.lower && plain.letters & 7 == 3 && gaps & (gaps << 1 | 1 << (plain.length - 1)) == 0;
        each(gaps, |at| joined &= matches!(plain.byte(at), b' ' | b'-'));
        if !joined {
            return None;
        }
        form.push_kept(plain, plain.alphanumerics());
        is_whole(form.bytes()).then_some(())
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        // The letters of a country, and after them the check digits. A longer word may end with
        // them where it touches these.
        let words = word.of_length(3..=u8::MAX) & word.followed_by(word.folded.joined(), 1);
        (word.of_length(2..=2) | words) & !word.digits() & word.digits_behind(1)
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        for first in starts.clone() {
            // What is before the letters of the country in their atom.
            let word = atoms.letters(first).map_or(0, |letters| letters.len().saturating_sub(2));
            if let Some((last, form)) = read(atoms, first, word) {
                let start_offset = i32::try_from(word).expect("texts are far below 2 GiB");
                let number = Window::of(first, last, word > 0);
                atoms.offer(Window { written_form: true, start_offset, ..number }, &form, found);
            }
        }
    }
}

/// Reads the account number that begins with an atom, or behind a word in it that has `word` bytes,
/// and is as long as its country's; returns its last atom.
fn read(atoms: AtomReader<'_>, first: usize, word: usize) -> Option<(usize, Vec<u8>)> {
    let country = atoms.letters(first)?.get(word..)?;
    let length = length_of(country)?;
    if word > 0 && !(atoms.folded.touches_next(first) && atoms.digits(first + 1).is_some()) {
        return None;
    }
    let mut form = Vec::with_capacity(length);
    for last in first.. {
        let text = match last == first {
            true => country,
            false => atoms.letters(last).or_else(|| atoms.digits(last))?,
        };
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        form.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
        if form.len() >= length {
            return (form.len() == length && is_valid(&form)).then_some((last, form));
        }
        atoms.separator(last)?;
    }
    None
}

/// Returns whether letters in lower case and digits, which begin with two letters, are an account
/// number.
fn is_whole(form: &[u8]) -> bool {
    // Two letters name the country, and each country has one length.
    let country = form.get(..2).and_then(|letters| std::str::from_utf8(letters).ok());
    country.and_then(length_of) == Some(form.len()) && is_valid(form)
}

fn length_of(country: &str) -> Option<usize> {
    let own = <[u8; 2]>::try_from(country.as_bytes()).ok()?.map(|letter| letter.to_ascii_lowercase());
    // Entries of two letters, two digits and a space, ascending.
    let (entries, last) = LENGTHS.as_bytes().as_chunks::<5>();
    let found = entries.binary_search_by(|[one, other, ..]| [*one, *other].cmp(&own));
    let entry = match found {
        Ok(index) => entries[index].as_slice(),
        Err(_) => last.strip_prefix(own.as_slice()).and(Some(last))?,
    };
    std::str::from_utf8(entry.get(2..4)?).ok()?.parse().ok()
}

/// ISO 13616-1: with the first four characters last, and letters as the numbers 10 to 35, the
/// remainder by 97 is 1.
fn is_valid(form: &[u8]) -> bool {
    let Some((front, rest)) = form.split_at_checked(4) else { return false };
    let check_digits = front.iter().skip(2).all(u8::is_ascii_digit);
    // Divided only when the number gets long.
    let number = rest.iter().chain(front).fold(0u64, |sum, byte| {
        let sum = if sum < u64::MAX / 1_000 { sum } else { sum % 97 };
        match byte {
            b'0'..=b'9' => sum * 10 + u64::from(byte - b'0'),
            _ => sum * 100 + u64::from(byte - b'a') + 10,
        }
    });
    check_digits && number % 97 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found() {
        let mut before = "";
        for entry in LENGTHS.split(' ') {
            let (country, length) = entry.split_at(2);
            assert!(before < country, "{country} stands in its place");
            assert_eq!(length_of(country), length.parse().ok(), "{country}");
            assert_eq!(length_of(&country.to_uppercase()), length.parse().ok(), "{country}");
            before = country;
        }
        for none in ["", "d", "aa", "zz", "dex", "é", "us"] {
            assert_eq!(length_of(none), None, "{none}");
        }
    }
}
