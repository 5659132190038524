//! Where a value may start and end in a text (`docs/matching.md`, Windows: edges, continued
//! numbers).

use crate::text::fold::{Atom, AtomKind, Folded};
use crate::text::gap;

/// Digits that an atom needs to begin or end a window at a soft edge.
pub(crate) const SOFT_EDGE_DIGITS: u32 = 6;

/// Returns whether a window may begin with this atom, and is attached for it.
pub(crate) fn begins(folded: &Folded, first: usize) -> Option<bool> {
    match first.checked_sub(1).filter(|before| folded.touches_next(*before)) {
        Some(before) => between(folded.atom(first)?, folded.atom(before)?),
        None => Some(false),
    }
}

/// Returns whether a window may end with this atom, and is attached for it.
pub(crate) fn ends(folded: &Folded, last: usize) -> Option<bool> {
    if !folded.touches_next(last) {
        return Some(false);
    }
    between(folded.atom(last)?, folded.atom(last + 1)?)
}

/// Returns whether a number that begins with this atom is attached, however few digits the atom
/// has: letters touch it (`docs/formats/hash.md`, rule N4).
pub(crate) fn is_joined_before(folded: &Folded, first: usize) -> bool {
    begins(folded, first).unwrap_or(true)
}

/// Returns whether a number that ends with this atom is attached for that.
pub(crate) fn is_joined_after(folded: &Folded, last: usize) -> bool {
    ends(folded, last).unwrap_or(true)
}

/// Judges two atoms with nothing between.
fn between(own: Atom, other: Atom) -> Option<bool> {
    // Scripts without spaces touch everywhere: an edge there says nothing.
    if own.kind == AtomKind::Cluster || other.kind == AtomKind::Cluster {
        return Some(false);
    }
    // A soft edge: a long number that touches letters may be a value, but only with evidence.
    (own.kind == AtomKind::Digits && own.end - own.start >= SOFT_EDGE_DIGITS).then_some(true)
}

/// Returns whether the window cuts a longer number: its own last (first) two atoms are digits, and
/// the same single character joins them and the digits after (before).
pub(crate) fn continues(folded: &Folded, first: usize, last: usize) -> bool {
    let digits = |index: usize| folded.digits().contains(index);
    if last == first || !digits(last) && !digits(first) {
        return false;
    }
    let joint = |index: usize| {
        let gap = folded.gap(index);
        let mut characters = gap.chars();
        // A space parts numbers; `-`, `.` or `/` may continue one.
        let one = characters.next().is_some_and(|c| !gap::is_white(c)) && characters.next().is_none();
        one.then_some(gap)
    };
    let same = |own: usize, other: usize| joint(own).is_some() && joint(own) == joint(other);
    let behind = digits(last - 1) && digits(last) && digits(last + 1) && same(last - 1, last);
    let before =
        first > 0 && digits(first - 1) && digits(first) && digits(first + 1) && same(first, first - 1);
    behind || before
}
