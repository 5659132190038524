//! Generates cells. There are few distinct ones, so that values repeat, share parts and occur in
//! several columns.

use super::choices::Choices;
use super::typed::{self, KINDS, Kind, Value};

/// A cell, with its value if it was made from a typed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) value: Option<Value>,
}

impl Cell {
    pub(super) fn plain(text: String) -> Self {
        Self { text, value: None }
    }
}

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Nine digits, grouped like a social security number or ungrouped.
    Number,
    /// Letters and digits.
    Code,
    /// Names of people.
    Name,
    /// Several words.
    Words,
    /// E-mail addresses.
    Email,
    /// Dates.
    Date,
    /// Numbers of few digits.
    Short,
    /// Scripts other than Latin, and emoji.
    Foreign,
    /// A few characters with unusual folding.
    Odd,
    /// Parts of card and account numbers.
    Part,
    /// Any of the above.
    Mixed,
    /// Values of a type that has a recogniser.
    Typed(Kind),
}

const CONTENTS: [Content; 11] = [
    Content::Number,
    Content::Code,
    Content::Name,
    Content::Words,
    Content::Email,
    Content::Date,
    Content::Short,
    Content::Foreign,
    Content::Odd,
    Content::Part,
    Content::Mixed,
];

pub(super) const WORDS: [&str; 24] = [
    "Langer", "Isaiah", "Okafor", "Berg", "van", "der", "Smith", "Jones", "O'Neil", "Neil", "García",
    "Márquez", "Łukasz", "Müller", "Straße", "Wu", "Li", "Ann", "de", "Box", "Main", "naïve", "Þór", "s",
];

/// Names that are written in several ways.
const NAMES: [&str; 24] = [
    "Mueller",
    "Müller",
    "Muller",
    "Bauer",
    "Quelle",
    "Aase",
    "Åse",
    "Joerg",
    "OBryan",
    "O'Bryan",
    "O Bryan",
    "Annalena",
    "Anna-Lena",
    "Anna Lena",
    "YILMAZ",
    "Yılmaz",
    "İpek",
    "Ipek",
    "van der Berg",
    "Vanderberg",
    "Li",
    "Jr",
    "Dr",
    "太郎",
];

const FOREIGN: [&str; 20] = [
    "山田太郎",
    "山田",
    "太郎",
    "李",
    "Иванов",
    "Пётр Иванов",
    "Йод",
    "שלום",
    "דוד כהן",
    "محمد علي",
    "مُحَمَّد",
    "한국어",
    "ガーデン",
    "カ\u{FF9E}",
    "สวัสดี",
    "😀 7",
    "👩‍👩‍👧 Anna",
    "Ωμέγα",
    "ﬁnance",
    "１２３４５６",
];

/// Characters that fold, compose, split, reorder, vanish or join in unusual ways.
pub const NASTY: &str = "aeoks\u{301}\u{308}\u{323}\u{345}\u{327}\u{330}\u{20E3}\u{FE0F}\u{200D}\u{200B}\u{AD}\u{34F}\
    ßẞςΣσİıŉǰΐᾳᾼﬁﬀſŁłøæÞĳ½²①Ⅷ㎏℃™ªº𝟗𝟘𝐀١٢۳९๓ﾊﾞﾊ゛゜がか\u{3099}ーｰ㌀㍿株式가각ᄀ\u{1161}\u{11A8}한ㅎไทย\u{E31}\u{E49}\
    ກ\u{EB1}ភ\u{17C1}မ\u{103C}אב\u{5B7}شر\u{650}ﷺﻻ👍🏽👩🇩🇪1237 -'’.´`¨\u{A0}\u{2003}\u{202F}\u{2028}\t\n\r>@=%&;\\";

const ABSENT: [&str; 8] = ["", " ", "NULL", "n/a", "--", "000-00-0000", "99999", "1900-01-01"];

/// Chooses the content of a column.
pub(super) fn content(choices: &mut impl Choices) -> Content {
    if choices.chance(50) {
        return Content::Typed(KINDS[choices.below(KINDS.len())]);
    }
    CONTENTS[choices.below(CONTENTS.len())]
}

/// Makes a cell.
pub(super) fn cell(choices: &mut impl Choices, content: Content) -> Cell {
    if choices.chance(6) {
        return Cell::plain(choices.pick(&ABSENT).to_owned());
    }
    let kind = if content == Content::Mixed { CONTENTS[choices.below(CONTENTS.len() - 1)] } else { content };
    if let Content::Typed(kind) = kind {
        let value = typed::value(choices, kind);
        let text = typed::written(choices, &value);
        let text = if choices.chance(12) { typed::changed(choices, &text) } else { text };
        return Cell { text, value: Some(value) };
    }
    Cell::plain(match kind {
        Content::Number => number(choices),
        Content::Code => code(choices),
        Content::Name => name(choices),
        Content::Words => words(choices),
        Content::Email => email(choices),
        Content::Date => date(choices),
        Content::Short => choices.between(1, 40).to_string(),
        Content::Odd => odd(choices, 5),
        Content::Part => typed::part(choices),
        Content::Foreign | Content::Mixed | Content::Typed(_) => foreign(choices),
    })
}

