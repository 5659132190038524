//! Days of the calendar in cells and text (docs/formats/hash.md#date). Not to be
//! mixed up with [`reads_as_date`], which says of any column whether its values look like dates.

use std::ops::{Range, RangeInclusive};

use edm_model::{DateOrder, Delimiters};

use crate::simd::mask::low;
use crate::text::atom_word::AtomWord;
use crate::text::boundaries;
use crate::text::char_class::DASH;
use crate::text::fold::Folded;
use crate::text::gap::is_white;
use crate::value::atom_reader::{AtomReader, Joint};
use crate::value::cell_form::CellRefusal;
use crate::value::date::calendar::Day;
use crate::value::date::midnight::is_midnight;
use crate::value::date::words::{Era, meaning};
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::window::found::{Found, Window};

mod calendar;
mod eras;
mod midnight;
pub(crate) mod reads_as_date;
mod words;

/// What may follow a day's digits directly.
const DAY_SUFFIXES: [&str; 9] = ["st", "nd", "rd", "th", "er", "o", "a", "e", "ste"];
/// What may follow a day's digits behind a hyphen.
const HYPHENED_DAY_SUFFIXES: [&str; 2] = ["го", "е"];
/// Words between day and month or month and year.
const CONNECTORS: [&str; 4] = ["of", "de", "del", "di"];
/// Year, month and day as Chinese, Japanese and Korean write them.
const SIGNS: [[&str; 3]; 4] =
    [["年", "月", "日"], ["年", "月", "号"], ["年", "月", "號"], ["년", "월", "일"]];
/// Years that eight digits may end with.
const COMPACT_YEARS: RangeInclusive<u16> = 1900..=2099;

/// What is written, before it is known which day it is.
#[derive(Debug, Clone, Copy)]
enum Written {
    /// A month that is distinguished from the day.
    Plain { year: Number, month: u8, day: u8 },
    /// Three numbers of which the first is no year of four digits.
    Numbers { first: Number, second: u8, third: Number },
    /// A year that is counted from the begin of an era.
    OfEra { era: Era, year: u8, month: u8, day: u8 },
    /// Eight digits that are a day by nothing but the column's order.
    Ordered(Day),
}

/// A number of at most four digits.
#[derive(Debug, Clone, Copy)]
struct Number {
    value: u16,
    digits: usize,
}

impl Number {
    fn of(digits: &str) -> Option<Self> {
        Some(Self { value: digits.parse().ok()?, digits: digits.len() })
    }

    fn small(self) -> u8 {
        // A number of three or four digits is no month and no day; nor is 255.
        self.value.min(u16::from(u8::MAX)) as u8
    }

    fn is_year(self) -> bool {
        matches!(self.digits, 2 | 4)
    }

    /// Returns the years that a text may mean.
    fn in_text(self) -> [Option<u16>; 2] {
        match self.digits {
            4 => [Some(self.value), None],
            2 => [Some(1900 + self.value), Some(2000 + self.value)],
            _ => [None, None],
        }
    }

    /// Returns the year that a cell means.
    fn in_cell(self) -> Option<u16> {
        match (self.digits, self.value) {
            (4, year) => Some(year),
            (2, year @ 0..=29) => Some(2000 + year),
            (2, year) => Some(1900 + year),
            _ => None,
        }
    }
}

impl Written {
    /// Returns the day that a cell means; `None` for no day, and for two that the column's order
    /// does not choose from.
    fn in_cell(self, order: Option<DateOrder>) -> Option<Day> {
        let (first, second, third) = match self {
            Written::Plain { year, month, day } => return Day::new(year.in_cell()?, month, day),
            Written::Numbers { first, second, third } => (first, second, third),
            Written::OfEra { era, year, month, day } => return era.day(year, month, day),
            Written::Ordered(day) => return Some(day),
        };
        let year_first = || Day::new(first.in_cell()?, second, third.small());
        let year_last = third.in_cell();
        let day_first = year_last.and_then(|year| Day::new(year, second, first.small()));
        let month_first = year_last.and_then(|year| Day::new(year, first.small(), second));
        match (order, day_first, month_first) {
            // `61-07-31` in a column that says year first. A day of that order wins; others fall
            // through.
            (Some(DateOrder::YearMonthDay), _, _) if third.digits <= 2 && year_first().is_some() => {
                year_first()
            }
            // The column's order decides, but what is a day in the other order only is taken in
            // that one.
            (Some(DateOrder::DayMonthYear), day, month) => day.or(month),
            (Some(DateOrder::MonthDayYear), day, month) => month.or(day),
            // Without an order, a cell that could be two days is refused: `03/04/1982`.
            (_, Some(day), Some(month)) => (day == month).then_some(day),
            (_, day, month) => day.or(month),
        }
    }

