//! Windows: the pieces of a text that may be a value of a rule (`docs/matching.md`, Windows). The same canonical forms
//! as for cells, found at every place of a text.

use std::ops::Range;

use edm_model::{DataType, Rule, limits};

use crate::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::canonical::{LEADING_ZEROS_MAX, pad, rotate_name};
use crate::edge;
use crate::fold::{Atom, AtomKind, Folded};
use crate::gap::{self, NameGap};
use crate::kinds::Kinds;
use crate::shape::{Shape, canonical_atoms};
use crate::starts::Several;
use crate::table::{Class, TABLE};
use crate::types::{Candidate, address, card, date, email, iban, phone, ssn};

/// A piece of a text with the canonical form that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first atom.
    pub first: usize,
    /// Its last atom.
    pub last: usize,
    /// Whether it may match only with evidence.
    pub attached: bool,
    /// Whether it stands in its type's own written form, in which hardly anything else stands (`docs/formats/hash.md`,
    /// section 8): it may match alone even where the column's values are too common for that otherwise.
    pub written_form: bool,
}

/// Says which windows are worth a hash. Each answer may be `true` too often, never too seldom.
pub trait Gate {
    /// The most atoms that the canonical form of a value has.
    fn atoms_max(&self) -> usize;
    /// The longest canonical form in bytes.
    fn bytes_max(&self) -> usize;
    /// The lengths in bytes of the values that are one atom of a kind (letters and clusters are one): bit 63 is 63 and more.
    fn lengths(&self, kind: AtomKind) -> u64;
    /// How many significant digits numbers have that are written to a width, as bits: bit 63 is 63 and more.
    fn significant_digits(&self) -> u64;
    /// The fewest atoms of values that have several.
    fn several(&self) -> Several;
    /// Whether values of several atoms may have these kinds.
    fn kinds(&self, kinds: Kinds) -> bool;
    /// Whether values of several atoms may begin with these kinds.
    fn begins(&self, kinds: Kinds) -> bool;
    /// Which of 64 atoms, the `word`th, a value of several atoms may hold.
    fn possible(&self, word: usize) -> u64;
    /// Whether a value may have this shape.
    fn shape(&self, shape: Shape) -> bool;

    /// Whether a value of several atoms may hold this one.
    fn atom(&self, index: usize) -> bool {
        self.possible(index / ATOMS_A_WORD) >> (index % ATOMS_A_WORD) & 1 == 1
    }
}

/// Lets every window of a bounded size through.
#[derive(Debug, Clone, Copy)]
pub struct OpenGate {
    /// The most atoms that a value has.
    pub atoms_max: usize,
}

impl Gate for OpenGate {
    fn atoms_max(&self) -> usize {
        self.atoms_max
    }

    fn bytes_max(&self) -> usize {
        limits::CELL_BYTES_MAX
    }

    fn lengths(&self, _: AtomKind) -> u64 {
        u64::MAX
    }

    fn significant_digits(&self) -> u64 {
        u64::MAX
    }

    fn several(&self) -> Several {
        Several { plain: Some(2), mixed: Some(2), digits: Some(2) }
    }

    fn possible(&self, _: usize) -> u64 {
        u64::MAX
    }

    fn kinds(&self, _: Kinds) -> bool {
        true
    }

    fn begins(&self, _: Kinds) -> bool {
        true
    }

    fn shape(&self, _: Shape) -> bool {
        true
    }
}

/// Calls `found` with every window that begins at an atom of `starts`, and its canonical form.
pub fn windows(
    rule: &Rule,
    folded: &Folded,
    starts: Range<usize>,
    gate: &impl Gate,
    found: impl FnMut(Window, &[u8]),
) {
    windows_from(rule, folded, |run| run(starts.clone()), gate, found);
}

