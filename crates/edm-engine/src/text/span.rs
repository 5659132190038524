//! Spans of a text in bytes, in two coordinate systems that the types keep apart.
//!
//! ```text
//! text   |--------------------------------------------|   TextSpan counts from here
//! zone               |~~~~~~~~|########|~~~~~~~~|         ZoneSpan counts from here
//!                    ^ held text: the zone and its margins
//! ```
//!
//! A scan works on the held text of one zone, so almost everything is a [`ZoneSpan`]. What outlives
//! the zone (matches, row checks, the outcome log) is a [`TextSpan`]. Only
//! [`ZoneText`](super::zone_text::ZoneText) converts between the two.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Marks spans that count from the start of the whole text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FromText;

/// Marks spans that count from the start of the held text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FromZone;

/// A span of bytes, counted from `Origin`. Spans of two origins do not mix.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSpan<Origin> {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
    origin: PhantomData<Origin>,
}

/// A span of the whole text.
pub type TextSpan = ByteSpan<FromText>;

/// A span of the held text of a zone.
pub(crate) type ZoneSpan = ByteSpan<FromZone>;

impl<Origin> fmt::Debug for ByteSpan<Origin> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl<Origin: Copy> ByteSpan<Origin> {
    /// Makes a span from its first byte and the byte after its last one.
    #[inline]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end, origin: PhantomData }
    }

    /// Returns how many bytes the span has.
    #[inline]
    pub(crate) const fn len(self) -> usize {
        self.end - self.start
    }

    /// Returns whether the spans share a byte.
    #[inline]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Returns whether `other` is inside this span.
    #[inline]
    pub(crate) const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Returns the smallest span that contains both.
    pub(crate) fn hull(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// Returns how many bytes are between the spans; 0 if they overlap.
    pub(crate) fn bytes_between(self, other: Self) -> usize {
        let (left, right) = self.in_order(other);
        right.start.saturating_sub(left.end)
    }

    /// Returns both spans, the one that starts first before the other.
    pub(crate) fn in_order(self, other: Self) -> (Self, Self) {
        if self.start <= other.start { (self, other) } else { (other, self) }
    }
}

/// Spans that do not overlap one another.
pub(crate) struct DisjointSpans<Origin> {
    /// The first ones, searched one by one: mostly there are no more.
    few: Vec<ByteSpan<Origin>>,
    /// The others: end by start.
    more: BTreeMap<usize, usize>,
}

impl<Origin: Copy> DisjointSpans<Origin> {
    const FEW: usize = 16;

    pub(crate) const fn new() -> Self {
        Self { few: Vec::new(), more: BTreeMap::new() }
    }

    /// Returns whether one of the spans overlaps `span`.
    pub(crate) fn overlap(&self, span: ByteSpan<Origin>) -> bool {
        // The spans are disjoint, so of those that start before `span` ends only the last can reach
        // into it.
        self.few.iter().any(|taken| taken.overlaps(span))
            || self.more.range(..span.end).next_back().is_some_and(|(_, end)| *end > span.start)
    }

    /// Adds a span, which must overlap none of the others.
    pub(crate) fn insert(&mut self, span: ByteSpan<Origin>) {
        debug_assert!(!self.overlap(span), "spans are disjoint");
        if self.few.len() < Self::FEW {
            self.few.push(span);
        } else {
            self.more.insert(span.start, span.end);
        }
    }
}

/// Returns how many of `count` indices come before the first for which `is_before` is false, by
/// binary search.
pub(crate) fn partition_point(count: usize, is_before: impl Fn(&usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(&middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_compared_by_their_ends() {
        let check = |a: (usize, usize), b: (usize, usize), overlaps: bool, between: usize| {
            let (a, b) = (ZoneSpan::new(a.0, a.1), ZoneSpan::new(b.0, b.1));
            assert_eq!((a.overlaps(b), b.overlaps(a)), (overlaps, overlaps), "{a:?} {b:?}");
            assert_eq!((a.bytes_between(b), b.bytes_between(a)), (between, between), "{a:?} {b:?}");
            assert!(a.hull(b).contains(a) && a.hull(b).contains(b));
        };
        check((0, 3), (3, 5), false, 0);
        check((0, 3), (2, 5), true, 0);
        check((0, 9), (2, 5), true, 0);
        check((0, 3), (7, 9), false, 4);
    }

    #[test]
    fn disjoint_spans_are_found_however_many_there_are() {
        let mut spans = DisjointSpans::new();
        for number in 0..40 {
            let span = ZoneSpan::new(number * 10, number * 10 + 5);
            assert!(!spans.overlap(span));
            spans.insert(span);
            assert!(spans.overlap(ZoneSpan::new(number * 10 + 4, number * 10 + 8)));
            assert!(!spans.overlap(ZoneSpan::new(number * 10 + 5, number * 10 + 10)));
        }
    }
}
