//! Dates.

use edm_model::DateOrder;
use time::{Date, Month};

use super::Read;
use super::date_words::{Era, era, is_weekday, is_year_word, month};
use super::joint::{Joint, joint};
use super::midnight::is_midnight;
use super::view::View;

/// A date as written, before its order is known.
#[derive(Debug, Clone)]
enum Writing {
    /// Year (two or four digits), month and day.
    Day(String, u32, u32),
    /// Three numbers.
    Numbers(String, String, String),
    /// Year, month and day of an era.
    OfEra(Era, u32, u32, u32),
    /// Eight digits that only the order of the column makes a day.
    Ordered(String),
}

impl Writing {
    /// Returns whether it requires evidence.
    fn is_weak(&self) -> bool {
        matches!(self, Writing::Ordered(_) | Writing::OfEra(Era { short: true, .. }, ..))
    }
}

/// Year, month and day in each possible order.
struct Orders {
    year_first: Option<Writing>,
    day_first: Option<Writing>,
    month_first: Option<Writing>,
}

fn orders(a: &str, b: &str, c: &str) -> Orders {
    let day =
        |year: &str, month: &str, day: &str| Some(Writing::Day(year.to_owned(), value(month)?, value(day)?));
    let year_last = c.len() == 2 || c.len() == 4;
    Orders {
        year_first: if a.len() == 2 && c.len() <= 2 { day(a, b, c) } else { None },
        day_first: if year_last { day(c, b, a) } else { None },
        month_first: if year_last { day(c, a, b) } else { None },
    }
}