    /// Returns whether so little says that it is a date that it needs evidence.
    fn is_weak(self) -> bool {
        matches!(self, Written::Ordered(_) | Written::OfEra { era: Era { short: true, .. }, .. })
    }

    /// Returns the days that a text may mean.
    fn in_text(self) -> Vec<Day> {
        let mut days = Vec::new();
        match self {
            Written::Plain { year, month, day } => {
                let years = year.in_text().into_iter().flatten();
                days.extend(years.filter_map(|year| Day::new(year, month, day)));
            }
            Written::Numbers { first, second, third } => {
                // A text is searched for every day that it may mean: which one is in the table
                // decides.
                for year in third.in_text().into_iter().flatten() {
                    days.extend(Day::new(year, second, first.small()));
                    days.extend(Day::new(year, first.small(), second));
                }
                let years = first.in_text().into_iter().flatten().filter(|_| third.digits <= 2);
                days.extend(years.filter_map(|year| Day::new(year, second, third.small())));
            }
            Written::OfEra { era, year, month, day } => days.extend(era.day(year, month, day)),
            Written::Ordered(day) => days.push(day),
        }
        // `04.04.2004` is one day in both orders, and is handed on once.
        days.sort_unstable();
        days.dedup();
        days
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Date<'r> {
    pub(crate) order: Option<DateOrder>,
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Date<'_> {
    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        let mut day = None;
        // A cell may begin with the name of its weekday.
        for first in [Some(0), behind_weekday(atoms)].into_iter().flatten() {
            read(atoms, first, self.order, &mut |last, written| {
                if day.is_none() && ends_the_cell(atoms, last) {
                    day = written.in_cell(self.order);
                }
            });
        }
        out.extend_from_slice(&day.ok_or(CellRefusal::NotThisType)?.form());
        Ok(())
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, _: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        // Three numbers with the same sign between, one of them a year of four digits.
        let gaps = low(plain.length) & !plain.digits;
        if plain.letters != 0 || gaps.count_ones() != 2 || plain.digits & 1 == 0 {
            return None;
        }
        let (first, second) = (gaps.trailing_zeros(), 63 - gaps.leading_zeros());
        let sign = plain.byte(first);
        if plain.byte(second) != sign || !matches!(sign, b'-' | b'/' | b'.' | b' ') {
            return None;
        }
        let number = |start: u32, end: u32| number(plain.text().get(start as usize..end as usize)?);
        let numbers = [number(0, first)?, number(first + 1, second)?, number(second + 1, plain.length)?];
        let day = of_numbers(numbers, self.order)?;
        form.set(&day, 0b11_0110_1111, DASH);
        Some(())
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        // A number, or the name of a month or era and soon a number. Names are not compared here:
        // few words are followed by a number, and reading one costs less than comparing all.
        let numbers = word.of_length(1..=2) | word.of_length(4..=4) | word.of_length(8..=8);
        let names = word.digits_behind(1) | word.digits_behind(2);
        // `令和元年5`, `R元年5`: a name, the sign of the first year, and often that of the year.
        let clusters = word.folded.clusters();
        let eras = match clusters.word(word.number) | word.followed_by(clusters, 1) {
            0 => 0,
            near => near & (word.digits_behind(3) | word.digits_behind(4)),
        };
        numbers & word.digits() | word.all() & !word.digits() & (names | eras)
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let atoms = AtomReader { folded, delimiters: self.delimiters };
        for first in starts.clone() {
            read(atoms, first, self.order, &mut |last, written| {
                let end =
                    if ends_before_time(atoms, last) { Some(false) } else { boundaries::ends(folded, last) };
                let Some(attached) = atoms.stands(first, last, end) else { return };
                let attached = attached || written.is_weak();
                for day in written.in_text() {
                    found(Window::of(first, last, attached), &day.form());
                }
            });
        }
    }
}

/// Three numbers of at most four digits, as [`of_numbers`] takes them.
fn number(digits: &[u8]) -> Option<Number> {
    std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 4).and_then(Number::of)
}

/// Returns the day, as `YYYY-MM-DD`, of a cell of three numbers with the same joint between, one of
/// them a year of four digits; `None` for any other numbers, and for what such a cell cannot mean.
fn of_numbers(numbers: [Number; 3], order: Option<DateOrder>) -> Option<[u8; 10]> {
    let written = match numbers.map(|number| number.digits) {
        [4, 1..=2, 1..=2] => {
            Written::Plain { year: numbers[0], month: numbers[1].small(), day: numbers[2].small() }
        }
        [1..=2, 1..=2, 4] => {
            Written::Numbers { first: numbers[0], second: numbers[1].small(), third: numbers[2] }
        }
        _ => return None,
    };
    written.in_cell(order).map(Day::form)
}

