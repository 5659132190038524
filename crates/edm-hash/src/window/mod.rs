//! Windows: the pieces of a text that may be a value of a rule (`docs/matching.md`, Windows). The same canonical forms
//! as for cells, found at every place of a text.

use std::ops::Range;

use edm_model::{DataType, Rule, limits};

use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::fold::{AtomKind, Folded};
use crate::value::address::FinderBuffers;
use crate::value::{Candidate, address, card, date, email, iban, phone, ssn};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;
use crate::window::start_mask::Several;
use crate::window::walk::{Walk, WalkBuffers};

pub(crate) mod atom_run;
pub(crate) mod start_mask;
pub(crate) mod walk;

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

impl From<Candidate> for Window {
    fn from(Candidate { first, last, attached, written_form }: Candidate) -> Self {
        Self { first, last, attached, written_form }
    }
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
    /// Which signs values of several atoms may hold.
    fn signs(&self) -> SignSet;
    /// Which of 64 atoms, the `word`th, a value of several atoms may hold.
    fn possible(&self, word: usize) -> u64;
    /// Whether a value may have this shape.
    fn shape(&self, shape: Shape) -> bool;

    /// What values may have to do with what has this shape.
    fn fit(&self, shape: Shape) -> Fit {
        let fit = Fit::bounded(shape, self.atoms_max(), self.bytes_max());
        Fit { whole: fit.whole && self.shape(shape), ..fit }
    }

    /// Whether a value of several atoms may hold this one.
    fn atom(&self, index: usize) -> bool {
        self.possible(index / ATOMS_A_WORD) >> (index % ATOMS_A_WORD) & 1 == 1
    }
}

/// How a piece of a text stands to values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fit {
    /// Whether it may be a value.
    pub whole: bool,
    /// Whether it, or what it is the beginning of, may be one.
    pub begins: bool,
}

impl Fit {
    /// Judges by nothing but the most atoms and bytes of a value.
    #[inline]
    pub fn bounded(shape: Shape, atoms_max: usize, bytes_max: usize) -> Self {
        let fits = usize::from(shape.atoms) <= atoms_max && usize::from(shape.bytes) <= bytes_max;
        Self { whole: fits, begins: fits }
    }

    /// Returns what one of two says.
    #[inline]
    pub fn or(self, other: Self) -> Self {
        Self { whole: self.whole || other.whole, begins: self.begins || other.begins }
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

    fn signs(&self) -> SignSet {
        SignSet::ALL
    }

    fn begins(&self, _: Kinds) -> bool {
        true
    }

    fn shape(&self, _: Shape) -> bool {
        true
    }
}

/// What looking for windows works in; whoever keeps it from text to text asks for no memory.
#[derive(Default)]
pub struct WindowBuffers {
    walk: WalkBuffers,
    address: FinderBuffers,
}

/// Calls `found` with every window that begins at an atom of `starts`, and its canonical form.
pub fn windows(
    rule: &Rule,
    folded: &Folded,
    starts: Range<usize>,
    gate: &impl Gate,
    found: impl FnMut(Window, &[u8]),
) {
    let mut buffers = WindowBuffers::default();
    windows_from((rule, folded), |run| run(starts.clone()), gate, &mut buffers, found);
}

/// Calls `found` with every window that begins at an atom of the set and of `within`, and its canonical form.
pub fn windows_of(
    (rule, folded): (&Rule, &Folded),
    (starts, within): (&AtomSet, Range<usize>),
    gate: &impl Gate,
    buffers: &mut WindowBuffers,
    found: impl FnMut(Window, &[u8]),
) {
    windows_from((rule, folded), |run| starts.each_run(within.clone(), run), gate, buffers, found);
}

/// Does so for every run of starts.
fn windows_from(
    (rule, folded): (&Rule, &Folded),
    runs: impl Fn(&mut dyn FnMut(Range<usize>)),
    gate: &impl Gate,
    buffers: &mut WindowBuffers,
    mut found: impl FnMut(Window, &[u8]),
) {
    match &rule.data_type {
        DataType::Text | DataType::Digits { .. } | DataType::Name => {
            let mut walk = Walk::new(std::mem::take(&mut buffers.walk), rule, folded, gate);
            runs(&mut |starts| starts.for_each(|first| walk.from(first, &mut found)));
            buffers.walk = walk.into_buffers();
        }
        DataType::Address => {
            let mut finder = address::Finder::new(std::mem::take(&mut buffers.address), folded);
            runs(&mut |starts| {
                finder.candidates(&starts, gate, &mut |candidate, form| found(candidate.into(), form));
            });
            buffers.address = finder.into_buffers();
        }
        _ => runs(&mut |starts| typed_windows(rule, folded, &starts, gate, &mut found)),
    }
}

/// Whether the windows of a rule are looked for by its vocabulary. Those of the other types are found without asking which
/// atoms occur, so no tag is worth its AES.
pub fn has_vocabulary(rule: &Rule) -> bool {
    matches!(rule.data_type, DataType::Text | DataType::Name | DataType::Address)
}

/// Finds the windows of a type with a recogniser of its own that needs no gate.
fn typed_windows(
    rule: &Rule,
    folded: &Folded,
    starts: &Range<usize>,
    gate: &impl Gate,
    found: &mut impl FnMut(Window, &[u8]),
) {
    // What a recogniser finds has the type's form: counting its shape costs more than its hash.
    let mut emit = |candidate: Candidate, canonical: &[u8]| {
        if canonical.len() <= gate.bytes_max() {
            found(candidate.into(), canonical);
        }
    };
    let delimiters = &rule.delimiters;
    match &rule.data_type {
        DataType::Text | DataType::Digits { .. } | DataType::Name | DataType::Address => {}
        DataType::Email => email::candidates(folded, starts, &mut emit),
        DataType::Ssn => ssn::candidates(folded, starts, delimiters, &mut emit),
        DataType::Card => card::candidates(folded, starts, delimiters, &mut emit),
        DataType::Phone { country } => phone::candidates(folded, starts, *country, delimiters, &mut emit),
        DataType::Date { .. } => date::candidates(folded, starts, delimiters, &mut emit),
        DataType::Iban => iban::candidates(folded, starts, delimiters, &mut emit),
    }
}

#[cfg(test)]
mod window_tests;
