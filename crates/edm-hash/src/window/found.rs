//! A piece of a text that may be a value.

/// A piece of a text with the canonical form that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first atom.
    pub first: usize,
    /// Its last atom.
    pub last: usize,
    /// Whether it may match only with evidence.
    pub attached: bool,
    /// Whether it is in its type's own written form, in which hardly anything else is
    /// (`docs/formats/hash.md`, section 8): it may match alone even where the column's values are
    /// too common for that otherwise.
    pub written_form: bool,
}

/// Takes windows and their canonical forms.
pub(crate) type Found<'a> = &'a mut dyn FnMut(Window, &[u8]);
