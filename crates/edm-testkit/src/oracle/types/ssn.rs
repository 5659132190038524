//! Social security numbers.

use super::Read;
use super::separator::{Separator, is_two_spaces};
use super::view::View;

/// Returns whether the digits are a number.
pub(super) fn is_valid(digits: &str) -> bool {
    if digits.len() != 9 {
        return false;
    }
    let (area, rest) = digits.split_at(3);
    let (group, serial) = rest.split_at(2);
    !["000", "666"].contains(&area) && group != "00" && serial != "0000"
}

/// Reads a number, grouped or not.
pub(super) fn text(view: &View, first: usize) -> Option<Read> {
    let digits = view.digits(first)?;
    if digits.len() == 9 {
        return is_valid(digits).then(|| Read::one(first, digits.to_owned(), false));
    }
    let (group, serial) = (view.digits(first + 1)?, view.digits(first + 2)?);
    let separator = view.separator(first).filter(|own| *own != Separator::Nothing)?;
    let columns = |atom: usize| is_two_spaces(&view.reading.gap_after(atom));
    let alike = view.separator(first + 1)? == separator && !columns(first) && !columns(first + 1);
    let sizes = [digits.len(), group.len(), serial.len()] == [3, 2, 4];
    let number = format!("{digits}{group}{serial}");
    (alike && sizes && is_valid(&number)).then(|| Read::one(first + 2, number, true))
}

/// Reads a cell, which may have lost its leading zeros.
pub(super) fn cell(view: &View) -> Option<String> {
    if !view.begins_at_once() {
        return None;
    }
    let short = view.digits(0).filter(|digits| [7, 8].contains(&digits.len()) && view.ends_at(0));
    if let Some(digits) = short {
        let number = format!("{digits:0>9}");
        return is_valid(&number).then_some(number);
    }
    let read = text(view, 0).filter(|read| view.ends_at(read.last));
    read.and_then(|read| read.forms.into_iter().next())
        .or_else(|| view.spelled_cell().filter(|own| is_valid(own)))
}
