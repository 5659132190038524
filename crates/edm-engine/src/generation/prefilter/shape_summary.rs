//! What blocks and files say of the form of a rule's values, decoded.
//!
//! The formats list shapes in one ascending list (`docs/formats/hash.md`, section 7). Shapes of no
//! atom are not forms of values; they say something of all values together:
//!
//! ```text
//! atoms  bytes   mask            means
//! ≥ 1    length  classes         some value has this form
//! 0      n       digits          some number written to a width has n significant digits
//! 0      kinds   letters+digits  some value of several atoms has these kinds, a bit each
//! 0      sign    sign            some value contains this sign
//! ```
//!
//! Only this file tells them apart. What must stay true: blocks of earlier versions say nothing of
//! the last three, so of a rule nothing is known of them unless all of its blocks say it.

use std::collections::BTreeSet;

use edm_hash::{KindSet, Shape, SignSet, is_kinds, is_sign};

/// The forms of a rule's values, and what is known of all of them. `None`: some block did not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShapeSummary {
    /// Shapes of values: each has an atom.
    values: BTreeSet<Shape>,
    significant_digits: Option<BTreeSet<Shape>>,
    kinds: Option<BTreeSet<Shape>>,
    signs: Option<BTreeSet<Shape>>,
}

impl ShapeSummary {
    /// Returns the summary of no values.
    pub(crate) fn empty() -> Self {
        let none = || Some(BTreeSet::new());
        Self { values: BTreeSet::new(), significant_digits: none(), kinds: none(), signs: none() }
    }

    /// Decodes the shapes of a block or a file.
    pub(crate) fn decode(shapes: &[Shape]) -> Self {
        let of = |wanted: fn(&Shape) -> bool| -> BTreeSet<Shape> {
            shapes.iter().filter(|shape| wanted(shape)).copied().collect()
        };
        let says_digits = shapes.is_empty() || shapes.iter().any(is_significant_digits);
        Self {
            values: of(|shape| shape.atoms > 0),
            significant_digits: says_digits.then(|| of(is_significant_digits)),
            kinds: KindSet::are_told(shapes.iter()).then(|| of(is_kinds)),
            signs: SignSet::are_told(shapes.iter()).then(|| of(is_sign)),
        }
    }

    /// Returns the shapes as the formats list them.
    pub(crate) fn encode(&self) -> BTreeSet<Shape> {
        let of_no_atom = [&self.significant_digits, &self.kinds, &self.signs].into_iter().flatten().flatten();
        self.values.iter().chain(of_no_atom).copied().collect()
    }

    /// Adds what another summary says; what only one of them says is known of none.
    pub(crate) fn add(&mut self, other: Self) {
        self.values.extend(other.values);
        let both =
            |own: &mut Option<BTreeSet<Shape>>, other: Option<BTreeSet<Shape>>| match (own.as_mut(), other) {
                (Some(own), Some(other)) => own.extend(other),
                _ => *own = None,
            };
        both(&mut self.significant_digits, other.significant_digits);
        both(&mut self.kinds, other.kinds);
        both(&mut self.signs, other.signs);
    }

    /// Returns how many shapes [`ShapeSummary::encode`] lists.
    pub(crate) fn len(&self) -> usize {
        let of_no_atom = [&self.significant_digits, &self.kinds, &self.signs].into_iter().flatten();
        self.values.len() + of_no_atom.map(BTreeSet::len).sum::<usize>()
    }

    /// Returns the shapes of values, ascending.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Shape> + Clone {
        self.values.iter()
    }

    /// Returns how many significant digits numbers written to a width have: bit 63 is 63 and more.
    /// All bits where that is not known, or no value is such a number.
    pub(crate) fn significant_digits(&self) -> u64 {
        let known = self.significant_digits.iter().flatten();
        match known.fold(0, |all, shape| all | 1 << shape.bytes.min(63)) {
            0 => u64::MAX,
            digits => digits,
        }
    }

    /// Returns which atoms of values of several are digits.
    pub(crate) fn kinds(&self) -> KindSet {
        self.kinds.as_ref().map_or(KindSet::ALL, |kinds| KindSet::of_shapes(kinds.iter()))
    }

    /// Returns which signs values contain.
    pub(crate) fn signs(&self) -> SignSet {
        self.signs.as_ref().map_or(SignSet::ALL, |signs| SignSet::of_shapes(signs.iter()))
    }
}

fn is_significant_digits(shape: &Shape) -> bool {
    shape.atoms == 0 && !is_kinds(shape) && !is_sign(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(blocks: &[&[Shape]], expected: &[Shape]) {
        let mut summary = ShapeSummary::empty();
        blocks.iter().for_each(|block| summary.add(ShapeSummary::decode(block)));
        let found: Vec<Shape> = summary.encode().into_iter().collect();
        assert_eq!(found, expected, "{blocks:?}");
        assert_eq!(ShapeSummary::decode(&found), summary, "{blocks:?}: a file says what was added");
    }

    /// What an earlier version built says nothing of significant digits, so a block that does must
    /// not speak for it.
    #[test]
    fn significant_digits_are_known_only_where_all_blocks_tell() {
        let number = Shape { atoms: 1, bytes: 10, mask: 2 };
        let digits = |bytes| Shape { atoms: 0, bytes, mask: 2 };
        check(&[&[digits(7), number], &[], &[digits(9), number]], &[digits(7), digits(9), number]);
        check(&[&[number], &[digits(9), number]], &[number]);
        check(&[&[digits(9), number], &[number], &[digits(7), number]], &[number]);
        check(&[&[], &[number]], &[number]);
    }

    /// The same of which atoms are digits: only values of several atoms have to tell.
    #[test]
    fn kinds_are_known_only_where_all_blocks_with_several_atoms_tell() {
        let (word, several) = (Shape { atoms: 1, bytes: 4, mask: 1 }, Shape { atoms: 2, bytes: 4, mask: 3 });
        let kinds = |number| Shape { atoms: 0, bytes: number, mask: 3 };
        check(&[&[word], &[kinds(5), several], &[kinds(6), several]], &[kinds(5), kinds(6), word, several]);
        check(&[&[several], &[kinds(5), word, several]], &[word, several]);
        check(&[&[kinds(5), several], &[several], &[kinds(6), several]], &[several]);
    }
}
