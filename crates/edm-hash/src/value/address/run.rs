//! Words and numbers of an address that follow one another.

use crate::text::char_class;
use crate::value::address::token::{self, Kind, Token};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;

/// The forms of tokens, joined, and what is counted of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub(crate) bytes: Vec<u8>,
    /// How many tokens are in it, and how many of them are no numbers.
    pub(super) kept: usize,
    pub(super) words: usize,
    /// The atoms that it is cut into.
    atoms: usize,
    /// Which classes of characters occur in it.
    mask: u8,
    pub(crate) kinds: Kinds,
    previous: Option<Kind>,
    /// Whether its first two tokens are a number and something else.
    house: bool,
}

impl Run {
    pub(super) fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, ..Self::default() };
    }

    /// Becomes equal to another one, in its own memory.
    pub(super) fn copy_from(&mut self, other: &Self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        bytes.extend_from_slice(&other.bytes);
        *self = Self { bytes, ..*other };
    }

    pub(super) fn push(&mut self, token: &Token, form: &str) {
        if self.kept == 1 {
            self.house = self.previous == Some(Kind::Number) && token.kind != Kind::Number;
        }
        self.join(token.kind, form);
        self.mask |= token.mask;
        self.kinds = self.kinds.followed_by(token.kinds);
        self.atoms += token.atoms;
    }

    /// Adds the form of a door or a floor.
    pub(super) fn push_words(&mut self, form: &str) {
        self.join(Kind::Word, form);
        let shape = Shape::of_form(form.as_bytes());
        self.mask |= shape.mask;
        self.kinds = self.kinds.followed_by(Kinds::of(form.as_bytes()));
        self.atoms += usize::from(shape.atoms);
    }

    fn join(&mut self, kind: Kind, form: &str) {
        // Clusters are written without spaces; a mark would join the cluster before it, so it gets
        // one.
        let cluster = kind == Kind::Cluster || self.previous == Some(Kind::Cluster);
        if self.previous.is_some() && (!cluster || token::begins_with_mark(form)) {
            self.bytes.push(b' ');
            self.mask |= char_class::class_of(b' ');
        }
        self.bytes.extend_from_slice(form.as_bytes());
        self.kept += 1;
        self.words += usize::from(kind != Kind::Number);
        self.previous = Some(kind);
    }

    /// Returns whether it begins with a number and then something else, as a house number and a
    /// street do.
    pub(super) fn begins_with_house(&self) -> bool {
        self.house
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape::counted(self.atoms, self.bytes.len(), self.mask)
    }
}