fn value(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// Returns the canonical form of a date, if the calendar has it.
fn day_of(year: &str, month: u32, day: u32) -> Option<String> {
    let number = year.parse().ok().filter(|year| (1000..=2999).contains(year))?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(number, month, u8::try_from(day).ok()?).ok()?;
    Some(format!("{}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
}

/// Reads a date from one atom on; returns it with its last atom. The first row of the table that
/// fits wins.
fn writing(view: &View, first: usize, order: Option<DateOrder>) -> Option<(Writing, usize)> {
    bare(view, first, order)
        .or_else(|| year_month_day(view, first))
        .or_else(|| with_signs(view, first))
        .or_else(|| year_word_day(view, first))
        .or_else(|| numbers(view, first))
        .or_else(|| day_word_year(view, first))
        .or_else(|| word_day_year(view, first))
        .or_else(|| with_era(view, first))
}

fn bare(view: &View, first: usize, order: Option<DateOrder>) -> Option<(Writing, usize)> {
    let digits = view.digits_of(first, &[8])?;
    let (year, month, day) = (&digits[..4], value(&digits[4..6])?, value(&digits[6..])?);
    let ordered = matches!(order, Some(DateOrder::DayMonthYear | DateOrder::MonthDayYear));
    if ordered && day_of(year, month, day).is_none() {
        return Some((Writing::Ordered(digits.to_owned()), first));
    }
    Some((Writing::Day(year.to_owned(), month, day), first))
}

/// Reads eight digits in the order of the column.
fn ordered_day(digits: &str, order: Option<DateOrder>) -> Option<String> {
    let (one, other, year) = (value(&digits[..2])?, value(&digits[2..4])?, &digits[4..]);
    if !(1900..=2099).contains(&value(year)?) {
        return None;
    }
    match order? {
        DateOrder::DayMonthYear => day_of(year, other, one),
        DateOrder::MonthDayYear => day_of(year, one, other),
        DateOrder::YearMonthDay => None,
    }
}

fn with_era(view: &View, first: usize) -> Option<(Writing, usize)> {
    let (era, name) = era(view, first)?;
    let number = name + 1;
    let year = match view.lower(number) {
        "元" => 1,
        _ => value(view.digits_of(number, &[1, 2])?)?,
    };
    let near = |atom: usize| {
        view.joint(atom).is_some_and(|joint| joint == Joint::Nothing || joint.is_one_of(&[" "]))
    };
    let signs = [number + 1, number + 3, number + 5].map(|atom| view.lower(atom));
    if signs[..2] == ["年", "月"] && ["日", "号", "號"].contains(&signs[2]) && (name..number + 5).all(near)
    {
        let (month, day) = (view.digits_of(number + 2, &[1, 2])?, view.digits_of(number + 4, &[1, 2])?);
        return Some((Writing::OfEra(era, year, value(month)?, value(day)?), number + 5));
    }
    let joined = view.joint(name).is_some_and(|joint| joint == Joint::Nothing || joint.is_one_of(&["."]));
    let (month, day) = (view.digits_of(number + 1, &[1, 2])?, view.digits_of(number + 2, &[1, 2])?);
    let written = Writing::OfEra(era, year, value(month)?, value(day)?);
    (joined && same_joint_twice(view, number)).then_some((written, number + 2))
}

/// Returns whether the clusters of an era are directly before an atom.
fn is_behind_era(view: &View, first: usize) -> bool {
    let ends = |from: usize| {
        view.letters(from).is_none()
            && era(view, from).is_some_and(|(_, last)| last + 1 == first && view.touches_next(last))
    };
    (first.saturating_sub(2)..first).any(ends)
}

fn same_joint_twice(view: &View, first: usize) -> bool {
    let alike = view.joint(first).filter(|joint| view.joint(first + 1).as_ref() == Some(joint));
    alike.is_some_and(|joint| joint.is_ignored_or_one_of(&["-", "/", ".", ". ", " "]))
}

fn year_month_day(view: &View, first: usize) -> Option<(Writing, usize)> {
    let (year, month, day) = (
        view.digits_of(first, &[4])?,
        view.digits_of(first + 1, &[1, 2])?,
        view.digits_of(first + 2, &[1, 2])?,
    );
    let writing = Writing::Day(year.to_owned(), value(month)?, value(day)?);
    same_joint_twice(view, first).then_some((writing, first + 2))
}

fn with_signs(view: &View, first: usize) -> Option<(Writing, usize)> {
    let (year, month, day) = (
        view.digits_of(first, &[4])?,
        view.digits_of(first + 2, &[1, 2])?,
        view.digits_of(first + 4, &[1, 2])?,
    );
    let signs = [first + 1, first + 3, first + 5].map(|atom| view.lower(atom));
    let near = |atom: usize| {
        view.joint(atom).is_some_and(|joint| joint == Joint::Nothing || joint.is_one_of(&[" "]))
    };
    let joined = (first..first + 5).all(near);
    let writing = Writing::Day(year.to_owned(), value(month)?, value(day)?);
    let [year_sign, month_sign, day_sign] = signs;
    let signed = match year_sign {
        "年" => month_sign == "月" && ["日", "号", "號"].contains(&day_sign),
        "년" => month_sign == "월" && day_sign == "일",
        _ => false,
    };
    (joined && signed).then_some((writing, first + 5))
}

fn numbers(view: &View, first: usize) -> Option<(Writing, usize)> {
    let (a, b) = (view.digits_of(first, &[1, 2])?, view.digits_of(first + 1, &[1, 2])?);
    let c = view.digits(first + 2)?;
    let fits = c.len() == 4 || c.len() == 2 || (c.len() == 1 && a.len() == 2);
    let writing = Writing::Numbers(a.to_owned(), b.to_owned(), c.to_owned());
    let alone = fits && same_joint_twice(view, first) && !is_behind_era(view, first);
    alone.then_some((writing, first + 2))
}

/// Returns the atom at which the next part starts; one short word may be in between.
fn next_part(view: &View, atom: usize) -> Option<usize> {
    view.joint(atom)?;
    if !is_small_word(view, atom + 1) {
        return Some(atom + 1);
    }
    view.joint(atom + 1)?;
    Some(atom + 2)
}

fn is_small_word(view: &View, atom: usize) -> bool {
    view.letters(atom).is_some_and(|word| ["of", "de", "del", "di"].contains(&word))
}

/// Returns the year after an atom, and its atom. One short word may be in between, and an
/// apostrophe before two digits.
fn year_after<'v>(view: &'v View, atom: usize) -> Option<(&'v str, usize)> {
    let small = view.joint(atom).is_some() && is_small_word(view, atom + 1);
    let before = atom + usize::from(small);
    let year = view.digits_of(before + 1, &[2, 4])?;
    let apostrophe = || {
        let gap = view.reading.gap_after(before);
        let front = gap.strip_suffix(&['\'']).filter(|_| year.len() == 2);
        front.is_some_and(|front| joint(front, view.delimiters).is_some())
    };
    (view.joint(before).is_some() || apostrophe()).then_some((year, before + 1))
}

/// Returns the last atom of a day number, which may be an ordinal.
fn end_of_day(view: &View, atom: usize) -> usize {
    let word = view.letters(atom + 1);
    let one_of = |words: &[&str]| word.is_some_and(|word| words.contains(&word));
    let ordinal = match view.joint(atom) {
        Some(Joint::Nothing) => one_of(&["st", "nd", "rd", "th", "er", "o", "a", "e", "ste"]),
        Some(joint) if joint.is_one_of(&["."]) => one_of(&["o", "a"]),
        Some(joint) if joint.is_one_of(&["-"]) => one_of(&["го", "е"]),
        _ => false,
    };
    atom + usize::from(ordinal)
}

fn year_word_day(view: &View, first: usize) -> Option<(Writing, usize)> {
    let year = view.digits_of(first, &[4])?;
    let middle = next_part(view, first)?;
    let month = month(view, middle)?;
    let last = next_part(view, middle)?;
    let day = value(view.digits_of(last, &[1, 2])?)?;
    Some((Writing::Day(year.to_owned(), u32::from(month), day), last))
}

fn day_word_year(view: &View, first: usize) -> Option<(Writing, usize)> {
    let day = value(view.digits_of(first, &[1, 2])?)?;
    let middle = next_part(view, end_of_day(view, first))?;
    let month = month(view, middle)?;
    let (year, last) = year_after(view, middle)?;
    Some((Writing::Day(year.to_owned(), u32::from(month), day), last))
}

fn word_day_year(view: &View, first: usize) -> Option<(Writing, usize)> {
    let month = month(view, first)?;
    let middle = next_part(view, first)?;
    let day = value(view.digits_of(middle, &[1, 2])?)?;
    let (year, last) = year_after(view, end_of_day(view, middle))?;
    Some((Writing::Day(year.to_owned(), u32::from(month), day), last))
}

/// Reads what starts at an atom of a text, in every order.
pub(super) fn text(view: &View, first: usize, order: Option<DateOrder>) -> Option<Read> {
    let (written, last) = writing(view, first, order)?;
    let weak = written.is_weak();
    let mut forms: Vec<String> = Vec::new();
    let ways = match written {
        Writing::Day(..) => vec![written],
        Writing::Numbers(a, b, c) => {
            let Orders { year_first, day_first, month_first } = orders(&a, &b, &c);
            [year_first, day_first, month_first].into_iter().flatten().collect()
        }
        Writing::OfEra(era, year, month, day) => {
            forms.extend(era_day(era, year, month, day));
            Vec::new()
        }
        Writing::Ordered(digits) => {
            forms.extend(ordered_day(&digits, order));
            Vec::new()
        }
    };
    for way in ways {
        let Writing::Day(year, month, day) = way else { continue };
        let years = if year.len() == 2 { vec![format!("19{year}"), format!("20{year}")] } else { vec![year] };
        forms.extend(years.iter().filter_map(|year| day_of(year, month, day)));
    }
    let time = view.touches_next(last)
        && (view.letters(last + 1) == Some("z")
            || view.letters(last + 1).is_some_and(is_year_word)
            || (view.letters(last + 1) == Some("t")
                && view.touches_next(last + 1)
                && view.digits(last + 2).is_some()));
    (!forms.is_empty()).then_some(Read { last, forms, written: false, ends_fully: time, weak, skipped: 0 })
}

fn era_day(era: Era, year: u32, month: u32, day: u32) -> Option<String> {
    day_of(&(era.year_before + year).to_string(), month, day).filter(|day| era.contains(day))
}

/// Reads a cell of a table that writes dates in this order.
pub(super) fn cell(view: &View, order: Option<DateOrder>) -> Option<String> {
    if !view.begins_at_once() {
        return None;
    }
    cell_from(view, 0, order).or_else(|| cell_from(view, behind_weekday(view)?, order))
}

fn behind_weekday(view: &View) -> Option<usize> {
    if !is_weekday(view, 0) {
        return None;
    }
    let joint = view.joint(0)?;
    let fair = joint.is_one_of(&["-"]) && view.letters(1) == Some("feira");
    let last = usize::from(fair);
    view.joint(last).filter(|joint| *joint != Joint::Nothing).map(|_| last + 1)
}

fn cell_from(view: &View, first: usize, order: Option<DateOrder>) -> Option<String> {
    let (written, last) = writing(view, first, order)?;
    let rest = view.reading.slice(view.reading.atoms[last].end, view.reading.characters.len());
    let rest: String = rest.into_iter().collect();
    let rest = rest.trim_end_matches(|character| view.is_void(character)).to_lowercase();
    let before_dot = rest.strip_suffix('.').unwrap_or(&rest).trim_start_matches(' ');
    let is_year = rest == "." || is_year_word(before_dot);
    if !(rest.is_empty() || rest == "z" || is_year || is_midnight(&rest)) {
        return None;
    }
    match written {
        Writing::Day(..) => table_day(Some(&written)),
        Writing::OfEra(era, year, month, day) => era_day(era, year, month, day),
        Writing::Ordered(digits) => ordered_day(&digits, order),
        Writing::Numbers(a, b, c) => {
            let Orders { year_first, day_first, month_first } = orders(&a, &b, &c);
            let (day_first, month_first) = (table_day(day_first.as_ref()), table_day(month_first.as_ref()));
            let year_first = (order == Some(DateOrder::YearMonthDay)).then(|| table_day(year_first.as_ref()));
            match (year_first.flatten(), order) {
                (Some(day), _) => Some(day),
                (None, Some(DateOrder::DayMonthYear)) => day_first.or(month_first),
                (None, Some(DateOrder::MonthDayYear)) => month_first.or(day_first),
                (None, Some(DateOrder::YearMonthDay) | None) => match (day_first, month_first) {
                    (Some(one), Some(other)) => (one == other).then_some(one),
                    (one, other) => one.or(other),
                },
            }
        }
    }
}

/// Reads the date of a table, in which a two-digit year has one century.
fn table_day(writing: Option<&Writing>) -> Option<String> {
    let Some(Writing::Day(year, month, day)) = writing else { return None };
    let year = match year.parse::<u32>().ok()? {
        short @ 0..=29 if year.len() == 2 => format!("20{short:02}"),
        short if year.len() == 2 => format!("19{short:02}"),
        _ => year.clone(),
    };
    day_of(&year, *month, *day)
}
