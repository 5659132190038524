//! International bank account numbers.

use super::super::reading::Kind;
use super::Read;
use super::view::View;

/// Lengths, with the countries that have them (SWIFT IBAN registry).
const LENGTHS: &str = "15 no, 16 be, 18 dk fi fk fo gl nl sd, 19 mk si, 20 at ba ee kz lt lu mn xk, 21 ch hr li lv, \
    22 bg bh cr de gb ge ie me rs va, 23 ae gi il iq om so tl, 24 ad cz es md pk ro sa se sk tn vg, 25 ly pt st, \
    26 is tr, 27 bi dj fr gr it mc mr sm, 28 al az by cy do gt hn hu lb ni pl sv, 29 br eg ps qa ua, \
    30 jo kw mu ye, 31 mt sc, 32 lc, 33 ru";

fn length_of(country: &str) -> Option<usize> {
    LENGTHS.split(", ").find_map(|entry| {
        let (length, countries) = entry.split_once(' ')?;
        countries.split(' ').any(|known| known == country).then(|| length.parse().ok())?
    })
}

/// Checks the remainder modulo 97, added up from the right with the remainder of each decimal
/// place.
fn is_valid(number: &str) -> bool {
    let (front, rest) = number.split_at(4);
    let decimal: String = rest
        .chars()
        .chain(front.chars())
        .filter_map(|character| character.to_digit(36))
        .map(|value| value.to_string())
        .collect();
    let mut place = 1;
    let mut remainder = 0;
    for digit in decimal.chars().rev().filter_map(|digit| digit.to_digit(10)) {
        remainder = (remainder + digit * place) % 97;
        place = place * 10 % 97;
    }
    remainder == 1 && front[2..].chars().all(|digit| digit.is_ascii_digit())
}

/// Reads the number that starts at an atom.
pub(super) fn read(view: &View, first: usize) -> Option<Read> {
    read_behind(view, first, 0)
}

/// Reads the number that starts at an atom, or after a word in it.
pub(super) fn text(view: &View, first: usize) -> Option<Read> {
    view.letters(first)?;
    let word = view.reading.atom(first).chars().count().saturating_sub(2);
    let touches = view.touches_next(first) && view.digits(first + 1).is_some();
    if word == 0 || !touches {
        return read(view, first);
    }
    let read = read_behind(view, first, word)?;
    Some(Read { skipped: word, ..read })
}

/// Reads the number that starts after some characters of an atom of letters.
fn read_behind(view: &View, first: usize, skipped: usize) -> Option<Read> {
    let letters: Vec<char> = view.letters(first)?.chars().collect();
    let country: String = match skipped {
        0 => letters.into_iter().collect(),
        _ => letters[letters.len().saturating_sub(2)..].iter().collect(),
    };
    let length = length_of(&country)?;
    let mut number = country;
    let mut last = first;
    while number.len() < length {
        view.separator(last)?;
        last += 1;
        let part = view.lower(last);
        if view.kind(last) == Some(Kind::Cluster) || !part.is_ascii() {
            return None;
        }
        number.push_str(part);
    }
    (number.len() == length && is_valid(&number)).then(|| Read::one(last, number, true))
}

/// Reads a cell, which may have a prefix that says `IBAN`.
pub(super) fn cell(view: &View) -> Option<String> {
    if !view.begins_at_once() {
        return None;
    }
    let labelled = view.letters(0) == Some("iban") && {
        let gap = view.reading.gap_after(0);
        !gap.is_empty() && gap.iter().all(|character| matches!(character, ' ' | ':' | '.' | '-'))
    };
    let read = read(view, usize::from(labelled)).filter(|read| view.ends_at(read.last))?;
    read.forms.into_iter().next()
}
