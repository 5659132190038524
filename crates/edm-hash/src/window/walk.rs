//! Walks the windows of a type without a recogniser: from an atom over one gap after another, for
//! as long as a value may go on (`docs/matching.md`, Windows).
//!
//! Problem: n atoms have n² windows, and each would need its form, its shape and its hash.
//!
//! Idea: a window grows atom by atom, and all that the prefilter asks of it (atoms, bytes, classes,
//! kinds) grows by a few operations. The form is put together only for a window that passed.
//!
//! ```text
//! for each atom that a window may begin with:
//!     reach = that atom
//!     loop:
//!         add the atom's classes and kinds; bytes = its end - the first atom's start
//!         ask the prefilter: may this be a value? may a longer one be?
//!         if no longer one: stop
//!         if it may be one and its edges allow it: put its form together, call found
//!         if the gap after the atom is not crossed: stop
//!         add the gap
//! ```
//!
//! What must stay true: an answer "no longer one" must hold for everything that begins so. Where a
//! mark joins what is before it ("irregular"), the canonical form is cut into other atoms than the
//! text; the prefilter then knows nothing before the window is whole, and only its size bounds it.
//!
//! Measured: walking atom runs and ending by the longest value of these classes took CSV from 43 to
//! 92 MB/s (`docs/bench/windows.md`, Walks).

use edm_model::{DataType, Rule};

use crate::text::boundaries::{self, SOFT_EDGE_DIGITS};
use crate::text::canonical_atoms::canonical_atoms;
use crate::text::fold::{AtomKind, Folded};
use crate::text::rule_text::RuleText;
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::window::atom_run::{AtomRun, AtomRunScratch, GapFlags};
use crate::window::form_edits::{LEADING_ZEROS_MAX, pad, rotate_name};
use crate::window::found::Window;
use crate::window::prefilter::{Prefilter, PrefilterResult};

/// What a walk works in.
#[derive(Default)]
pub(crate) struct WalkScratch {
    run: AtomRunScratch,
    room: Vec<u8>,
    turned: Vec<u8>,
}

/// Finds windows of `text`, `name` and `digits`; keeps its scratch from atom to atom.
pub(crate) struct Walk<'a, G> {
    rule: &'a Rule,
    folded: &'a Folded,
    prefilter: &'a G,
    is_name: bool,
    is_digits: bool,
    run: AtomRun<'a>,
    room: Vec<u8>,
    turned: Vec<u8>,
}

/// Where a window begins or ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// At a gap, or at the text's edge.
    Full,
    /// Between letters and its own number of enough digits.
    Soft,
    /// Between letters and its own group of fewer digits: an edge of windows of digits alone, if
    /// all their groups together have enough.
    Short,
}

/// A window as far as it goes.
#[derive(Clone, Copy, Default)]
struct Reach {
    first: usize,
    last: usize,
    /// Atoms of the canonical form so far: what joins without a gap, digits to digits or letters to
    /// letters, is one.
    atoms: usize,
    /// Bytes of the form.
    bytes: u32,
    /// Which classes of characters occur in it.
    mask: u8,
    /// Which of the atoms are digits.
    kinds: Kinds,
    joints: GapFlags,
    /// Whether its last atom is made of several atoms of the text, whose vocabulary is not known.
    merged: bool,
    /// Where the space for a name's comma is.
    comma: Option<u32>,
}

impl Reach {
    fn shape(&self) -> Shape {
        Shape::counted(self.atoms, self.bytes as usize, self.mask)
    }
}

impl<'a, G: Prefilter> Walk<'a, G> {
    pub(crate) fn new(scratch: WalkScratch, text: RuleText<'a>, prefilter: &'a G) -> Self {
        let RuleText { rule, folded } = text;
        Self {
            rule,
            folded,
            prefilter,
            is_name: rule.data_type == DataType::Name,
            is_digits: matches!(rule.data_type, DataType::Digits { .. }),
            run: AtomRun::new(scratch.run, text, prefilter.signs()),
            room: scratch.room,
            turned: scratch.turned,
        }
    }

