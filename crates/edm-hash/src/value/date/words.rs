//! The frozen words of dates: months, days of the week, what follows a year, eras
//! (docs/formats/hash.md#d2).
//!
//! Problem: a word beside a number may be a month in any of 25 languages, and in prose it is none.
//!
//! Idea: the word without its diacritics, in a buffer on the stack, picks one of 1,024 buckets by
//! its bytes. Most buckets have no word or one, so that nearly every other word ends with one
//! comparison or none.

use std::sync::LazyLock;

use crate::text::fold::plain_character;
use crate::value::date::calendar::Day;

/// No word of the table has more bytes.
const WORD_BYTES_MAX: usize = 24;
const BUCKETS: usize = 1024;

/// What a word may mean. `mar` is March and Tuesday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// 1 to 12.
    pub(crate) month: Option<u8>,
    pub(crate) weekday: bool,
    /// Whether it may follow a year.
    pub(crate) year: bool,
}

/// An era of years that are counted from its begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Era {
    year_before: u16,
    first: Day,
    last: Day,
    /// Whether one cluster or letter is written for its name.
    pub(crate) short: bool,
}

impl Era {
    /// Returns a day of the era; `None` where the calendar or the era has none.
    pub(crate) fn day(self, year: u8, month: u8, day: u8) -> Option<Day> {
        let day = Day::new(self.year_before + u16::from(year), month, day)?;
        (self.first..=self.last).contains(&day).then_some(day)
    }
}

struct DateWords {
    buckets: Vec<Vec<(&'static str, Meaning)>>,
    eras: Vec<(&'static str, Era)>,
}

static WORDS: LazyLock<DateWords> = LazyLock::new(|| {
    DateWords::read(include_str!("date_words.tsv"))
        .expect("the committed table is whole: a test reads all of it")
});

impl DateWords {
    fn read(table: &'static str) -> Option<Self> {
        let mut own = Self { buckets: vec![Vec::new(); BUCKETS], eras: Vec::new() };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (kind, form) = (fields.next()?, fields.next()?);
            for word in fields.next()?.split(' ') {
                match kind {
                    "month" => own.meaning(word).month = Some(form.parse().ok()?),
                    "weekday" => own.meaning(word).weekday = true,
                    "year" => own.meaning(word).year = true,
                    "era" | "short" => own.eras.push((word, era(form, kind == "short")?)),
                    _ => return None,
                }
            }
        }
        Some(own)
    }

    fn meaning(&mut self, word: &'static str) -> &mut Meaning {
        let bucket = &mut self.buckets[bucket(word)];
        let at = bucket.iter().position(|(own, _)| *own == word).unwrap_or_else(|| {
            bucket.push((word, Meaning::default()));
            bucket.len() - 1
        });
        &mut bucket[at].1
    }
}

/// Reads the year before an era's first, its first and its last day.
fn era(form: &str, short: bool) -> Option<Era> {
    let mut parts = form.split(' ');
    let year_before = parts.next()?.parse().ok()?;
    let mut day = || {
        let mut numbers = parts.next()?.splitn(3, '-');
        Day::new(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?)
    };
    Some(Era { year_before, first: day()?, last: day()?, short })
}

/// Returns the bucket of a word: FNV-1a over its bytes.
fn bucket(word: &str) -> usize {
    let mixed =
        word.bytes().fold(0x811c_9dc5_u32, |mixed, byte| (mixed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (mixed ^ mixed >> 16) as usize % BUCKETS
}

/// Returns what a folded atom of letters may mean in a date.
pub(crate) fn meaning(word: &str) -> Meaning {
    let mut room = [0; WORD_BYTES_MAX];
    let Some(plain) = plain_word(word, &mut room) else { return Meaning::default() };
    let bucket = &WORDS.buckets[bucket(plain)];
    bucket.iter().find(|(own, _)| *own == plain).map(|(_, meaning)| *meaning).unwrap_or_default()
}

/// Returns the era that one or two clusters name, or one letter; they are given as one text.
pub(crate) fn era_named(name: &str) -> Option<Era> {
    WORDS.eras.iter().find(|(own, _)| *own == name).map(|(_, era)| *era)
}

/// Returns the era that a folded atom of letters is short for.
pub(crate) fn era_of_letter(word: &str) -> Option<Era> {
    let mut room = [0; WORD_BYTES_MAX];
    plain_word(word, &mut room).and_then(era_named)
}

/// Returns a word in lower case and without diacritics; `None` for a longer one than any of the
/// table.
fn plain_word<'a>(word: &str, room: &'a mut [u8; WORD_BYTES_MAX]) -> Option<&'a str> {
    let mut length = 0;
    let mut push = |character: char| {
        let end = length + character.len_utf8();
        character.encode_utf8(room.get_mut(length..end)?);
        length = end;
        Some(())
    };
    for character in word.chars() {
        match plain_character(character) {
            _ if character.is_ascii() => push(character.to_ascii_lowercase())?,
            Some(plain) => plain.iter().try_for_each(|character| push(*character))?,
            None => push(character)?,
        }
    }
    Some(std::str::from_utf8(&room[..length]).expect("whole characters were written"))
}

#[cfg(test)]
mod tests {
    use edm_model::{CaseRule, Column, DiacriticRule, Rule};

