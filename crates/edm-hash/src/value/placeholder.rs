//! Cells that say "nothing" (`docs/formats/hash.md`, section 3): numbers that mean none, and the
//! words of the store.

use std::sync::Arc;

use edm_model::{CaseRule, Column, DataType, DiacriticRule, PlaceholderWords, Rule};

use crate::simd::backend::PLAIN_BYTES_MAX;
use crate::text::canonical_atoms::is_letter;
use crate::text::fold::{FoldOptions, Folded};
use crate::text::gap::is_white;
use crate::value::plain::plain_cell::Plain;

/// Numbers that may mean no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// All zeros, all nines, 1 January 1900.
    All,
    /// All of them but nines: of numbers that count on, 99, 999 and 9999 are some.
    AllButNines,
    /// None: what is looked up is what it says.
    None,
}

/// The words of a store as cells of one column are compared with them: case and runs of white space
/// do not matter.
#[derive(Debug, Clone)]
pub struct Placeholders {
    /// Folded, in lower case, ascending.
    words: Arc<[Box<str>]>,
    /// Of words of ASCII, by the low bits of their first letter or digit: the bits of their
    /// [`trait_of`]. Most cells are let go by this alone.
    traits: [u64; 32],
    /// Which numbers mean none.
    numbers: Numbers,
    /// The column's rule keeps case, so that a cell must be folded once more.
    keeps_case: bool,
    diacritics: DiacriticRule,
}

impl Placeholders {
    /// Prepares the words for a column. A word that may be somebody's name is left out of a column
    /// of names: that takes more than the word, see [`Placeholders::and_names`].
    pub fn new(words: &PlaceholderWords, rule: &Rule) -> Self {
        let is_name = rule.data_type == DataType::Name;
        let folded = fold_all(words.as_slice(), rule.diacritics);
        Self::of(folded.into_iter().filter(|word| !is_name || !may_be_name(word)).collect(), rule)
    }

    /// Prepares the words for a column, which may be the key.
    pub fn of_column(words: &PlaceholderWords, column: &Column) -> Self {
        let placeholders = Self::new(words, &column.rule);
        if column.key { placeholders.taking_nines() } else { placeholders }
    }

    /// Prepares none, and takes no number for none: for values that are looked up.
    pub fn none(rule: &Rule) -> Self {
        Self { numbers: Numbers::None, ..Self::of(Vec::new(), rule) }
    }

    /// Takes nines alone for values, as in a column of keys.
    #[must_use]
    pub fn taking_nines(self) -> Self {
        Self { numbers: Numbers::AllButNines, ..self }
    }

    fn of(mut words: Vec<Box<str>>, rule: &Rule) -> Self {
        words.sort();
        words.dedup();
        // A Bloom filter with one hash: a row by the first letter, and in it one of 64 bits by the
        // last letter and the length. A wrong yes is found out by the search after it.
        let mut traits = [0; 32];
        for (first, last, length) in words.iter().filter_map(|word| ends(word)) {
            traits[usize::from(first & 31)] |= 1 << trait_of(last, length);
        }
        let keeps_case = rule.case == CaseRule::Sensitive;
        Self { words: words.into(), traits, numbers: Numbers::All, keeps_case, diacritics: rule.diacritics }
    }

    /// Adds words of the store that may be names.
    #[must_use]
    pub fn and_names(&self, words: &[String], rule: &Rule) -> Self {
        let names = fold_all(words, rule.diacritics);
        let words = self.words.iter().cloned().chain(names).collect();
        Self { numbers: self.numbers, ..Self::of(words, rule) }
    }

    /// Returns those words of a store that may be names, too: they are one word of letters.
    pub fn names_among(words: &PlaceholderWords) -> Vec<String> {
        let words = words.as_slice().iter();
        words.filter(|word| may_be_name(&fold(word, DiacriticRule::Keep))).cloned().collect()
    }

    /// Returns whether nines alone are values.
    pub fn takes_nines(&self) -> bool {
        self.numbers != Numbers::All
    }

    /// Returns whether a cell is nines alone, as `999` and `99-99` are: such a number means "no
    /// value" in some columns and is a value in others.
    pub fn is_nines(cell: &str) -> bool {
        is_number_for_none(cell, Numbers::All) && !is_number_for_none(cell, Numbers::AllButNines)
    }

    /// Returns a word as cells are compared with it: folded, with one space for each run of white
    /// space.
    pub fn folded(word: &str, diacritics: DiacriticRule) -> String {
        one_space(&fold(word, diacritics))
    }

    /// Returns the word that a cell is, folded, where all words are letters alone; most cells are
    /// let go at a glance.
    pub fn name_in(&self, cell: &str, scratch: &mut Folded) -> Option<&str> {
        // First by three cheap traits, then by folding: most cells end here.
        let cell = cell.trim_ascii();
        let first = *cell.as_bytes().first()?;
        // A cell of ASCII is such a word only if all of it is letters.
        let last = *cell.as_bytes().last()?;
        if cell.is_ascii() && !self.has_trait(first, last, cell.len() as u32) {
            return None;
        }
        let (case, diacritics) = (CaseRule::Insensitive, self.diacritics);
        scratch.fold(cell, FoldOptions::of(&Rule { case, diacritics, ..Rule::default() }));
        let cell = one_space(scratch.text());
        let found = self.words.binary_search_by(|word| (**word).cmp(&cell)).ok()?;
        Some(&self.words[found])
    }

