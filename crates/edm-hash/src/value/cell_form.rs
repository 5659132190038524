//! What a cell turns out to be.

use std::fmt;

/// Why a cell was taken as absent although something is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CellRefusal {
    /// The cell is no value of its column's type.
    NotThisType,
    /// The cell has more digits than the column's width.
    TooWide,
    /// The cell has more atoms than the store matches.
    TooManyTokens,
    /// The cell's canonical form is longer than a value may be.
    TooLong,
}

impl fmt::Display for CellRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CellRefusal::NotThisType => "the cell is no value of the column's data type",
            CellRefusal::TooWide => "the cell has more digits than the column's width",
            CellRefusal::TooManyTokens => "the cell has more words than maximumNumberOfTokens of the store",
            CellRefusal::TooLong => "the cell is longer than 4096 bytes",
        })
    }
}

/// What a cell turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellForm {
    /// A value: its canonical form was appended.
    Present,
    /// Nothing is in it.
    Absent,
    /// A placeholder such as `N/A` is in it.
    Placeholder,
    /// Something is in it that the column cannot hold.
    Refused(CellRefusal),
}
