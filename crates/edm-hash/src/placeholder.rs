//! Cells that say "nothing" (`docs/formats/hash.md`, section 3): numbers that stand for none, and the words of the store.

use std::sync::Arc;

use edm_model::{CaseRule, DataType, DiacriticRule, PlaceholderWords, Rule, limits};

use crate::cell::Plain;
use crate::fold::{FoldOptions, Folded};
use crate::gap::is_white;
use crate::shape::is_letter;

/// The words of a store as cells of one column are compared with them: case and runs of white space do not matter.
#[derive(Debug, Clone)]
pub struct Placeholders {
    /// Folded, in lower case, ascending.
    words: Arc<[Box<str>]>,
    /// Of words of ASCII, by the low bits of their first letter or digit: bit n says that some word has n letters and digits.
    /// Most cells are let go by this alone.
    lengths: [u64; 32],
    /// The column's rule keeps case, so that a cell must be folded once more.
    keeps_case: bool,
    diacritics: DiacriticRule,
}

impl Placeholders {
    /// Prepares the words for a column. A word that may be somebody's name is left out of a column of names: that takes
    /// more than the word, see [`Placeholders::and_names`].
    pub fn new(words: &PlaceholderWords, rule: &Rule) -> Self {
        let is_name = rule.data_type == DataType::Name;
        let folded = fold_all(words.as_slice(), rule.diacritics);
        Self::of(folded.into_iter().filter(|word| !is_name || !may_be_name(word)).collect(), rule)
    }

    /// Prepares none.
    pub fn none(rule: &Rule) -> Self {
        Self::of(Vec::new(), rule)
    }

    fn of(mut words: Vec<Box<str>>, rule: &Rule) -> Self {
        words.sort();
        words.dedup();
        let mut lengths = [0; 32];
        for (first, length) in words.iter().filter_map(|word| begin(word)) {
            if let Some(bits) = lengths.get_mut(usize::from(first & 31)) {
                *bits |= 1 << (length & 63);
            }
        }
        let keeps_case = rule.case == CaseRule::Sensitive;
        Self { words: words.into(), lengths, keeps_case, diacritics: rule.diacritics }
    }

    /// Adds words of the store that may be names.
    #[must_use]
    pub fn and_names(&self, words: &[String], rule: &Rule) -> Self {
        let names = fold_all(words, rule.diacritics);
        Self::of(self.words.iter().cloned().chain(names).collect(), rule)
    }

    /// Returns those words of a store that may be names, too: they are one word of letters.
    pub fn names_among(words: &PlaceholderWords) -> Vec<String> {
        let words = words.as_slice().iter();
        words.filter(|word| may_be_name(&fold(word, DiacriticRule::Keep))).cloned().collect()
    }

    /// Returns the word that a cell is, folded; most cells are let go at a glance.
    pub fn word_in(&self, cell: &str, scratch: &mut Folded) -> Option<&str> {
        if !may_be_of(&self.lengths, cell) {
            return None;
        }
        let (case, diacritics) = (CaseRule::Insensitive, self.diacritics);
        scratch.fold(cell, FoldOptions::of(&Rule { case, diacritics, ..Rule::default() }));
        let cell = one_space(scratch.text());
        let found = self.words.binary_search_by(|word| (**word).cmp(&cell)).ok()?;
        self.words.get(found).map(|word| &**word)
    }

    /// Judges a folded cell.
    pub(crate) fn has(&self, folded: &str) -> bool {
        let cell = folded.trim_matches(is_white);
        self.has_word(cell) || is_number_for_none(cell)
    }

    fn has_word(&self, cell: &str) -> bool {
        if self.words.is_empty() || !may_be_of(&self.lengths, cell) {
            return false;
        }
        let again = self.keeps_case.then(|| fold(cell, self.diacritics));
        let cell = again.as_deref().unwrap_or(cell);
        let one_space: Option<String> = cell.contains("  ").then(|| one_space(cell));
        let cell = one_space.as_deref().unwrap_or(cell);
        self.words.binary_search_by(|word| (**word).cmp(cell)).is_ok()
    }

