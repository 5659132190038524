//! Cutting a folded text into the words and numbers of addresses (`docs/formats/hash.md`, section
//! 8, address).

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::role::Role;
use super::words::{self, Entry};
use crate::text::fold::{AtomKind, Folded};
use crate::text::unicode_data::{Class, TABLE};
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;

/// Cutting may begin as many atoms before a token, wherever that is: it has met the token's first
/// atom by then. It may begin at any atom that nothing joins to the one before it.
const MARGIN_ATOMS: usize = 8;
/// The most digits of an ordinal number.
const ORDINAL_DIGITS_MAX: usize = 4;
const ORDINALS: [&str; 4] = ["st", "nd", "rd", "th"];
/// The most digits of an ordinal number that is a floor's.
const FLOOR_ORDINAL_DIGITS_MAX: usize = 3;
/// How many bytes these have.
pub(crate) const ORDINAL_BYTES: RangeInclusive<u8> = 2..=2;
/// Units after a number of a Japanese address, and what is no unit when it follows.
const UNITS: [(&str, &str, &str); 4] =
    [("丁", "目", ""), ("番", "地", ""), ("番", "", "町街館丁"), ("号", "", "室館棟線車")];
/// What joins two numbers of a Japanese address.
const JOINTS: [&str; 3] = ["の", "ノ", "ー"];

/// Characters that are in numbers, units and joints of Japanese addresses: their form depends on
/// what is around them.
pub(crate) const NUMERIC: [&str; 21] = [
    "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "丁", "目", "番", "地",
    "号", "の", "ノ", "ー",
];

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    /// A character of a script that is written without spaces.
    Cluster,
    /// Nothing of it is in the canonical form.
    Dropped,
}

/// One or more atoms that have a form together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    /// The atoms that its form is cut into.
    pub(crate) atoms: usize,
    /// Which classes of characters occur in its form.
    pub(crate) mask: u8,
    /// Which of the atoms of its form are digits.
    pub(crate) kinds: Kinds,
    form: (usize, usize),
    /// The form of its first atom alone, where an `'s` follows that may belong to the sentence.
    short: Option<(usize, usize)>,
}

impl Token {
    /// Returns whether it is nothing but digits, and at most so many.
    pub(crate) fn is_figures(&self, form: &str, digits_max: usize) -> bool {
        self.kind == Kind::Number
            && form.len() <= digits_max
            && form.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Returns whether it is an ordinal number that a floor may have.
    pub(crate) fn is_ordinal(&self, form: &str) -> bool {
        // A suffix of two letters behind up to three digits; other words have no digits.
        let Some((digits, suffix)) = form.split_at_checked(form.len().saturating_sub(2)) else {
            return false;
        };
        (1..=FLOOR_ORDINAL_DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && ORDINALS.contains(&suffix)
    }

    /// Returns whether it is a word of one character.
    pub(crate) fn is_letter(&self, folded: &Folded) -> bool {
        self.kind == Kind::Word
            && self.first == self.last
            && folded.text_of(self.first).chars().nth(1).is_none()
    }
}

/// What tokens are kept in.
#[derive(Default)]
pub(crate) struct TokenScratch {
    tokens: Vec<Token>,
    forms: String,
}

impl TokenScratch {
    /// Makes scratch with room for most cells.
    pub(crate) fn with_room() -> Self {
        Self { tokens: Vec::with_capacity(16), forms: String::with_capacity(128) }
    }
}

/// The tokens of a text from some atom on, cut as they are asked for.
pub(crate) struct Tokens<'a> {
    folded: &'a Folded,
    next: usize,
    tokens: Vec<Token>,
    forms: String,
}

impl<'a> Tokens<'a> {
    /// Begins with the text's first.
    pub(crate) fn new(scratch: TokenScratch, folded: &'a Folded) -> Self {
        let mut own = Self { folded, next: 0, tokens: scratch.tokens, forms: scratch.forms };
        own.tokens.clear();
        own.forms.clear();
        own
    }

    /// Returns the scratch, for the next text.
    pub(crate) fn into_scratch(self) -> TokenScratch {
        TokenScratch { tokens: self.tokens, forms: self.forms }
    }

