//! The oracle's report: a copy of the engine's with separate types.

/// A span of the text, in bytes and in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One after the last byte.
    pub end: usize,
    /// First UTF-16 unit.
    pub start_utf16: u64,
    /// One after the last UTF-16 unit.
    pub end_utf16: u64,
}

/// Another value of the row near the primary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Its span.
    pub span: Span,
    /// The column that it counts for, or the first that it equals.
    pub column: usize,
    /// Whether it counts.
    pub counted: bool,
}

/// A primary value that satisfies a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Its span.
    pub span: Span,
    /// The column of the value.
    pub column: usize,
    /// The confidence of the best pattern.
    pub confidence: u8,
    /// The record numbers that satisfy it, counted from 1.
    pub rows: Vec<u64>,
    /// Whether there are more.
    pub rows_truncated: bool,
    /// The other values found, in the order of the text.
    pub evidences: Vec<Evidence>,
}

/// The number of matches with one confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfidenceCount {
    /// The confidence.
    pub confidence: u8,
    /// Distinct values or records.
    pub unique_count: u32,
    /// Matches.
    pub match_count: u32,
}

/// The findings of one sensitive type in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The highest confidence of its matches.
    pub confidence: u8,
    /// Distinct values or records at or above the minimum confidence.
    pub unique_count: u32,
    /// The counts by confidence, highest first, regardless of the minimum.
    pub counts: Vec<ConfidenceCount>,
    /// The matches at or above the minimum confidence, in text order.
    pub matches: Vec<Match>,
}
