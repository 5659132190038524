//! The way back from a text that was made of another to the positions of that other.

use std::ops::Range;

/// Where the two texts differ: between two pieces, and before the first, they run byte by byte
/// alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SourceMap(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
    source_start: usize,
    source_end: usize,
}

impl SourceMap {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a piece after all others: `own` was made of `source`. One of the two may be empty.
    pub(crate) fn push(&mut self, own: Range<usize>, source: Range<usize>) {
        self.0.push(Piece {
            start: own.start,
            end: own.end,
            source_start: source.start,
            source_end: source.end,
        });
    }

    /// Returns the span of the source that a span of the text was made of.
    #[inline]
    pub(crate) fn source_span(&self, start: usize, end: usize) -> (usize, usize) {
        if self.0.is_empty() { (start, end) } else { (self.offset(start, false), self.offset(end, true)) }
    }

    fn offset(&self, offset: usize, is_end: bool) -> usize {
        // The last piece that begins before the offset: an end at a piece's beginning belongs
        // before it. Entries are ascending, and spans are asked for rarely: a binary search is
        // enough.
        let index =
            self.0.partition_point(|piece| if is_end { piece.start < offset } else { piece.start <= offset });
        match index.checked_sub(1).map(|index| self.0[index]) {
            None => offset,
            Some(piece) if offset < piece.end && !is_end => piece.source_start,
            Some(piece) if is_end && offset <= piece.end => piece.source_end,
            Some(piece) => piece.source_end + (offset - piece.end),
        }
    }
}
