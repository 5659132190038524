//! How recognisers see a folded text: atoms and what joins them (`docs/formats/hash.md`, section 8,
//! Joints).

use edm_model::Delimiters;

use crate::text::boundaries;
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap::{self, is_white};
use crate::value::cell_form::CellRefusal;
use crate::window::found::{Found, Window};

/// What joins two atoms of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// Nothing at all.
    Nothing,
    /// The column's ignored delimiters alone: all such gaps are the same joint.
    Ignored,
    /// One of [`WRITTEN`].
    Written(&'static str),
}

/// The gaps that a value of some type crosses. A line break counts as a space where nothing else
/// is, and as nothing after something else.
const WRITTEN: [&str; 9] = [" ", "-", ".", "/", ",", ". ", ", ", "., ", ".,"];
/// Those of one character.
const SIGNS: &[&str] = WRITTEN.split_at(5).0;

/// A folded text and the delimiters that its column ignores.
#[derive(Clone, Copy)]
pub(crate) struct AtomReader<'a> {
    pub(crate) folded: &'a Folded,
    pub(crate) delimiters: &'a Delimiters,
}

impl<'a> AtomReader<'a> {
    pub(crate) fn count(self) -> usize {
        self.folded.atom_count()
    }

    fn of_kind(self, index: usize, kind: AtomKind) -> Option<&'a str> {
        let atom = self.folded.atom(index).filter(|atom| atom.kind == kind)?;
        Some(self.folded.atom_text(atom))
    }

    /// Returns the digits that the atom is.
    pub(crate) fn digits(self, index: usize) -> Option<&'a str> {
        self.of_kind(index, AtomKind::Digits)
    }

    /// Returns the letters that the atom is.
    pub(crate) fn letters(self, index: usize) -> Option<&'a str> {
        self.of_kind(index, AtomKind::Letters)
    }

    /// Returns the cluster that the atom is.
    pub(crate) fn cluster(self, index: usize) -> Option<&'a str> {
        self.of_kind(index, AtomKind::Cluster)
    }

    /// Returns what joins an atom to the next one; `None` where no value goes on, or there is no
    /// next one.
    pub(crate) fn joint(self, index: usize) -> Option<Joint> {
        if index + 1 >= self.count() {
            return None;
        }
        joint(self.folded.gap(index), self.delimiters)
    }

    /// Returns what joins an atom to the next one but for an apostrophe at the end of the gap.
    pub(crate) fn joint_before_apostrophe(self, index: usize) -> Option<Joint> {
        joint(self.folded.gap(index).strip_suffix('\'')?, self.delimiters)
    }

    /// Appends the form of a value that begins with a cell's first atom. Refuses the cell unless
    /// the value ends with its last one.
    pub(crate) fn push_cell(self, last: usize, form: &[u8], out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        if last + 1 != self.count() || !self.fill_the_cell() {
            return Err(CellRefusal::NotThisType);
        }
        out.extend_from_slice(form);
        Ok(())
    }

    /// Returns whether nothing but white space and ignored delimiters is around the atoms of a
    /// cell.
    fn fill_the_cell(self) -> bool {
        let (Some(first), Some(last)) = (self.folded.atoms().next(), self.folded.atoms().next_back()) else {
            return false;
        };
        let (front, back) = (self.folded.slice(0, first.start), self.folded.behind(last));
        front.chars().chain(back.chars()).all(|c| is_white(c) || self.delimiters.contains(c))
    }

    /// Hands a number to `found` unless it cuts a longer one. `number` says what is known of it; it
    /// is attached, too, where a word touches it.
    pub(crate) fn offer(self, number: Window, form: &[u8], found: Found<'_>) {
        let Window { first, last, .. } = number;
        if !boundaries::continues(self.folded, first, last) {
            let joined = boundaries::is_joined_before(self.folded, first)
                || boundaries::is_joined_after(self.folded, last);
            found(Window { attached: number.attached || joined, ..number }, form);
        }
    }

    /// Returns whether a value that may end as `end` says is attached; `None` where no value is.
    pub(crate) fn stands(self, first: usize, last: usize, end: Option<bool>) -> Option<bool> {
        let (begin, end) = (boundaries::begins(self.folded, first)?, end?);
        (!boundaries::continues(self.folded, first, last)).then_some(begin || end)
    }
}

fn joint(gap: &str, delimiters: &Delimiters) -> Option<Joint> {
    if gap.is_empty() {
        return Some(Joint::Nothing);
    }
    // What most gaps are.
    if let [byte] = *gap.as_bytes()
        && !delimiters.contains(char::from(byte))
        && !matches!(byte, b'\r' | b'\n')
    {
        return SIGNS.iter().find(|sign| sign.as_bytes() == [byte]).map(|sign| Joint::Written(sign));
    }
    // A gap of several characters, or one that the column ignores. All ignored gaps are one joint,
    // so `900-11#2222` is grouped alike where a column ignores both signs.
    let crossing = gap::crossing(gap, delimiters);
    if !crossing.crossed || crossing.ignored {
        return crossing.ignored.then_some(Joint::Ignored).filter(|_| crossing.crossed);
    }
    let known = |gap: &str| WRITTEN.iter().find(|written| **written == gap).map(|own| Joint::Written(own));
    if !gap.contains(['\r', '\n']) {
        return known(gap);
    }
    // A line break counts as a space, or as nothing after a sign: `123-⏎45` goes on.
    let mut plain = String::new();
    gap::plain(gap, |character| plain.push(character));
    match plain.strip_suffix('\n')?.trim_end_matches(' ') {
        "" => known(" "),
        rest => known(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints() {
        let cases: &[(&str, &str, Option<Joint>)] = &[
            ("", "", Some(Joint::Nothing)),
            (" ", "", Some(Joint::Written(" "))),
            ("\n", "", Some(Joint::Written(" "))),
            ("  \r\n> > ", "", Some(Joint::Written(" "))),
            ("-\n", "", Some(Joint::Written("-"))),
            (", \n", "", Some(Joint::Written(","))),
            ("., ", "", Some(Joint::Written("., "))),
            ("  ", "", None),
            ("\t", "", None),
            ("\n\n", "", None),
            (" - ", "", None),
            ("|", "", None),
            ("#", "#", Some(Joint::Ignored)),
            ("-", "-#", Some(Joint::Ignored)),
            ("#-#", "-#", Some(Joint::Ignored)),
            ("#-#-", "-#", None),
            ("#", "", None),
        ];
        for (gap, ignored, expected) in cases {
            let delimiters = Delimiters::new(ignored.chars()).expect("delimiters");
            assert_eq!(joint(gap, &delimiters), *expected, "{gap:?} {ignored:?}");
        }
    }
}
