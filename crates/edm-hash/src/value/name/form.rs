//! Reads a run of atoms as a name: the form of a cell, and of a candidate of a text
//! (`docs/formats/hash.md`, Name, rules M3 to M7).
//!
//! The form is written with a space where two of its atoms are parted, so that the words of the
//! value can be told; [`join`] takes the spaces out. No form holds a space otherwise.

use std::ops::Range;

use edm_model::{DiacriticRule, Rule};

use crate::text::fold::{AtomKind, Folded};
use crate::text::gap::is_white;
use crate::text::unicode_data::{Class, TABLE};
use crate::value::name::gaps::{self, NameGap};
use crate::value::name::letters;
use crate::value::name::words::{self, Listed};

/// The byte that an alternative form begins with: no main form has it.
pub(crate) const ALTERNATIVE: u8 = 1;
/// The most middle names that may be left out.
const MIDDLE_NAMES_MAX: usize = 3;
/// The most atoms of a degree that is written with dots.
const DEGREE_ATOMS_MAX: usize = 3;

/// A run of atoms.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) first: usize,
    pub(super) last: usize,
    /// What follows it, in a cell.
    pub(super) behind: &'a str,
    /// What stands for its first atom, where that is read without a prefix.
    pub(super) head: Option<&'a str>,
}

/// A name, as it was read last.
#[derive(Default)]
pub(crate) struct NameForm {
    /// Its words with a space between those that are parted; without the suffix.
    pub(super) base: String,
    pub(super) suffix: Option<&'static str>,
    pub(super) is_text: bool,
    /// The atoms of the form, in its order.
    pub(super) kept: Vec<usize>,
    /// Its free words (rule M11).
    pub(super) free: Vec<FreeWord>,
    /// How many of the atoms are given names, where a comma says so.
    given: Option<usize>,
    /// The atoms of the run that are in no nickname, and where in them parts begin.
    atoms: Vec<usize>,
    parts: Vec<usize>,
    /// What is left of the parts: places in `atoms`.
    left: Vec<(usize, usize)>,
}

/// Where a free word begins: words that are bound to one another are one.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreeWord {
    /// Its first atom, as a place in [`NameForm::kept`].
    pub(super) atom: usize,
    /// Its first byte in [`NameForm::base`].
    pub(super) byte: usize,
}

/// Returns whether a rule folds diacritics.
pub(super) fn folds(rule: &Rule) -> bool {
    rule.diacritics == DiacriticRule::Fold
}

fn letters_of(folded: &Folded, atom: usize) -> Option<&str> {
    let own = folded.atom(atom).filter(|own| own.kind == AtomKind::Letters)?;
    Some(folded.atom_text(own))
}

/// Returns what an atom is beside a name.
pub(super) fn listed(folded: &Folded, atom: usize) -> Listed {
    letters_of(folded, atom).map(words::listed).unwrap_or_default()
}

/// Takes the spaces out of a form, from `from` on.
pub(crate) fn join(form: &mut Vec<u8>, from: usize) {
    let mut to = from;
    for at in from..form.len() {
        let byte = form.get(at).copied().unwrap_or(b' ');
        if byte != b' ' {
            if let Some(place) = form.get_mut(to) {
                *place = byte;
            }
            to += 1;
        }
    }
    form.truncate(to);
}

/// Returns whether a form with its words parted is one that is matched as text (rule M7).
pub(crate) fn is_text(form: &[u8]) -> bool {
    let form = std::str::from_utf8(form).unwrap_or("");
    let base = words::SUFFIXES
        .iter()
        .find_map(|suffix| form.strip_suffix(suffix)?.strip_suffix(','))
        .unwrap_or(form);
    base.chars()
        .any(|character| !character.is_ascii_alphanumeric() && character.is_ascii() && character != ' ')
        || !base.is_ascii() && has_sign(base)
}

#[cold]
fn has_sign(base: &str) -> bool {
    let is_part = |class: Class| matches!(class, Class::Letter | Class::Mark | Class::Cluster | Class::Digit);
    base.chars().any(|character| !character.is_ascii() && !is_part(TABLE.entry(character).class))
}