    /// Returns the scratch, for the next.
    pub(crate) fn into_scratch(self) -> WalkScratch {
        WalkScratch { run: self.run.into_scratch(), room: self.room, turned: self.turned }
    }

    /// Calls `found` with every window that begins with an atom. The atoms come in ascending order.
    pub(crate) fn from(&mut self, first: usize, found: &mut impl FnMut(Window, &[u8])) {
        let Some(begin) = self.begins(first) else { return };
        self.run.begin(first);
        let (prefilter, is_digits) = (self.prefilter, self.is_digits);
        let mut origin = None;
        let mut reach = Reach { first, last: first, atoms: 1, ..Reach::default() };
        while let Some(piece) = self.run.piece(reach.last, || is_digits || prefilter.atom(reach.last)) {
            if (is_digits || begin == Edge::Short) && piece.mask != Shape::DIGITS.mask {
                return;
            }
            // Atoms that merge (`900` `-` `11` without the dash) are one atom of the form: one
            // kind.
            if !reach.merged {
                reach.kinds = reach.kinds.then(piece.mask == Shape::DIGITS.mask);
            }
            reach.mask |= piece.mask;
            reach.bytes = piece.end - *origin.get_or_insert(piece.start);
            let fit = self.fit(reach);
            if !fit.may_extend {
                return;
            }
            // A window whose atoms the vocabulary does not know is no value, unless it is a single
            // atom, or its atoms are cut otherwise than the vocabulary's.
            let known = piece.is_known() || reach.merged || reach.joints.is_irregular();
            if fit.may_match && (known || reach.atoms == 1) {
                self.judge(reach, begin, found);
            }
            if !piece.is_crossed() || piece.is_comma() && reach.comma.is_some() {
                return;
            }
            if piece.is_comma() {
                reach.comma = Some(reach.bytes);
            }
            reach.mask |= piece.gap_mask;
            reach.joints.add(piece);
            reach.last += 1;
            if piece.merges() {
                reach.merged = true;
                continue;
            }
            if !known && !reach.joints.is_irregular() {
                return;
            }
            reach.merged = false;
            reach.atoms += 1;
        }
    }

    /// Returns whether the window so far may be a value, and whether a longer one may.
    #[inline(always)]
    fn fit(&self, reach: Reach) -> PrefilterResult {
        if reach.joints.is_irregular() || self.is_digits {
            return self.fit_unseen(reach);
        }
        let fit = self.prefilter.fit(reach.shape());
        // Kinds are compared in the order of the value, and a name's words may be in another order.
        if reach.atoms == 1 || self.is_name {
            return fit;
        }
        let (whole, begins) = (self.prefilter.kinds(reach.kinds), self.prefilter.begins(reach.kinds));
        PrefilterResult { may_match: fit.may_match && whole, may_extend: fit.may_extend && begins }
    }

    /// Says so where the shape of the canonical form is not known yet.
    #[inline(never)]
    fn fit_unseen(&self, reach: Reach) -> PrefilterResult {
        // A mark may merge atoms, so that their number bounds nothing; the bytes bound a window in
        // any case.
        let atoms_max = self.prefilter.atoms_max();
        let few = reach.joints.is_irregular() || reach.atoms <= atoms_max;
        let fits = few && !self.is_too_long(reach);
        PrefilterResult { may_match: fits, may_extend: fits }
    }

    fn is_too_long(&self, reach: Reach) -> bool {
        let (bytes, bytes_max) = (reach.bytes as usize, self.prefilter.bytes_max());
        match self.rule.data_type {
            // Leading zeros beyond the width are dropped from the form, so they do not count; but
            // more than `LEADING_ZEROS_MAX` of them are filler, which ends the walk.
            DataType::Digits { width: Some(_) } if bytes > bytes_max.min(LEADING_ZEROS_MAX) => {
                let mut room = Vec::new();
                let form = self.run.form(reach.first, reach.last, &mut room);
                let zeros = form.iter().take_while(|digit| **digit == b'0').count();
                bytes - zeros > bytes_max || zeros > LEADING_ZEROS_MAX
            }
            _ => bytes > bytes_max,
        }
    }

