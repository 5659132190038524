//! What of a row is near a primary value.

use crate::text::span::ZoneSpan;

/// A value of the row near the hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowMatch {
    pub(crate) span: ZoneSpan,
    pub(crate) column: usize,
    /// Whether the value is long enough to count as evidence.
    pub(crate) counts_as_evidence: bool,
    /// Whether it is attached: it holds for nothing beside another attached value.
    pub(crate) needs_evidence: bool,
}

/// A row and what of it is near.
pub(crate) struct RowMatches {
    pub(crate) row: u32,
    /// `None` when the text has used up its row checks: it is not known what is near.
    pub(crate) matches: Option<Vec<RowMatch>>,
}
