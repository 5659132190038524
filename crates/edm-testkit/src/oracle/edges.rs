//! Where a run of atoms may start and end in a text (`docs/matching.md`).

use super::reading::{Kind, Reading, is_white};

const SOFT_EDGE_DIGITS_MIN: usize = 6;

/// How a run of atoms starts or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// At the start or end of the text, a gap or a cluster.
    Full,
    /// Between a letter and a digit.
    Soft,
}

/// The front and the back edge of a stretch; `None` where it has none.
pub(crate) type Edges = (Option<Edge>, Option<Edge>);

/// Consecutive atoms of a view, both ends included.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Stretch<'_> {
    /// Returns the edge before the run, if the run may start there.
    pub(crate) fn front(&self) -> Option<Edge> {
        let outer = self.first.checked_sub(1).map(|before| self.kind(before));
        self.edge(self.first, outer, &self.reading.gap_before(self.first))
    }

    /// Returns the edge after the run, if the run may end there.
    pub(crate) fn back(&self) -> Option<Edge> {
        let outer = self.reading.atoms.get(self.last + 1).map(|after| after.kind);
        self.edge(self.last, outer, &self.reading.gap_after(self.last))
    }

    /// Returns the edges before and after the run.
    pub(crate) fn edges(&self) -> Edges {
        (self.front(), self.back())
    }

    /// Returns the edges of a run that may be a number of some groups: it may be joined to a word,
    /// however few digits its groups have.
    pub(crate) fn number_edges(&self) -> Edges {
        let soft = |edge: Option<Edge>| edge.or(Some(Edge::Soft));
        (soft(self.front()), soft(self.back()))
    }

    /// Returns the edges of a window of digits alone: its atoms count together.
    pub(crate) fn digit_edges(&self) -> Edges {
        let atoms = self.first..=self.last;
        let digits: usize = atoms.clone().map(|atom| self.reading.atom(atom).chars().count()).sum();
        let alone = atoms.into_iter().all(|atom| self.kind(atom) == Kind::Digits);
        if alone && digits >= SOFT_EDGE_DIGITS_MIN { self.number_edges() } else { self.edges() }
    }

    fn edge(&self, own: usize, outer: Option<Kind>, gap: &[char]) -> Option<Edge> {
        let clusters = self.kind(own) == Kind::Cluster || outer == Some(Kind::Cluster);
        if outer.is_none() || !gap.is_empty() || clusters {
            return Some(Edge::Full);
        }
        let long = self.reading.atom(own).chars().count() >= SOFT_EDGE_DIGITS_MIN;
        (self.kind(own) == Kind::Digits && long).then_some(Edge::Soft)
    }

    /// Returns whether a number continues before or after the run, joined like the neighbouring
    /// parts within it.
    pub(crate) fn is_continued(&self) -> bool {
        if self.first == self.last {
            return false;
        }
        let digits = |atom: Option<usize>| {
            atom.and_then(|atom| self.reading.atoms.get(atom)).is_some_and(|atom| atom.kind == Kind::Digits)
        };
        let same =
            |inner: Vec<char>, outer: Vec<char>| inner.len() == 1 && !is_white(inner[0]) && inner == outer;
        let behind = digits(Some(self.last))
            && digits(Some(self.last - 1))
            && digits(Some(self.last + 1))
            && same(self.reading.gap_after(self.last - 1), self.reading.gap_after(self.last));
        let before = digits(Some(self.first))
            && digits(Some(self.first + 1))
            && digits(self.first.checked_sub(1))
            && same(self.reading.gap_after(self.first), self.reading.gap_before(self.first));
        behind || before
    }

    fn kind(&self, atom: usize) -> Kind {
        self.reading.atoms[atom].kind
    }
}
