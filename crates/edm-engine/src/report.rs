//! What a scan found, in plain structs.

use edm_model::{LimitKind, Note, Reason, SessionId};

use crate::text::span::TextSpan;

/// A piece of the scanned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// Where it begins, in the query's units.
    pub start_units: u64,
    /// Where it ends, in the query's units.
    pub end_units: u64,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The types that have a match of at least the minimum confidence, in the order of the query.
    pub types: Vec<TypeReport>,
    /// Why values that were found are no match; filled if the query wants explanations.
    pub diagnostics: Vec<Diagnostic>,
    /// Matches below the minimum confidence, which are not listed.
    pub below: Below,
    /// Whether the scan was stopped before its end.
    pub stopped: bool,
}

/// Matches that are counted and not listed, because the minimum confidence is higher.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Below {
    /// How many there are, of all types.
    pub count: u64,
    /// Where primary values of them are: the first 10,000 of each type.
    pub places: Vec<TextSpan>,
}

/// What was found of one sensitive type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeReport {
    /// The type's position in the query.
    pub type_index: usize,
    /// The highest confidence of a match.
    pub confidence: u8,
    /// Distinct primary values (for a type without primaries, distinct records) at the minimum
    /// confidence or above; no more than a bound that is among the limits once it is met.
    pub unique_count: u32,
    /// The same for each confidence that occurs, below the minimum too, from the highest down.
    pub counts: Vec<ConfidenceCount>,
    /// The matches, in text order.
    pub matches: Vec<Match>,
    /// Whether there are more matches than are listed.
    pub truncated: bool,
    /// Bounds that were met.
    pub limits: Vec<Limit>,
}

/// How much was found at one confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfidenceCount {
    /// The confidence.
    pub confidence: u8,
    /// Distinct primary values or records.
    pub unique_count: u32,
    /// Matches.
    pub match_count: u32,
}

/// One match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Where the primary value is.
    pub span: Span,
    /// Its text: of a text in pieces the scanner keeps only a part.
    pub text: String,
    /// The position of its column.
    pub column: usize,
    /// The confidence of the best pattern that it reaches.
    pub confidence: u8,
    /// The records that reach that pattern, ascending, at most 10.
    pub rows: Vec<RowReference>,
    /// Whether there are more such records.
    pub rows_truncated: bool,
    /// What else of the record is near, in text order.
    pub evidences: Vec<Evidence>,
}

/// A record of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowReference {
    /// Its number: the first below the header is 1.
    pub record: u64,
    /// The session that brought the file.
    pub session_id: SessionId,
}

/// A value of the same record near the primary value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it is.
    pub span: Span,
    /// Its text.
    pub text: String,
    /// The position of its column.
    pub column: usize,
    /// Whether the pattern counted it.
    pub counted: bool,
}

/// A bound that was met, so that something may have been left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Which one.
    pub kind: LimitKind,
    /// The bound.
    pub allowed: u64,
}

/// Why values of a type's table that were found are no match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The type's position in the query.
    pub type_index: usize,
    /// Bounds that were met.
    pub limits: Vec<Limit>,
    /// The values, in text order.
    pub unmatched: Vec<Unmatched>,
}

/// A value that was found and reached no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Why: the first reason that holds (`docs/matching.md`, Explanations).
    pub reason: Reason,
    /// Where it is.
    pub span: Span,
    /// Its text.
    pub text: String,
    /// The position of its column.
    pub column: usize,
    /// What is near it and why that is not enough. Notes name columns, rows and offsets, never a
    /// value.
    pub notes: Vec<Note>,
}
