//! The frozen table of words that addresses write in several ways.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::simd::suffix::Ending;

/// The fewest characters before a suffix.
const STEM_CHARACTERS_MIN: usize = 2;
/// The fewest bytes of a word with a suffix.
pub(crate) const SUFFIXED_BYTES_MIN: u8 = 4;

#[derive(Default)]
struct Words {
    /// The form of a word.
    words: Forms,
    /// The form of two words joined by a dot.
    pairs: Forms,
    /// Longer words that end so are two: what precedes, and the form.
    suffixes: Vec<(&'static str, &'static str)>,
    /// What is dropped before a number: a word, or two joined by a dot. Their form is empty.
    signs: Forms,
    /// Words with a digit in their form.
    ordinals: Vec<&'static str>,
}

/// What is written, and its form. The table is fixed and small and most words of a text are not in
/// it, so that the first byte and the length answer nearly all questions.
struct Forms {
    /// By the first byte what begins with it.
    written: [Vec<(&'static str, &'static str)>; 256],
    /// By the first byte the lengths of what begins with it, as bits.
    lengths: [u64; 256],
}

impl Default for Forms {
    fn default() -> Self {
        Self { written: [const { Vec::new() }; 256], lengths: [0; 256] }
    }
}

impl Forms {
    /// Adds what is written, unless it is empty.
    fn insert(&mut self, written: &'static str, form: &'static str) {
        let Some(first) = written.as_bytes().first().copied().map(usize::from) else { return };
        self.written[first].push((written, form));
        self.lengths[first] |= 1 << written.len().min(63);
    }

    /// Returns whether something of this length and first byte is in it.
    fn has_like(&self, word: &str) -> bool {
        let first = word.as_bytes().first();
        first.is_some_and(|first| self.lengths[usize::from(*first)] >> word.len().min(63) & 1 == 1)
    }

    fn get(&self, word: &str) -> Option<&'static str> {
        if !self.has_like(word) {
            return None;
        }
        let own = &self.written[usize::from(*word.as_bytes().first()?)];
        own.iter().find(|(written, _)| *written == word).map(|(_, form)| *form)
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.written.iter().flatten().copied()
    }
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("address_words.tsv"))
        .expect("the committed table is whole: a test reads all of it")
});

impl Words {
    fn read(table: &'static str) -> Option<Self> {
        let mut own = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (kind, form) = (fields.next()?, fields.next()?);
            for written in fields.next()?.split(' ') {
                match kind {
                    "word" => own.words.insert(written, form),
                    "pair" => own.pairs.insert(written, form),
                    "suffix" => own.suffixes.push((written, form)),
                    "number" => own.signs.insert(written, ""),
                    _ => return None,
                }
            }
        }
        // A form with a digit is an ordinal number in letters (`fifth`: `5th`).
        let numbered = |(_, form): &(&str, &str)| form.contains(|c: char| c.is_ascii_digit());
        own.ordinals = own.words.iter().filter(numbered).map(|(written, _)| written).collect();
        Some(own)
    }
}

/// Returns the words that have another form, and it; it is empty for what is dropped.
pub(crate) fn with_other_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let table = &*WORDS;
    let words = table.words.iter().filter(|(written, form)| written != form);
    words.chain(table.signs.iter()).chain([("n", "")])
}

/// Returns the form that a word in lower case has wherever it is; `None` where that is not said at
/// a glance.
pub(crate) fn plain_form(word: &str) -> Option<&str> {
    let known = WORDS.words.get(word);
    known.or_else(|| (!may_have_suffix(word)).then_some(word))
}

/// Returns whether a word may be dropped before a number, alone or with what is before it.
pub(crate) fn may_be_sign(word: &str) -> bool {
    let first = word.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
    first == b'n' || !WORDS.signs.written[usize::from(first)].is_empty()
}

/// Bytes of the ordinal numbers in letters.
pub(crate) const ORDINAL_BYTES: RangeInclusive<u8> = 5..=8;

/// Returns whether a word has a form with a digit: it is an ordinal number in letters.
pub(crate) fn is_ordinal(word: &str) -> bool {
    WORDS.ordinals.iter().any(|own| own.eq_ignore_ascii_case(word))
}

/// How all of them end.
pub(crate) const ORDINAL_ENDINGS: [Ending; 4] =
    [Ending::letters(b"st"), Ending::letters(b"nd"), Ending::letters(b"rd"), Ending::letters(b"th")];

/// Returns whether a word may be two: it ends as some do.
pub(crate) fn ends_with_suffix(word: &str) -> bool {
    may_have_suffix(word) && WORDS.suffixes.iter().any(|(suffix, _)| word.ends_with(suffix))
}

/// How all words with a suffix end.
pub(crate) const SUFFIX_ENDINGS: [Ending; 8] = [
    Ending::letters(b"se"),
    Ending::letters(b"at"),
    Ending::letters(b"tr"),
    Ending::letters(b"tz"),
    Ending::letters(b"in"),
    Ending::letters(b"pl"),
    Ending::letters(b"an"),
    Ending::beyond_ascii_and(b'e'),
];

fn may_have_suffix(word: &str) -> bool {
    word.len() > STEM_CHARACTERS_MIN
        && word.as_bytes().last_chunk().is_some_and(|last| SUFFIX_ENDINGS.iter().any(|own| own.ends(*last)))
}

/// Appends the form of a word, given in lower case and as it is.
pub(crate) fn push_word(word: &str, text: &str, out: &mut String) {
    let table = &*WORDS;
    if let Some(form) = table.words.get(word) {
        out.push_str(form);
        return;
    }
    // `Hauptstraße` is two words, `Haupt` and the form of `straße`; `straße` alone is one.
    let ending = table.suffixes.iter().filter(|_| may_have_suffix(word)).find(|(suffix, _)| {
        let stem = word.strip_suffix(suffix);
        stem.is_some_and(|stem| stem.chars().nth(STEM_CHARACTERS_MIN - 1).is_some())
    });
    let Some((suffix, form)) = ending else { return out.push_str(text) };
    // The stem keeps its case where the rule does.
    let stem = text.chars().count().saturating_sub(suffix.chars().count());
    out.extend(text.chars().take(stem));
    out.push(' ');
    out.push_str(form);
}

/// Returns the form of two words in lower case that a dot joins.
pub(crate) fn pair(written: &str) -> Option<&'static str> {
    WORDS.pairs.get(written)
}

/// Returns whether a word, or two that a dot joins, in lower case, is dropped before a number.
pub(crate) fn is_number_sign(written: &str) -> bool {
    WORDS.signs.get(written).is_some()
}
