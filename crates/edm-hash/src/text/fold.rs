//! Folds a text and cuts it into atoms, with the way back to its positions (`docs/formats/hash.md`,
//! sections 1 and 2).
//!
//! Problem: folding is normalisation (NFKD, case, marks, NFC), which looks at each character and at
//! its neighbours. Nearly all texts are ASCII, of which it changes capitals, two control characters
//! and `` ` ``.
//!
//! Idea: runs of ASCII are folded as they are copied, 64 bytes at a time. Only a character beyond
//! ASCII starts the slow path, for one segment: a character and all that can join it.
//!
//! ```text
//! at = 0
//! while at < text.len():
//!     copy and fold ASCII from at on                              simd/bytes
//!     if something beyond ASCII follows:
//!         take back the last ASCII character: a mark may join it   e + U+0301 -> é
//!         fold the segment that begins there, note where it differs in length
//! classes of the folded bytes -> atoms                            simd/bytes, text/atomize
//! ```
//!
//! What must stay true: a segment ends before the first character that no earlier one can be joined
//! with, so that segments are folded one by one as the whole text would be. The source map gets an
//! entry wherever folded and original bytes differ in length, and nowhere else: a text of ASCII has
//! none.

use std::ops::RangeInclusive;

use edm_model::{CaseRule, DiacriticRule, Rule, Wipe};

use crate::simd::bytes::{Masks, append_ascii, between};
use crate::simd::level::Level;
use crate::simd::mask::low;
use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::atomize::Atoms;
use crate::text::source_map::SourceMap;
use crate::text::unicode_data::{Class, TABLE, Table, hangul};

/// Offsets of atoms and of segments come from the text itself.
const AT_CHARACTERS: &str = "atoms and segments begin and end at characters";

/// The option of the table that keeps case and diacritics.
const KEEPING: usize = 1;

/// Which of the four foldings: the two options of a rule that change characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldOptions {
    case: CaseRule,
    diacritics: DiacriticRule,
}

impl FoldOptions {
    /// Returns the folding that a rule asks for.
    pub fn of(rule: &Rule) -> Self {
        Self { case: rule.case, diacritics: rule.diacritics }
    }

    fn index(self) -> usize {
        usize::from(self.case == CaseRule::Sensitive)
            | usize::from(self.diacritics == DiacriticRule::Fold) << 1
    }
}

/// What an atom is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtomKind {
    /// Letters and marks.
    Letters,
    /// ASCII digits.
    Digits,
    /// One character, with its marks, of a script written without spaces.
    Cluster,
}

/// A maximal run of letters, of digits, or one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atom {
    /// Byte offset in the folded text.
    pub start: u32,
    /// Byte offset of its end in the folded text.
    pub end: u32,
    /// What it is made of.
    pub kind: AtomKind,
}

/// A folded text and its atoms. Reused from text to text.
#[derive(Debug, Default)]
pub struct Folded {
    text: String,
    atoms: Atoms,
    masks: Masks,
    source_map: SourceMap,
    /// The level that the text was folded at, and that is used for its atoms.
    level: Level,
    segment: Vec<char>,
    sources: Vec<char>,
}

impl Folded {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the folded text.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how many atoms there are.
    #[inline]
    pub fn atom_count(&self) -> usize {
        self.atoms.ranges().len()
    }

    /// Returns an atom by its number.
    #[inline]
    pub fn atom(&self, index: usize) -> Option<Atom> {
        let (start, end) = *self.ranges().get(index)?;
        let kind = if self.atoms.digits.contains(index) {
            AtomKind::Digits
        } else if self.atoms.clusters.contains(index) {
            AtomKind::Cluster
        } else {
            AtomKind::Letters
        };
        Some(Atom { start, end, kind })
    }

    /// Returns the atoms in order.
    pub fn atoms(&self) -> impl DoubleEndedIterator<Item = Atom> {
        (0..self.atoms.ranges().len()).map(|index| self.atom(index).expect("it is below their count"))
    }

    /// Returns where each atom begins and ends, in bytes of the folded text.
    #[inline]
    pub fn ranges(&self) -> &[(u32, u32)] {
        self.atoms.ranges()
    }

    /// Appends the ranges of some atoms of the `number`th 64, and returns which of these there are.
    pub fn append_ranges(&self, number: usize, atoms: u64, out: &mut Vec<(u32, u32)>) -> u64 {
        let own = &self.atoms.ranges()[number * ATOMS_A_WORD..];
        if let (u64::MAX, Some(all)) = (atoms, own.first_chunk::<ATOMS_A_WORD>()) {
            out.extend_from_slice(all);
            return atoms;
        }
        let there = low(own.len().min(ATOMS_A_WORD) as u32);
        // Gathered first: asking the list for room one by one costs more than all the rest.
        let (mut gathered, mut count) = ([(0, 0); ATOMS_A_WORD], 0);
        let mut rest = atoms & there;
        while rest != 0 {
            gathered[count % ATOMS_A_WORD] = own[rest.trailing_zeros() as usize];
            count += 1;
            rest &= rest - 1;
        }
        out.extend_from_slice(&gathered[..count]);
        atoms & there
    }

