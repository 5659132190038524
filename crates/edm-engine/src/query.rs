//! The input of a scan.

use std::sync::atomic::AtomicU64;

use edm_model::OffsetUnit;

use crate::prepared::active_type::Accelerators;
use crate::prepared::exclusion::Exclusion;
use crate::prepared::types::PreparedTypes;

/// A span that the caller already found suspicious, in the query's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateSpan {
    /// Where it begins.
    pub offset_units: u64,
    /// How long it is.
    pub length_units: u64,
}

/// What a scan has found so far: a caller with a deadline plans the time to report it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Matches of every type, hidden and unlisted ones counted.
    pub matches: AtomicU64,
    /// Their evidences.
    pub evidences: AtomicU64,
}

/// A text and what to look for in it. A [`crate::Scanner`] takes further pieces of the text.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// The text.
    pub text: &'a str,
    /// The types to look for.
    pub types: &'a PreparedTypes,
    /// Matches below are counted, not listed.
    pub minimum_confidence: u8,
    /// For each type, by its position, what replaces `minimum_confidence`; empty: that one for all.
    pub minimum_by_type: &'a [u8],
    /// The spans that primary values must overlap; everywhere if empty.
    pub candidates: &'a [CandidateSpan],
    /// What offsets are counted in, in candidates and in the report.
    pub offset_unit: OffsetUnit,
    /// Values whose rows to leave out.
    pub exclusions: &'a [Exclusion],
    /// Whether to explain why values that were found are no match.
    pub explain: bool,
    /// Which accelerators to use.
    pub accelerators: Accelerators,
    /// Called now and then; once it returns `true` the scan ends with what it has.
    pub should_stop: &'a (dyn Fn() -> bool + Sync),
    /// Counts what is found while it is found.
    pub progress: Option<&'a Progress>,
}

impl<'a> Query<'a> {
    /// Returns the confidence from which on matches of a type are listed.
    pub(crate) fn minimum_of(&self, type_index: usize) -> u8 {
        self.minimum_by_type.get(type_index).copied().unwrap_or(self.minimum_confidence)
    }

    /// Makes a query for everything, everywhere, without explanations.
    pub fn new(text: &'a str, types: &'a PreparedTypes) -> Self {
        Self {
            text,
            types,
            minimum_confidence: 1,
            minimum_by_type: &[],
            candidates: &[],
            offset_unit: OffsetUnit::Utf16,
            exclusions: &[],
            explain: false,
            accelerators: Accelerators::default(),
            should_stop: &|| false,
            progress: None,
        }
    }
}
