//! Finds the values of a column in a text (`docs/matching.md`).

use std::collections::{BTreeMap, BTreeSet};

use edm_model::{CaseRule, DataType, DiacriticRule, Rule};

use super::edges::{Edge, Stretch};
use super::email;
use super::folding::Placed;
use super::longer_tokens;
use super::names::{NameCandidate, Names};
use super::reading::{Kind, Reading, is_crossed, is_ignored, is_white};
use super::types;
use super::value::{digits_form, is_digits_gap, text_form};

/// The span of a value in the source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: String,
    pub(crate) attached: bool,
    /// Whether it is in its type's written form.
    pub(crate) written: bool,
    /// Whether it is a part of a longer card or account number, and so not a match.
    pub(crate) inside: bool,
}

/// The values of a column that are sought.
pub(crate) struct Sought<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) values: &'a BTreeSet<&'a str>,
    /// That of the rule, if it is one of names.
    pub(crate) vocabulary: &'a BTreeSet<String>,
}

const PLACE_BYTES_MAX: usize = 64 * 1024;

/// Returns every occurrence of the values in any view of the text. Equal values with equal spans
/// are one.
pub(crate) fn occurrences(text: &str, readings: &[Vec<Placed>], sought: &Sought<'_>) -> Vec<Occurrence> {
    let Sought { rule, values, .. } = *sought;
    let mut found: BTreeMap<(usize, usize, String), Occurrence> = BTreeMap::new();
    for placed in readings {
        let reading = Reading::new(placed, rule.case, rule.diacritics);
        let here = match &rule.data_type {
            DataType::Email => emails(&reading, rule, values),
            DataType::Name => names(&reading, sought),
            other if types::has_recogniser(other) => recognised(&reading, rule, values),
            _ => windows(&reading, rule, values),
        };
        let longer = longer_numbers(&reading, rule);
        for occurrence in here {
            let Occurrence { start, end, .. } = occurrence;
            let inside =
                |(from, to): &(usize, usize)| *from <= start && end <= *to && (*from, *to) != (start, end);
            if end - start > PLACE_BYTES_MAX {
                continue;
            }
            let part = match rule.data_type {
                DataType::Name => text[start..end].contains('_'),
                _ => is_number(rule, &occurrence.value) && longer_tokens::is_part(text, start, end),
            };
            let attached = occurrence.attached || part;
            let occurrence = Occurrence { inside: longer.iter().any(inside), attached, ..occurrence };
            found
                .entry((start, end, occurrence.value.clone()))
                .and_modify(|known| {
                    known.attached &= occurrence.attached;
                    known.written |= occurrence.written;
                    known.inside &= occurrence.inside;
                })
                .or_insert(occurrence);
        }
    }
    found.into_values().collect()
}

/// Returns cards and account numbers. Inside them, only values of their types are found.
fn longer_numbers(reading: &Reading, rule: &Rule) -> Vec<(usize, usize)> {
    if matches!(rule.data_type, DataType::Card | DataType::Iban) {
        return Vec::new();
    }
    types::longer_numbers(reading).into_iter().map(|(first, end)| reading.source(first, end)).collect()
}

/// Returns whether a value is a number that may be a part of an identifier of a machine.
fn is_number(rule: &Rule, value: &str) -> bool {
    match rule.data_type {
        DataType::Digits { .. } | DataType::Ssn | DataType::Card | DataType::Phone { .. } => true,
        DataType::Text => value.is_ascii() && !value.contains(|c: char| c.is_ascii_alphabetic()),
        DataType::Email | DataType::Name | DataType::Date { .. } | DataType::Iban | DataType::Address => {
            false
        }
    }
}

fn recognised(reading: &Reading, rule: &Rule, values: &BTreeSet<&str>) -> Vec<Occurrence> {
    let longest = values.iter().map(|value| value.len()).max().unwrap_or(0);
    let mut found = Vec::new();
    for candidate in types::candidates(rule, reading, longest) {
        let types::Candidate { place, forms, attached, written, .. } = candidate;
        let (start, end) = reading.source(place.0, place.1);
        for value in forms.into_iter().filter(|form| values.contains(form.as_str())) {
            found.push(Occurrence { start, end, value, attached, written, inside: false });
        }
    }
    found
}

fn names(reading: &Reading, sought: &Sought<'_>) -> Vec<Occurrence> {
    let Sought { rule, values, vocabulary } = *sought;
    let mut found = Vec::new();
    for candidate in (Names { reading, rule }).candidates(vocabulary, values) {
        let NameCandidate { first, last, forms, attached } = candidate;
        let (start, end) = reading.source(reading.atoms[first].first, reading.atoms[last].end);
        for value in forms {
            found.push(Occurrence { start, end, value, attached, written: false, inside: false });
        }
    }
    found
}

