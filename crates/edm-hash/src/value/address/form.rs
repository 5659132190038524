//! The canonical form of an address, token by token.

use crate::text::char_class;
use crate::value::address::token::{self, Kind, Token};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;

/// The fewest words and numbers of a value.
const TOKENS_MIN: usize = 2;
/// A canonical form that grows token by token.
#[derive(Clone, Default)]
pub(crate) struct Form {
    pub(crate) bytes: Vec<u8>,
    /// The tokens that are in it, and those of them that are no numbers.
    pub(crate) kept: usize,
    words: usize,
    /// The atoms that it is cut into.
    atoms: usize,
    /// Which classes of characters occur in it.
    mask: u8,
    pub(crate) kinds: Kinds,
    /// The atoms of the text that it was made of, and those up to the last token that is in it.
    passed: usize,
    held: usize,
    previous: Option<Kind>,
}

impl Form {
    pub(crate) fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, ..Self::default() };
    }

    pub(crate) fn push(&mut self, token: &Token, form: &str) {
        // Nothing before the first token that is counts.
        if token.kind == Kind::Dropped {
            self.passed += if self.kept > 0 { token.last - token.first + 1 } else { 0 };
            return;
        }
        self.passed += token.last - token.first + 1;
        self.held = self.passed;
        // Clusters are written without spaces; a mark would join the cluster before it, so it gets
        // one.
        let cluster = token.kind == Kind::Cluster || self.previous == Some(Kind::Cluster);
        if self.previous.is_some() && (!cluster || token::begins_with_mark(form)) {
            self.bytes.push(b' ');
            self.mask |= char_class::class_of(b' ');
        }
        self.bytes.extend_from_slice(form.as_bytes());
        self.mask |= token.mask;
        self.kinds = self.kinds.followed_by(token.kinds);
        self.kept += 1;
        self.words += usize::from(token.kind != Kind::Number);
        self.atoms += token.atoms;
        self.previous = Some(token.kind);
    }

    pub(crate) fn is_value(&self) -> bool {
        self.kept >= TOKENS_MIN && self.words > 0 && self.held <= self.bytes.len()
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape::counted(self.atoms, self.bytes.len(), self.mask)
    }
}