    /// Returns the level that the text was folded at.
    #[inline]
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Returns the atoms that are digits.
    #[inline]
    pub fn digits(&self) -> &AtomSet {
        &self.atoms.digits
    }

    /// Returns the atoms that are clusters.
    #[inline]
    pub(crate) fn clusters(&self) -> &AtomSet {
        &self.atoms.clusters
    }

    /// Returns the atoms that begin with a mark.
    #[inline]
    pub(crate) fn marks(&self) -> &AtomSet {
        &self.atoms.marks
    }

    /// Returns whether an atom of the `number`th 64 or of those beside them begins with a mark.
    pub fn has_marks_near(&self, number: usize) -> bool {
        (number.saturating_sub(1)..number + 2).any(|word| self.atoms.marks.word(word) != 0)
    }

    /// Returns the folded characters of an atom.
    #[inline]
    pub fn atom_text(&self, atom: Atom) -> &str {
        self.slice(atom.start, atom.end)
    }

    /// Returns the folded characters of the atom of a number that there is.
    #[inline]
    pub(crate) fn text_of(&self, index: usize) -> &str {
        let (start, end) = self.ranges()[index];
        self.slice(start, end)
    }

    /// Returns the folded characters between atom `index` and the next one: none after the last.
    #[inline]
    pub fn gap(&self, index: usize) -> &str {
        match (self.atoms.ranges().get(index), self.atoms.ranges().get(index + 1)) {
            (Some(left), Some(right)) => self.slice(left.1, right.0),
            _ => "",
        }
    }

    /// Returns whether nothing lies between an atom and the next one.
    #[inline]
    pub(crate) fn touches_next(&self, index: usize) -> bool {
        self.atoms.joined.contains(index + 1)
    }

    /// Returns the atoms that nothing parts from the one before.
    #[inline]
    pub(crate) fn joined(&self) -> &AtomSet {
        &self.atoms.joined
    }

    /// Returns the atoms with a `.` or `'` directly after.
    #[inline]
    pub(crate) fn dotted(&self) -> &AtomSet {
        &self.atoms.dotted
    }

    /// Returns which atoms of the `number`th 64 have a length in bytes, at most 254, in the range;
    /// no atom has none.
    pub(crate) fn of_length(&self, number: usize, bytes: RangeInclusive<u8>) -> u64 {
        let lengths = self.atoms.lengths(number);
        lengths.map_or(0, |lengths| between(self.level, lengths, *bytes.start(), *bytes.end()))
    }

    /// Returns where in the text that was folded the atoms from `first` to `last` are, in bytes.
    pub fn source_span(&self, first: usize, last: usize) -> Option<(usize, usize)> {
        let (first, last) = (self.atoms.ranges().get(first)?, self.atoms.ranges().get(last)?);
        Some(self.source_map.source_span(first.0 as usize, last.1 as usize))
    }

    /// Returns the folded characters after an atom, up to the text's end.
    pub(crate) fn behind(&self, atom: Atom) -> &str {
        self.text.get(atom.end as usize..).expect(AT_CHARACTERS)
    }

    /// Returns where in the text that was folded some bytes of the folded text are, in bytes.
    pub(crate) fn source_of(&self, start: u32, end: u32) -> (usize, usize) {
        self.source_map.source_span(start as usize, end as usize)
    }