    /// Forgets the tokens and begins again before the token that holds atom `from`.
    pub(crate) fn restart(&mut self, from: usize) {
        self.tokens.clear();
        self.forms.clear();
        if self.begins_token(from) {
            self.next = from;
            return;
        }
        // A token may begin before `from` and hold it. Walk back over everything that could be
        // joined to it, but not further than a token reaches.
        let earliest = from.saturating_sub(MARGIN_ATOMS);
        let joined = |atom: &usize| matches!(self.folded.gap(atom - 1), "" | "." | "'");
        self.next = (earliest + 1..=from).rev().find(|atom| !joined(atom)).unwrap_or(earliest);
    }

    /// Returns whether a token begins with this atom and none that is dropped is joined to it: said
    /// of digits alone, which no token holds after something else.
    fn begins_token(&self, atom: usize) -> bool {
        if !self.folded.digits().contains(atom) {
            return false;
        }
        let Some(before) = atom.checked_sub(1).filter(|before| self.folded.touches_next(*before)) else {
            return true;
        };
        let Some(word) = self.text(before, AtomKind::Letters) else { return false };
        let dotted = before > 0 && self.folded.gap(before - 1) == ".";
        word.is_ascii() && !dotted && !words::may_be_sign(word)
    }

    /// Returns a token by its position.
    pub(crate) fn get(&mut self, position: usize) -> Option<Token> {
        if let Some(token) = self.tokens.get(position) {
            return Some(*token);
        }
        // Tokens are cut in order and only once; a walk that looks back reads them from the list.
        while self.next < self.folded.atom_count() {
            let token = self.cut(self.next);
            self.next = token.last + 1;
            self.tokens.push(token);
            if self.tokens.len() > position {
                return Some(token);
            }
        }
        None
    }

    /// Returns the form of a token.
    pub(crate) fn form(&self, token: &Token) -> &str {
        self.written(token.form.0, token.form.1)
    }

    /// Returns the form of a token's first atom alone, where it may end there.
    pub(crate) fn short_form(&self, token: &Token) -> Option<&str> {
        token.short.map(|(start, end)| self.written(start, end))
    }

    fn written(&self, start: usize, end: usize) -> &str {
        self.forms.get(start..end).expect("a token's forms are among those that were written")
    }

    fn text(&self, index: usize, kind: AtomKind) -> Option<&'a str> {
        let atom = self.folded.atom(index).filter(|atom| atom.kind == kind)?;
        Some(self.folded.atom_text(atom))
    }

