//! Detects signs that another program changed cells before the table was written: `77100123.0`,
//! `7,7E+11`, `########`, `#REF!`, `\N`, lost leading zeros. The cells are valid text and are
//! uploaded as they are. But texts contain the original number, which then does not match, and only
//! a person can decide.

use edm_model::{Column, DataType};

/// Maximum digits of a number. Longer ones are counted with this length.
const DIGITS_MAX: usize = 24;
/// The minimum number of numeric cells for a statement about their lengths.
const NUMBERS_MIN: u64 = 100;
/// Numbers with fewer digits may be counts.
const WIDTH_MIN: usize = 5;

/// Error values of spreadsheets. `#N/A` is a placeholder instead.
const ERROR_VALUES: [&str; 9] =
    ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!"];

/// What the cells of one column look like. The counts of several threads can be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CellDamage {
    /// Cells with text.
    texts: u64,
    /// Digits, a dot or comma, and only zeros.
    whole_floats: u64,
    /// Digits, a dot or comma, and other digits.
    fractions: u64,
    /// Digits, an optional fraction, and an exponent.
    exponents: u64,
    /// Only `#`.
    hashes: u64,
    error_values: u64,
    /// The number of all-digit cells by length.
    digits: [u64; DIGITS_MAX + 1],
    /// Numbers of several digits that start with 0.
    leading_zeros: u64,
}

impl CellDamage {
    /// Inspects a cell. Most start with a letter and return at once.
    #[inline]
    pub(crate) fn see(&mut self, cell: &str) {
        let cell = cell.trim_ascii();
        match cell.as_bytes().first() {
            None => {}
            Some(b'#') => self.see_sign(cell),
            Some(b'0'..=b'9') => self.see_number(cell.as_bytes()),
            Some(_) => self.texts += 1,
        }
    }

    #[cold]
    fn see_sign(&mut self, cell: &str) {
        self.texts += 1;
        self.hashes += u64::from(cell.len() > 2 && cell.bytes().all(|byte| byte == b'#'));
        self.error_values += u64::from(ERROR_VALUES.iter().any(|value| cell.eq_ignore_ascii_case(value)));
    }

    fn see_number(&mut self, cell: &[u8]) {
        self.texts += 1;
        let (whole, rest) = cell.split_at(digits(cell));
        match rest {
            [] => {
                self.digits[whole.len().min(DIGITS_MAX)] += 1;
                self.leading_zeros += u64::from(whole.len() > 1 && whole.starts_with(b"0"));
            }
            [b'.' | b',', fraction @ ..] => {
                let (fraction, rest) = fraction.split_at(digits(fraction));
                // 12,000 and 12.000 are whole numbers with a thousands separator.
                let is_group = fraction.len() == 3 && whole.len() <= 3;
                match rest {
                    [] if fraction.is_empty() || is_group => {}
                    [] if fraction.iter().all(|digit| *digit == b'0') => self.whole_floats += 1,
                    [] => self.fractions += 1,
                    _ => self.exponents += u64::from(is_exponent(rest)),
                }
            }
            _ => self.exponents += u64::from(is_exponent(rest)),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.texts += other.texts;
        self.whole_floats += other.whole_floats;
        self.fractions += other.fractions;
        self.exponents += other.exponents;
        self.hashes += other.hashes;
        self.error_values += other.error_values;
        self.digits.iter_mut().zip(&other.digits).for_each(|(own, other)| *own += other);
        self.leading_zeros += other.leading_zeros;
    }

    /// Returns warnings with counts and remedies. They contain no cell text.
    pub(crate) fn warnings(&self, column: &Column) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut counted = |count: u64, what: &str| {
            if count > 0 {
                warnings.push(format!("{count} cells {what}"));
            }
        };
        // In a column of amounts, some have no cents.
        let floats = if self.fractions * 10 > self.whole_floats { 0 } else { self.whole_floats };
        counted(
            floats,
            "end in “.0” or “,0”, as data frames write whole numbers that they took for floats, and are found in that form alone: \
             write the column as text (in pandas dtype=str, or Int64) and upload again",
        );
        counted(
            self.exponents,
            "are numbers in scientific notation, as spreadsheets shorten long ones, and the digits that are gone are found \
             nowhere: format the column as text before it is filled, and export it again",
        );
        counted(
            self.hashes,
            "are ########, which spreadsheets show where a column is too narrow: widen it and export again",
        );
        counted(
            self.error_values,
            "hold an error of a spreadsheet such as #REF!: mend its formula and export again",
        );
        warnings.extend(self.lost_zeros(column));
        warnings
    }

