//! Walking the windows of a rule that has no recogniser of its own: from an atom over one gap after another, for as long as a
//! value may go on (`docs/matching.md`, Windows).

use edm_model::{DataType, Rule};

use crate::text::boundaries;
use crate::text::fold::{AtomKind, Folded};
use crate::value::canonical::{LEADING_ZEROS_MAX, pad, rotate_name};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::{Shape, canonical_atoms};
use crate::window::atom_run::{Joints, Stretch, StretchBuffers};
use crate::window::{Fit, Gate, Window};

/// What a walk works in.
#[derive(Default)]
pub(crate) struct WalkBuffers {
    stretch: StretchBuffers,
    room: Vec<u8>,
    turned: Vec<u8>,
}

/// Finds windows of `text`, `name` and `digits`; keeps its buffers from atom to atom.
pub(crate) struct Walk<'a, G> {
    rule: &'a Rule,
    folded: &'a Folded,
    gate: &'a G,
    is_name: bool,
    is_digits: bool,
    stretch: Stretch<'a>,
    room: Vec<u8>,
    turned: Vec<u8>,
}

/// A window as far as it goes.
#[derive(Clone, Copy, Default)]
struct Reach {
    first: usize,
    last: usize,
    /// Atoms of the canonical form so far: what joins without a gap, digits to digits or letters to letters, is one.
    atoms: usize,
    /// Bytes of the form.
    bytes: u32,
    /// Which classes of characters occur in it.
    mask: u8,
    /// Which of the atoms are digits.
    kinds: Kinds,
    joints: Joints,
    /// Whether its last atom is made of several atoms of the text, whose vocabulary is not known.
    merged: bool,
    /// Where the space for a name's comma stands.
    comma: Option<u32>,
}

impl Reach {
    fn shape(&self) -> Shape {
        Shape {
            atoms: u16::try_from(self.atoms).unwrap_or(u16::MAX),
            bytes: u16::try_from(self.bytes).unwrap_or(u16::MAX),
            mask: self.mask,
        }
    }
}

impl<'a, G: Gate> Walk<'a, G> {
    pub(crate) fn new(buffers: WalkBuffers, rule: &'a Rule, folded: &'a Folded, gate: &'a G) -> Self {
        Self {
            rule,
            folded,
            gate,
            is_name: rule.data_type == DataType::Name,
            is_digits: matches!(rule.data_type, DataType::Digits { .. }),
            stretch: Stretch::new(buffers.stretch, (rule, folded), gate.signs()),
            room: buffers.room,
            turned: buffers.turned,
        }
    }

    /// Returns the buffers, for the next.
    pub(crate) fn into_buffers(self) -> WalkBuffers {
        WalkBuffers { stretch: self.stretch.into_buffers(), room: self.room, turned: self.turned }
    }

    /// Calls `found` with every window that begins with an atom. The atoms come in ascending order.
    pub(crate) fn from(&mut self, first: usize, found: &mut impl FnMut(Window, &[u8])) {
        let Some(attached) = self.begins(first) else { return };
        self.stretch.begin(first);
        let (gate, is_digits) = (self.gate, self.is_digits);
        let mut origin = None;
        let mut reach = Reach { first, last: first, atoms: 1, ..Reach::default() };
        while let Some(piece) = self.stretch.piece(reach.last, || is_digits || gate.atom(reach.last)) {
            if is_digits && piece.mask != Shape::DIGITS.mask {
                return;
            }
            if !reach.merged {
                reach.kinds = reach.kinds.then(piece.mask == Shape::DIGITS.mask);
            }
            reach.mask |= piece.mask;
            reach.bytes = piece.end - *origin.get_or_insert(piece.start);
            let fit = self.fit(reach);
            if !fit.begins {
                return;
            }
            let known = piece.is_known() || reach.merged || reach.joints.is_irregular();
            if fit.whole && (known || reach.atoms == 1) {
                self.judge(reach, attached, found);
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

    /// Says whether the window so far may be a value, and whether a longer one may.
    #[inline(always)]
    fn fit(&self, reach: Reach) -> Fit {
        if reach.joints.is_irregular() || self.is_digits {
            return self.fit_unseen(reach);
        }
        let fit = self.gate.fit(reach.shape());
        // The words of a name may stand in another order than in the value.
        if reach.atoms == 1 || self.is_name {
            return fit;
        }
        let (whole, begins) = (self.gate.kinds(reach.kinds), self.gate.begins(reach.kinds));
        Fit { whole: fit.whole && whole, begins: fit.begins && begins }
    }

    /// Says so where the shape of the canonical form is not known yet.
    #[inline(never)]
    fn fit_unseen(&self, reach: Reach) -> Fit {
        let atoms_max = self.gate.atoms_max();
        let few = reach.joints.is_irregular() || reach.atoms <= atoms_max;
        let fits = few && !self.is_too_long(reach);
        Fit { whole: fits, begins: fits }
    }

    fn is_too_long(&self, reach: Reach) -> bool {
        let (bytes, bytes_max) = (reach.bytes as usize, self.gate.bytes_max());
        match self.rule.data_type {
            DataType::Digits { width: Some(_) } if bytes > bytes_max.min(LEADING_ZEROS_MAX) => {
                let mut room = Vec::new();
                let form = self.stretch.form(reach.first, reach.last, &mut room);
                let zeros = form.iter().take_while(|digit| **digit == b'0').count();
                bytes - zeros > bytes_max || zeros > LEADING_ZEROS_MAX
            }
            _ => bytes > bytes_max,
        }
    }

    /// Calls `found` if the window may end where it does.
    #[inline(never)]
    fn judge(&mut self, reach: Reach, attached: bool, found: &mut impl FnMut(Window, &[u8])) {
        let (first, last) = (reach.first, reach.last);
        let Some(end_attached) = self.ends(last) else { return };
        if boundaries::continues(self.folded, first, last) {
            return;
        }
        let attached = attached || end_attached || reach.joints.are_white();
        let mut window = Window { first, last, attached, written_form: false };
        let mut form = self.stretch.form(first, last, &mut self.room);
        if let DataType::Digits { width } = self.rule.data_type {
            self.turned.clear();
            self.turned.extend_from_slice(form);
            if pad(&mut self.turned, 0, width).is_err() || self.turned.len() > self.gate.bytes_max() {
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
        let irregular = reach.joints.is_irregular();
        let atoms = if irregular { canonical_atoms(form, |_| ()) } else { reach.atoms };
        if !irregular && !self.is_digits || self.gate.shape(Shape::of(form, atoms)) {
            found(window, form);
        }
    }

    /// Whether a window may begin with this atom, and is attached for it.
    fn begins(&self, first: usize) -> Option<bool> {
        if self.is_name && first > 0 && self.is_letters(first - 1) {
            let joined = matches!(self.folded.gap(first - 1), "-" | "'");
            if joined {
                return None;
            }
        }
        boundaries::begins(self.folded, first)
    }

    /// Whether a window may end with this atom, and is attached for it.
    fn ends(&self, last: usize) -> Option<bool> {
        if self.is_name && self.is_letters(last + 1) {
            let gap = self.folded.gap(last);
            let joined = matches!(gap, "-" | "'");
            if joined && !self.is_possessive(last, gap) {
                return None;
            }
        }
        boundaries::ends(self.folded, last)
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