    fn word(&self, index: usize) -> Option<Cow<'a, str>> {
        let text = self.text(index, AtomKind::Letters)?;
        let lower = match text.is_ascii() {
            true => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
            false => !text.contains(char::is_uppercase),
        };
        Some(if lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) })
    }

    /// Returns a cluster that nothing parts from the atom before it.
    fn joined_cluster(&self, index: usize) -> Option<&'a str> {
        let tight = index > 0 && self.folded.gap(index - 1).is_empty();
        self.text(index, AtomKind::Cluster).filter(|_| tight)
    }

    fn cut(&mut self, first: usize) -> Token {
        let start = self.forms.len();
        let (mut short, mut role) = (None, Role::None);
        // The general cuts allocate and compare with word lists. Most tokens need none of that.
        let plain = self.cut_plain(first, &mut role);
        let (last, kind) = match (plain, self.folded.atom(first).map(|atom| atom.kind)) {
            (Some(kind), _) => (first, kind),
            (_, Some(AtomKind::Digits)) => self.cut_number(first),
            (_, Some(AtomKind::Letters)) => self.cut_word(first, &mut role, &mut short),
            _ => self.cut_cluster(first),
        };
        // The short form is written after the long one, which ends where it begins.
        let form = (start, short.map_or(self.forms.len(), |(from, _)| from));
        let own = &self.forms.as_bytes()[form.0..form.1];
        let shape = Shape::of_form(own);
        // A form of one atom has one kind; counting it again would cost a pass over its bytes.
        let kinds = match shape.atoms {
            1 => Kinds::default().then(!shape.has_letter()),
            _ => Kinds::of(own),
        };
        let (atoms, mask) = (usize::from(shape.atoms), shape.mask);
        Token { first, last, kind, role, atoms, mask, kinds, form, short }
    }

    /// Cuts what most tokens are, one ASCII atom that nothing joins to the next and that has no
    /// other form.
    fn cut_plain(&mut self, first: usize, role: &mut Role) -> Option<Kind> {
        let (folded, next) = (self.folded, first + 1);
        let is_digits = folded.digits().contains(first);
        let touches = folded.touches_next(first);
        if touches && (folded.clusters().contains(next) || is_digits && is_ordinal_suffix(folded, next)) {
            return None;
        }
        let text = folded.atom_text(folded.atom(first)?);
        if is_digits {
            self.forms.push_str(text);
            return Some(Kind::Number);
        }
        // Capitals need folding to be compared with the lists, and a word that joins the next one
        // needs both.
        let lower = text.bytes().all(|byte| byte.is_ascii_lowercase());
        let joins =
            folded.dotted().contains(first) || folded.digits().contains(next) && words::may_be_sign(text);
        if !lower || joins {
            return None;
        }
        let entry = words::plain_form(text).filter(|entry| entry.role != Role::Depends)?;
        self.forms.push_str(entry.form);
        *role = entry.role;
        Some(Kind::Word)
    }

    fn cut_number(&mut self, first: usize) -> (usize, Kind) {
        self.forms.push_str(self.folded.text_of(first));
        if let Some(suffix) = self.ordinal_suffix(first) {
            self.forms.push_str(&suffix);
            return (first + 1, Kind::Number);
        }
        (self.behind_number(first), Kind::Number)
    }

    /// Returns what makes an ordinal number of the digits that an atom is.
    fn ordinal_suffix(&self, index: usize) -> Option<Cow<'a, str>> {
        // Longer numbers are no ordinals.
        if self.folded.text_of(index).len() > ORDINAL_DIGITS_MAX || !self.folded.gap(index).is_empty() {
            return None;
        }
        self.word(index + 1).filter(|word| ORDINALS.contains(&&**word))
    }

    fn cut_cluster(&mut self, first: usize) -> (usize, Kind) {
        if let Some((number, last)) = self.kanji_number(first) {
            self.forms.push_str(&number.to_string());
            return (self.behind_number(last), Kind::Number);
        }
        self.forms.push_str(self.folded.text_of(first));
        (first, Kind::Cluster)
    }

    /// Reads kanji numerals that begin here and are directly before a unit: the number and its last
    /// atom.
    fn kanji_number(&self, first: usize) -> Option<(u32, usize)> {
        if first > 0 && self.folded.gap(first - 1).is_empty() && self.numeral(first - 1).is_some() {
            return None;
        }
        // At most three numerals, a number to 99: longer runs are no house numbers.
        let mut numerals = vec![self.numeral(first)?];
        while self.folded.gap(first + numerals.len() - 1).is_empty()
            && let Some(next) = self.numeral(first + numerals.len())
        {
            numerals.push(next);
            if numerals.len() > 3 {
                return None;
            }
        }
        let last = first + numerals.len() - 1;
        self.unit(last + 1)?;
        Some((value(&numerals)?, last))
    }

    /// Returns the kanji numeral that an atom is; the zero counts as a letter, not as a cluster.
    fn numeral(&self, index: usize) -> Option<u32> {
        let text = self.text(index, AtomKind::Cluster).or_else(|| self.text(index, AtomKind::Letters))?;
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none()).and_then(numeral)
    }

    /// Returns the last atom of the unit that begins here, joined to what precedes.
    fn unit(&self, index: usize) -> Option<usize> {
        let own = self.joined_cluster(index)?;
        let next = self.joined_cluster(index + 1).unwrap_or("");
        UNITS.iter().find_map(|(unit, second, not)| match *second {
            _ if own != *unit => None,
            "" => (next.is_empty() || !not.contains(next)).then_some(index),
            second => (next == second).then_some(index + 1),
        })
    }

    /// Returns the last atom of a number with its unit and what joins it to the next number.
    fn behind_number(&self, number: usize) -> usize {
        let last = self.unit(number + 1).unwrap_or(number);
        // Japanese addresses join numbers by a cluster (`3の4`), which is no part of the form.
        let joined = self.joined_cluster(last + 1).is_some_and(|text| JOINTS.contains(&text))
            && self.folded.gap(last + 1).is_empty();
        let number_follows =
            || self.text(last + 2, AtomKind::Digits).is_some() || self.kanji_number(last + 2).is_some();
        if joined && number_follows() { last + 1 } else { last }
    }

    fn cut_word(
        &mut self,
        first: usize,
        role: &mut Role,
        short: &mut Option<(usize, usize)>,
    ) -> (usize, Kind) {
        let word = self.word(first).expect("a word is cut where letters are");
        let text = self.folded.text_of(first);
        let gap = self.folded.gap(first);
        let second = self.word(first + 1);
        if let Some(second) = second.as_deref().filter(|_| gap == ".") {
            // Two words with a dot are one word of the list (`p.za`), or a sign that a number
            // follows.
            let written = format!("{word}.{second}");
            if words::is_number_sign(&written) && self.text(first + 2, AtomKind::Digits).is_some() {
                return (first + 1, Kind::Dropped);
            }
            let initial = first == 0 || self.folded.gap(first - 1) != ".";
            let initials = || words::initials(&written).filter(|_| initial);
            if let Some(Entry { form, role: own }) = words::pair(&written).or_else(initials) {
                self.forms.push_str(form);
                *role = own;
                return (first + 1, Kind::Word);
            }
        }
        // A sign says no more than that a number follows, and writers leave it out as often as not.
        let number = self.text(first + 1, AtomKind::Digits).is_some();
        if number && self.is_sign(first, &word, gap) {
            return (first, Kind::Dropped);
        }
        let goes_on = || number || second.as_deref().is_some_and(|second| !words::is_dropped(second));
        if words::is_dropped(&word) && goes_on() {
            return (first, Kind::Dropped);
        }
        if gap == "'" && second.as_deref() == Some("s") && &*word != "s" {
            self.forms.push_str(text);
            self.forms.push('s');
            let start = self.forms.len();
            _ = words::push_word(&word, text, false, &mut self.forms);
            *short = Some((start, self.forms.len()));
            return (first + 1, Kind::Word);
        }
        // `s/nº`, no number, is `s/n`.
        if &*word == "no" && first > 0 && self.folded.gap(first - 1) == "/" && self.is_s(first - 1) {
            self.forms.push_str("north");
            return (first, Kind::Word);
        }
        *role = words::push_word(&word, text, number && gap.starts_with('.'), &mut self.forms);
        (first, Kind::Word)
    }

    fn is_s(&self, index: usize) -> bool {
        self.word(index).is_some_and(|word| &*word == "s")
    }

    /// Returns whether a word before a number says no more than that a number follows.
    fn is_sign(&self, first: usize, word: &str, gap: &str) -> bool {
        // `n.` before an ordinal number is north.
        let short = word == "n"
            && (gap.contains('°') || gap.starts_with('.') && self.ordinal_suffix(first + 1).is_none());
        let dotted = || gap.starts_with(['.', ':']) && words::is_dotted_sign(word);
        short || words::is_number_sign(word) || dotted()
    }
}