fn number(choices: &mut impl Choices) -> String {
    let digits = (123_456_789 + choices.below(12) * 1_111).to_string();
    let (a, b, c) = (&digits[..3], &digits[3..5], &digits[5..]);
    match choices.below(7) {
        0 => digits,
        1 | 2 => format!("{a}-{b}-{c}"),
        3 => format!("{a} {b} {c}"),
        4 => format!("0{a}{b}"),
        5 => format!("{a}.{b}/{c}"),
        _ => format!("{b}{c}"),
    }
}

fn code(choices: &mut impl Choices) -> String {
    let letters = choices.pick(&["FOO", "Wasco", "mrn", "A", "Ü"]);
    let gap = choices.pick(&["", "-", "#", " ", "--", "_", "/"]);
    let digits = choices.pick(&["1234", "1982", "12345678", "7", "0042"]);
    match choices.below(3) {
        0 => format!("{letters}{gap}{digits}"),
        1 => format!("{digits}{gap}{letters}"),
        _ => format!("{letters}{gap}{digits}{gap}{letters}"),
    }
}

fn name(choices: &mut impl Choices) -> String {
    let first = choices.pick(&WORDS);
    let second = choices.pick(&WORDS);
    match choices.below(12) {
        0..=3 => first.to_owned(),
        4 => format!("{first} {second}"),
        5 => format!("{first}-{second}"),
        6 => format!("{first}, {second}"),
        7 => format!("{first} de {second}"),
        8 => format!("{first}{second}"),
        _ => full_name(choices),
    }
}

/// Makes a name with what comes with names: a title, a nickname, a suffix, a degree.
fn full_name(choices: &mut impl Choices) -> String {
    let [first, second, nick] = [0; 3].map(|_| choices.pick(&NAMES));
    let first = match choices.below(6) {
        0 => format!("{first} ({nick})"),
        1 => format!("{first} {}{nick}{}", choices.pick(&["\"", "“", "'"]), choices.pick(&["\"", "”", "'"])),
        2 => format!("{first} {nick}"),
        _ => first.to_owned(),
    };
    let suffix = choices.pick(&["", "", "", " Jr.", ", Jr.", " Sr.", " II", " III", ", PhD", " M.D.", " JR"]);
    let title = choices.pick(&["", "", "", "", "Dr. ", "Prof. Dr. ", "Herr ", "Sr. "]);
    let middle = choices.pick(&["J.", "J", "Q. R.", "Anna", "Robin Lee", "van", "de la", "É.", "Anna-Lena"]);
    match choices.below(9) {
        6 => format!("{title}{first} {middle} {second}{suffix}"),
        7 => format!("{second}{suffix}, {first} {middle}"),
        8 => format!("{first} {middle} van der {second}"),
        0 => format!("{second}{suffix}, {title}{first}"),
        1 => format!("{second}, {first}{suffix}"),
        2 => format!("{first}{}{second}", choices.pick(&["/", " / ", "_", " & ", "-", ""])),
        3 => format!("{title}{second}{suffix}"),
        _ => format!("{title}{first} {second}{suffix}"),
    }
}

fn words(choices: &mut impl Choices) -> String {
    let mut result = choices.pick(&WORDS).to_owned();
    for _ in 0..choices.between(1, 4) {
        result.push_str(choices.pick(&[" ", ". ", ", ", "-", "  ", " & "]));
        if choices.chance(30) {
            result.push_str(&choices.between(1, 300).to_string());
        } else {
            result.push_str(choices.pick(&WORDS));
        }
    }
    result
}

fn email(choices: &mut impl Choices) -> String {
    let local = choices.pick(&["isaiah.langer", "ada", "o'neil", "a+b", "Langer", "jürgen", "12345678"]);
    let domain = choices.pick(&[
        "example.org",
        "x.example.org",
        "example.com.au",
        "Beispiel.example",
        "bücher.example",
        "xn--bcher-kva.example",
        "例え.jp",
        "ex.co",
        "ex.com",
        "ex.company",
    ]);
    match choices.below(6) {
        0 => format!("<{local}@{domain}>"),
        1 => format!("mailto:{local}@{domain}"),
        _ => format!("{local}@{domain}"),
    }
}

fn date(choices: &mut impl Choices) -> String {
    let (year, month, day) = (choices.between(1960, 1964), choices.between(1, 12), choices.between(1, 28));
    match choices.below(5) {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{day:02}/{month:02}/{year}"),
        2 => format!("{year}{month:02}{day:02}"),
        3 => format!("{day} May {year}"),
        _ => format!("{year}-{month:02}-{day:02}T00:00:00"),
    }
}

/// Characters of [`NASTY`] that generators omit. ゛゜¨´ fold to a space and a mark, and their effect
/// on addresses and runs is not worth a rule.
const LEFT_OUT: &str = "゛゜¨´";

/// Makes a text of at most `characters_max` unusual characters.
pub(super) fn odd(choices: &mut impl Choices, characters_max: usize) -> String {
    let characters: Vec<char> = NASTY.chars().filter(|character| !LEFT_OUT.contains(*character)).collect();
    let length = choices.between(1, characters_max);
    (0..length).map(|_| characters[choices.below(characters.len())]).collect()
}

fn foreign(choices: &mut impl Choices) -> String {
    let first = choices.pick(&FOREIGN);
    if choices.chance(25) { format!("{first}{}", choices.pick(&FOREIGN)) } else { first.to_owned() }
}
