//! The data types that a column is tried for. Each type's own recogniser decides of each cell.

use edm_hash::Canonicaliser;
use edm_model::{DataType, Rule};

/// The share of a column's cells that must be values of a type for it to be suggested, in percent.
const FITTING_PERCENT: u64 = 95;

/// A type that may be suggested.
pub(super) struct Candidate {
    pub(super) data_type: DataType,
    /// Whether the type takes nearly any text, so that taking says little: then no cell may hold a digit, and the
    /// values must rarely agree.
    permissive: bool,
}

/// The narrowest first: the first that fits is suggested, and `text` where none does. One line for each type.
pub(super) const CANDIDATES: &[Candidate] = &[
    Candidate { data_type: DataType::Email, permissive: false },
    Candidate { data_type: DataType::Digits { width: None }, permissive: false },
    Candidate { data_type: DataType::Name, permissive: true },
];

impl Candidate {
    /// Returns the recogniser.
    pub(super) fn canonicaliser(&self, tokens_max: u32) -> Canonicaliser {
        Canonicaliser::new(&Rule { data_type: self.data_type.clone(), ..Rule::default() }, tokens_max)
    }

    /// Returns whether the recogniser is asked about this cell at all.
    pub(super) fn may_be(&self, cell: &str) -> bool {
        !self.permissive || !cell.chars().any(char::is_numeric)
    }

    /// Returns whether a column of so many cells, of which so many were taken, is of the type.
    pub(super) fn fits(&self, taken: u64, cells: u64, evidence: bool) -> bool {
        cells > 0 && taken * 100 >= cells * FITTING_PERCENT && (!self.permissive || evidence)
    }
}
