//! The way back from a text that was made of another to the positions of that other.

/// Where the two texts differ: between two pieces, and in front of the first, they run byte by byte alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pieces(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
    source_start: usize,
    source_end: usize,
}

impl Pieces {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a piece behind all others: `own` was made of `source`. One of the two may be empty.
    pub(crate) fn push(&mut self, own: (usize, usize), source: (usize, usize)) {
        self.0.push(Piece { start: own.0, end: own.1, source_start: source.0, source_end: source.1 });
    }

    /// Returns the span of the source that a span of the text was made of.
    #[inline]
    pub(crate) fn source_span(&self, start: usize, end: usize) -> (usize, usize) {
        if self.0.is_empty() { (start, end) } else { (self.offset(start, false), self.offset(end, true)) }
    }

    fn offset(&self, offset: usize, is_end: bool) -> usize {
        // The last piece that begins before the offset: an end at a piece's beginning belongs before it.
        let index =
            self.0.partition_point(|piece| if is_end { piece.start < offset } else { piece.start <= offset });
        match index.checked_sub(1).and_then(|index| self.0.get(index)) {
            None => offset,
            Some(piece) if offset < piece.end && !is_end => piece.source_start,
            Some(piece) if is_end && offset <= piece.end => piece.source_end,
            Some(piece) => piece.source_end + (offset - piece.end),
        }
    }
}