/// Calls `found` with every window that begins at an atom of the set and of `within`, and its canonical form.
pub fn windows_of(
    rule: &Rule,
    folded: &Folded,
    (starts, within): (&AtomSet, Range<usize>),
    gate: &impl Gate,
    found: impl FnMut(Window, &[u8]),
) {
    windows_from(rule, folded, |run| starts.each_run(within.clone(), run), gate, found);
}

/// Does so for every run of starts.
fn windows_from(
    rule: &Rule,
    folded: &Folded,
    runs: impl Fn(&mut dyn FnMut(Range<usize>)),
    gate: &impl Gate,
    mut found: impl FnMut(Window, &[u8]),
) {
    let walks = matches!(rule.data_type, DataType::Text | DataType::Digits { .. } | DataType::Name);
    let mut walk = Walk { rule, folded, gate, form: Vec::new(), mask: 0, zeros: 0, turned: Vec::new() };
    let mut finder = address::Finder::new(folded);
    runs(&mut |starts| match walks {
        true => starts.for_each(|first| walk.from(first, &mut found)),
        false => typed_windows(rule, (folded, &mut finder), &starts, gate, &mut found),
    });
}

/// Whether the windows of a rule are looked for by its vocabulary. Those of the other types are found without asking which
/// atoms occur, so no tag is worth its AES.
pub fn has_vocabulary(rule: &Rule) -> bool {
    matches!(rule.data_type, DataType::Text | DataType::Name | DataType::Address)
}

/// Finds the windows of a type with a recogniser of its own.
fn typed_windows(
    rule: &Rule,
    (folded, finder): (&Folded, &mut address::Finder<'_>),
    starts: &Range<usize>,
    gate: &impl Gate,
    found: &mut impl FnMut(Window, &[u8]),
) {
    let is_address = rule.data_type == DataType::Address;
    let mut emit = |candidate: Candidate, canonical: &[u8]| {
        let fits = canonical.len() <= gate.bytes_max();
        // Addresses were asked for their shape as they grew.
        if fits && (is_address || gate.shape(Shape::of_form(canonical))) {
            let Candidate { first, last, attached, written_form } = candidate;
            found(Window { first, last, attached, written_form }, canonical);
        }
    };
    let delimiters = &rule.delimiters;
    match &rule.data_type {
        DataType::Text | DataType::Digits { .. } | DataType::Name => {}
        DataType::Email => email::candidates(folded, starts, &mut emit),
        DataType::Ssn => ssn::candidates(folded, starts, delimiters, &mut emit),
        DataType::Card => card::candidates(folded, starts, delimiters, &mut emit),
        DataType::Phone { country } => phone::candidates(folded, starts, *country, delimiters, &mut emit),
        DataType::Date { .. } => date::candidates(folded, starts, delimiters, &mut emit),
        DataType::Iban => iban::candidates(folded, starts, delimiters, &mut emit),
        DataType::Address => finder.candidates(starts, gate, &mut emit),
    }
}

struct Walk<'a, G> {
    rule: &'a Rule,
    folded: &'a Folded,
    gate: &'a G,
    form: Vec<u8>,
    /// Which classes of characters occur in the form.
    mask: u8,
    /// Zeros that the form begins with: a width may take them off.
    zeros: usize,
    turned: Vec<u8>,
}

/// What joins the atoms of a window so far.
#[derive(Clone, Copy, Default)]
struct Joints {
    /// Atoms of the canonical form so far: what joins without a gap, digits to digits or letters to letters, is one.
    atoms: usize,
    /// Whether the last of them is made of several atoms of the text, whose vocabulary is not known.
    merged: bool,
    /// Where the space for a name's comma stands.
    comma: Option<usize>,
    /// Whether an atom that begins with a mark joined what stands before it: then the canonical form is cut otherwise
    /// than the text, and nothing is known of its atoms before it is whole.
    irregular: bool,
    /// Ignored gaps between digit atoms.
    ignored: usize,
    /// Those of them that are white space alone.
    ignored_white: usize,
}

