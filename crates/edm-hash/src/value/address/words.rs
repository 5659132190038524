//! The frozen table of words that addresses write in several ways.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::simd::suffix::Ending;
use crate::value::address::role::Role;

/// The fewest characters before a suffix, and before an abbreviated one.
const STEM_CHARACTERS_MIN: usize = 2;
const ABBREVIATED_STEM_CHARACTERS_MIN: usize = 3;
/// The fewest bytes of a word with a suffix.
pub(crate) const SUFFIXED_BYTES_MIN: u8 = 4;

struct Words {
    /// The form of a word.
    words: Forms,
    /// The form of two words joined by a dot.
    pairs: Forms,
    /// The form of two letters joined by a dot.
    initials: Forms,
    /// Longer words that end so are two: what precedes, and the form. By the last byte, in the
    /// order of the table.
    suffixes: Suffixes,
    /// The same of suffixes with a dot behind them.
    abbreviated: Vec<(&'static str, &'static str)>,
    /// What is dropped before a number: a word, or two joined by a dot. Their form is empty.
    signs: Forms,
    /// What is dropped before a number if a dot or colon is between.
    dotted_signs: Forms,
    /// What is dropped wherever something follows.
    dropped: Forms,
    /// Words beside a box.
    beside_box: Vec<&'static str>,
    /// Words with a digit in their form.
    ordinals: Vec<&'static str>,
}

type Suffixes = [Vec<(&'static str, &'static str)>; 256];

/// The form of what is written, and what it may mean besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) form: &'a str,
    pub(crate) role: Role,
}

/// What is written, and its form. The table is fixed and small and most words of a text are not in
/// it, so that the first byte and the length answer nearly all questions.
struct Forms {
    /// By the first byte what begins with it.
    written: [Vec<(&'static str, Entry<'static>)>; 256],
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
        self.written[first].push((written, Entry { form, role: Role::of_form(form) }));
        self.lengths[first] |= 1 << written.len().min(63);
    }

    /// Returns whether something of this length and first byte is in it.
    fn has_like(&self, word: &str) -> bool {
        let first = word.as_bytes().first();
        first.is_some_and(|first| self.lengths[usize::from(*first)] >> word.len().min(63) & 1 == 1)
    }

    /// Gives something that is written a role. Without another form it stays as it stands, in its
    /// own case, for which its form is empty.
    fn set_role(&mut self, written: &'static str, role: Role) {
        if self.get(written).is_none() {
            self.insert(written, "");
        }
        let all = self.written.iter_mut().flatten();
        all.filter(|(own, _)| *own == written).for_each(|(_, entry)| entry.role = role);
    }

    fn get(&self, word: &str) -> Option<Entry<'static>> {
        if !self.has_like(word) {
            return None;
        }
        let own = &self.written[usize::from(*word.as_bytes().first()?)];
        own.iter().find(|(written, _)| *written == word).map(|(_, entry)| *entry)
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.written.iter().flatten().map(|(written, entry)| (*written, entry.form))
    }
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(include_str!("address_words.tsv"))
        .expect("the committed table is whole: a test reads all of it")
});

impl Words {
    fn new() -> Self {
        Self {
            words: Forms::default(),
            pairs: Forms::default(),
            initials: Forms::default(),
            suffixes: [const { Vec::new() }; 256],
            abbreviated: Vec::new(),
            signs: Forms::default(),
            dotted_signs: Forms::default(),
            dropped: Forms::default(),
            beside_box: Vec::new(),
            ordinals: Vec::new(),
        }
    }

    fn read(table: &'static str) -> Option<Self> {
        let mut own = Self::new();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (kind, form) = (fields.next()?, fields.next()?);
            for written in fields.next()?.split(' ') {
                match kind {
                    "word" => own.words.insert(written, form),
                    "pair" => own.pairs.insert(written, form),
                    "initials" => own.initials.insert(written, form),
                    "suffix" => own.suffixes[usize::from(*written.as_bytes().last()?)].push((written, form)),
                    "short" => own.abbreviated.push((written, form)),
                    "number" => own.signs.insert(written, ""),
                    "dotted" => own.dotted_signs.insert(written, ""),
                    "dropped" => own.dropped.insert(written, ""),
                    "post" | "behind" => own.beside_box.push(written),
                    _ => return None,
                }
            }
        }
        for written in own.beside_box.clone() {
            let role = Role::before_box(written).unwrap_or_else(|| Role::behind_box(written));
            own.words.set_role(written, role);
        }
        let dropped: Vec<&'static str> = own.dropped.iter().map(|(written, _)| written).collect();
        dropped.into_iter().chain(["no"]).for_each(|written| own.words.set_role(written, Role::Depends));
        // A form with a digit is an ordinal number in letters (`fifth`: `5th`).
        let numbered = |(_, form): &(&str, &str)| form.contains(|c: char| c.is_ascii_digit());
        own.ordinals = own.words.iter().filter(numbered).map(|(written, _)| written).collect();
        Some(own)
    }
}

/// Returns the words that have another form, and it; it is empty for what is dropped.
pub(crate) fn with_other_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let table = &*WORDS;
    let words = table.words.iter().filter(|(written, form)| written != form && !form.is_empty());
    let dropped = table.signs.iter().chain(table.dotted_signs.iter()).chain(table.dropped.iter());
    let boxes = table.beside_box.iter().map(|written| (*written, "box"));
    // A floor has the digits of an ordinal number alone.
    let floors = table.words.iter().filter_map(|(written, form)| {
        let digits = form.trim_end_matches(|c: char| !c.is_ascii_digit());
        (!digits.is_empty()).then_some((written, digits))
    });
    words.chain(dropped).chain(boxes).chain(floors).chain([("n", "")])
}

