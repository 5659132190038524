//! Where a value may begin and end in a text (`docs/matching.md`, Windows: edges, continued numbers).

use crate::fold::{Atom, AtomKind, Folded};
use crate::gap;

/// Digits that an atom needs to begin or end a window at a soft edge.
const SOFT_EDGE_DIGITS: u32 = 6;

/// Whether a window may begin with this atom, and is attached for it.
pub(crate) fn begins(folded: &Folded, first: usize) -> Option<bool> {
    let atom = folded.atom(first)?;
    match first.checked_sub(1).and_then(|before| Some((before, folded.atom(before)?))) {
        Some((before, other)) => between(folded.gap(before), atom, other),
        None => Some(false),
    }
}

/// Whether a window may end with this atom, and is attached for it.
pub(crate) fn ends(folded: &Folded, last: usize) -> Option<bool> {
    let atom = folded.atom(last)?;
    match folded.atom(last + 1) {
        Some(other) => between(folded.gap(last), atom, other),
        None => Some(false),
    }
}

fn between(gap: &str, own: Atom, other: Atom) -> Option<bool> {
    if !gap.is_empty() || own.kind == AtomKind::Cluster || other.kind == AtomKind::Cluster {
        return Some(false);
    }
    (own.kind == AtomKind::Digits && own.end - own.start >= SOFT_EDGE_DIGITS).then_some(true)
}

/// Whether the window cuts a longer number: its own last (first) two atoms are digits, and the same single
/// character joins them and the digits behind (in front).
pub(crate) fn continues(folded: &Folded, first: usize, last: usize) -> bool {
    if last == first {
        return false;
    }
    let digits = |index: usize| folded.atom(index).is_some_and(|atom| atom.kind == AtomKind::Digits);
    let joint = |index: usize| {
        let gap = folded.gap(index);
        let mut characters = gap.chars();
        let one = characters.next().is_some_and(|c| !gap::is_white(c)) && characters.next().is_none();
        one.then_some(gap)
    };
    let same = |own: usize, other: usize| joint(own).is_some() && joint(own) == joint(other);
    let behind = digits(last - 1) && digits(last) && digits(last + 1) && same(last - 1, last);
    let before =
        first > 0 && digits(first - 1) && digits(first) && digits(first + 1) && same(first, first - 1);
    behind || before
}
