//! Atoms in a row, with what a rule makes of the gaps between them: each gap is judged once,
//! however many windows go over it.
//!
//! Problem: the windows from neighbouring atoms share all gaps but one. Judging each window's gaps
//! again was most of the time of a walk.
//!
//! Idea: the run keeps, for each atom, where it begins in the canonical form *of the whole run*. A
//! window's length is then a difference, and its form is a slice of the folded text unless a gap
//! changed inside it:
//!
//! ```text
//! text     Ann   van--der   Berg         rule ignores `-`, two spaces become one
//! start    0     4    7     11           in the run's form "ann vander berg"
//! changes  0     1    2     3            gaps so far whose form is not their text
//! window van..der: changes differ -> the form is put together; equal -> it is text[start..end]
//! ```
//!
//! What must stay true: atoms are asked for in ascending order, at most one after those asked
//! before. A run is begun again after [`ATOMS_MAX`] atoms, so that it stays in the nearest cache.

use std::ops::Range;

use edm_model::{DataType, Rule};

use crate::text::char_class;
use crate::text::fold::Folded;
use crate::text::gap::{self, CanonicalGap};
use crate::text::rule_text::RuleText;
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;

/// A stretch is begun again where it has more atoms than this, so that it stays in the processor's
/// nearest memory.
const ATOMS_MAX: usize = 512;

/// Bytes that are asked together whether they are ASCII.
const BYTES_SEEN: usize = 256;

/// An atom, and the gap after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtomAndGap {
    /// Where it begins and ends in the form of the whole stretch: a window's form is as long as
    /// from its first to its last.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// How many gaps before it look otherwise in a form than in the text.
    changes: u32,
    /// The classes of its characters, and of what represents the gap.
    pub(crate) mask: u8,
    pub(crate) gap_mask: u8,
    /// What is known of it and of the gap.
    flags: u8,
}

/// Windows go over the gap.
const CROSSED: u8 = 1;
/// Nothing represents the gap, and both atoms are letters, or digits: together they are one.
const MERGES: u8 = 2;
/// Nothing represents the gap and the next atom begins with a mark: it may belong to this one.
const MARKED: u8 = 4;
/// An ignored gap between digits.
const IGNORED: u8 = 8;
/// One that is not white space alone.
const VISIBLE: u8 = 16;
/// A name's comma.
const COMMA: u8 = 32;
/// A value of several atoms may hold the atom.
const KNOWN: u8 = 64;

impl AtomAndGap {
    pub(crate) fn is_known(self) -> bool {
        self.flags & KNOWN != 0
    }

    pub(crate) fn is_crossed(self) -> bool {
        self.flags & CROSSED != 0
    }

    pub(crate) fn merges(self) -> bool {
        self.flags & MERGES != 0
    }

    pub(crate) fn is_comma(self) -> bool {
        self.flags & COMMA != 0
    }
}

/// What joins the atoms of a window.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GapFlags(u8);

impl GapFlags {
    pub(crate) fn add(&mut self, piece: AtomAndGap) {
        self.0 |= piece.flags;
    }

    /// Returns whether an atom that begins with a mark joined what is before it: then the canonical
    /// form is cut otherwise than the text, and nothing is known of its atoms before it is whole.
    pub(crate) fn is_irregular(self) -> bool {
        self.0 & MARKED != 0
    }

    /// Returns whether all ignored gaps between digits are white space alone, and there are some.
    pub(crate) fn are_white(self) -> bool {
        self.0 & (IGNORED | VISIBLE) == IGNORED
    }
}

/// What a stretch works in.
#[derive(Default)]
pub(crate) struct AtomRunScratch {
    pieces: Vec<AtomAndGap>,
    room: Vec<u8>,
}

/// Some atoms in a row of a folded text.
pub(crate) struct AtomRun<'a> {
    rule: &'a Rule,
    folded: &'a Folded,
    /// Those that values may hold: no window of a text goes over others.
    signs: SignSet,
    is_text: bool,
    /// Windows have one atom: digits without ignored delimiters.
    crosses_none: bool,
    /// Bytes of the text that were looked at, and whether all of them are ASCII.
    seen: Range<u32>,
    is_ascii: bool,
    first: usize,
    pieces: Vec<AtomAndGap>,
    /// Bytes of gaps so far that no form has.
    removed: u32,
    changes: u32,
    room: Vec<u8>,
}

impl<'a> AtomRun<'a> {
    pub(crate) fn new(mut scratch: AtomRunScratch, text: RuleText<'a>, signs: SignSet) -> Self {
        let RuleText { rule, folded } = text;
        scratch.pieces.clear();
        let is_digits = matches!(rule.data_type, DataType::Digits { .. });
        Self {
            rule,
            folded,
            signs,
            is_text: rule.data_type == DataType::Text,
            crosses_none: is_digits && rule.delimiters.is_empty(),
            seen: 0..0,
            is_ascii: false,
            first: 0,
            pieces: scratch.pieces,
            removed: 0,
            changes: 0,
            room: scratch.room,
        }
    }

    /// Returns the scratch, for the next.
    pub(crate) fn into_scratch(self) -> AtomRunScratch {
        AtomRunScratch { pieces: self.pieces, room: self.room }
    }

