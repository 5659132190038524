//! Finds the country of a column of telephone numbers, some of which have a country code while
//! others are in national format.
//!
//! `030 901820` is a valid number in nearly any country. If other cells of the column start with
//! `+49`, it is German. Without such a cell, no country is assumed.

use edm_hash::{Canonicaliser, CellForm, Folded, calling_code};
use edm_model::{Country, DataType, Rule};

use super::candidate::FITTING_PERCENT;

/// Maximum number of cells kept per column, for the duration of the run.
const CELLS_MAX: usize = 1_000;
const DIGITS_MIN: usize = 6;
/// The country needs this percentage of the cells with a country code. Every table has a few
/// foreign numbers.
const SHOWN_PERCENT: usize = 90;

/// For countries that share a calling code, the one with the most numbers.
const LARGEST: [&str; 9] = ["us", "gb", "ru", "it", "au", "no", "fi", "ma", "re"];

/// Cells that may be telephone numbers.
#[derive(Debug, Default)]
pub(super) struct PhoneCells {
    cells: Vec<String>,
    /// The number of such cells seen.
    seen: u64,
}

impl PhoneCells {
    pub(super) fn see(&mut self, cell: &str) {
        if !may_be_phone(cell) {
            return;
        }
        self.seen += 1;
        if self.cells.len() < CELLS_MAX {
            self.cells.push(cell.to_owned());
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.seen += other.seen;
        let room = CELLS_MAX - self.cells.len();
        self.cells.extend(other.cells.iter().take(room).cloned());
    }

    /// Returns the country that nearly all of the texts belong to, and an estimate of how many do,
    /// from the kept cells.
    pub(super) fn country(&self, texts: u64, tokens_max: u32) -> Option<(Country, u64)> {
        if self.seen * 100 < texts * FITTING_PERCENT {
            return None;
        }
        let mut abroad = Numbers::new(None, tokens_max);
        let coded: Vec<String> = self.cells.iter().filter_map(|cell| abroad.number(cell)).collect();
        // The remaining numbers are in national format, in a country whose code nearly all others
        // show.
        let is_shown = |code: &str| {
            let of_it = coded
                .iter()
                .filter(|number| number.strip_prefix('+').is_some_and(|own| own.starts_with(code)));
            !coded.is_empty() && of_it.count() * 100 >= coded.len() * SHOWN_PERCENT
        };
        let countries = Country::all().filter(|country| calling_code(*country).is_some_and(is_shown));
        let taken = |country: Country| {
            let mut numbers = Numbers::new(Some(country), tokens_max);
            self.cells.iter().filter(|cell| numbers.number(cell).is_some()).count() as u64
        };
        let is_large = |country: Country| LARGEST.contains(&country.as_str());
        let best = countries.map(|country| {
            (taken(country), is_large(country), std::cmp::Reverse(country.as_str().to_owned()), country)
        });
        let (taken, _, _, country) = best.max()?;
        let kept = self.cells.len() as u64;
        (taken * 100 >= kept * FITTING_PERCENT).then(|| (country, self.seen * taken / kept))
    }
}

/// Returns whether the cell has digits and telephone punctuation. Plain digits could be any number.
fn may_be_phone(cell: &str) -> bool {
    let cell = cell.trim();
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let others = || cell.chars().filter(|sign| !sign.is_ascii_digit());
    (DIGITS_MIN..=20).contains(&digits)
        && (others().next().is_some() || cell.starts_with('0'))
        && others().all(|sign| matches!(sign, ' ' | '\u{a0}' | '+' | '-' | '(' | ')' | '/' | '.' | '–'))
}

/// Parses numbers of one country, or with any country code.
struct Numbers {
    canonicaliser: Canonicaliser,
    folded: Folded,
    canonical: Vec<u8>,
}

impl Numbers {
    fn new(country: Option<Country>, tokens_max: u32) -> Self {
        let rule = Rule { data_type: DataType::Phone { country }, ..Rule::default() };
        Self {
            canonicaliser: Canonicaliser::new(&rule, tokens_max),
            folded: Folded::new(),
            canonical: Vec::new(),
        }
    }

    /// Returns the number in E.164 format.
    fn number(&mut self, cell: &str) -> Option<String> {
        self.canonical.clear();
        let form = self.canonicaliser.cell(cell, &mut self.folded, &mut self.canonical);
        (form == CellForm::Present).then(|| String::from_utf8_lossy(&self.canonical).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cells: &[&str], expected: Option<&str>) {
        let (mut first, mut second) = (PhoneCells::default(), PhoneCells::default());
        for (number, cell) in cells.iter().enumerate() {
            if number % 2 == 0 { &mut first } else { &mut second }.see(cell);
        }
        first.merge(&second);
        let found = first.country(cells.len() as u64, 64).map(|(country, _)| country.to_string());
        assert_eq!(found.as_deref(), expected, "{cells:?}");
    }

    #[test]
    fn countries_are_those_that_the_cells_show() {
        check(&["+49 30 901820", "030 901820", "(089) 2180-0", "0171/3920000"], Some("DE"));
        check(&["+44 20 7946 0018", "020 7946 0018", "07700 900123"], Some("GB"));
        check(&["+1 202-555-0143", "(202) 555-0144"], Some("US"));
        check(&["+43 1 58858", "01 588580", "+43 (0)664 1234567"], Some("AT"));
        check(&["030 901820", "(089) 2180-0"], None);
        let mut foreign = vec!["+49 30 901820"; 60];
        foreign.extend(["030 901820"; 139]);
        foreign.push("+43 1 5885812");
        check(&foreign, Some("DE"));
        check(&["+49 30 901820", "+43 1 5885812", "030 901820"], None);
        check(&["+49 30 901820", "Jane Roe", "London"], None);
        check(&["900-12-3456", "901-23-4567"], None);
        check(&[], None);
    }
}
