//! Payment card numbers.

use super::Read;
use super::separator::Separator;
use super::view::View;

/// The digit sum of twice a digit.
const DOUBLED: [u32; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

/// Returns whether the digits are a number.
pub(super) fn is_valid(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let alike = digits.windows(2).all(|pair| pair[0] == pair[1]);
    // A leading zero does not change the sum and gives every number whole pairs.
    let padded: Vec<u32> = if digits.len() % 2 == 1 { [&[0], digits.as_slice()].concat() } else { digits };
    let sum: u32 = padded.chunks(2).map(|pair| DOUBLED[pair[0] as usize] + pair[1]).sum();
    (12..=19).contains(&number.len()) && !alike && sum.is_multiple_of(10)
}

/// Reads every number that starts at an atom.
pub(super) fn text(view: &View, first: usize) -> Vec<Read> {
    let Some(digits) = view.digits(first) else { return Vec::new() };
    let mut number = digits.to_owned();
    let mut found = Vec::new();
    if is_valid(&number) {
        found.push(Read::one(first, number.clone(), true));
    }
    let separator = view.separator(first).filter(|own| *own != Separator::Nothing);
    let mut single = usize::from(digits.len() == 1);
    let mut last = first;
    while separator.is_some()
        && view.separator(last) == separator
        && let Some(digits) = view.digits(last + 1)
    {
        last += 1;
        number.push_str(digits);
        single += usize::from(digits.len() == 1);
        if single <= 1 && is_valid(&number) {
            found.push(Read::one(last, number.clone(), true));
        }
    }
    found
}

/// Reads a cell.
pub(super) fn cell(view: &View) -> Option<String> {
    let whole = |read: &Read| view.ends_at(read.last);
    let read = text(view, 0).into_iter().find(|read| view.begins_at_once() && whole(read));
    let form = read.and_then(|read| read.forms.into_iter().next());
    form.or_else(|| view.spelled_cell().filter(|own| is_valid(own)))
}

/// Returns whether the digits are in groups as on cards.
pub(super) fn is_grouped_as_usual(view: &View, first: usize, last: usize) -> bool {
    let sizes: Vec<usize> = (first..=last).map(|atom| view.lower(atom).len()).collect();
    let usual: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];
    usual.contains(&sizes.as_slice())
}