/// Returns the atom after the day of the week that a cell begins with.
fn behind_weekday(atoms: AtomReader<'_>) -> Option<usize> {
    atoms.letters(0).filter(|word| meaning(word).weekday)?;
    let feira = |word: &str| word.eq_ignore_ascii_case("feira");
    let portuguese = atoms.joint(0) == Some(Joint::Written("-")) && atoms.letters(1).is_some_and(feira);
    let last = usize::from(portuguese);
    atoms.joint(last).filter(|joint| *joint != Joint::Nothing).map(|_| last + 1)
}

/// Returns whether a cell ends after an atom, or goes on with a time that is midnight.
fn ends_the_cell(atoms: AtomReader<'_>, last: usize) -> bool {
    let around = |c: char| is_white(c) || atoms.delimiters.contains(c);
    let atom = |index: usize| atoms.folded.atom(index).expect("a date has atoms");
    let front = atoms.folded.slice(0, atom(0).start);
    let rest = atoms.folded.behind(atom(last)).trim_end_matches(around);
    front.chars().all(around) && (rest.is_empty() || is_midnight(rest) || ends_a_year(rest))
}

/// Returns whether what is behind a date is a full stop, or a word of years such as `г.`.
fn ends_a_year(rest: &str) -> bool {
    rest == "." || meaning(rest.strip_suffix('.').unwrap_or(rest).trim_start_matches(' ')).year
}

/// Returns whether a time, the zone `Z` or a word of years is joined to the atom: then letters
/// after the date are no part of another word.
fn ends_before_time(atoms: AtomReader<'_>, last: usize) -> bool {
    if atoms.joint(last) != Some(Joint::Nothing) {
        return false;
    }
    match atoms.letters(last + 1) {
        Some("t" | "T") => atoms.joint(last + 1) == Some(Joint::Nothing) && atoms.digits(last + 2).is_some(),
        Some("z" | "Z") => true,
        Some(word) => meaning(word).year,
        None => false,
    }
}

/// Calls `each` with the last atom of whatever is written like a date and begins with an atom.
fn read(atoms: AtomReader<'_>, first: usize, order: Option<DateOrder>, each: &mut dyn FnMut(usize, Written)) {
    let found = match atoms.digits(first) {
        Some(digits) => match digits.len() {
            8 => compact(digits, order).map(|written| (first, written)),
            4 => year_first(atoms, first, digits),
            1 | 2 => numbers(atoms, first, digits).or_else(|| day_month_year(atoms, first)),
            _ => None,
        },
        None => month_day_year(atoms, first).or_else(|| eras::read(atoms, first)),
    };
    if let Some((last, written)) = found {
        each(last, written);
    }
}

fn compact(digits: &str, order: Option<DateOrder>) -> Option<Written> {
    let part = |range: Range<usize>| Number::of(digits.get(range)?);
    let (year, month, day) = (part(0..4)?, part(4..6)?.small(), part(6..8)?.small());
    let plain = Written::Plain { year, month, day };
    if Day::new(year.value, month, day).is_some() {
        return Some(plain);
    }
    let (one, other, year) = (part(0..2)?.small(), part(2..4)?.small(), part(4..8)?.value);
    let day = match order {
        Some(DateOrder::DayMonthYear) => Day::new(year, other, one),
        Some(DateOrder::MonthDayYear) => Day::new(year, one, other),
        Some(DateOrder::YearMonthDay) | None => None,
    };
    day.filter(|_| COMPACT_YEARS.contains(&year)).map(Written::Ordered)
}

fn year_first(atoms: AtomReader<'_>, first: usize, year: &str) -> Option<(usize, Written)> {
    let year = Number::of(year)?;
    let numeric = || {
        let (month, day) = joined_alike(atoms, first)?;
        Some((first + 2, Written::Plain { year, month: month.small(), day: of_day(day)? }))
    };
    let written = || {
        let at = behind(atoms, first)?;
        let month = meaning(atoms.letters(at)?).month?;
        let last = behind(atoms, at)?;
        Some((last, Written::Plain { year, month, day: of_day(Number::of(atoms.digits(last)?)?)? }))
    };
    numeric().or_else(|| signed(atoms, first, year)).or_else(written)
}

/// Reads the two numbers after an atom that the same joint joins to it and to each other; the first
/// may be a month or day.
fn joined_alike(atoms: AtomReader<'_>, first: usize) -> Option<(Number, Number)> {
    let joint = atoms.joint(first)?;
    // The same joint twice: `1961-07/31` is no date.
    let joins = matches!(joint, Joint::Ignored | Joint::Written("-" | "/" | "." | ". " | " "));
    if !joins || atoms.joint(first + 1) != Some(joint) {
        return None;
    }
    let second = Number::of(atoms.digits(first + 1)?).filter(|number| number.digits <= 2)?;
    Some((second, Number::of(atoms.digits(first + 2)?)?))
}