/// Returns the form that a word in lower case has wherever it is; `None` where that is not said at
/// a glance.
pub(crate) fn plain_form(word: &str) -> Option<Entry<'_>> {
    let known = WORDS.words.get(word).map(|entry| match entry.form {
        "" => Entry { form: word, ..entry },
        _ => entry,
    });
    known.or_else(|| (!may_have_suffix(word)).then_some(Entry { form: word, role: Role::None }))
}

/// Returns whether a word in lower case is one that a door or floor begins with.
pub(crate) fn begins_apart(word: &str) -> bool {
    WORDS.words.get(word).is_some_and(|entry| matches!(entry.role, Role::Unit | Role::Floor))
}

/// Returns whether a word may be dropped before a number, alone or with what is before it.
pub(crate) fn may_be_sign(word: &str) -> bool {
    let first = word.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
    let table = &*WORDS;
    let begins = |forms: &Forms| forms.lengths[usize::from(first)] != 0;
    first == b'n' || begins(&table.signs) || begins(&table.dotted_signs) || begins(&table.dropped)
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
    may_have_suffix(word) && suffixes_of(word).iter().any(|(suffix, _)| word.ends_with(suffix))
}

/// Returns the suffixes that end with the last byte of a word.
fn suffixes_of(word: &str) -> &'static [(&'static str, &'static str)] {
    word.as_bytes().last().map_or(&[], |last| &WORDS.suffixes[usize::from(*last)])
}

/// How all words with a suffix end.
pub(crate) const SUFFIX_ENDINGS: [Ending; 19] = [
    Ending::beyond_ascii_and(b'g'),
    Ending::letters(b"se"),
    Ending::letters(b"at"),
    Ending::letters(b"tr"),
    Ending::letters(b"tz"),
    Ending::letters(b"in"),
    Ending::letters(b"pl"),
    Ending::letters(b"an"),
    Ending::beyond_ascii_and(b'e'),
    Ending::letters(b"eg"),
    Ending::letters(b"wg"),
    Ending::letters(b"ta"),
    Ending::letters(b"en"),
    Ending::letters(b"te"),
    Ending::letters(b"de"),
    Ending::letters(b"ag"),
    Ending::letters(b"ei"),
    Ending::letters(b"ej"),
    Ending::letters(b"tu"),
];

fn may_have_suffix(word: &str) -> bool {
    word.len() > STEM_CHARACTERS_MIN
        && word.as_bytes().last_chunk().is_some_and(|last| SUFFIX_ENDINGS.iter().any(|own| own.ends(*last)))
}

/// Appends the form of a word, given in lower case and as it is, and returns its role.
/// Where it is `abbreviated`, with a dot and a number behind it, it may end with a shorter suffix.
pub(crate) fn push_word(word: &str, text: &str, abbreviated: bool, out: &mut String) -> Role {
    if let Some(Entry { form, role }) = WORDS.words.get(word) {
        out.push_str(if form.is_empty() { text } else { form });
        return role;
    }
    // `Hauptstraße` is two words, `Haupt` and the form of `straße`; `straße` alone is one.
    let suffixes = if may_have_suffix(word) { suffixes_of(word) } else { &[] };
    if push_divided(Divided { word, text, suffixes, stem_min: STEM_CHARACTERS_MIN }, out) {
        return Role::None;
    }
    let (suffixes, stem_min) = (&WORDS.abbreviated, ABBREVIATED_STEM_CHARACTERS_MIN);
    if !abbreviated || !push_divided(Divided { word, text, suffixes, stem_min }, out) {
        out.push_str(text);
    }
    Role::None
}

/// A word in lower case and as it is, and the suffixes that it may have.
struct Divided<'a> {
    word: &'a str,
    text: &'a str,
    suffixes: &'a [(&'static str, &'static str)],
    stem_min: usize,
}

/// Appends what is before the suffix of a word and the form of the suffix; returns whether it has
/// one.
fn push_divided(divided: Divided<'_>, out: &mut String) -> bool {
    let Divided { word, text, suffixes, stem_min } = divided;
    let ending = suffixes.iter().find(|(suffix, _)| {
        let stem = word.strip_suffix(suffix);
        stem.is_some_and(|stem| stem.chars().nth(stem_min - 1).is_some())
    });
    let Some((suffix, form)) = ending else { return false };
    // The stem keeps its case where the rule does.
    let stem = text.chars().count().saturating_sub(suffix.chars().count());
    out.extend(text.chars().take(stem));
    out.push(' ');
    out.push_str(form);
    true
}

/// Returns the form of two words in lower case that a dot joins.
pub(crate) fn pair(written: &str) -> Option<Entry<'static>> {
    WORDS.pairs.get(written)
}

/// Returns the form of two letters in lower case that a dot joins.
pub(crate) fn initials(written: &str) -> Option<Entry<'static>> {
    WORDS.initials.get(written)
}

/// Returns whether a word in lower case is dropped where a word or number follows.
pub(crate) fn is_dropped(word: &str) -> bool {
    WORDS.dropped.get(word).is_some()
}

/// Returns whether a word in lower case is dropped before a number, if a dot or colon is between.
pub(crate) fn is_dotted_sign(word: &str) -> bool {
    WORDS.dotted_signs.get(word).is_some()
}

/// Returns whether a word, or two that a dot joins, in lower case, is dropped before a number.
pub(crate) fn is_number_sign(written: &str) -> bool {
    WORDS.signs.get(written).is_some()
}