impl NameForm {
    /// Reads a run.
    pub(super) fn read(&mut self, folded: &Folded, rule: &Rule, run: Run<'_>) {
        (self.suffix, self.is_text, self.given) = (None, false, None);
        self.free.clear();
        let readable = self.divide(folded, rule, run) && self.trim(folded, run.last);
        if !readable {
            return self.read_as_text(folded, rule, run);
        }
        self.base.clear();
        for place in 0..self.kept.len() {
            let Some(atom) = self.kept.get(place).copied() else { break };
            let before = place.checked_sub(1).and_then(|before| self.kept.get(before));
            let touches = before.is_some_and(|before| before + 1 == atom && folded.touches_next(*before));
            if place > 0 && !touches {
                self.base.push(' ');
            }
            if !before.is_some_and(|before| is_bound(folded, *before, atom)) {
                self.free.push(FreeWord { atom: place, byte: self.base.len() });
            }
            push_word(folded, rule, run, atom, &mut self.base);
        }
    }

    /// Returns the free words that are middle names (rules M12 and M13), and no more than there may
    /// be.
    pub(super) fn middle(&self, folded: &Folded) -> Option<Range<usize>> {
        let family = match self.given {
            Some(given) => self.free.iter().position(|word| word.atom == given)?,
            None => {
                let particle = |word: &usize| {
                    let atom = self.free.get(*word).and_then(|word| self.kept.get(word.atom));
                    atom.is_some_and(|atom| listed(folded, *atom).is_particle)
                };
                let last = self.free.len().checked_sub(1)?;
                let particles = (1..last).rev().take_while(particle).count();
                last - particles
            }
        };
        (2..=1 + MIDDLE_NAMES_MAX).contains(&family).then_some(1..family)
    }

    /// Calls `each` with the form without its middle names and with their initials, words parted.
    pub(super) fn shortened(&self, middle: &Range<usize>, mut each: impl FnMut(&str)) {
        let from = |word: usize| self.free.get(word).map_or(self.base.len(), |word| word.byte);
        let of = |words: Range<usize>| self.base.get(from(words.start)..from(words.end)).unwrap_or("");
        each(&self.without_middle(middle));
        let mut short = String::with_capacity(self.base.len());
        short.push_str(of(0..1));
        let mut changed = false;
        for word in middle.clone() {
            let own = of(word..word + 1).trim_end_matches(' ');
            let initial = own.char_indices().find(|(at, next)| *at > 0 && !is_mark(*next));
            let end = initial.map_or(own.len(), |(end, _)| end);
            changed |= end < own.len();
            short.push_str(own.get(..end).unwrap_or(own));
            short.push(' ');
        }
        if changed {
            short.push_str(of(middle.end..self.free.len()));
            each(&short);
        }
    }

    /// Returns the form without its middle names, words parted.
    pub(super) fn without_middle(&self, middle: &Range<usize>) -> String {
        let at = |word: usize| self.free.get(word).map_or(self.base.len(), |word| word.byte);
        [self.base.get(..at(1)), self.base.get(at(middle.end)..)].into_iter().flatten().collect()
    }

    /// Leaves the form with its first free word at the end in `out`, words parted.
    pub(super) fn turned(&self, out: &mut Vec<u8>) {
        let second = self.free.get(1).map_or(self.base.len(), |word| word.byte);
        let (first, rest) = self.base.split_at_checked(second).unwrap_or((&self.base, ""));
        out.clear();
        out.extend_from_slice(rest.as_bytes());
        out.push(b' ');
        out.extend_from_slice(first.trim_end_matches(' ').as_bytes());
    }

    /// Appends the suffix, if it has one.
    pub(super) fn push_suffix(&self, out: &mut Vec<u8>) {
        if let Some(suffix) = self.suffix {
            out.push(b',');
            out.extend_from_slice(suffix.as_bytes());
        }
    }

    /// Returns whether a comma says which words are the family name.
    pub(super) fn has_comma(&self) -> bool {
        self.given.is_some()
    }

