//! What blocks and files say of the form of a rule's values, decoded from their one list of shapes
//! ([`Fact`]).
//!
//! What must stay true: a block lists every fact of its values, so what no list says is true of no
//! value.

use std::collections::BTreeSet;

use crate::value_summary::calling_codes::CallingCodes;
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
    /// Of numbers that are written to a width.
    significant_digits: BTreeSet<u16>,
    /// Of values of several atoms, as the signs.
    kinds: KindSet,
    signs: SignSet,
    calling_codes: CallingCodes,
}

impl ShapeSummary {
    /// Returns the summary of no values.
    pub fn empty() -> Self {
        Self {
            values: BTreeSet::new(),
            significant_digits: BTreeSet::new(),
            kinds: KindSet::NONE,
            signs: SignSet::NONE,
            calling_codes: CallingCodes::NONE,
        }
    }

    /// Decodes the list of a block or a file; `None` if it has an entry that no version writes.
    pub fn decode<'a>(list: impl IntoIterator<Item = &'a Shape>) -> Option<Self> {
        let mut own = Self::empty();
        for entry in list {
            match Fact::decode(*entry)? {
                Fact::Form(shape) => _ = own.values.insert(shape),
                Fact::SignificantDigits(count) => _ = own.significant_digits.insert(count),
                Fact::Kinds(kinds) => own.kinds.insert(kinds),
                Fact::Sign(byte) => own.signs.insert(byte),
                Fact::CallingCode(code) => own.calling_codes.insert(code),
            }
        }
        Some(own)
    }

    /// Returns the list that says this, ascending.
    pub fn encode(&self) -> Vec<Shape> {
        let mut list: Vec<Shape> = self.facts().map(Fact::encode).collect();
        list.sort_unstable();
        // Facts have no atom, so all of them come before the shapes of values.
        list.extend(&self.values);
        list
    }

    /// Returns all that is known but the shapes of values.
    fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let digits = self.significant_digits.iter().map(|count| Fact::SignificantDigits(*count));
        let kinds = self.kinds.iter().map(Fact::Kinds);
        let codes = self.calling_codes.iter().map(Fact::CallingCode);
        digits.chain(kinds).chain(self.signs.iter().map(Fact::Sign)).chain(codes)
    }

    /// Returns how many shapes [`ShapeSummary::encode`] lists.
    pub fn listed(&self) -> usize {
        self.values.len() + self.facts().count()
    }

    /// Adds what another summary says.
    pub fn add(&mut self, other: &Self) {
        self.values.extend(&other.values);
        self.significant_digits.extend(&other.significant_digits);
        self.kinds = self.kinds.united(&other.kinds);
        self.signs = self.signs.united(other.signs);
        self.calling_codes = self.calling_codes.united(&other.calling_codes);
    }

    /// Returns the shapes of values, ascending.
    pub fn values(&self) -> impl Iterator<Item = &Shape> + Clone {
        self.values.iter()
    }

    /// Returns how many significant digits numbers written to a width have: bit 63 is 63 and more.
    /// All bits where no value is such a number.
    pub fn significant_digits(&self) -> u64 {
        match self.significant_digits.iter().fold(0, |all, count| all | 1 << count.min(&63)) {
            0 => u64::MAX,
            digits => digits,
        }
    }

    /// Returns which atoms of values of several are digits.
    pub fn kinds(&self) -> &KindSet {
        &self.kinds
    }

    /// Returns which signs values of several atoms contain.
    pub fn signs(&self) -> SignSet {
        self.signs
    }

    /// Returns which calling codes telephone numbers have.
    pub fn calling_codes(&self) -> &CallingCodes {
        &self.calling_codes
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

    #[test]
    fn a_file_says_what_its_blocks_say() {
        let (number, several) =
            (Shape { atoms: 1, bytes: 10, mask: 2 }, Shape { atoms: 2, bytes: 4, mask: 3 });
        let digits = |bytes| Fact::SignificantDigits(bytes).encode();
        let kinds = |form: &[u8]| Fact::Kinds(Kinds::of(form)).encode();
        check(&[&[digits(7), number], &[], &[digits(9), number]], &[digits(7), digits(9), number]);
        let (one, other) = (kinds(b"1 a"), kinds(b"a 1"));
        check(&[&[number], &[one, several], &[other, several]], &[other, one, number, several]);
        let (sign, code) = (Fact::Sign(b'@').encode(), Fact::CallingCode(44).encode());
        check(&[&[sign], &[code, number]], &[code, sign, number]);
        let summary = decode(&[sign, code, number]);
        assert_eq!(summary.calling_codes().iter().collect::<Vec<_>>(), [44]);
        assert_eq!(summary.signs().iter().collect::<Vec<_>>(), [b'@']);
        assert_eq!(*summary.kinds(), KindSet::NONE);
    }

    #[test]
    fn a_list_with_an_unknown_entry_is_refused() {
        let form = Shape::of(b"ab", 1);
        for unknown in [Shape { atoms: 0, bytes: 3, mask: 3 }, Shape { atoms: 0, bytes: 1, mask: 1 }] {
            assert_eq!(ShapeSummary::decode(&[unknown, form]), None, "{unknown:?}");
        }
    }
}
