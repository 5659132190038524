//! Names in dates.

use std::sync::LazyLock;

use edm_model::{CaseRule, DiacriticRule};

use super::super::folding::folded_string;
use super::super::reading::Kind;
use super::view::View;

/// Data of the format, not code.
const WORDS: &str = include_str!("../../../../edm-hash/src/value/date/date_words.tsv");

/// Kind, form and words of every line.
static LINES: LazyLock<Vec<[&str; 3]>> = LazyLock::new(|| {
    let line = |line: &'static str| line.split('\t').collect::<Vec<_>>().try_into().ok();
    WORDS.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect()
});

/// An era, as the table has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Era {
    pub(super) year_before: u32,
    first_day: &'static str,
    last_day: &'static str,
    /// Whether one cluster or letter stands for its name.
    pub(super) short: bool,
}

impl Era {
    /// Returns whether a day, as `YYYY-MM-DD`, is one of the era's.
    pub(super) fn contains(self, day: &str) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

/// Returns an atom of letters as the table has its words.
fn plain(word: &str) -> String {
    folded_string(word, CaseRule::Insensitive, DiacriticRule::Fold)
}

fn form_of(kind: &str, word: &str) -> Option<&'static str> {
    let line = LINES.iter().find(|[own, _, words]| *own == kind && words.split(' ').any(|one| one == word));
    line.map(|[_, form, _]| *form)
}

/// Returns the month, from 1, that an atom names.
pub(super) fn month(view: &View, atom: usize) -> Option<u8> {
    form_of("month", &plain(view.letters(atom)?))?.parse().ok()
}

/// Returns whether an atom names a day of the week.
pub(super) fn is_weekday(view: &View, atom: usize) -> bool {
    view.letters(atom).is_some_and(|word| form_of("weekday", &plain(word)).is_some())
}

/// Returns whether a word is one of those that follow a year.
pub(super) fn is_year_word(word: &str) -> bool {
    form_of("year", &plain(word)).is_some()
}

/// Returns the era that some atoms name, with the last of them.
pub(super) fn era(view: &View, first: usize) -> Option<(Era, usize)> {
    let cluster = |atom: usize| view.kind(atom) == Some(Kind::Cluster);
    if cluster(first) && cluster(first + 1) && view.touches_next(first) {
        let name = format!("{}{}", view.lower(first), view.lower(first + 1));
        if let Some(era) = era_of("era", &name) {
            return Some((era, first + 1));
        }
    }
    let short = match view.letters(first) {
        Some(letter) => era_of("short", &plain(letter)),
        None => era_of("short", view.lower(first)),
    };
    short.map(|era| (era, first))
}

fn era_of(kind: &str, word: &str) -> Option<Era> {
    let mut parts = form_of(kind, word)?.split(' ');
    let (before, first_day, last_day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Era { year_before: before.parse().ok()?, first_day, last_day, short: kind == "short" })
}