    /// Finds the parts of a run; false if it has a gap that no name has.
    fn divide(&mut self, folded: &Folded, rule: &Rule, run: Run<'_>) -> bool {
        let delimiters = &rule.delimiters;
        self.atoms.clear();
        self.parts.clear();
        self.atoms.push(run.first);
        self.parts.push(0);
        let mut at = run.first;
        while at < run.last {
            let mut next = at + 1;
            if let Some(end) = gaps::nickname(folded, delimiters, [at, run.last], run.behind) {
                next = end + 1;
                if next > run.last {
                    break;
                }
            } else {
                match gaps::judge(folded.gap(at), delimiters) {
                    NameGap::Nothing | NameGap::Joint => {}
                    NameGap::Comma => self.parts.push(self.atoms.len()),
                    NameGap::Other => return false,
                }
            }
            self.atoms.push(next);
            at = next;
        }
        true
    }

    /// Takes titles, degrees and the suffix from the parts, and puts what is left in order; false
    /// if that is more than two parts.
    fn trim(&mut self, folded: &Folded, last: usize) -> bool {
        self.left.clear();
        for (number, start) in self.parts.iter().enumerate() {
            let end = self.parts.get(number + 1).copied().unwrap_or(self.atoms.len());
            let part = self.atoms.get(*start..end).unwrap_or(&[]);
            let (mut kept, mut suffix) = (part, None);
            while let Some((count, own)) = ending(folded, kept, last) {
                suffix = own.or(suffix);
                kept = kept.get(..kept.len() - count).unwrap_or(&[]);
            }
            self.suffix = self.suffix.or(suffix);
            let titles = kept.iter().take_while(|atom| listed(folded, **atom).is_title).count();
            if titles < kept.len() {
                self.left.push((start + titles, start + kept.len()));
            }
        }
        let order: [(usize, usize); 2] = match self.left.as_slice() {
            [] if self.parts.len() == 1 => {
                self.suffix = None;
                [(0, self.atoms.len()), (0, 0)]
            }
            [one] => [*one, (0, 0)],
            [family, given] => {
                self.given = Some(given.1 - given.0);
                [*given, *family]
            }
            _ => {
                self.suffix = None;
                return false;
            }
        };
        self.kept.clear();
        for (start, end) in order {
            self.kept.extend_from_slice(self.atoms.get(start..end).unwrap_or(&[]));
        }
        true
    }

    fn read_as_text(&mut self, folded: &Folded, rule: &Rule, run: Run<'_>) {
        (self.suffix, self.is_text, self.given) = (None, true, None);
        self.kept.clear();
        self.kept.extend(run.first..=run.last);
        self.base.clear();
        for atom in run.first..=run.last {
            push_word(folded, rule, run, atom, &mut self.base);
            if atom < run.last {
                gaps::push_as_text(folded.gap(atom), &rule.delimiters, &mut self.base);
            }
        }
    }
}

/// Returns whether an atom belongs to the same free word as the one before it in the form.
fn is_bound(folded: &Folded, before: usize, atom: usize) -> bool {
    before + 1 == atom && !folded.gap(before).contains(|sign| is_white(sign) || sign == ',')
}

/// Returns whether a character belongs to the one before it.
fn is_mark(character: char) -> bool {
    TABLE.entry(character).class == Class::Mark
}

/// Returns how many atoms at the end of a part are no part of the name, and the suffix if they are
/// one. `last` is the last atom of the run.
fn ending(folded: &Folded, part: &[usize], last: usize) -> Option<(usize, Option<&'static str>)> {
    let end = *part.last()?;
    let own = listed(folded, end);
    if own.suffix.is_some() || own.is_degree {
        return Some((1, own.suffix));
    }
    if end != last {
        return None;
    }
    let mut written = String::new();
    for count in 2..=DEGREE_ATOMS_MAX.min(part.len()) {
        let first = end + 1 - count;
        if folded.gap(first) != "." {
            return None;
        }
        written.clear();
        for atom in first..=end {
            written.push_str(letters_of(folded, atom)?);
        }
        if words::listed(&written).is_degree {
            return Some((count, None));
        }
    }
    None
}

fn push_word(folded: &Folded, rule: &Rule, run: Run<'_>, atom: usize, out: &mut String) {
    match (letters_of(folded, atom), run.head) {
        (_, Some(head)) if atom == run.first => out.push_str(head),
        (Some(text), _) => out.push_str(&letters::word(text, folds(rule))),
        (None, _) => {
            let own = folded.atom(atom).map_or("", |own| folded.atom_text(own));
            out.push_str(own);
        }
    }
}
