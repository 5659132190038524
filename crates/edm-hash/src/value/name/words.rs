//! The frozen table of words that come with a name and are no part of it.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::value::name::letters;

/// What a word is beside a name; nothing for nearly all words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) is_title: bool,
    pub(super) is_degree: bool,
    /// The form of a suffix.
    pub(super) suffix: Option<&'static str>,
    /// Whether it begins a family name: a part of the name itself.
    pub(super) is_particle: bool,
}

impl Listed {
    /// Returns whether it is no part of a name.
    pub(super) fn is_any(self) -> bool {
        self.is_title || self.is_degree || self.suffix.is_some()
    }
}

/// The forms of suffixes.
pub(super) const SUFFIXES: [&str; 5] = ["jr", "sr", "ii", "iii", "iv"];

/// How many places there are for the words of the table.
const PLACES: usize = 1024;

/// The words in their order, and a set of what [`Table::place`] makes of them, as bits: that
/// answers for nearly all words of a text.
struct Table {
    words: Vec<(&'static str, Listed)>,
    places: [u64; PLACES / 64],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("name_words.tsv")));

impl Table {
    fn read(text: &'static str) -> Self {
        let mut table = Self { words: Vec::new(), places: [0; PLACES / 64] };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (kind, form) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
            for word in fields.next().unwrap_or("").split(' ').filter(|word| !word.is_empty()) {
                let own = table.entry(word);
                match kind {
                    "title" => own.is_title = true,
                    "degree" => own.is_degree = true,
                    "particle" => own.is_particle = true,
                    _ => own.suffix = Some(form),
                }
            }
        }
        table.words.sort_unstable_by_key(|(word, _)| *word);
        for (word, _) in &table.words {
            let place = Self::place(word);
            table.places[place / 64] |= 1 << (place % 64);
        }
        table
    }

    fn entry(&mut self, word: &'static str) -> &mut Listed {
        let known = self.words.iter().position(|(own, _)| *own == word);
        let at = known.unwrap_or_else(|| {
            self.words.push((word, Listed::default()));
            self.words.len() - 1
        });
        &mut self.words[at].1
    }

    /// Returns a number below [`PLACES`] that equal words have in common.
    #[inline]
    fn place(word: &str) -> usize {
        let [first, .., last] = word.as_bytes() else { return 0 };
        (usize::from(*first) * 7 + usize::from(*last) * 131 + word.len() * 17) % PLACES
    }

    #[inline]
    fn get(&self, word: &str) -> Listed {
        let place = Self::place(word);
        match self.places[place / 64] >> (place % 64) & 1 {
            0 => Listed::default(),
            _ => self.find(word),
        }
    }

    fn find(&self, word: &str) -> Listed {
        let place = self.words.binary_search_by(|(own, _)| (*own).cmp(word));
        place.ok().and_then(|place| self.words.get(place)).map(|(_, listed)| *listed).unwrap_or_default()
    }
}

/// Looks a word up, as folding leaves it.
#[inline]
pub(super) fn listed(word: &str) -> Listed {
    if word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return TABLE.get(word);
    }
    listed_in_any_case(word)
}

#[cold]
fn listed_in_any_case(word: &str) -> Listed {
    let word = letters::dotless(word);
    let lower = if word.contains(char::is_uppercase) { Cow::Owned(word.to_lowercase()) } else { word };
    TABLE.get(&lower)
}

/// Returns the words of the table that are no part of a name.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    TABLE.words.iter().filter(|(_, listed)| listed.is_any()).map(|(word, _)| *word)
}