    /// Returns a warning if leading zeros may be lost: the numbers have one width, about a tenth is
    /// too short, and none starts with 0.
    fn lost_zeros(&self, column: &Column) -> Option<String> {
        let takes_any_width = match column.rule.data_type {
            DataType::Text | DataType::Digits { width: None } | DataType::Ssn => true,
            DataType::Digits { width: Some(_) }
            | DataType::Email
            | DataType::Name
            | DataType::Card
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Iban
            | DataType::Address => false,
        };
        let numbers: u64 = self.digits.iter().sum();
        let width = self.digits.iter().rposition(|count| *count > 0)?;
        let short = numbers - self.digits[width];
        let is_short_by_chance = short * 50 >= numbers && short * 4 <= numbers;
        let applies = takes_any_width
            && (WIDTH_MIN..DIGITS_MAX).contains(&width)
            && numbers >= NUMBERS_MIN
            && numbers * 10 >= self.texts * 9
            && self.leading_zeros == 0
            && is_short_by_chance;
        applies.then(|| {
            format!(
                "{short} of {numbers} numbers have fewer than {width} digits and none begins with 0, as where a spreadsheet \
                 dropped leading zeros: if so, `--column \"{}:digits={width}\"` puts them back",
                column.name
            )
        })
    }
}

/// Returns the number of digits at the start.
fn digits(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}

fn is_exponent(text: &[u8]) -> bool {
    let [b'e' | b'E', rest @ ..] = text else { return false };
    // Without a sign it may be an identifier, such as 12E4.
    let [b'+' | b'-', rest @ ..] = rest else { return false };
    (1..=3).contains(&rest.len()) && digits(rest) == rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(column: Column, cells: impl IntoIterator<Item = impl AsRef<str>>, expected: &[&str]) {
        let (mut first, mut second) = (CellDamage::default(), CellDamage::default());
        for (number, cell) in cells.into_iter().enumerate() {
            let tally = if number % 2 == 0 { &mut first } else { &mut second };
            tally.see(cell.as_ref());
        }
        first.merge(&second);
        let warnings = first.warnings(&column);
        assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
        for (warning, part) in warnings.iter().zip(expected) {
            assert!(warning.starts_with(part), "{warning}");
        }
    }

    #[test]
    fn signs_of_other_programs() {
        let text = || Column::text("c");
        check(text(), ["77100123.0", "77100124.00", "Jane"], &["2 cells end in “.0”"]);
        check(text(), ["12.50", "13.0", "14.95", "7.25"], &[]);
        // As written by programs whose decimal point is a comma.
        check(text(), ["7710001,0", "7710002,00", "Jane"], &["2 cells end in “.0” or “,0”"]);
        check(text(), ["4,9E+11", "4,1e+15", "4,9"], &["2 cells are numbers in scientific"]);
        check(text(), ["12,50", "13,0", "14,95"], &[]);
        check(text(), ["12,000", "7.000", "900,000"], &[]);
        check(text(), ["1234.000"], &["1 cells end in"]);
        check(
            text(),
            ["7.71E+11", "4.1e+15", "7E+11", "12E4", "1.5"],
            &["3 cells are numbers in scientific"],
        );
        check(
            text(),
            ["########", "##", "#7", "#REF!", "#ref!", "#1"],
            &["1 cells are ####", "2 cells hold an error"],
        );
        check(text(), ["1982-03-04", "900-12-3456", "3 Oak Ave", "1.", ".5", "", " "], &[]);
        let short = |number: u64| (number * 7_919_317) % 90_000_000 + 10_000_000;
        let lost = || (0..200).map(|number| short(number) / if number % 10 == 0 { 10 } else { 1 });
        let lost = || lost().map(|number| number.to_string());
        check(text(), lost(), &["20 of 200 numbers have fewer than 8 digits"]);
        check(text().typed(DataType::Digits { width: Some(8) }), lost(), &[]);
        check(text(), lost().chain(["01234567".to_owned()]), &[]);
        check(text(), (0..20_000).map(|number| number.to_string()), &[]);
    }
}
