//! Numbers that are written digit by digit (rule N5).

use super::super::reading::{Kind, Reading};

const DIGITS_MIN: usize = 6;

/// A spelled number: its first and last atom and its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) digits: String,
}

/// Returns all spelled numbers of a text.
pub(crate) fn spelled(reading: &Reading) -> Vec<Spelled> {
    let mut found = Vec::new();
    let mut run: Option<Spelled> = None;
    for atom in 0..reading.atoms.len() {
        let digit = reading.atom(atom);
        let is_one = reading.atoms[atom].kind == Kind::Digits && digit.len() == 1;
        match &mut run {
            Some(open) if is_one && joins(&reading.gap_before(atom)) => {
                open.last = atom;
                open.digits.push_str(&digit);
            }
            _ => {
                found.extend(run.take());
                run = is_one.then_some(Spelled { first: atom, last: atom, digits: digit });
            }
        }
    }
    found.extend(run);
    found.retain(|number| number.digits.len() >= DIGITS_MIN);
    found
}

fn joins(gap: &[char]) -> bool {
    (1..=3).contains(&gap.len()) && gap.iter().all(|character| " .-/|│_[]()".contains(*character))
}
