//! What a scan is asked.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use edm_model::{OffsetUnit, Pattern, SensitiveTypeId};

use crate::generation::Generation;
use crate::prepared::PreparedTypes;

/// A sensitive type with the generation that it looks into.
#[derive(Debug)]
pub struct ActiveType {
    /// Its id.
    pub id: SensitiveTypeId,
    /// Its name.
    pub name: String,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match.
    pub redact_confidence: u8,
    /// Whether it is its store's default type: then only values that can identify anchor a match
    /// (matching, section 5).
    pub default_type: bool,
    /// Its patterns, with names of the generation's columns.
    pub patterns: Vec<Pattern>,
    /// The live generation of its store.
    pub generation: Arc<Generation>,
}

/// A span that the caller already found suspicious, in the query's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateSpan {
    /// Where it begins.
    pub offset_units: u64,
    /// How long it is.
    pub length_units: u64,
}

/// Values whose rows are not looked for: records of those who may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exempt {
    /// The name of a column; stores that have none of this name are not touched.
    pub column: String,
    /// The values, as a cell would hold them.
    pub values: Vec<String>,
}

/// Which of the steps that only save work are used. Switching one off changes no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accelerators {
    /// Pass over windows of a shape that no value has.
    pub shapes: bool,
    /// Pass over windows of several atoms of which one occurs in no such value.
    pub vocabulary: bool,
    /// Ask the filter before the entries.
    pub filter: bool,
}

impl Default for Accelerators {
    fn default() -> Self {
        Self { shapes: true, vocabulary: true, filter: true }
    }
}

/// What a scan has found so far, for whoever must leave time to tell it.
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
    /// For each type, by its position, what takes the place of `minimum_confidence`; empty: that one for all.
    pub minimum_by_type: &'a [u8],
    /// Where primary values must stand; everywhere if empty.
    pub candidates: &'a [CandidateSpan],
    /// What places are counted in: those of candidates and those that are told.
    pub offset_unit: OffsetUnit,
    /// Whose rows to leave out.
    pub exempt: &'a [Exempt],
    /// Whether to say why values that were found are no match.
    pub explain: bool,
    /// Which accelerators to use.
    pub accelerators: Accelerators,
    /// Asked now and then; once it says `true` the scan ends with what it has.
    pub should_stop: &'a (dyn Fn() -> bool + Sync),
    /// Told what is found while it is found.
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
            exempt: &[],
            explain: false,
            accelerators: Accelerators::default(),
            should_stop: &|| false,
            progress: None,
        }
    }
}