impl<G: Gate> Walk<'_, G> {
    fn from(&mut self, first: usize, found: &mut impl FnMut(Window, &[u8])) {
        let Some(attached) = self.begins(first) else { return };
        self.form.clear();
        self.mask = 0;
        self.zeros = 0;
        let mut joints = Joints { atoms: 1, ..Joints::default() };
        let atoms = self.folded.atom_count();
        for last in first..atoms {
            let Some(atom) = self.folded.atom(last) else { return };
            if joints.atoms > self.gate.atoms_max() && !joints.irregular || !self.suits(atom) {
                return;
            }
            self.push_atom(atom);
            if self.is_too_long() {
                return;
            }
            let known = joints.atoms == 1
                || joints.merged
                || joints.irregular
                || !self.has_vocabulary()
                || self.gate.atom(last);
            if known
                && self.may_be_value(joints)
                && let Some(end_attached) = self.ends(last)
                && !edge::continues(self.folded, first, last)
            {
                let white = joints.ignored > 0 && joints.ignored == joints.ignored_white;
                let attached = attached || end_attached || white;
                self.emit(Window { first, last, attached, written_form: false }, joints, found);
            }
            if last + 1 == atoms || !self.cross(last, &mut joints) {
                return;
            }
        }
    }

    fn push_atom(&mut self, atom: Atom) {
        let text = self.folded.atom_text(atom).as_bytes();
        if self.zeros == self.form.len() && matches!(self.rule.data_type, DataType::Digits { .. }) {
            self.zeros += text.iter().take_while(|byte| **byte == b'0').count();
        }
        self.form.extend_from_slice(text);
        self.mask |= match atom.kind {
            AtomKind::Digits => Shape::DIGITS.mask,
            _ if text.is_ascii() => Shape::LETTERS.mask,
            _ => Shape::of(text, 0).mask,
        };
    }

    /// Whether the form as it stands has the shape of a value. Where it is not the canonical one, that is asked of this one.
    fn may_be_value(&self, joints: Joints) -> bool {
        if joints.irregular
            || joints.comma.is_some()
            || matches!(self.rule.data_type, DataType::Digits { .. })
        {
            return true;
        }
        let bounded = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        self.gate.shape(Shape {
            atoms: bounded(joints.atoms),
            bytes: bounded(self.form.len()),
            mask: self.mask,
        })
    }

    fn is_too_long(&self) -> bool {
        match self.rule.data_type {
            DataType::Digits { width: Some(_) } => {
                self.form.len() - self.zeros > self.gate.bytes_max() || self.zeros > LEADING_ZEROS_MAX
            }
            _ => self.form.len() > self.gate.bytes_max(),
        }
    }

    fn suits(&self, atom: Atom) -> bool {
        match self.rule.data_type {
            DataType::Digits { .. } => atom.kind == AtomKind::Digits,
            _ => true,
        }
    }

    fn begins_with_mark(&self, index: usize) -> bool {
        let first = self.folded.atom(index).and_then(|atom| self.folded.atom_text(atom).chars().next());
        first.is_some_and(|character| !character.is_ascii() && TABLE.entry(character).class == Class::Mark)
    }

    fn has_vocabulary(&self) -> bool {
        !matches!(self.rule.data_type, DataType::Digits { .. })
    }

    /// Goes over the gap behind atom `index`; false where no window does.
    fn cross(&mut self, index: usize, joints: &mut Joints) -> bool {
        let before = self.form.len();
        if !self.cross_gap(index, joints) {
            return false;
        }
        let kind = |index: usize| self.folded.atom(index).map(|atom| atom.kind);
        let merges = self.form.len() == before
            && kind(index) == kind(index + 1)
            && kind(index) != Some(AtomKind::Cluster);
        if merges {
            joints.merged = true;
            joints.irregular |= self.begins_with_mark(index + 1);
            return true;
        }
        joints.irregular |= self.form.len() == before && self.begins_with_mark(index + 1);
        let known = joints.merged || joints.irregular || !self.has_vocabulary() || self.gate.atom(index);
        joints.merged = false;
        joints.atoms += 1;
        known
    }

    fn cross_gap(&mut self, index: usize, joints: &mut Joints) -> bool {
        let text = self.folded.gap(index);
        if text == " " && self.rule.data_type == DataType::Text && !self.rule.delimiters.contains(' ') {
            self.form.push(b' ');
            self.mask |= Shape::SPACE.mask;
            return true;
        }
        let before = self.form.len();
        let delimiters = &self.rule.delimiters;
        let crossing = gap::crossing(text, delimiters);
        if !crossing.crossed {
            return false;
        }
        match self.rule.data_type {
            DataType::Digits { .. } if !crossing.ignored => return false,
            DataType::Digits { .. } => {}
            DataType::Name => match gap::name_gap(text, delimiters) {
                NameGap::Empty => {}
                NameGap::Joint => self.form.push(b' '),
                NameGap::Comma if joints.comma.is_none() => {
                    joints.comma = Some(self.form.len());
                    self.form.push(b' ');
                }
                NameGap::Comma | NameGap::Foreign => return false,
            },
            _ => gap::push_canonical(text, delimiters, &mut self.form),
        }
        self.mask |= Shape::of(self.form.get(before..).unwrap_or(&[]), 0).mask;
        let digits = |index: usize| self.folded.atom(index).is_some_and(|atom| atom.kind == AtomKind::Digits);
        if crossing.ignored && digits(index) && digits(index + 1) {
            joints.ignored += 1;
            joints.ignored_white += usize::from(crossing.white_space);
        }
        true
    }

    fn emit(&mut self, mut window: Window, joints: Joints, found: &mut impl FnMut(Window, &[u8])) {
        let mut form = &self.form;
        if let DataType::Digits { width } = self.rule.data_type {
            self.turned.clone_from(&self.form);
            if pad(&mut self.turned, 0, width).is_err() || self.turned.len() > self.gate.bytes_max() {
                return;
            }
            // The zeros that are not written do not tell the number from any shorter one.
            window.attached |= self.form.len() < self.turned.len();
            form = &self.turned;
        } else if let Some(comma) = joints.comma {
            self.turned.clone_from(&self.form);
            rotate_name(&mut self.turned, 0, comma);
            form = &self.turned;
        }
        let atoms = if joints.irregular { canonical_atoms(form, |_| ()) } else { joints.atoms };
        let turned = joints.comma.is_some() || matches!(self.rule.data_type, DataType::Digits { .. });
        if !turned && !joints.irregular || self.gate.shape(Shape::of(form, atoms)) {
            found(window, form);
        }
    }

    /// Whether a window may begin with this atom, and is attached for it.
    fn begins(&self, first: usize) -> Option<bool> {
        if self.rule.data_type == DataType::Name {
            let before = first.checked_sub(1).and_then(|index| self.folded.atom(index));
            let joined = first > 0 && matches!(self.folded.gap(first - 1), "-" | "'");
            if joined && before.is_some_and(is_letters) {
                return None;
            }
        }
        edge::begins(self.folded, first)
    }

    /// Whether a window may end with this atom, and is attached for it.
    fn ends(&self, last: usize) -> Option<bool> {
        if self.rule.data_type == DataType::Name {
            let gap = self.folded.gap(last);
            let behind = self.folded.atom(last + 1);
            let joined = matches!(gap, "-" | "'") && behind.is_some_and(is_letters);
            if joined && !self.is_possessive(last, gap) {
                return None;
            }
        }
        edge::ends(self.folded, last)
    }

    fn is_possessive(&self, last: usize, gap: &str) -> bool {
        let behind = self.folded.atom(last + 1);
        gap == "'" && behind.is_some_and(|atom| matches!(self.folded.atom_text(atom), "s" | "S"))
    }
}

fn is_letters(atom: Atom) -> bool {
    atom.kind != AtomKind::Digits
}

#[cfg(test)]
mod tests;
