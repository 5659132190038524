//! Numbers with a check digit that are values of no store: what is inside one is no value by
//! itself.

use std::ops::Range;

use edm_model::Delimiters;

use crate::text::fold::Folded;
use crate::value::card;
use crate::value::iban::Iban;
use crate::value::recognised::Recogniser;
use crate::window::found::Window;

/// The most atoms that a number of [`checked_numbers`] has: those of an account number, one
/// character each.
pub const CHECKED_NUMBER_ATOMS_MAX: usize = 34;

/// Calls `found` with every valid card number, grouped as cards are
/// printed, and of every valid account number (IBAN) that begins at an atom of `starts`: what is
/// inside one is no value by itself (`docs/matching.md`).
pub fn checked_numbers(folded: &Folded, starts: &Range<usize>, mut found: impl FnMut(Window)) {
    let mut each = |window: Window, _: &[u8]| found(window);
    // Only groups as cards are printed: any 16 digits in a row pass the check once in ten times.
    card::printed(folded, starts, &mut each);
    Iban { delimiters: &Delimiters::default() }.candidates(folded, starts, &mut each);
}
