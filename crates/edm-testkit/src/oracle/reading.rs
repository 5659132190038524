//! Divides a folded text into atoms and gaps (`docs/formats/hash.md`).

use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, Script};

use edm_model::{CaseRule, Delimiters, DiacriticRule};

use super::folding::{Placed, category, fold, script};

/// The class of a folded character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Digit,
    Cluster,
    Mark,
    Letter,
    Space,
    Tab,
    Break,
    Other,
}

/// Returns the class of a folded character.
pub(crate) fn class(character: char) -> Class {
    let general = category(character);
    if character.is_ascii_digit() {
        Class::Digit
    } else if is_cluster(character) {
        Class::Cluster
    } else if GeneralCategoryGroup::Mark.contains(general) {
        Class::Mark
    } else if GeneralCategoryGroup::Letter.contains(general)
        || matches!(general, GeneralCategory::LetterNumber | GeneralCategory::OtherNumber)
    {
        Class::Letter
    } else if general == GeneralCategory::SpaceSeparator {
        Class::Space
    } else if character == '\t' {
        Class::Tab
    } else if matches!(character, '\r' | '\n') {
        Class::Break
    } else {
        Class::Other
    }
}

fn is_cluster(character: char) -> bool {
    let crowded = matches!(
        script(character),
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Hangul
            | Script::Bopomofo
            | Script::Thai
            | Script::Lao
            | Script::Khmer
            | Script::Myanmar
    );
    matches!(character, '\u{30FC}' | '\u{FF70}')
        || (crowded && GeneralCategoryGroup::Letter.contains(category(character)))
}

/// Returns whether the character is a space, tab or line break.
pub(crate) fn is_white(character: char) -> bool {
    matches!(class(character), Class::Space | Class::Tab | Class::Break)
}

/// The kind of an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Digits,
    Letters,
    Cluster,
}

/// A run of characters, by their positions in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Atom {
    pub(crate) kind: Kind,
    pub(crate) first: usize,
    pub(crate) end: usize,
}

/// A folded text and its atoms.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) characters: Vec<Placed>,
    pub(crate) atoms: Vec<Atom>,
}

impl Reading {
    /// Folds a text and finds its atoms.
    pub(crate) fn new(text: &[Placed], case: CaseRule, diacritics: DiacriticRule) -> Self {
        let characters = fold(text, case, diacritics);
        let mut atoms: Vec<Atom> = Vec::new();
        for (position, place) in characters.iter().enumerate() {
            let touching = atoms.last_mut().filter(|atom| atom.end == position);
            let class = class(place.character);
            let kind = match class {
                Class::Digit => Kind::Digits,
                Class::Letter | Class::Mark => Kind::Letters,
                Class::Cluster => Kind::Cluster,
                Class::Space | Class::Tab | Class::Break | Class::Other => continue,
            };
            match touching {
                Some(atom) if class == Class::Mark && atom.kind == Kind::Cluster => atom.end += 1,
                Some(atom) if kind == atom.kind && kind != Kind::Cluster => atom.end += 1,
                _ => atoms.push(Atom { kind, first: position, end: position + 1 }),
            }
        }
        Self { characters, atoms }
    }

    /// Returns the characters between two positions.
    pub(crate) fn slice(&self, first: usize, end: usize) -> Vec<char> {
        self.characters[first..end].iter().map(|place| place.character).collect()
    }

    /// Returns the characters of an atom.
    pub(crate) fn atom(&self, atom: usize) -> String {
        self.slice(self.atoms[atom].first, self.atoms[atom].end).into_iter().collect()
    }

    /// Returns the gap after an atom; after the last one, the rest of the text.
    pub(crate) fn gap_after(&self, atom: usize) -> Vec<char> {
        let end = self.atoms.get(atom + 1).map_or(self.characters.len(), |next| next.first);
        self.slice(self.atoms[atom].end, end)
    }

    /// Returns the gap before an atom; before the first one, the start of the text.
    pub(crate) fn gap_before(&self, atom: usize) -> Vec<char> {
        match atom.checked_sub(1) {
            Some(before) => self.gap_after(before),
            None => self.slice(0, self.atoms[atom].first),
        }
    }

    /// Returns the source bytes of a run of characters.
    pub(crate) fn source(&self, first: usize, end: usize) -> (usize, usize) {
        let places = &self.characters[first..end];
        let start = places.iter().map(|place| place.start).min().unwrap_or(0);
        (start, places.iter().map(|place| place.end).max().unwrap_or(start))
    }
}

/// Returns whether the gap is not empty and consists only of ignored delimiters.
pub(crate) fn is_ignored(gap: &[char], delimiters: &Delimiters) -> bool {
    !gap.is_empty() && gap.iter().all(|character| delimiters.contains(*character))
}

/// Returns the gap without the quote prefixes of replies.
pub(crate) fn plain(gap: &[char]) -> Vec<char> {
    let mut result = Vec::new();
    let mut rest = gap;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if class(*first) != Class::Break {
            result.push(*first);
            continue;
        }
        if *first == '\r' && rest.first() == Some(&'\n') {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|next| matches!(next, ' ' | '>')) {
            rest = &rest[1..];
        }
        result.push('\n');
    }
    result
}

/// Returns the number of line breaks in the gap; CR LF is one.
pub(crate) fn breaks(gap: &[char]) -> usize {
    gap.iter()
        .enumerate()
        .filter(|(at, c)| class(**c) == Class::Break && !(**c == '\n' && *at > 0 && gap[at - 1] == '\r'))
        .count()
}

/// Returns the canonical form of a gap of a `text` value.
pub(crate) fn canonical_gap(gap: &[char], delimiters: &Delimiters) -> String {
    if gap.is_empty() || is_ignored(gap, delimiters) {
        return String::new();
    }
    let mut result = String::new();
    for character in plain(gap) {
        if !is_white(character) {
            result.push(character);
        } else if !result.ends_with(' ') {
            result.push(' ');
        }
    }
    result
}

/// Returns whether a window may cross the gap (`docs/matching.md`).
pub(crate) fn is_crossed(gap: &[char], delimiters: &Delimiters) -> bool {
    let bytes: usize = gap.iter().map(|character| character.len_utf8()).sum();
    if breaks(gap) >= 2 || bytes > 256 {
        return false;
    }
    if is_ignored(gap, delimiters) {
        let spaces = gap.iter().filter(|c| class(**c) == Class::Space).count();
        let barred = gap.iter().any(|c| matches!(class(*c), Class::Tab | Class::Break) || *c == '|');
        let comma = gap.windows(2).any(|pair| pair[0] == ',' && class(pair[1]) == Class::Space);
        return gap.len() <= 3 && spaces <= 1 && !barred && !comma;
    }
    plain(gap).iter().filter(|character| !is_white(**character)).count() <= 3
}
