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
            let initial = first == 0 || view.reading.gap_before(first) != ['.'];
            let pair = |pair: String| {
                let initials = || form_of("initials", &pair).filter(|_| initial);
                form_of("pair", &pair).or_else(initials)
            };
            if let Some(form) = dotted.and_then(pair) {
                return made(first + 1, Sort::Word, form.to_owned());
            }
            if is_number_word(view, first) || is_dropped(view, first) {
                return made(first, Sort::Dropped, String::new());
            }
            let possessive = view.letters(first + 1) == Some("s")
                && view.reading.gap_after(first) == ['\'']
                && view.lower(first) != "s";
            if possessive {
                let form = format!("{}s", view.reading.atom(first));
                return Token { short: Some(word(view, first)), ..made(first + 1, Sort::Word, form) };
            }
            if view.lower(first) == "no"
                && first > 0
                && view.letters(first - 1) == Some("s")
                && view.reading.gap_before(first) == ['/']
            {
                return made(first, Sort::Word, "north".to_owned());
            }
            let plain = word(view, first);
            let short = (plain == view.reading.atom(first)).then(|| with_short_suffix(view, first)).flatten();
            made(first, Sort::Word, short.unwrap_or(plain))
        }
    }
}

fn is_dropped(view: &View, atom: usize) -> bool {
    let dropped = |atom: usize| view.letters(atom).is_some_and(|word| form_of("dropped", word).is_some());
    let goes_on = match view.kind(atom + 1) {
        Some(Kind::Digits) => true,
        Some(Kind::Letters) => !dropped(atom + 1),
        _ => false,
    };
    dropped(atom) && goes_on
}

/// Returns the form of a word with an abbreviated suffix, which has a dot behind it.
fn with_short_suffix(view: &View, atom: usize) -> Option<String> {
    let abbreviated = view.reading.gap_after(atom).first() == Some(&'.') && view.digits(atom + 1).is_some();
    let lower = view.letters(atom).filter(|_| abbreviated)?;
    if form_of("word", lower).is_some() {
        return None;
    }
    divided("short", &view.reading.atom(atom), lower, 3)
}

/// Returns what is in front of a word's suffix of a kind, and the suffix's form.
fn divided(kind: &str, own: &str, lower: &str, front_min: usize) -> Option<String> {
    for (_, form, words) in LINES.iter().filter(|(own, ..)| *own == kind) {
        for suffix in words {
            let front = own.chars().count().saturating_sub(suffix.chars().count());
            if lower.ends_with(suffix) && front >= front_min {
                let front: String = own.chars().take(front).collect();
                return Some(format!("{front} {form}"));
            }
        }
    }
    None
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
    let dotted = matches!(gap.first(), Some('.' | ':')) && form_of("dotted", word).is_some();
    form_of("number", word).is_some() || dotted || (word == "n" && sign)
}

