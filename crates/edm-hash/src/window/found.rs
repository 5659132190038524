//! A piece of a text that may be a value.

use crate::text::fold::Folded;

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
    /// How many bytes of the folded text after the start of its first atom its place begins:
    /// before it where negative (the `+` of a telephone number), inside it where positive (an
    /// account number joined to a word).
    pub(crate) start_offset: i32,
    /// How many bytes after its last atom its place ends: inside the atom where negative (an e-mail
    /// address that a word is joined to).
    pub(crate) end_offset: i32,
}

impl Window {
    /// Makes one that begins and ends with its atoms and is in no written form.
    pub(crate) const fn of(first: usize, last: usize, attached: bool) -> Self {
        Self { first, last, attached, written_form: false, start_offset: 0, end_offset: 0 }
    }

    /// Returns where in the text that was folded its place is, in bytes; `None` if it is of another
    /// text.
    #[inline]
    pub fn source_span(&self, folded: &Folded) -> Option<(usize, usize)> {
        let (first, last) = (folded.ranges().get(self.first)?, folded.ranges().get(self.last)?);
        let start = first.0.saturating_add_signed(self.start_offset);
        Some(folded.source_of(start, last.1.saturating_add_signed(self.end_offset)))
    }
}

/// Takes windows and their canonical forms.
pub(crate) type Found<'a> = &'a mut dyn FnMut(Window, &[u8]);
