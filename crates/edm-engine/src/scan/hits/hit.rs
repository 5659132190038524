//! A value of a table in the text.

use std::ops::Range;

use edm_hash::Hash;

use crate::text::span::ZoneSpan;

/// A searchable value of a table in the text: a window whose hash is in the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) table: usize,
    pub(crate) column: usize,
    pub(crate) span: ZoneSpan,
    pub(crate) hash: Hash,
    /// It is joined to other characters and may match only with evidence.
    pub(crate) needs_evidence: bool,
    /// It is in the written form of its column's type (`edm_hash::Window`).
    pub(crate) written_form: bool,
    /// It can be the primary value of a default type's match.
    pub(crate) can_be_primary: bool,
    /// It is long enough to count as evidence.
    pub(crate) counts_as_evidence: bool,
}

/// Returns where one table's hits are among all, which are ordered by table.
pub(crate) fn of_table(hits: &[Hit], table: usize) -> Range<usize> {
    hits.partition_point(|hit| hit.table < table)..hits.partition_point(|hit| hit.table <= table)
}

/// Returns where the hits that start in a span are among one table's, which are in text order.
pub(crate) fn starting_in(hits: &[Hit], span: ZoneSpan) -> Range<usize> {
    let from = hits.partition_point(|hit| hit.span.start < span.start);
    let to = hits.partition_point(|hit| hit.span.start < span.end);
    from..to.max(from)
}