fn emails(reading: &Reading, rule: &Rule, values: &BTreeSet<&str>) -> Vec<Occurrence> {
    let characters = reading.slice(0, reading.characters.len());
    let mut found = Vec::new();
    for at in (0..characters.len()).filter(|position| characters[*position] == '@') {
        for address in email::around(&characters, at) {
            let written = &characters[address.first..address.end];
            let value = email::form(written, rule.case, rule.diacritics);
            let (start, end) = reading.source(address.first, address.end);
            if values.contains(value.as_str()) {
                let attached = address.attached;
                found.push(Occurrence { start, end, value, attached, written: false, inside: false });
            }
        }
    }
    found
}

fn windows(reading: &Reading, rule: &Rule, values: &BTreeSet<&str>) -> Vec<Occurrence> {
    let longest = values.iter().map(|value| value.len()).max().unwrap_or(0);
    let mut found = Vec::new();
    for first in 0..reading.atoms.len() {
        for last in first..reading.atoms.len() {
            if last > first && !may_reach(&reading.gap_after(last - 1), rule) {
                break;
            }
            let window = Window { reading, rule, first, last };
            // A longer window of a text has a longer form.
            if rule.data_type == DataType::Text && window.form().is_some_and(|form| form.len() > longest) {
                break;
            }
            if let Some(occurrence) = window.occurrence(values) {
                found.push(occurrence);
            }
        }
    }
    for types::Spelled { first, last, digits } in types::spelled(reading) {
        let value = match &rule.data_type {
            DataType::Text => Some(digits),
            DataType::Digits { width } => digits_form(&digits, *width),
            _ => None,
        };
        if let Some(value) = value.filter(|value| values.contains(value.as_str())) {
            let (start, end) = reading.source(reading.atoms[first].first, reading.atoms[last].end);
            found.push(Occurrence { start, end, value, attached: true, written: false, inside: false });
        }
    }
    found
}

fn may_reach(gap: &[char], rule: &Rule) -> bool {
    let of_type = !matches!(rule.data_type, DataType::Digits { .. }) || is_digits_gap(gap, rule);
    of_type && is_crossed(gap, &rule.delimiters)
}

struct Window<'a> {
    reading: &'a Reading,
    rule: &'a Rule,
    first: usize,
    last: usize,
}

impl Window<'_> {
    fn occurrence(&self, values: &BTreeSet<&str>) -> Option<Occurrence> {
        let value = self.form()?;
        let stretch = Stretch { reading: self.reading, first: self.first, last: self.last };
        if !values.contains(value.as_str()) || stretch.is_continued() {
            return None;
        }
        let edges = stretch.digit_edges();
        let soft = [edges.0?, edges.1?].contains(&Edge::Soft);
        let first = self.reading.atoms[self.first].first;
        let (start, end) = self.reading.source(first, self.reading.atoms[self.last].end);
        let attached = soft || self.is_joined_by_white_space() || self.is_padded();
        Some(Occurrence { start, end, value, attached, written: false, inside: false })
    }

    /// Returns whether fewer digits are written than the column's width.
    fn is_padded(&self) -> bool {
        let DataType::Digits { width: Some(width) } = self.rule.data_type else { return false };
        let written: usize =
            (self.first..=self.last).map(|atom| self.reading.atom(atom).chars().count()).sum();
        written < usize::from(width)
    }

    fn form(&self) -> Option<String> {
        match &self.rule.data_type {
            DataType::Text => Some(text_form(self.reading, self.rule, self.first, self.last)),
            DataType::Digits { width } => {
                let atoms = self.first..=self.last;
                if atoms.clone().any(|atom| self.kind(atom) != Kind::Digits) {
                    return None;
                }
                let digits: String = atoms.map(|atom| self.reading.atom(atom)).collect();
                digits_form(&digits, *width)
            }
            _ => None,
        }
    }

    fn kind(&self, atom: usize) -> Kind {
        self.reading.atoms[atom].kind
    }

    /// Returns whether there are ignored gaps between two digit atoms, and all of them are only
    /// white space.
    fn is_joined_by_white_space(&self) -> bool {
        let gaps: Vec<Vec<char>> = (self.first..self.last)
            .filter(|atom| self.kind(*atom) == Kind::Digits && self.kind(atom + 1) == Kind::Digits)
            .map(|atom| self.reading.gap_after(atom))
            .filter(|gap| is_ignored(gap, &self.rule.delimiters))
            .collect();
        !gaps.is_empty() && gaps.iter().flatten().all(|character| is_white(*character))
    }
}

/// Returns the source view, for distances and positions: case is folded, diacritics are kept.
pub(crate) fn source_view(text: &[Placed]) -> Reading {
    Reading::new(text, CaseRule::Insensitive, DiacriticRule::Keep)
}
