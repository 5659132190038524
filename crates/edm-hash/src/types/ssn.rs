//! The type `ssn` in cells and text (`docs/formats/hash.md`, section 8).

use std::ops::Range;

use edm_model::Delimiters;

use super::Found;
use crate::canonical::CellRefusal;
use crate::fold::Folded;

/// Appends the canonical form of a folded cell.
pub(crate) fn push_cell(
    _folded: &Folded,
    _delimiters: &Delimiters,
    _out: &mut Vec<u8>,
) -> Result<(), CellRefusal> {
    Err(CellRefusal::NotThisType)
}

/// Calls `found` with every value that begins at an atom of `starts`.
pub(crate) fn candidates(
    _folded: &Folded,
    _starts: &Range<usize>,
    _delimiters: &Delimiters,
    _found: Found<'_>,
) {
}
