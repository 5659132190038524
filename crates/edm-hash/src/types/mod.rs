//! Recognisers of the typed columns (`docs/formats/hash.md`, sections 4 and 8): what a cell must be, and where a text
//! has it. Each has two entry points, `push_cell` and `candidates`, and both go through the same reading of atoms.

pub(crate) mod address;
pub(crate) mod card;
pub(crate) mod date;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod phone;
pub(crate) mod ssn;

/// A piece of a text that is a value of a type.
///
/// It has no more atoms than its canonical form has bytes: what is searched around a hit relies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its first atom.
    pub(crate) first: usize,
    /// Its last atom.
    pub(crate) last: usize,
    /// Whether it may match only with evidence.
    pub(crate) attached: bool,
    /// Whether it stands in the type's own written form, in which hardly anything else stands.
    pub(crate) written_form: bool,
}

/// Takes candidates and their canonical forms.
pub(crate) type Found<'a> = &'a mut dyn FnMut(Candidate, &[u8]);