/// Returns whether an atom is what makes an ordinal of the number before.
pub(crate) fn is_ordinal_suffix(folded: &Folded, atom: usize) -> bool {
    let text = folded.text_of(atom);
    ORDINALS.iter().any(|ordinal| ordinal.eq_ignore_ascii_case(text))
}

/// Returns whether a form begins with a mark, which would join a cluster before.
pub(crate) fn begins_with_mark(form: &str) -> bool {
    form.chars().next().is_some_and(|first| !first.is_ascii() && TABLE.entry(first).class == Class::Mark)
}

/// Returns 0 to 10 for a kanji numeral, more for those that belong to greater numbers.
fn numeral(character: char) -> Option<u32> {
    "〇一二三四五六七八九十百千".chars().zip(0..).find_map(|(own, value)| (own == character).then_some(value))
}

/// Returns the number, to 99, that one to three numerals write.
fn value(numerals: &[u32]) -> Option<u32> {
    match *numerals {
        [own @ 1..=10] => Some(own),
        [10, ones @ 1..=9] => Some(10 + ones),
        [tens @ 1..=9, 10] => Some(10 * tens),
        [tens @ 1..=9, 10, ones @ 1..=9] => Some(10 * tens + ones),
        [tens @ 1..=9, ones @ 0..=9] => Some(10 * tens + ones),
        _ => None,
    }
}
