//! Dates whose years are counted from the begin of an era (docs/formats/hash.md#d7).
//!
//! ```text
//! 昭 和 57 年 3 月 4 日      full name, signs
//! S 57 . 3 . 4               short for it, numbers
//! 令 和 元 年 5 月 1 日      the first year
//! ```

use crate::value::atom_reader::{AtomReader, Joint};
use crate::value::date::words::{Era, era_named, era_of_letter};
use crate::value::date::{Number, Written, joined_alike, of_day, signed_month_and_day};

/// Reads a date that begins with an era; returns its last atom too.
pub(super) fn read(atoms: AtomReader<'_>, first: usize) -> Option<(usize, Written)> {
    let (era, name) = era_at(atoms, first)?;
    let number = name + 1;
    // The first year has a sign instead of a number.
    let year = match atoms.cluster(number) {
        Some(sign) => (sign == "元").then_some(1)?,
        None => of_day(Number::of(atoms.digits(number)?)?)?,
    };
    let signed = || {
        let (month, day) = signed_month_and_day(atoms, number)?;
        let joins = matches!(atoms.joint(name), Some(Joint::Nothing | Joint::Written(" ")));
        joins.then_some((number + 5, Written::OfEra { era, year, month, day }))
    };
    let numeric = || {
        let (month, day) = joined_alike(atoms, number)?;
        let joins = matches!(atoms.joint(name), Some(Joint::Nothing | Joint::Written(".")));
        let written = Written::OfEra { era, year, month: month.small(), day: of_day(day)? };
        joins.then_some((number + 2, written))
    };
    signed().or_else(numeric)
}

/// Returns whether the clusters of an era are directly before an atom.
pub(super) fn is_behind_era(atoms: AtomReader<'_>, first: usize) -> bool {
    let Some(last) = first.checked_sub(1) else { return false };
    if atoms.cluster(last).is_none() || !atoms.folded.touches_next(last) {
        return false;
    }
    // A short name is one atom, a full one two.
    [Some(last), last.checked_sub(1)]
        .into_iter()
        .flatten()
        .any(|from| atoms.cluster(from).is_some() && era_at(atoms, from).is_some_and(|(_, own)| own == last))
}

/// Returns the era whose name begins with an atom, and the last atom of the name.
fn era_at(atoms: AtomReader<'_>, first: usize) -> Option<(Era, usize)> {
    let Some(cluster) = atoms.cluster(first) else {
        return era_of_letter(atoms.letters(first)?).map(|era| (era, first));
    };
    let second = atoms.cluster(first + 1).filter(|_| atoms.folded.touches_next(first));
    let full = second.and_then(|second| era_named(&format!("{cluster}{second}")));
    full.map(|era| (era, first + 1)).or_else(|| era_named(cluster).map(|era| (era, first)))
}
