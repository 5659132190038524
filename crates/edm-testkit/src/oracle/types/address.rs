//! Postal addresses.

use std::sync::LazyLock;

use edm_model::Delimiters;

use super::super::edges::{Edge, Stretch};
use super::super::reading::{Class, Kind, class, is_crossed};
use super::Candidate;
use super::view::View;

/// Data of the format, not code.
const WORDS: &str = include_str!("../../../../edm-hash/src/value/address/address_words.tsv");

/// Kind, form and spellings of every line.
static LINES: LazyLock<Vec<(&str, &str, Vec<&str>)>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?, cells.next()?.split(' ').collect()))
    };
    WORDS.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect()
});

fn form_of(kind: &str, written: &str) -> Option<&'static str> {
    LINES.iter().find(|(own, _, words)| *own == kind && words.contains(&written)).map(|(_, form, _)| *form)
}

/// The role of a token in its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Word,
    Cluster,
    Dropped,
}

/// One or more atoms that are read together.
#[derive(Debug, Clone)]
struct Token {
    first: usize,
    last: usize,
    sort: Sort,
    form: String,
    /// The form of its first atom alone, if a candidate may end with that.
    short: Option<String>,
}

fn tokens(view: &View) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut atom = 0;
    while atom < view.count() {
        let token = token(view, atom);
        atom = token.last + 1;
        tokens.push(token);
    }
    tokens
}

fn token(view: &View, first: usize) -> Token {
    let made = |last: usize, sort: Sort, form: String| Token { first, last, sort, form, short: None };
    match view.kind(first) {
        Some(Kind::Digits) if is_ordinal(view, first) => {
            made(first + 1, Sort::Number, format!("{}{}", view.lower(first), view.lower(first + 1)))
        }
        Some(Kind::Digits) => made(end_of_number(view, first), Sort::Number, view.lower(first).to_owned()),
        Some(Kind::Cluster) => match numerals(view, first) {
            Some((last, value)) => made(end_of_number(view, last), Sort::Number, value.to_string()),
            None => made(first, Sort::Cluster, view.reading.atom(first)),
        },
        _ => {
            let dotted = dotted_pair(view, first);
            if let Some(pair) = &dotted
                && form_of("number", pair).is_some()
                && view.digits(first + 2).is_some()
            {
                return made(first + 1, Sort::Dropped, String::new());
            }
            if let Some(form) = dotted.and_then(|pair| form_of("pair", &pair)) {
                return made(first + 1, Sort::Word, form.to_owned());
            }
            if is_number_word(view, first) {
                return made(first, Sort::Dropped, String::new());
            }
            let possessive = view.letters(first + 1) == Some("s")
                && view.reading.gap_after(first) == ['\'']
                && view.lower(first) != "s";
            if possessive {
                let form = format!("{}s", view.reading.atom(first));
                return Token { short: Some(word(view, first)), ..made(first + 1, Sort::Word, form) };
            }
            made(first, Sort::Word, word(view, first))
        }
    }
}

fn is_ordinal(view: &View, atom: usize) -> bool {
    view.digits(atom).is_some_and(|digits| digits.len() <= 4)
        && view.touches_next(atom)
        && view.letters(atom + 1).is_some_and(|word| ["st", "nd", "rd", "th"].contains(&word))
}

/// Reads two words with a dot between them.
fn dotted_pair(view: &View, first: usize) -> Option<String> {
    let (one, other) = (view.letters(first)?, view.letters(first + 1)?);
    (view.reading.gap_after(first) == ['.']).then(|| format!("{one}.{other}"))
}

/// Returns whether the word only announces a number.
fn is_number_word(view: &View, atom: usize) -> bool {
    let Some(word) = view.letters(atom).filter(|_| view.digits(atom + 1).is_some()) else { return false };
    let gap = view.reading.gap_after(atom);
    let sign = gap.contains(&'°') || (gap.first() == Some(&'.') && !is_ordinal(view, atom + 1));
    form_of("number", word).is_some() || (word == "n" && sign)
}

fn word(view: &View, atom: usize) -> String {
    let (own, lower) = (view.reading.atom(atom), view.lower(atom));
    if let Some(form) = form_of("word", lower) {
        return form.to_owned();
    }
    for (_, form, words) in LINES.iter().filter(|(kind, ..)| *kind == "suffix") {
        for suffix in words {
            let front = own.chars().count().saturating_sub(suffix.chars().count());
            if lower.ends_with(suffix) && front >= 2 {
                let front: String = own.chars().take(front).collect();
                return format!("{front} {form}");
            }
        }
    }
    own
}

fn numeral(text: &str) -> Option<u32> {
    "〇一二三四五六七八九十百千".chars().zip(0..).find(|(sign, _)| text == sign.to_string()).map(|(_, n)| n)
}

/// Returns the last atom and the value of kanji numerals followed by a unit.
fn numerals(view: &View, first: usize) -> Option<(usize, u32)> {
    if first > 0 && numeral(view.lower(first - 1)).is_some() && view.touches_next(first - 1) {
        return None;
    }
    let mut parts = vec![numeral(view.lower(first))?];
    let mut last = first;
    while view.touches_next(last)
        && let Some(part) = numeral(view.lower(last + 1))
    {
        parts.push(part);
        last += 1;
    }
    end_of_unit(view, last)?;
    let value = match parts.as_slice() {
        [10] => 10,
        [a @ 1..=9] => *a,
        [10, a @ 1..=9] => 10 + a,
        [a @ 1..=9, 10] => 10 * a,
        [a @ 1..=9, 10, b @ 1..=9] => 10 * a + b,
        [a @ 1..=9, b @ 0..=9] => 10 * a + b,
        _ => return None,
    };
    Some((last, value))
}

