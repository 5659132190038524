//! A name that was read, and its other forms (`docs/formats/hash.md`, rules M6 to M14).

use std::collections::BTreeSet;

use super::super::reading::{Class, class};

/// A name as rules M1 to M8 read it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// The form without the suffix.
    pub(super) base: String,
    pub(super) suffix: Option<String>,
    pub(super) as_text: bool,
    /// The atoms of the form, in its order.
    pub(super) kept: Vec<usize>,
    /// The words, each with whether a joint parts it from the one before.
    pub(super) words: Vec<(String, bool)>,
    /// The free words (M11), each as the places of its atoms in `kept`.
    pub(super) free: Vec<Vec<usize>>,
    /// The first free word of the family name (M12).
    pub(super) family: usize,
    pub(super) has_comma: bool,
}

impl Name {
    pub(crate) fn form(&self) -> String {
        self.suffix.iter().fold(self.base.clone(), |form, suffix| format!("{form},{suffix}"))
    }

    pub(super) fn is_whole_name(&self) -> bool {
        !self.as_text
    }

    pub(super) fn join(&self, free: &[Vec<usize>]) -> String {
        free.iter().flatten().map(|place| self.words[*place].0.as_str()).collect()
    }

    /// Returns the middle names (M13): free words from 1 on, and how many.
    pub(super) fn middle(&self) -> Option<usize> {
        let count = self.family.checked_sub(1)?;
        (self.is_whole_name() && (1..=3).contains(&count)).then_some(count)
    }

    /// Returns the form without middle names, and with their initials.
    pub(super) fn shortened(&self) -> Vec<(String, Vec<String>)> {
        let Some(count) = self.middle() else { return Vec::new() };
        let (front, family) = (&self.free[..1], &self.free[1 + count..]);
        let middle = &self.free[1..=count];
        let initials: Vec<String> = middle.iter().map(|word| initial(&self.words[word[0]].0)).collect();
        let words = |middle: &[String]| {
            let own = |free: &[Vec<usize>]| -> Vec<String> {
                free.iter().flatten().map(|place| self.words[*place].0.clone()).collect()
            };
            [own(front), middle.to_vec(), own(family)].concat()
        };
        let mut all = vec![(self.join(front) + &self.join(family), words(&[]))];
        if middle
            .iter()
            .zip(&initials)
            .any(|(word, initial)| self.join(std::slice::from_ref(word)) != *initial)
        {
            all.push((self.join(front) + &initials.concat() + &self.join(family), words(&initials)));
        }
        all
    }

    /// Returns the alternative forms of a cell (M14).
    pub(crate) fn alternatives(&self) -> Vec<String> {
        let suffix = self.suffix.iter().map(|suffix| format!(",{suffix}")).collect::<String>();
        self.shortened().into_iter().map(|(form, _)| format!("\u{1}{form}{suffix}")).collect()
    }

    /// Returns the form with the first free word at the end (F8).
    pub(super) fn turned(&self) -> Option<String> {
        let possible = self.is_whole_name() && !self.has_comma && self.free.len() > 1;
        possible.then(|| self.join(&self.free[1..]) + &self.join(&self.free[..1]))
    }

    /// Returns the vocabulary of a value (M9).
    pub(crate) fn vocabulary(&self) -> BTreeSet<String> {
        let mut words: Vec<String> = self.words.iter().map(|(word, _)| word.clone()).collect();
        words.extend(self.suffix.clone());
        if words.len() < 2 {
            return BTreeSet::new();
        }
        let mut all: BTreeSet<String> = words.iter().cloned().collect();
        all.extend(self.shortened().into_iter().flat_map(|(_, words)| words));
        let base = if self.as_text { self.base.split(',').next().unwrap_or("") } else { &self.base };
        all.insert(base.chars().take(6).collect());
        if words.len() < 3 {
            return all;
        }
        let letters = |at: usize| self.words.get(at).is_some_and(|(word, _)| is_letters(word));
        let parted = |at: usize| self.words.get(at).is_some_and(|(_, parted)| *parted);
        let short = |at: usize| self.words[at].0.chars().count() <= 3;
        for at in 1..self.words.len() {
            if letters(at - 1) && letters(at) && parted(at) {
                all.insert(format!("{}{}", self.words[at - 1].0, self.words[at].0));
                if letters(at + 1) && parted(at + 1) && short(at - 1) && short(at) {
                    let third = &self.words[at + 1].0;
                    all.insert(format!("{}{}{third}", self.words[at - 1].0, self.words[at].0));
                }
            }
        }
        all
    }
}

/// Returns the first character of a word, with its marks.
fn initial(word: &str) -> String {
    let later = word.char_indices().find(|(at, next)| *at > 0 && class(*next) != Class::Mark);
    word[..later.map_or(word.len(), |(end, _)| end)].to_owned()
}

fn is_letters(word: &str) -> bool {
    word.chars().next().is_some_and(|first| matches!(class(first), Class::Letter | Class::Mark))
}