    /// Judges a cell of printable ASCII that has a letter or digit.
    #[inline(always)]
    pub(crate) fn has_plain(&self, plain: &Plain<'_>) -> bool {
        let words = plain.alphanumerics();
        let first = plain.byte(words.trailing_zeros());
        has_length(&self.lengths, first, words.count_ones()) && self.has_plain_word(plain)
    }

    #[cold]
    fn has_plain_word(&self, plain: &Plain<'_>) -> bool {
        // What folding does to printable ASCII.
        let cell = std::str::from_utf8(plain.text()).map(|cell| cell.to_ascii_lowercase().replace('`', "'"));
        cell.is_ok_and(|cell| {
            let one_space = one_space(&cell);
            self.words.binary_search_by(|word| (**word).cmp(&one_space)).is_ok()
        })
    }
}

/// Looks at the first letter and the number of letters alone; true for a cell that is not ASCII.
fn may_be_of(lengths: &[u64; 32], cell: &str) -> bool {
    match begin(cell) {
        None => !cell.is_ascii(),
        Some((first, length)) => has_length(lengths, first, length),
    }
}

#[inline(always)]
fn has_length(lengths: &[u64; 32], first: u8, length: u32) -> bool {
    let bits = lengths.get(usize::from(first & 31)).copied().unwrap_or(0);
    // A word has at most 64 characters, and of 64 letters the bit is that of none, which no word has.
    bits >> (length & 63) & 1 == 1
}

/// Returns the first letter or digit of a text of ASCII, and how many there are.
fn begin(text: &str) -> Option<(u8, u32)> {
    if !text.is_ascii() {
        return None;
    }
    let mut alphanumerics = text.bytes().filter(u8::is_ascii_alphanumeric);
    let first = alphanumerics.next()?;
    // Longer cells are no word.
    Some((first, 1 + alphanumerics.take(limits::PLACEHOLDER_CHARACTERS_MAX).count() as u32))
}

fn fold(text: &str, diacritics: DiacriticRule) -> String {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(&Rule { case: CaseRule::Insensitive, diacritics, ..Rule::default() }));
    folded.text().trim_matches(is_white).to_owned()
}

/// Folds words; one without a letter or digit is left out, since a cell of it has no value anyway.
fn fold_all(words: &[String], diacritics: DiacriticRule) -> Vec<Box<str>> {
    let folded = words.iter().map(|word| one_space(&fold(word, diacritics)).into_boxed_str());
    folded.filter(|word| word.chars().any(char::is_alphanumeric)).collect()
}

fn one_space(text: &str) -> String {
    let words: Vec<&str> = text.split(is_white).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Whether a folded word is letters alone, as Null, Nan and Nil are, who are people too.
fn may_be_name(word: &str) -> bool {
    word.chars().all(is_letter)
}

/// Judges numbers: all zeros, all nines, and the day that spreadsheets and databases write for none.
pub(crate) fn is_number_for_none(cell: &str) -> bool {
    // Most cells without a digit are words.
    let Some(first) = cell.bytes().find(u8::is_ascii_digit) else { return false };
    if is_epoch(cell) {
        return true;
    }
    let digits = || cell.bytes().filter(u8::is_ascii_digit);
    let same = matches!(first, b'0' | b'9') && digits().all(|digit| digit == first);
    same && (first == b'0' || digits().nth(1).is_some()) && !cell.chars().any(is_letter)
}

/// 1 January 1900, perhaps at midnight, is what spreadsheets and databases write for an empty date.
fn is_epoch(cell: &str) -> bool {
    if !cell.contains("1900") || cell.chars().any(|c| is_letter(c) && !matches!(c, 't' | 'T')) {
        return false;
    }
    let mut parts: Vec<&str> =
        cell.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let time = parts.split_off(parts.len().min(3));
    let ones = parts.iter().filter(|part| matches!(**part, "1" | "01")).count();
    parts.contains(&"1900") && ones == 2 && time.iter().all(|part| part.bytes().all(|digit| digit == b'0'))
}
