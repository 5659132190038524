//! The frozen table of words that addresses write in several ways.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// What stands in front of a suffix has at least so many characters.
const STEM_CHARACTERS_MIN: usize = 2;
/// What ends with a suffix has at least so many bytes.
pub(crate) const SUFFIXED_BYTES_MIN: u8 = 4;

#[derive(Default)]
struct Words {
    /// The form of a word.
    words: HashMap<&'static str, &'static str>,
    /// The form of two words joined by a dot.
    pairs: HashMap<&'static str, &'static str>,
    /// Longer words that end so are two: what stands in front, and the form.
    suffixes: Vec<(&'static str, &'static str)>,
    /// What is dropped in front of a number: a word, or two joined by a dot.
    signs: HashSet<&'static str>,
    /// By a word's first byte the lengths of words in the table, as bits: most words of a text are none of them.
    lengths: Vec<u64>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("../address_words.tsv"))
        .expect("the committed table is whole: a test reads all of it")
});

impl Words {
    /// Whether a word of this length and first byte stands in the table.
    fn has_like(&self, word: &str) -> bool {
        let lengths = word.as_bytes().first().and_then(|first| self.lengths.get(usize::from(*first)));
        lengths.is_some_and(|lengths| lengths >> word.len().min(63) & 1 == 1)
    }

    fn read(table: &'static str) -> Option<Self> {
        let mut own = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (kind, form) = (fields.next()?, fields.next()?);
            for written in fields.next()?.split(' ') {
                own.lengths.resize(256, 0);
                if let Some(lengths) = own.lengths.get_mut(usize::from(*written.as_bytes().first()?)) {
                    *lengths |= 1 << written.len().min(63);
                }
                match kind {
                    "word" => drop(own.words.insert(written, form)),
                    "pair" => drop(own.pairs.insert(written, form)),
                    "suffix" => own.suffixes.push((written, form)),
                    "number" => drop(own.signs.insert(written)),
                    _ => return None,
                }
            }
        }
        Some(own)
    }
}

/// Returns the words that have another form, and it; it is empty for what is dropped.
pub(crate) fn with_other_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let table = &*WORDS;
    let words = table.words.iter().map(|(written, form)| (*written, *form));
    let signs = table.signs.iter().map(|written| (*written, ""));
    words.filter(|(written, form)| written != form).chain(signs).chain([("n", "")])
}

/// Whether a word, in lower case, may have another form than its own.
pub(crate) fn may_have_form(word: &str) -> bool {
    WORDS.has_like(word) || may_have_suffix(word)
}

/// Bytes of the ordinal numbers in letters.
pub(crate) const ORDINAL_BYTES: RangeInclusive<u8> = 5..=8;

/// Whether a word has a form with a digit: it is an ordinal number in letters.
pub(crate) fn is_ordinal(word: &str) -> bool {
    // All of them end with one of these letters.
    matches!(word.as_bytes().last().map(u8::to_ascii_lowercase), Some(b't' | b'd' | b'h')) && {
        let form = WORDS.words.get(word.to_ascii_lowercase().as_str());
        form.is_some_and(|form| form.contains(|c: char| c.is_ascii_digit()))
    }
}

/// Whether a word may be two: it ends as some do.
pub(crate) fn ends_with_suffix(word: &str) -> bool {
    may_have_suffix(word) && WORDS.suffixes.iter().any(|(suffix, _)| word.ends_with(suffix))
}

/// All suffixes end with one of few pairs of letters.
fn may_have_suffix(word: &str) -> bool {
    let ends = [b"se", b"at", b"tr", b"tz", b"in", b"pl", b"an"];
    let last = word.as_bytes().last_chunk::<2>();
    word.len() > STEM_CHARACTERS_MIN
        && last.is_some_and(|last| ends.contains(&last) || word.ends_with('e') && last[0] >= 0x80)
}

/// Appends the form of a word, given in lower case and as it stands.
pub(crate) fn push_word(word: &str, text: &str, out: &mut String) {
    let table = &*WORDS;
    if table.has_like(word)
        && let Some(form) = table.words.get(word)
    {
        out.push_str(form);
        return;
    }
    let ending = table.suffixes.iter().filter(|_| may_have_suffix(word)).find(|(suffix, _)| {
        let stem = word.strip_suffix(suffix).unwrap_or("");
        stem.chars().take(STEM_CHARACTERS_MIN).count() == STEM_CHARACTERS_MIN
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
    WORDS.pairs.get(written).copied()
}

/// Whether a word, or two that a dot joins, in lower case, is dropped in front of a number.
pub(crate) fn is_number_sign(written: &str) -> bool {
    WORDS.has_like(written) && WORDS.signs.contains(written)
}