/// Returns the last atom of the unit after a number.
fn end_of_unit(view: &View, number: usize) -> Option<usize> {
    let is_next = |atom: usize, sign: &str| view.touches_next(atom) && view.lower(atom + 1) == sign;
    let unless = |last: usize, signs: [&str; 5]| {
        let barred = signs.iter().any(|sign| is_next(last, sign));
        (!barred).then_some(last)
    };
    if is_next(number, "丁") && is_next(number + 1, "目") {
        return Some(number + 2);
    }
    if is_next(number, "番") {
        if is_next(number + 1, "地") {
            return Some(number + 2);
        }
        return unless(number + 1, ["町", "街", "館", "丁", "丁"]);
    }
    if is_next(number, "号") {
        return unless(number + 1, ["室", "館", "棟", "線", "車"]);
    }
    None
}

/// Returns the last atom of a number's token: its unit, and what joins it to the next number.
fn end_of_number(view: &View, number: usize) -> usize {
    let end = end_of_unit(view, number).unwrap_or(number);
    let joined = view.touches_next(end)
        && ["の", "ノ", "ー"].contains(&view.lower(end + 1))
        && view.touches_next(end + 1)
        && (view.digits(end + 2).is_some() || numerals(view, end + 2).is_some());
    end + usize::from(joined)
}

/// Forms joined as the kinds of their tokens require.
#[derive(Default)]
struct Form {
    text: String,
    tokens: usize,
    worded: bool,
    after_cluster: bool,
}

impl Form {
    fn push(&mut self, sort: Sort, form: &str) {
        if sort == Sort::Dropped {
            return;
        }
        let marked = form.chars().next().is_some_and(|first| class(first) == Class::Mark);
        let close = (self.after_cluster || sort == Sort::Cluster) && !marked;
        if self.tokens > 0 && !close {
            self.text.push(' ');
        }
        self.text.push_str(form);
        self.tokens += 1;
        self.worded |= sort != Sort::Number;
        self.after_cluster = sort == Sort::Cluster;
    }

    fn is_value(&self, atoms: usize) -> bool {
        self.tokens >= 2 && self.worded && self.text.len() >= atoms
    }
}

/// Reads a cell.
pub(super) fn cell(view: &View) -> Option<String> {
    let tokens = tokens(view);
    let mut form = Form::default();
    for token in &tokens {
        form.push(token.sort, &token.form);
    }
    let first = tokens.iter().find(|token| token.sort != Sort::Dropped)?.first;
    let last = tokens.iter().rfind(|token| token.sort != Sort::Dropped)?.last;
    form.is_value(last + 1 - first).then_some(form.text)
}

/// Finds every run of tokens that is a value of at most `form_bytes_max` bytes.
pub(super) fn text(view: &View, form_bytes_max: usize) -> Vec<Candidate> {
    let tokens = tokens(view);
    let mut found = Vec::new();
    for (position, begin) in tokens.iter().enumerate().filter(|(_, token)| token.sort != Sort::Dropped) {
        let mut form = Form::default();
        for (number, end) in tokens.iter().enumerate().skip(position) {
            if number > position && !is_crossed(&view.reading.gap_before(end.first), &Delimiters::default()) {
                break;
            }
            let edges = Edges { view, front: front(view, &tokens, position), first: begin.first };
            if let Some(short) = &end.short {
                let text = if form.tokens == 0 { short.clone() } else { joined(&form, short) };
                let short = Form { text, tokens: form.tokens + 1, worded: true, after_cluster: false };
                found.extend(edges.candidate(end.first, &short));
            }
            form.push(end.sort, &end.form);
            if form.text.len() > form_bytes_max {
                break;
            }
            if end.sort != Sort::Dropped {
                found.extend(edges.candidate(end.last, &form));
            }
        }
    }
    found
}

/// Appends one word to a form.
fn joined(form: &Form, word: &str) -> String {
    let mut longer = Form { text: form.text.clone(), tokens: form.tokens, ..Form::default() };
    longer.after_cluster = form.after_cluster;
    longer.push(Sort::Word, word);
    longer.text
}

/// Returns the atom that determines the edge before a value: omitted tokens joined to the first
/// belong to it.
fn front(view: &View, tokens: &[Token], position: usize) -> usize {
    let mut position = position;
    while position > 0
        && tokens[position - 1].sort == Sort::Dropped
        && view.touches_next(tokens[position - 1].last)
    {
        position -= 1;
    }
    tokens[position].first
}

struct Edges<'a> {
    view: &'a View<'a>,
    front: usize,
    first: usize,
}

impl Edges<'_> {
    fn candidate(&self, last: usize, form: &Form) -> Option<Candidate> {
        let stretch = Stretch { reading: self.view.reading, first: self.first, last };
        let front = Stretch { first: self.front, ..stretch }.front()?;
        let back = stretch.back()?;
        let fits = form.is_value(last + 1 - self.first) && !stretch.is_continued();
        fits.then(|| Candidate {
            first: self.first,
            last,
            place: (self.view.reading.atoms[self.first].first, self.view.reading.atoms[last].end),
            forms: vec![form.text.clone()],
            attached: [front, back].contains(&Edge::Soft),
            written: false,
        })
    }
}