    #[inline]
    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        // Not `[start..end]`: its panic would print the text.
        self.text.get(start as usize..end as usize).expect(AT_CHARACTERS)
    }

    /// Returns the bytes of what [`Folded::slice`] returns; both offsets are an atom's.
    #[inline]
    pub(crate) fn bytes(&self, start: u32, end: u32) -> &[u8] {
        &self.text.as_bytes()[start as usize..end as usize]
    }

    /// Overwrites the text and keeps the memory for the next one, until which nothing is to be
    /// asked of it.
    pub fn wipe(&mut self) {
        self.text.wipe_held();
        self.source_map.clear();
        self.segment.fill('\0');
        self.sources.fill('\0');
    }

    /// Folds a text of at most 4 GiB, replacing what was held before.
    pub fn fold(&mut self, text: &str, options: FoldOptions) {
        self.fold_on(Level::current(), text, options);
    }

    /// Does the same at one of the processor's levels.
    pub(crate) fn fold_on(&mut self, level: Level, text: &str, options: FoldOptions) {
        assert!(u32::try_from(text.len()).is_ok(), "callers bound texts far below 4 GiB");
        self.text.clear();
        self.source_map.clear();
        self.level = level;
        let option = options.index();
        let lower = options.case == CaseRule::Insensitive;
        let table = &*TABLE;
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).expect(AT_CHARACTERS);
            let ascii = append_ascii(level, rest, lower, &mut self.text);
            at += ascii;
            if at == text.len() {
                break;
            }
            // The last character before one that is no ASCII may be joined by it.
            if ascii > 0 {
                self.text.pop();
                at -= 1;
            }
            at = self.fold_segment(text, at, option, table);
        }
        self.masks.read(level, self.text.as_bytes());
        self.atoms.cut(level, &self.text, &self.masks);
    }

    /// Folds one character with all that can join it in normalisation; returns where the next one
    /// starts.
    fn fold_segment(&mut self, text: &str, start: usize, option: usize, table: &Table) -> usize {
        // A segment is a character and those after it that continue it. Characters that folding
        // removes (such as a soft hyphen) end no segment, but belong to it only if one that joins
        // follows.
        let mut characters = text.get(start..).expect(AT_CHARACTERS).char_indices();
        let Some((_, first)) = characters.next() else { return text.len() };
        let mut end = start + first.len_utf8();
        let mut next = text.len();
        let mut joined = false;
        for (offset, character) in characters {
            let entry = table.entry(character);
            if entry.continues() {
                joined = true;
                end = start + offset + character.len_utf8();
            } else if !entry.removed() {
                next = start + offset;
                break;
            }
        }
        let from = self.text.len();
        let entry = table.entry(first);
        // Most segments are one character, which a table folds without normalising anything.
        let mut alone = [first];
        let made = if joined {
            self.join_segment(text.get(start..end).expect(AT_CHARACTERS), option, table);
            &self.segment
        } else if entry.removed() {
            &[][..]
        } else {
            alone[0] = first;
            table.composed(entry, option).unwrap_or(&alone)
        };
        self.text.extend(made);
        let own = from..self.text.len();
        let unchanged = made.len() == 1 && own.len() == end - start;
        // Characters that were removed after it belong to nothing.
        if !unchanged {
            self.source_map.push(own.clone(), start..end);
        }
        if next > end {
            self.source_map.push(own.end..own.end, end..next);
        }
        next
    }

    /// Fills `segment` with what characters become that can join in normalisation.
    fn join_segment(&mut self, characters: &str, option: usize, table: &Table) {
        self.segment.clear();
        self.sources.clear();
        // Marks are sorted before they are folded: U+0345 is last among them and becomes a letter.
        // No mark is sorted across a character that folding removes.
        for character in characters.chars() {
            let entry = table.entry(character);
            match table.decomposed(entry, KEEPING) {
                _ if entry.removed() => self.sources.push(character),
                Some(sequence) => self.sources.extend_from_slice(sequence),
                None if hangul::decompose(character, &mut self.sources) => {}
                None => self.sources.push(character),
            }
        }
        order(&mut self.sources, table);
        for character in &self.sources {
            let entry = table.entry(*character);
            match table.decomposed(entry, option) {
                _ if entry.removed() => {}
                Some(sequence) => self.segment.extend_from_slice(sequence),
                None => self.segment.push(*character),
            }
        }
        compose(&mut self.segment, table);
    }
}

/// Returns what folding makes of one character that is alone, case and diacritics kept; `None`:
/// itself.
pub fn fold_character(character: char) -> Option<&'static [char]> {
    let sensitive = FoldOptions { case: CaseRule::Sensitive, diacritics: DiacriticRule::Keep };
    let table = &*TABLE;
    table.composed(table.entry(character), sensitive.index())
}

/// Returns what folding makes of one character that is alone, without case and diacritics; `None`:
/// itself.
pub(crate) fn plain_character(character: char) -> Option<&'static [char]> {
    let plain = FoldOptions { case: CaseRule::Insensitive, diacritics: DiacriticRule::Fold };
    let table = &*TABLE;
    table.composed(table.entry(character), plain.index())
}

/// Returns whether a folded character is one of a script without spaces (`docs/formats/hash.md`,
/// section 2).
pub fn is_cluster(folded: char) -> bool {
    TABLE.entry(folded).class == Class::Cluster
}

/// Returns whether a folded character is a mark, which belongs to the character before it.
pub fn is_mark(folded: char) -> bool {
    TABLE.entry(folded).class == Class::Mark
}

/// Orders marks and composes, in place (The Unicode Standard, section 3.11).
fn compose(segment: &mut Vec<char>, table: &Table) {
    order(segment, table);
    let class = |c: char| table.entry(c).combining_class;
    let mut starter = None;
    let mut last = 0;
    let mut length = 0;
    for i in 0..segment.len() {
        let character = segment[i];
        let own = class(character);
        if let Some(s) = starter {
            // A mark is blocked from its starter by one of the same or a higher class between them.
            let blocked = length > s + 1 && (last == 0 || last >= own);
            if !blocked && let Some(joined) = table.compose(segment[s], character) {
                segment[s] = joined;
                continue;
            }
        }
        if own == 0 {
            starter = Some(length);
        }
        last = own;
        segment[length] = character;
        length += 1;
    }
    segment.truncate(length);
}

/// Sorts each run of marks by combining class, stably.
fn order(segment: &mut [char], table: &Table) {
    let class = |c: char| table.entry(c).combining_class;
    let mut at = 0;
    while at < segment.len() {
        let end = (at + 1..segment.len()).find(|i| class(segment[*i]) == 0).unwrap_or(segment.len());
        let from = if class(segment[at]) == 0 { at + 1 } else { at };
        segment[from..end].sort_by_key(|c| class(*c));
        at = end;
    }
}

#[cfg(test)]
mod tests;
