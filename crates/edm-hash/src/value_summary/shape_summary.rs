//! What blocks and files say of the form of a rule's values, decoded from their one list of shapes
//! ([`Fact`]).
//!
//! What must stay true: blocks of earlier versions list forms alone. So an absent fact means "no
//! value has it" only if the list says anything of that sort, or holds no form of which something
//! would have to be said. And of a rule nothing is known of that sort unless all of its blocks say
//! it.

use std::collections::BTreeSet;

use crate::text::char_class::SIGN;
use crate::value_summary::kinds::KindSet;
use crate::value_summary::listing::Fact;
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;

/// The forms of a rule's values, and what is known of all of them (`docs/formats/hash.md`, section
/// 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeSummary {
    /// Shapes of values: each has an atom.
    values: BTreeSet<Shape>,
    /// Here and below, `None`: some block does not say.
    significant_digits: Option<BTreeSet<u16>>,
    kinds: Option<KindSet>,
    signs: Option<SignSet>,
}

impl ShapeSummary {
    /// Returns the summary of no values.
    pub fn empty() -> Self {
        Self {
            values: BTreeSet::new(),
            significant_digits: Some(BTreeSet::new()),
            kinds: Some(KindSet::NONE),
            signs: Some(SignSet::NONE),
        }
    }

    /// Decodes the list of a block or a file; `None` if it has an entry that no version writes.
    pub fn decode<'a>(list: impl IntoIterator<Item = &'a Shape>) -> Option<Self> {
        let (mut values, mut significant_digits) = (BTreeSet::new(), BTreeSet::new());
        let (mut kinds, mut signs) = (KindSet::NONE, SignSet::NONE);
        for entry in list {
            match Fact::decode(*entry)? {
                Fact::Form(shape) => _ = values.insert(shape),
                Fact::SignificantDigits(count) => _ = significant_digits.insert(count),
                Fact::Kinds(own) => kinds.insert(own),
                Fact::Sign(byte) => signs.insert(byte),
            }
        }
        // Each sort is known if the list has one of it, or no value that would need one.
        let several = |shape: &&Shape| shape.atoms > 1;
        let knows_digits = !significant_digits.is_empty() || values.is_empty();
        let knows_kinds = kinds != KindSet::NONE || !values.iter().any(|shape| several(&shape));
        let has_sign = values.iter().filter(several).any(|shape| shape.mask & SIGN != 0);
        let knows_signs = signs != SignSet::NONE || !has_sign;
        Some(Self {
            values,
            significant_digits: knows_digits.then_some(significant_digits),
            kinds: knows_kinds.then_some(kinds),
            signs: knows_signs.then_some(signs),
        })
    }

    /// Returns the list that says this, ascending.
    pub fn encode(&self) -> Vec<Shape> {
        let digits = self.significant_digits.iter().flatten().map(|count| Fact::SignificantDigits(*count));
        let kinds = self.kinds.iter().flat_map(KindSet::iter).map(Fact::Kinds);
        let signs = self.signs.iter().flat_map(|signs| signs.iter()).map(Fact::Sign);
        let mut list: Vec<Shape> = digits.chain(kinds).chain(signs).map(Fact::encode).collect();
        // Facts have no atom, so all of them come before the shapes of values.
        list.sort_unstable();
        list.extend(&self.values);
        list
    }

    /// Returns how many shapes [`ShapeSummary::encode`] lists.
    pub fn listed(&self) -> usize {
        self.values.len()
            + self.significant_digits.as_ref().map_or(0, BTreeSet::len)
            + self.kinds.as_ref().map_or(0, |kinds| kinds.iter().count())
            + self.signs.map_or(0, |signs| signs.iter().count())
    }

    /// Adds what another summary says; what only one of them says is known of none.
    pub fn add(&mut self, other: &Self) {
        self.values.extend(&other.values);
        match (&mut self.significant_digits, &other.significant_digits) {
            (Some(own), Some(other)) => own.extend(other),
            (own, _) => *own = None,
        }
        self.kinds = self.kinds.as_ref().zip(other.kinds.as_ref()).map(|(own, other)| own.united(other));
        self.signs = self.signs.zip(other.signs).map(|(own, other)| own.united(other));
    }

    /// Returns the shapes of values, ascending.
    pub fn values(&self) -> impl Iterator<Item = &Shape> + Clone {
        self.values.iter()
    }

    /// Returns how many significant digits numbers written to a width have: bit 63 is 63 and more.
    /// All bits where that is not known, or no value is such a number.
    pub fn significant_digits(&self) -> u64 {
        let known = self.significant_digits.iter().flatten();
        match known.fold(0, |all, count| all | 1 << count.min(&63)) {
            0 => u64::MAX,
            digits => digits,
        }
    }

    /// Returns which atoms of values of several are digits; [`KindSet::ALL`] where that is not
    /// known.
    pub fn kinds(&self) -> KindSet {
        self.kinds.clone().unwrap_or(KindSet::ALL)
    }

    /// Returns which signs values of several atoms contain; [`SignSet::ALL`] where that is not
    /// known.
    pub fn signs(&self) -> SignSet {
        self.signs.unwrap_or(SignSet::ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value_summary::kinds::Kinds;

    fn decode(list: &[Shape]) -> ShapeSummary {
        ShapeSummary::decode(list).expect("entries that are written")
    }

    #[track_caller]
    fn check(blocks: &[&[Shape]], expected: &[Shape]) {
        let mut summary = ShapeSummary::empty();
        blocks.iter().for_each(|block| summary.add(&decode(block)));
        let found = summary.encode();
        assert_eq!(found, expected, "{blocks:?}");
        assert_eq!(found.len(), summary.listed(), "{blocks:?}");
        assert_eq!(decode(&found), summary, "{blocks:?}: a file says what was added");
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

    #[test]
    fn kinds_that_are_not_told_are_not_known() {
        let (several, one) = (Shape::of(b"a b", 2), Shape::of(b"ab", 1));
        let kinds = Fact::Kinds(Kinds::of(b"a b")).encode();
        let check = |shapes: &[Shape], expected: KindSet| assert_eq!(decode(shapes).kinds(), expected);
        check(&[several, one], KindSet::ALL);
        check(&[one], KindSet::NONE);
        let mut known = KindSet::NONE;
        known.insert(Kinds::of(b"a b"));
        check(&[kinds, several, one], known);
    }

    #[test]
    fn signs_that_are_not_told_are_not_known() {
        let (with, without) = (Shape::of(b"a@b", 2), Shape::of(b"ab", 1));
        let check = |shapes: &[Shape], expected: SignSet| assert_eq!(decode(shapes).signs(), expected);
        check(&[with, without], SignSet::ALL);
        check(&[without], SignSet::NONE);
        let mut told = SignSet::NONE;
        told.insert(b'@');
        check(&[Fact::Sign(b'@').encode(), with, without], told);
    }

    #[test]
    fn a_list_with_an_unknown_entry_is_refused() {
        let form = Shape::of(b"ab", 1);
        for unknown in [Shape { atoms: 0, bytes: 3, mask: 3 }, Shape { atoms: 0, bytes: 1, mask: 1 }] {
            assert_eq!(ShapeSummary::decode(&[unknown, form]), None, "{unknown:?}");
        }
    }
}
