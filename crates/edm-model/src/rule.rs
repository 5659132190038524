//! Rules: how a value is reduced to its canonical form. Columns with equal rules share a hash key,
//! so a text is hashed once for all of them.

use std::fmt;

use crate::data_type::DataType;

/// Whether comparison distinguishes upper and lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum CaseRule {
    /// Full Unicode case folding.
    #[default]
    Insensitive,
    /// Case is kept.
    Sensitive,
}

/// Whether comparison distinguishes `é` from `e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum DiacriticRule {
    /// Diacritics are kept.
    #[default]
    Keep,
    /// Diacritics are removed.
    Fold,
}

/// The characters that a column ignores between the parts of a value: sorted, distinct, never
/// alphanumeric.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Delimiters {
    characters: Vec<char>,
    /// A bitmap of the ASCII ones. It makes the test fast, which runs for every gap of a text.
    ascii: u128,
}

/// Reports a character that cannot be a delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelimiterError;

impl fmt::Display for DelimiterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an ignored delimiter is one visible character or a space, and neither a letter nor a digit",
        )
    }
}

impl std::error::Error for DelimiterError {}

impl Delimiters {
    /// Makes the set; order and repeats do not matter. Dashes, apostrophes and spaces of every kind
    /// become the ASCII character that folding makes of them (`docs/formats/hash.md#1-folding`).
    /// Refuses letters, digits and control characters other than tab.
    pub fn new(characters: impl IntoIterator<Item = char>) -> Result<Self, DelimiterError> {
        let mut characters: Vec<char> = characters.into_iter().map(folded).collect();
        let unfit = |c: &char| c.is_alphanumeric() || vanishes(*c) || (c.is_control() && *c != '\t');
        if characters.iter().any(unfit) {
            return Err(DelimiterError);
        }
        characters.sort_unstable();
        characters.dedup();
        Ok(Self::restored(characters))
    }

    /// Restores a set from stored data, where it was checked when it was made. A later Unicode
    /// version cannot invalidate it.
    pub fn restored(characters: Vec<char>) -> Self {
        let ascii = characters.iter().filter(|character| character.is_ascii());
        let ascii = ascii.fold(0, |all, character| all | 1 << u32::from(*character));
        Self { characters, ascii }
    }

    /// Returns whether the character is ignored.
    #[inline]
    pub fn contains(&self, character: char) -> bool {
        match u8::try_from(character) {
            Ok(byte @ 0..=0x7F) => self.ascii >> byte & 1 == 1,
            _ => self.characters.contains(&character),
        }
    }

    /// Returns whether no character is ignored.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// Returns the characters in ascending order.
    pub fn as_slice(&self) -> &[char] {
        &self.characters
    }
}

fn folded(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{2043}'
        | '\u{58A}'
        | '\u{1806}'
        | '\u{FE58}'
        | '\u{FE63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{2B9}' | '\u{2BB}' | '\u{2032}' | '`' => '\'',
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        // The full-width forms are in the order of ASCII.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).map_or(character, folded),
        other => other,
    }
}

/// Returns whether folding removes the character. Such a delimiter would never occur.
fn vanishes(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{B4}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0100}'..='\u{E01EF}')
}

/// How a value is reduced to its canonical form (`docs/matching.md`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Rule {
    /// The data type.
    pub data_type: DataType,
    /// Whether case matters.
    pub case: CaseRule,
    /// Whether diacritics matter.
    pub diacritics: DiacriticRule,
    /// The characters ignored between atoms.
    pub delimiters: Delimiters,
}

impl Rule {
    /// Returns the serialized rule for key derivation and column plans
    /// (`docs/formats/hash.md#5-keys`). Two rules are equal exactly if their bytes are.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let (kind, option) = self.data_type.number();
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&option.to_le_bytes());
        bytes.push(match self.case {
            CaseRule::Insensitive => 0,
            CaseRule::Sensitive => 1,
        });
        bytes.push(match self.diacritics {
            DiacriticRule::Keep => 0,
            DiacriticRule::Fold => 1,
        });
        let count = u16::try_from(self.delimiters.as_slice().len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        for delimiter in self.delimiters.as_slice() {
            bytes.extend_from_slice(&u32::from(*delimiter).to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_hold_what_they_list() {
        for listed in ["", " ", "-", "\t|~.", "-·・", "·"] {
            let delimiters = Delimiters::new(listed.chars()).expect("delimiters");
            let asked = (0..0x3100).filter_map(char::from_u32);
            let held: Vec<char> = asked.filter(|character| delimiters.contains(*character)).collect();
            assert_eq!(held, delimiters.as_slice(), "{listed:?}");
        }
    }
}