    use super::*;
    use crate::text::fold::{FoldOptions, Folded};

    /// The words of the table, with the kind and form of their lines.
    fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let lines = include_str!("date_words.tsv").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(|line| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().expect("three fields");
            let (kind, form, words) = (next(), next(), next());
            words.split(' ').map(move |word| (kind, form, word))
        })
    }

    fn fold(word: &str) -> String {
        let plain =
            Rule { case: CaseRule::Insensitive, diacritics: DiacriticRule::Fold, ..Column::text("x").rule };
        let mut folded = Folded::new();
        folded.fold(word, FoldOptions::of(&plain));
        folded.text().to_owned()
    }

    #[test]
    fn the_table_is_folded_and_says_one_thing_of_a_word() {
        for (kind, form, word) in lines() {
            assert_eq!(fold(word), word, "{kind}");
            let own = meaning(&word.to_uppercase());
            match kind {
                "month" => assert_eq!(own.month, form.parse().ok(), "{word}"),
                "weekday" => assert!(own.weekday, "{word}"),
                "year" => assert!(own.year, "{word}"),
                _ => assert!(era_named(word).is_some(), "{word}"),
            }
        }
    }

    #[test]
    fn words_of_atoms() {
        for (word, expected) in [
            ("MAY", Some(5)),
            ("März", Some(3)),
            ("marz", Some(3)),
            ("Août", Some(8)),
            ("dezembro", Some(12)),
            ("mayo", Some(5)),
            ("мая", Some(5)),
            ("МАЙ", Some(5)),
            ("październik", Some(10)),
            ("ŞUBAT", Some(2)),
            ("ağustos", Some(8)),
            ("ΜΑΡΤΙΟΣ", Some(3)),
            ("Φεβρουαρίου", Some(2)),
            ("října", Some(10)),
            ("szeptember", Some(9)),
            ("maaliskuuta", Some(3)),
            ("mei", Some(5)),
            ("أكتوبر", Some(10)),
            ("במרץ", Some(3)),
            ("ma", None),
            ("mayoo", None),
            ("", None),
            ("abcdefghijklmnopqrstuvwxyz", None),
        ] {
            assert_eq!(meaning(word).month, expected, "{word}");
        }
        assert!(["Miércoles", "do", "LUNEDÌ", "środa", "ÇARŞAMBA"].iter().all(|word| meaning(word).weekday));
        assert!(!["", "feira", "mon tue"].iter().any(|word| meaning(word).weekday));
        assert!(meaning("mar").weekday && meaning("mar").month == Some(3));
    }

    #[test]
    fn days_of_eras() {
        for (name, (year, month, day), expected) in [
            ("昭和", (57, 3, 4), Some("1982-03-04")),
            ("昭和", (1, 12, 25), Some("1926-12-25")),
            ("昭和", (1, 12, 24), None),
            ("大正", (15, 12, 25), Some("1926-12-25")),
            ("大正", (15, 12, 26), None),
            ("昭和", (64, 1, 7), Some("1989-01-07")),
            ("昭和", (64, 1, 8), None),
            ("平", (1, 1, 8), Some("1989-01-08")),
            ("平成", (31, 4, 30), Some("2019-04-30")),
            ("平成", (31, 5, 1), None),
            ("r", (1, 5, 1), Some("2019-05-01")),
            ("令和", (0, 5, 1), None),
            ("明治", (6, 1, 1), Some("1873-01-01")),
            ("明治", (5, 12, 31), None),
            ("明治", (45, 7, 30), Some("1912-07-30")),
            ("民國", (71, 3, 4), Some("1982-03-04")),
            ("昭和", (57, 2, 29), None),
        ] {
            let day = era_named(name).and_then(|era| era.day(year, month, day)).map(Day::form);
            let day = day.as_ref().map(|form| std::str::from_utf8(form).expect("ASCII"));
            assert_eq!(day, expected, "{name} {year}");
        }
        assert!(era_of_letter("S").is_some_and(|era| era.short) && era_of_letter("x").is_none());
    }
}
