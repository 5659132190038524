//! The canonical form of a cell (`docs/formats/hash.md`).

use std::collections::BTreeSet;

use edm_model::{CaseRule, Column, DataType, DiacriticRule, PlaceholderWords, Rule};

use super::email;
use super::folding::placed;
use super::names::Names;
use super::reading::{Class, Reading, canonical_gap, class, is_ignored, is_white};
use super::types;

const CANONICAL_BYTES_MAX: usize = 4_096;

/// Returns the canonical form of a cell; `None` if it is empty or refused.
pub(crate) fn canonical(column: &Column, cell: &str, tokens_max: u32) -> Option<String> {
    let rule = &column.rule;
    let reading = Reading::new(&placed(cell), rule.case, rule.diacritics);
    if reading.atoms.is_empty() || is_placeholder(column, cell) {
        return None;
    }
    if reading.atoms.len() > tokens_max as usize {
        return None;
    }
    let last = reading.atoms.len() - 1;
    let value = match &rule.data_type {
        DataType::Text => text_form(&reading, rule, 0, last),
        DataType::Digits { width } => digits_cell(&reading, rule, *width)?,
        DataType::Email => email::cell(&reading, rule.case, rule.diacritics)?,
        DataType::Name => Names { reading: &reading, rule }.cell().form(),
        DataType::Ssn
        | DataType::Card
        | DataType::Phone { .. }
        | DataType::Date { .. }
        | DataType::Iban
        | DataType::Address => types::cell(rule, &reading)?,
    };
    (value.len() <= CANONICAL_BYTES_MAX).then_some(value)
}

/// Returns the vocabulary that a cell of a column of names adds to its rule's (M9).
pub(crate) fn vocabulary(column: &Column, cell: &str) -> BTreeSet<String> {
    let rule = &column.rule;
    if rule.data_type != DataType::Name {
        return BTreeSet::new();
    }
    let reading = Reading::new(&placed(cell), rule.case, rule.diacritics);
    Names { reading: &reading, rule }.cell().vocabulary()
}

/// Returns the alternative forms of a cell with a canonical form (M14).
pub(crate) fn alternatives(column: &Column, cell: &str) -> Vec<String> {
    let rule = &column.rule;
    if rule.data_type != DataType::Name {
        return Vec::new();
    }
    let reading = Reading::new(&placed(cell), rule.case, rule.diacritics);
    Names { reading: &reading, rule }.cell().alternatives()
}

/// Returns atoms joined by the canonical forms of their gaps.
pub(crate) fn text_form(reading: &Reading, rule: &Rule, first: usize, last: usize) -> String {
    let mut form = String::new();
    for atom in first..=last {
        form.push_str(&reading.atom(atom));
        if atom < last {
            form.push_str(&canonical_gap(&reading.gap_after(atom), &rule.delimiters));
        }
    }
    form
}

/// Returns the digits padded to the width; `None` if there are too many.
pub(crate) fn digits_form(digits: &str, width: Option<u16>) -> Option<String> {
    let Some(width) = width.map(usize::from) else { return Some(digits.to_owned()) };
    let significant = digits.trim_start_matches('0');
    (significant.len() <= width).then(|| format!("{significant:0>width$}"))
}

fn digits_cell(reading: &Reading, rule: &Rule, width: Option<u16>) -> Option<String> {
    let characters = reading.slice(0, reading.characters.len());
    let from = characters.iter().position(|c| !is_white(*c))?;
    let to = characters.iter().rposition(|c| !is_white(*c))?;
    let trimmed = &characters[from..=to];
    if !trimmed.iter().all(|c| c.is_ascii_digit() || rule.delimiters.contains(*c)) {
        return None;
    }
    let digits: String = trimmed.iter().filter(|c| c.is_ascii_digit()).collect();
    digits_form(&digits, width)
}

fn is_placeholder(column: &Column, cell: &str) -> bool {
    let rule = &column.rule;
    let fold = |text: &str, diacritics| {
        let reading = Reading::new(&placed(text), CaseRule::Insensitive, diacritics);
        reading.slice(0, reading.characters.len()).into_iter().collect::<String>()
    };
    let words = |text: &str| {
        let folded: String = fold(text, rule.diacritics);
        folded.split(is_white).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    // Surnames like Null are possible in a column of names.
    let counts = |word: &String| {
        rule.data_type != DataType::Name
            || word.chars().any(|c| !matches!(class(c), Class::Letter | Class::Cluster))
    };
    let cell_words = words(cell);
    if PlaceholderWords::usual().as_slice().iter().any(|word| counts(word) && words(word) == cell_words) {
        return true;
    }
    let folded = fold(cell, DiacriticRule::Keep);
    let digits: Vec<char> = folded.chars().filter(char::is_ascii_digit).collect();
    if !folded.chars().any(|c| matches!(class(c), Class::Letter | Class::Cluster)) {
        let zeros = !digits.is_empty() && digits.iter().all(|digit| *digit == '0');
        // Sequential keys reach numbers of nines.
        let nines = !column.key && digits.len() >= 2 && digits.iter().all(|digit| *digit == '9');
        if zeros || nines {
            return true;
        }
    }
    is_first_day_of_1900(&Reading::new(&placed(cell), CaseRule::Insensitive, DiacriticRule::Keep))
}

/// Returns whether the view is the numbers 1900, 1 and 1 in any order, perhaps with midnight after
/// them.
fn is_first_day_of_1900(reading: &Reading) -> bool {
    let atoms: Vec<String> = (0..reading.atoms.len()).map(|atom| reading.atom(atom)).collect();
    let is_number = |atom: &&String| atom.chars().all(|c| c.is_ascii_digit());
    let numbers: Vec<&String> = atoms.iter().filter(is_number).collect();
    let words: Vec<&String> = atoms.iter().filter(|atom| !is_number(atom)).collect();
    if numbers.len() < 3 || !(words.is_empty() || words == ["t"]) {
        return false;
    }
    let (date, time) = numbers.split_at(3);
    let mut date: Vec<&str> = date.iter().map(|number| number.trim_start_matches('0')).collect();
    date.sort_unstable();
    let short = numbers[..3].iter().all(|number| number.len() <= 2 || number.as_str() == "1900");
    short && date == ["1", "1", "1900"] && time.iter().all(|number| number.chars().all(|digit| digit == '0'))
}

/// The numbers of letters, digits and clusters of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Makeup {
    pub(crate) letters: usize,
    pub(crate) digits: usize,
    pub(crate) clusters: usize,
    pub(crate) at_sign: bool,
}

impl Makeup {
    /// Counts the characters of a canonical form.
    pub(crate) fn of(value: &str) -> Self {
        let count = |wanted: Class| value.chars().filter(|character| class(*character) == wanted).count();
        Self {
            letters: count(Class::Letter),
            digits: count(Class::Digit),
            clusters: count(Class::Cluster),
            at_sign: value.contains('@'),
        }
    }

    /// Returns whether such a value counts as evidence in a column of this type.
    pub(crate) fn counts(self, data_type: &DataType) -> bool {
        let letters = if *data_type == DataType::Name { 2 } else { 3 };
        self.letters >= letters || self.digits >= 4 || self.clusters >= 2
    }

    /// Returns whether such a value can be the primary value of a store's default type.
    pub(crate) const fn anchors(self) -> bool {
        (self.digits > 0 || self.at_sign) && self.letters + self.digits + self.clusters >= 5
    }
}

/// Returns whether a gap is allowed in a `digits` window.
pub(crate) fn is_digits_gap(gap: &[char], rule: &Rule) -> bool {
    is_ignored(gap, &rule.delimiters)
}
