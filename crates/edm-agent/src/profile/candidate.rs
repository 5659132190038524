//! The data types that a profile tries for a column. The recogniser of each type decides for each
//! cell.

use edm_hash::Canonicaliser;
use edm_model::{DataType, DateOrder, Rule};

/// A type is suggested if at least this percentage of the column's cells are values of it.
pub(super) const FITTING_PERCENT: u64 = 95;

/// A type that may be suggested.
pub(super) struct Candidate {
    pub(super) data_type: DataType,
    /// Whether the type accepts nearly any text. Acceptance then says little, so the values must
    /// also be distinctive.
    permissive: bool,
    /// A quick check before the recogniser.
    may_be: fn(&str) -> bool,
}

/// One line per type, the narrowest first. The first that fits is suggested, otherwise `text`. A
/// telephone number without a country code counts as digits, unless other cells show the country
/// (`phone_country.rs`).
pub(super) const CANDIDATES: &[Candidate] = &[
    Candidate { data_type: DataType::Email, permissive: false, may_be: any },
    Candidate { data_type: DataType::Iban, permissive: false, may_be: any },
    Candidate { data_type: DataType::Card, permissive: false, may_be: any },
    Candidate { data_type: DataType::Date { order: None }, permissive: false, may_be: any },
    Candidate { data_type: date(DateOrder::DayMonthYear), permissive: false, may_be: second_is_month },
    Candidate { data_type: date(DateOrder::MonthDayYear), permissive: false, may_be: first_is_month },
    Candidate { data_type: DataType::Ssn, permissive: false, may_be: is_grouped },
    Candidate { data_type: DataType::Phone { country: None }, permissive: false, may_be: is_grouped },
    Candidate { data_type: DataType::Digits { width: None }, permissive: false, may_be: any },
    Candidate { data_type: DataType::Address, permissive: true, may_be: has_digits_and_letters },
    Candidate { data_type: DataType::Name, permissive: true, may_be: has_no_digits },
];

const fn date(order: DateOrder) -> DataType {
    DataType::Date { order: Some(order) }
}

fn any(_: &str) -> bool {
    true
}

fn has_no_digits(cell: &str) -> bool {
    !cell.chars().any(char::is_numeric)
}

/// Returns whether a cell may be an address: several words, and a number somewhere.
fn has_digits_and_letters(cell: &str) -> bool {
    let words = cell.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
    !has_no_digits(cell) && words.count() >= 2
}

/// Returns whether the digits are grouped. Plain digits could be any number.
fn is_grouped(cell: &str) -> bool {
    cell.trim().chars().any(|character| !character.is_numeric())
}

fn second_is_month(cell: &str) -> bool {
    numbers(cell).get(1).is_some_and(|month| *month <= 12)
}

fn first_is_month(cell: &str) -> bool {
    numbers(cell).first().is_some_and(|month| *month <= 12)
}

fn numbers(cell: &str) -> Vec<u32> {
    cell.split(|character: char| !character.is_numeric()).filter_map(|number| number.parse().ok()).collect()
}

impl Candidate {
    /// Returns the recogniser.
    pub(super) fn canonicaliser(&self, tokens_max: u32) -> Canonicaliser {
        Canonicaliser::new(&Rule { data_type: self.data_type.clone(), ..Rule::default() }, tokens_max)
    }

    /// Returns whether the recogniser is worth running on this cell.
    pub(super) fn may_be(&self, cell: &str) -> bool {
        (self.may_be)(cell)
    }

    /// Returns whether the column is of the type, if `taken` of `cells` are values of it.
    pub(super) fn fits(&self, taken: u64, cells: u64, evidence: bool) -> bool {
        cells > 0 && taken * 100 >= cells * FITTING_PERCENT && (!self.permissive || evidence)
    }
}