fn word(view: &View, atom: usize) -> String {
    let (own, lower) = (view.reading.atom(atom), view.lower(atom));
    if let Some(form) = form_of("word", lower) {
        return form.to_owned();
    }
    divided("suffix", &own, lower, 2).unwrap_or(own)
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
#[derive(Debug, Default)]
struct Form {
    text: String,
    tokens: usize,
    worded: bool,
    after_cluster: bool,
}

impl Form {
    fn push(&mut self, sort: Sort, form: &str) {
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

/// The tokens of a value that are not dropped.
struct Kept<'a> {
    view: &'a View<'a>,
    tokens: Vec<&'a Token>,
    /// Whether the last one is no word that means a box, a door or a floor.
    plain_end: bool,
}

impl<'a> Kept<'a> {
    fn new(view: &'a View<'a>, tokens: impl Iterator<Item = &'a Token>) -> Self {
        let tokens = tokens.filter(|token| token.sort != Sort::Dropped).collect();
        Self { view, tokens, plain_end: false }
    }

    fn form(&self) -> Form {
        let mut main: Vec<(Sort, String)> = Vec::new();
        let mut apart: Vec<String> = Vec::new();
        let (mut at, mut boxed) = (0, false);
        while let Some(token) = self.tokens.get(at) {
            if let Some(behind) = self.end_of_box(at).filter(|_| !boxed) {
                main.push((Sort::Word, "box".to_owned()));
                (at, boxed) = (self.end_of_box_words(behind), true);
            } else if let Some((form, behind)) = self.door(at).or_else(|| self.floor(at)) {
                apart.push(form);
                at = behind;
            } else if self.has_number_sign(at, &main) {
                let (form, behind) = self.door_from(at);
                apart.push(form);
                at = behind;
            } else {
                main.push((token.sort, token.form.clone()));
                at += 1;
            }
        }
        apart.sort();
        let mut form = Form::default();
        main.iter().for_each(|(sort, own)| form.push(*sort, own));
        apart.iter().for_each(|own| form.push(Sort::Word, own));
        form.tokens += apart.len();
        form
    }

    fn is_word(&self, at: usize, form: &str) -> bool {
        let plain = self.plain_end && at + 1 == self.tokens.len();
        self.tokens.get(at).is_some_and(|token| token.sort == Sort::Word && token.form == form && !plain)
    }

    fn is_written(&self, at: usize, written: &str) -> bool {
        let plain = self.plain_end && at + 1 == self.tokens.len();
        let one = |token: &&Token| {
            token.sort == Sort::Word && token.first == token.last && self.view.lower(token.first) == written
        };
        self.tokens.get(at).is_some_and(|token| one(token) && !plain)
    }

    fn figures(&self, at: usize, digits_max: usize) -> Option<&str> {
        let token = self.tokens.get(at).filter(|token| token.sort == Sort::Number)?;
        let bare = token.form.chars().all(|digit| digit.is_ascii_digit());
        (bare && token.form.len() <= digits_max).then_some(token.form.as_str())
    }

    fn gap_before(&self, at: usize) -> String {
        self.view.reading.gap_before(self.tokens[at].first).into_iter().collect()
    }

    /// Returns the position behind a box.
    fn end_of_box(&self, at: usize) -> Option<usize> {
        let post_office = self.is_written(at, "post") && self.is_written(at + 1, "office");
        let p_o = self.is_written(at, "p") && self.is_written(at + 1, "o");
        if p_o && self.is_written(at + 2, "b") {
            return Some(at + 3);
        }
        let front = if p_o || post_office { 2 } else { usize::from(self.is_written(at, "po")) };
        self.is_word(at + front, "box").then_some(at + front + 1)
    }

    /// Returns the position behind words that may follow a box, if figures follow them.
    fn end_of_box_words(&self, at: usize) -> usize {
        let word = at + usize::from(self.is_written(at, "de"));
        let known = ["postal", "postale", "pocztowa", "poczt", "correos"];
        let one = known.iter().any(|known| self.is_written(word, known));
        if one && self.figures(word + 1, usize::MAX).is_some() { word + 1 } else { at }
    }

    fn is_letter(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| {
            let one = self.view.reading.atom(token.first).chars().count() == 1;
            token.sort == Sort::Word && token.first == token.last && one
        })
    }

    fn door(&self, at: usize) -> Option<(String, usize)> {
        let begins = self.figures(at + 1, 4).is_some() || self.is_letter(at + 1);
        (self.is_word(at, "unit") && begins).then(|| self.door_from(at + 1))
    }

    /// Returns the door whose figures or letter are at a position, and the position behind it.
    fn door_from(&self, at: usize) -> (String, usize) {
        let own = format!("unit {}", self.tokens[at].form);
        if at + 1 == self.tokens.len() {
            return (own, at + 1);
        }
        let gap = self.gap_before(at + 1);
        let close = ["", "-"].contains(&gap.as_str());
        let goes_on = if self.is_letter(at) {
            close && self.figures(at + 1, 4).is_some()
        } else {
            let spaced = gap == " " && !self.is_written(at + 1, "p") && !self.is_written(at + 1, "o");
            self.is_letter(at + 1) && (close || spaced)
        };
        if goes_on { (format!("{own} {}", self.tokens[at + 1].form), at + 2) } else { (own, at + 1) }
    }

    fn floor(&self, at: usize) -> Option<(String, usize)> {
        let form = |digits: &str| Some((format!("floor {digits}"), at + 2));
        if self.is_word(at, "floor") {
            return form(self.figures(at + 1, 3)?);
        }
        if !self.is_word(at + 1, "floor") {
            return None;
        }
        let token = self.tokens[at];
        let dotted = self.view.reading.gap_after(token.last).first() == Some(&'.');
        if let Some(digits) = self.figures(at, 3) {
            return if dotted { form(digits) } else { None };
        }
        let digits = token.form.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|end| token.form.strip_suffix(end) == Some(digits));
        let bare = (1..=3).contains(&digits.len()) && digits.chars().all(|digit| digit.is_ascii_digit());
        if ordinal && bare { form(digits) } else { None }
    }

    fn has_number_sign(&self, at: usize, main: &[(Sort, String)]) -> bool {
        let house = matches!(main, [(Sort::Number, _), (other, _), ..] if *other != Sort::Number);
        house && self.figures(at, 4).is_some() && self.gap_before(at).trim_end_matches(' ').ends_with('#')
    }
}

/// Reads a cell.
pub(super) fn cell(view: &View) -> Option<String> {
    let tokens = tokens(view);
    let form = Kept::new(view, tokens.iter()).form();
    let first = tokens.iter().find(|token| token.sort != Sort::Dropped)?.first;
    let last = tokens.iter().rfind(|token| token.sort != Sort::Dropped)?.last;
    form.is_value(last + 1 - first).then_some(form.text)
}

/// How many bytes a form may lose when its next token comes: `post office` becomes `box`.
const BYTES_LOST_MAX: usize = 32;

/// Finds every run of tokens that is a value of at most `form_bytes_max` bytes.
pub(super) fn text(view: &View, form_bytes_max: usize) -> Vec<Candidate> {
    let tokens = tokens(view);
    let mut found = Vec::new();
    for (position, begin) in tokens.iter().enumerate().filter(|(_, token)| token.sort != Sort::Dropped) {
        for (number, end) in tokens.iter().enumerate().skip(position) {
            if number > position && !is_crossed(&view.reading.gap_before(end.first), &Delimiters::default()) {
                break;
            }
            let edges = Edges { view, front: front(view, &tokens, position), first: begin.first };
            if let Some(short) = &end.short {
                let alone = Token { last: end.first, form: short.clone(), short: None, ..end.clone() };
                let before = tokens[position..number].iter();
                let kept = Kept { plain_end: true, ..Kept::new(view, before.chain([&alone])) };
                found.extend(edges.candidate(end.first, &kept.form()));
            }
            let form = Kept::new(view, tokens[position..=number].iter()).form();
            if form.text.len() > form_bytes_max + BYTES_LOST_MAX {
                break;
            }
            if end.sort != Sort::Dropped {
                found.extend(edges.candidate(end.last, &form));
            }
        }
    }
    found
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