    /// Judges a folded cell.
    pub(crate) fn has(&self, folded: &str) -> bool {
        let cell = folded.trim_matches(is_white);
        self.has_word(cell) || is_number_for_none(cell, self.numbers)
    }

    fn has_word(&self, cell: &str) -> bool {
        if self.words.is_empty()
            || cell.is_ascii()
                && !ends(cell).is_some_and(|(first, last, length)| self.has_trait(first, last, length))
        {
            return false;
        }
        // Words are kept in lower case; a column that keeps case has not folded the cell so.
        let again = self.keeps_case.then(|| fold(cell, self.diacritics));
        let cell = again.as_deref().unwrap_or(cell);
        let one_space: Option<String> = has_more_than_a_space(cell).then(|| one_space(cell));
        let cell = one_space.as_deref().unwrap_or(cell);
        self.words.binary_search_by(|word| (**word).cmp(cell)).is_ok()
    }

    /// Returns which numbers mean none.
    #[inline(always)]
    pub(crate) fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Judges a cell of printable ASCII that has a letter or digit.
    #[inline(always)]
    pub(crate) fn has_plain(&self, plain: &Plain<'_>) -> bool {
        let words = plain.alphanumerics();
        let first = plain.byte(words.trailing_zeros());
        let last = plain.byte(63 - words.leading_zeros());
        self.has_trait(first, last, words.count_ones()) && self.has_plain_word(plain)
    }

    #[inline(never)]
    fn has_plain_word(&self, plain: &Plain<'_>) -> bool {
        let (mut word, mut length) = ([0; PLAIN_BYTES_MAX], 0);
        for byte in plain.text().trim_ascii() {
            if *byte == b' ' && length > 0 && word[length - 1] == b' ' {
                continue;
            }
            // What folding does to printable ASCII.
            word[length] = if *byte == b'`' { b'\'' } else { byte.to_ascii_lowercase() };
            length += 1;
        }
        self.words.binary_search_by(|other| other.as_bytes().cmp(&word[..length])).is_ok()
    }

    #[inline(always)]
    fn has_trait(&self, first: u8, last: u8, length: u32) -> bool {
        self.traits[usize::from(first & 31)] >> trait_of(last, length) & 1 == 1
    }
}

/// Mixes the last letter or digit of a text of ASCII with the number of both, without regard to
/// case: a number below 64.
#[inline(always)]
fn trait_of(last: u8, length: u32) -> u32 {
    (u32::from(last & 31) + length * 5) & 63
}

/// Returns the first and the last letter or digit of a text of ASCII, and how many there are.
fn ends(text: &str) -> Option<(u8, u8, u32)> {
    if !text.is_ascii() {
        return None;
    }
    let mut alphanumerics = text.bytes().filter(u8::is_ascii_alphanumeric);
    let first = alphanumerics.next()?;
    let (last, length) = alphanumerics.fold((first, 1), |(_, length), byte| (byte, length + 1));
    Some((first, last, length))
}

fn fold(text: &str, diacritics: DiacriticRule) -> String {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(&Rule { case: CaseRule::Insensitive, diacritics, ..Rule::default() }));
    folded.text().trim_matches(is_white).to_owned()
}

/// Folds words; one without a letter or digit is left out, since a cell of it has no value anyway.
fn fold_all(words: &[String], diacritics: DiacriticRule) -> Vec<Box<str>> {
    let folded = words.iter().map(|word| Placeholders::folded(word, diacritics).into_boxed_str());
    folded.filter(|word| word.chars().any(char::is_alphanumeric)).collect()
}

fn has_more_than_a_space(cell: &str) -> bool {
    cell.contains("  ") || cell.contains(['\t', '\r', '\n'])
}

fn one_space(text: &str) -> String {
    let words: Vec<&str> = text.split(is_white).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Returns whether a folded word is letters alone, as Null, Nan and Nil are, who are people too.
fn may_be_name(word: &str) -> bool {
    word.chars().all(is_letter)
}

/// Judges numbers: all zeros, all nines, and the day that spreadsheets and databases write for
/// none.
pub(crate) fn is_number_for_none(cell: &str, numbers: Numbers) -> bool {
    if numbers == Numbers::None {
        return false;
    }
    // Most cells without a digit are words.
    let Some(first) = cell.bytes().find(u8::is_ascii_digit) else { return false };
    if is_epoch(cell) {
        return true;
    }
    let digits = || cell.bytes().filter(u8::is_ascii_digit);
    // Single nines are numbers; from two on they may mean "unknown". Zeros may be one.
    let same =
        (first == b'0' || first == b'9' && numbers == Numbers::All) && digits().all(|digit| digit == first);
    same && (first == b'0' || digits().nth(1).is_some()) && !cell.chars().any(is_letter)
}

/// 1 January 1900, perhaps at midnight, is what spreadsheets and databases write for an empty date.
fn is_epoch(cell: &str) -> bool {
    if !cell.contains("1900") || cell.chars().any(|c| is_letter(c) && !matches!(c, 't' | 'T')) {
        return false;
    }
    // Day, month and year in any order, then a time that must be all zeros.
    let mut parts: Vec<&str> =
        cell.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let time = parts.split_off(parts.len().min(3));
    let ones = parts.iter().filter(|part| matches!(**part, "1" | "01")).count();
    parts.contains(&"1900") && ones == 2 && time.iter().all(|part| part.bytes().all(|digit| digit == b'0'))
}
