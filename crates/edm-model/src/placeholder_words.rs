//! Placeholders: words that mean "no value".

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use crate::limits;

/// The placeholders of a store (`docs/upload.md`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlaceholderWords(Vec<String>);

/// Placeholders that databases, programming languages, spreadsheets and people in several languages
/// write, one a line, folded. None of them is a plausible value, except as a surname. For columns
/// of names, the frequency of the word decides.
const USUAL: &str = include_str!("usual_placeholders.txt");

/// Reports why a list of placeholders was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceholderWordsError {
    /// There are more than [`limits::PLACEHOLDERS_MAX`].
    TooMany,
    /// A placeholder is blank, is longer than [`limits::PLACEHOLDER_CHARACTERS_MAX`], or contains a
    /// control character.
    Length {
        /// The placeholder's position.
        position: usize,
    },
}

impl PlaceholderWords {
    /// Takes a list. If it is empty, only two kinds of cells count as empty: those without a letter
    /// or digit, and numbers that mean "no value".
    pub fn new(words: Vec<String>) -> Result<Self, PlaceholderWordsError> {
        if words.len() > limits::PLACEHOLDERS_MAX {
            return Err(PlaceholderWordsError::TooMany);
        }
        let fits = |word: &String| {
            !word.trim().is_empty()
                && word.chars().count() <= limits::PLACEHOLDER_CHARACTERS_MAX
                && !word.chars().any(char::is_control)
        };
        match words.iter().position(|word| !fits(word)) {
            Some(position) => Err(PlaceholderWordsError::Length { position }),
            None => Ok(Self(words)),
        }
    }

    /// Returns the default placeholders.
    pub fn usual() -> Self {
        Self(USUAL.lines().map(str::to_owned).collect())
    }

    /// Returns the placeholders as they were given.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Returns the placeholders without order and repetition: two lists of the same set mean the
    /// same.
    pub fn as_set(&self) -> BTreeSet<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl fmt::Display for PlaceholderWordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlaceholderWordsError::TooMany => write!(f, "at most {} placeholders", limits::PLACEHOLDERS_MAX),
            PlaceholderWordsError::Length { position } => write!(
                f,
                "placeholder {} is empty, longer than {} characters, or has a control character",
                position + 1,
                limits::PLACEHOLDER_CHARACTERS_MAX
            ),
        }
    }
}

impl Error for PlaceholderWordsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bounded() {
        let words = |count: usize, length: usize| PlaceholderWords::new(vec!["x".repeat(length); count]);
        assert!(words(limits::PLACEHOLDERS_MAX, limits::PLACEHOLDER_CHARACTERS_MAX).is_ok());
        assert_eq!(words(limits::PLACEHOLDERS_MAX + 1, 1), Err(PlaceholderWordsError::TooMany));
        let too_long = words(2, limits::PLACEHOLDER_CHARACTERS_MAX + 1);
        assert_eq!(too_long, Err(PlaceholderWordsError::Length { position: 0 }));
        let blank = PlaceholderWords::new(vec!["none".to_owned(), " ".to_owned()]);
        assert_eq!(blank, Err(PlaceholderWordsError::Length { position: 1 }));
        let coloured = PlaceholderWords::new(vec!["\u{1b}[31mred".to_owned()]);
        assert_eq!(coloured, Err(PlaceholderWordsError::Length { position: 0 }));
        assert!(PlaceholderWords::new(Vec::new()).is_ok());
        let list = |words: [&str; 3]| PlaceholderWords::new(words.map(str::to_owned).to_vec()).expect("fits");
        let (one, other) = (list(["none", "nil", "none"]), list(["nil", "nil", "none"]));
        assert_eq!(one.as_set(), other.as_set());
        assert_ne!(one.as_set(), PlaceholderWords::usual().as_set());
    }

    #[test]
    fn the_usual_words_are_a_list_like_any_other() {
        let usual = PlaceholderWords::usual();
        assert_eq!(PlaceholderWords::new(usual.as_slice().to_vec()), Ok(usual.clone()));
        let mut sorted = usual.as_slice().to_vec();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), usual.as_slice().len(), "no word stands there twice");
        assert!(usual.as_slice().iter().all(|word| word.to_lowercase() == *word));
    }
}
