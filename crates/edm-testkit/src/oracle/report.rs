//! What the oracle answers: the engine's report in the oracle's own words.

/// A place in the text, in bytes and in UTF-16 units.
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

/// Another value of the row, beside the primary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Where it stands.
    pub span: Span,
    /// The column that it is counted for, or the first that it equals.
    pub column: usize,
    /// Whether it counts.
    pub counted: bool,
}

/// A primary value that reaches a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Where it stands.
    pub span: Span,
    /// The column of the value.
    pub column: usize,
    /// The confidence of the best pattern.
    pub confidence: u8,
    /// Record numbers that reach it, the first record is 1.
    pub rows: Vec<u64>,
    /// Whether there are more.
    pub rows_truncated: bool,
    /// The other values found, in the order of the text.
    pub evidences: Vec<Evidence>,
}

/// How many matches there are of one confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfidenceCount {
    /// The confidence.
    pub confidence: u8,
    /// Distinct values or records.
    pub unique_count: u32,
    /// Matches.
    pub match_count: u32,
}

/// What one sensitive type finds in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The highest confidence of its matches.
    pub confidence: u8,
    /// Distinct values or records at or above the minimum confidence.
    pub unique_count: u32,
    /// By confidence, highest first, whatever the minimum.
    pub counts: Vec<ConfidenceCount>,
    /// The matches at or above the minimum confidence, in the order of the text.
    pub matches: Vec<Match>,
}