    /// Makes ready for windows that begin at an atom.
    pub(crate) fn begin(&mut self, atom: usize) {
        let length = self.pieces.len();
        // One comparison for both sides: an atom before the run wraps to a huge distance.
        if atom.wrapping_sub(self.first) >= length || length > ATOMS_MAX {
            self.pieces.clear();
            self.first = atom;
            (self.removed, self.changes) = (0, 0);
        }
    }

    /// Returns an atom, at most one after those that were asked for since the stretch began.
    /// `known` says whether a value of several atoms may hold it.
    #[inline]
    pub(crate) fn piece(&mut self, atom: usize, known: impl FnOnce() -> bool) -> Option<AtomAndGap> {
        match self.pieces.get(atom.wrapping_sub(self.first)) {
            Some(piece) => Some(*piece),
            None => self.append(atom, known()),
        }
    }

    #[inline(never)]
    fn append(&mut self, atom: usize, known: bool) -> Option<AtomAndGap> {
        debug_assert_eq!(atom, self.first + self.pieces.len());
        let ranges = self.folded.ranges();
        let (start, end) = *ranges.get(atom)?;
        // Digits are digits, and an atom of ASCII that is none is letters: only others are looked
        // at byte by byte.
        let mask = if self.folded.digits().contains(atom) {
            Shape::DIGITS.mask
        } else if self.is_ascii(start, end) {
            Shape::LETTERS.mask
        } else {
            Shape::of(self.folded.slice(start, end).as_bytes(), 0).mask
        };
        let mut piece = AtomAndGap {
            start: start - self.removed,
            end: end - self.removed,
            changes: self.changes,
            mask,
            gap_mask: 0,
            flags: if known { KNOWN } else { 0 },
        };
        if let Some((next, _)) = ranges.get(atom + 1) {
            self.cross(atom, end, *next, &mut piece);
        }
        self.pieces.push(piece);
        Some(piece)
    }

    /// Returns whether an atom is ASCII, as far as can be said without looking at each.
    fn is_ascii(&mut self, start: u32, end: u32) -> bool {
        // Atoms come in ascending order, so one look at 256 bytes answers for some fifty.
        if start < self.seen.start || self.seen.end < end {
            let text = self.folded.text().as_bytes();
            let seen = start as usize..(start as usize + BYTES_SEEN).min(text.len());
            self.seen = start..seen.end as u32;
            self.is_ascii = text[seen].is_ascii();
        }
        self.is_ascii && end <= self.seen.end
    }

    fn cross(&mut self, atom: usize, end: u32, next: u32, piece: &mut AtomAndGap) {
        let Some(joint) = self.joint(end, next) else { return };
        let has_sign = self.is_text && joint.mask & char_class::SIGN != 0;
        if has_sign && !self.signs.hold_all(self.folded.bytes(end, next)) {
            return;
        }
        let (digits, clusters) = (self.folded.digits(), self.folded.clusters());
        let is_digits = digits.contains(atom);
        let equal = is_digits == digits.contains(atom + 1);
        piece.flags |= CROSSED;
        // Without anything between them, two atoms of letters (or of digits) are one atom of the
        // form.
        if joint.bytes == 0 {
            let merges = equal && !clusters.contains(atom) && !clusters.contains(atom + 1);
            piece.flags |= if merges { MERGES } else { 0 };
            piece.flags |= if self.folded.marks().contains(atom + 1) { MARKED } else { 0 };
        }
        if joint.ignored && is_digits && equal {
            piece.flags |= if joint.white_space { IGNORED } else { IGNORED | VISIBLE };
        }
        piece.flags |= if joint.comma { COMMA } else { 0 };
        piece.gap_mask = joint.mask;
        // From here on, offsets in the form are that much smaller than in the text.
        self.removed += (next - end) - joint.bytes;
        self.changes += u32::from(joint.changed);
    }

    fn joint(&mut self, end: u32, next: u32) -> Option<CanonicalGap> {
        if self.crosses_none {
            return None;
        }
        if self.is_text {
            let delimiters = &self.rule.delimiters;
            match self.folded.bytes(end, next) {
                [byte] => return gap::text_joint(*byte, delimiters),
                gap => {
                    if let Some(joint) = gap::plain_joint(gap, delimiters) {
                        return Some(joint);
                    }
                }
            }
        }
        gap::joint(self.folded.slice(end, next), self.rule, &mut self.room)
    }

    /// Returns the form of a window over atoms that were asked for: the text itself, or made in
    /// `room`.
    pub(crate) fn form<'b>(&self, first: usize, last: usize, room: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        // Both atoms are in the run, so both have a piece.
        let changes = |atom: usize| self.pieces[atom - self.first].changes;
        let ranges = self.folded.ranges();
        let ((start, _), (_, end)) = (ranges[first], ranges[last]);
        if changes(first) == changes(last) {
            return self.folded.bytes(start, end);
        }
        room.clear();
        for atom in first..=last {
            room.extend_from_slice(self.folded.text_of(atom).as_bytes());
            if atom < last {
                gap::push_joint(self.folded.gap(atom), self.rule, room);
            }
        }
        room
    }
}