fn of_day(number: Number) -> Option<u8> {
    (number.digits <= 2).then(|| number.small())
}

/// Reads a year, a month and a day with the signs for them.
fn signed(atoms: AtomReader<'_>, first: usize, year: Number) -> Option<(usize, Written)> {
    let (month, day) = signed_month_and_day(atoms, first)?;
    Some((first + 5, Written::Plain { year, month, day }))
}

/// Reads the sign of a year that is behind its number, and a month and a day with theirs.
fn signed_month_and_day(atoms: AtomReader<'_>, year: usize) -> Option<(u8, u8)> {
    let joins = |index: usize| matches!(atoms.joint(index), Some(Joint::Nothing | Joint::Written(" ")));
    let signs = [atoms.cluster(year + 1)?, atoms.cluster(year + 3)?, atoms.cluster(year + 5)?];
    if !SIGNS.contains(&signs) || !(year..year + 5).all(joins) {
        return None;
    }
    let (month, day) = (Number::of(atoms.digits(year + 2)?)?, Number::of(atoms.digits(year + 4)?)?);
    Some((of_day(month)?, of_day(day)?))
}

fn numbers(atoms: AtomReader<'_>, first: usize, digits: &str) -> Option<(usize, Written)> {
    let (second, third) = joined_alike(atoms, first)?;
    let first_number = Number::of(digits)?;
    // Two digits may be a year, one digit only as the day of `61/7/3`.
    let has_year = third.is_year() || third.digits == 1 && first_number.digits == 2;
    let written = Written::Numbers { first: first_number, second: second.small(), third };
    (has_year && !eras::is_behind_era(atoms, first)).then_some((first + 2, written))
}

fn day_month_year(atoms: AtomReader<'_>, first: usize) -> Option<(usize, Written)> {
    let (day, last) = ordinal(atoms, first)?;
    let at = behind(atoms, last)?;
    let month = meaning(atoms.letters(at)?).month?;
    let (last, year) = year_behind(atoms, at)?;
    Some((last, Written::Plain { year, month, day }))
}

fn month_day_year(atoms: AtomReader<'_>, first: usize) -> Option<(usize, Written)> {
    let month = meaning(atoms.letters(first)?).month?;
    let (day, last) = ordinal(atoms, behind(atoms, first)?)?;
    let (last, year) = year_behind(atoms, last)?;
    Some((last, Written::Plain { year, month, day }))
}

/// Returns the year after an atom, and its atom. A connector may be between, and an apostrophe
/// before two digits.
fn year_behind(atoms: AtomReader<'_>, index: usize) -> Option<(usize, Number)> {
    let connector = atoms.joint(index).is_some() && atoms.letters(index + 1).is_some_and(connects);
    let before = index + usize::from(connector);
    let year = Number::of(atoms.digits(before + 1)?).filter(|year| year.is_year())?;
    // `4 Mar '82`
    let apostrophe = || year.digits == 2 && atoms.joint_before_apostrophe(before).is_some();
    (atoms.joint(before).is_some() || apostrophe()).then_some((before + 1, year))
}

/// Reads a day of one or two digits and what makes an ordinal of it; returns the last atom.
fn ordinal(atoms: AtomReader<'_>, index: usize) -> Option<(u8, usize)> {
    let day = of_day(Number::of(atoms.digits(index)?)?)?;
    let suffix = |known: &[&str]| {
        atoms.letters(index + 1).is_some_and(|word| known.iter().any(|own| own.eq_ignore_ascii_case(word)))
    };
    let joined = match atoms.joint(index) {
        Some(Joint::Nothing) => suffix(&DAY_SUFFIXES),
        Some(Joint::Written(".")) => suffix(&["o", "a"]),
        Some(Joint::Written("-")) => atoms.letters(index + 1).is_some_and(|word| {
            let lower = || word.chars().flat_map(char::to_lowercase);
            HYPHENED_DAY_SUFFIXES.iter().any(|own| lower().eq(own.chars()))
        }),
        _ => false,
    };
    Some((day, index + usize::from(joined)))
}

/// Returns the atom after an atom and, if one is there, a connector.
fn behind(atoms: AtomReader<'_>, index: usize) -> Option<usize> {
    let next = atoms.joint(index).map(|_| index + 1)?;
    let connector = atoms.letters(next).is_some_and(connects) && atoms.joint(next).is_some();
    Some(if connector { next + 1 } else { next })
}

fn connects(word: &str) -> bool {
    CONNECTORS.iter().any(|own| own.eq_ignore_ascii_case(word))
}