    /// Calls `found` if the window may end where it does.
    #[inline(never)]
    fn judge(&mut self, reach: Reach, begin: Edge, found: &mut impl FnMut(Window, &[u8])) {
        let (first, last) = (reach.first, reach.last);
        let Some(end) = self.ends(last) else { return };
        let short = begin == Edge::Short || end == Edge::Short;
        if boundaries::continues(self.folded, first, last) || short && !self.is_long_number(first, last) {
            return;
        }
        let attached = begin != Edge::Full || end != Edge::Full || reach.joints.are_white();
        let mut window = Window::of(first, last, attached);
        let mut form = self.run.form(first, last, &mut self.room);
        if let DataType::Digits { width } = self.rule.data_type {
            self.turned.clear();
            self.turned.extend_from_slice(form);
            if !pad(&mut self.turned, 0, width) || self.turned.len() > self.prefilter.bytes_max() {
                return;
            }
            // The zeros that are not written do not tell the number from any shorter one.
            window.attached |= form.len() < self.turned.len();
            form = &self.turned;
        } else if let Some(comma) = reach.comma {
            self.turned.clear();
            self.turned.extend_from_slice(form);
            rotate_name(&mut self.turned, 0, comma as usize);
            form = &self.turned;
        }
        // The prefilter was asked about the shape on the way, unless the walk did not know it: a
        // mark cuts the form otherwise, and padding changes its length.
        let irregular = reach.joints.is_irregular();
        let atoms = if irregular { canonical_atoms(form, |_| ()) } else { reach.atoms };
        if !irregular && !self.is_digits || self.prefilter.shape(Shape::of(form, atoms)) {
            found(window, form);
        }
    }

    /// Returns the edge before this atom; `None` if no window begins with it.
    fn begins(&self, first: usize) -> Option<Edge> {
        if self.is_name && first > 0 && self.is_letters(first - 1) {
            // `Anne-Marie` does not hold the name `Marie`.
            let joined = matches!(self.folded.gap(first - 1), "-" | "'");
            if joined {
                return None;
            }
        }
        self.edge(first, boundaries::begins(self.folded, first))
    }

    /// Returns the edge after this atom; `None` if no window ends with it.
    fn ends(&self, last: usize) -> Option<Edge> {
        if self.is_name && self.is_letters(last + 1) {
            let gap = self.folded.gap(last);
            let joined = matches!(gap, "-" | "'");
            if joined && !self.is_possessive(last, gap) {
                return None;
            }
        }
        self.edge(last, boundaries::ends(self.folded, last))
    }

    fn edge(&self, own: usize, attached: Option<bool>) -> Option<Edge> {
        match attached {
            Some(false) => Some(Edge::Full),
            Some(true) => Some(Edge::Soft),
            None => (!self.is_name && self.folded.digits().contains(own)).then_some(Edge::Short),
        }
    }

    /// Returns whether the atoms are digits alone, and together enough for a soft edge.
    fn is_long_number(&self, first: usize, last: usize) -> bool {
        let ranges = self.folded.ranges().get(first..=last).unwrap_or(&[]);
        let digits: u32 = ranges.iter().map(|(start, end)| end - start).sum();
        digits >= SOFT_EDGE_DIGITS && (first..=last).all(|atom| self.folded.digits().contains(atom))
    }

    fn is_letters(&self, atom: usize) -> bool {
        self.folded.atom(atom).is_some_and(|atom| atom.kind != AtomKind::Digits)
    }

    fn is_possessive(&self, last: usize, gap: &str) -> bool {
        let behind = self.folded.atom(last + 1);
        gap == "'" && behind.is_some_and(|atom| matches!(self.folded.atom_text(atom), "s" | "S"))
    }
}

#[cfg(test)]
mod tests;
