//! Random tables.

use edm_model::{Column, Columns, Country, DataType, DateOrder, Delimiters};

use super::cells::{self, Cell, Content};
use super::choices::Choices;
use super::typed::{KINDS, Kind};

const DELIMITERS: [&str; 10] = ["", "-", "- ", "-/. ", "#-*", " ", ".", "'-", "·_", "–,"];

/// A table and how it was made.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its columns.
    pub columns: Columns,
    /// Its records, with cells in the order of the columns.
    pub rows: Vec<Vec<String>>,
}

/// Makes a table of at most this many columns and rows.
pub fn table(choices: &mut impl Choices, columns_max: usize, rows_max: usize) -> Sample {
    with_values(choices, columns_max, rows_max).0
}

/// Makes a table, and its cells with the values they were made from.
pub(super) fn with_values(
    choices: &mut impl Choices,
    columns_max: usize,
    rows_max: usize,
) -> (Sample, Vec<Vec<Cell>>) {
    let width = choices.between(1, columns_max);
    let contents: Vec<Content> = (0..width).map(|_| cells::content(choices)).collect();
    let mut columns: Vec<Column> =
        contents.iter().enumerate().map(|(position, content)| column(choices, position, *content)).collect();
    columns[0].searchable |= columns.iter().all(|column| !column.searchable);
    let key = choices.below(width);
    columns[key].key = columns[key].searchable && choices.chance(8);
    let columns = Columns::new(columns).expect("names are distinct and one column is searchable");
    let height =
        if choices.chance(50) { choices.between(1, rows_max) } else { choices.between(1, 6.min(rows_max)) };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for _ in 0..height {
        let row = contents.iter().enumerate().map(|(position, content)| {
            let before = rows.len().checked_sub(1).map(|last| choices.below(last + 1));
            match before {
                // A value of an earlier record or of the neighbouring column.
                Some(row) if choices.chance(15) => rows[row][position].clone(),
                Some(row) if choices.chance(8) => rows[row][choices.below(width)].clone(),
                _ => cells::cell(choices, *content),
            }
        });
        let mut row: Vec<Cell> = row.collect();
        if choices.chance(10) {
            let from = choices.below(width);
            let to = choices.below(width);
            row[to] = row[from].clone();
        }
        rows.push(row);
    }
    let texts = rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect()).collect();
    (Sample { columns, rows: texts }, rows)
}

fn column(choices: &mut impl Choices, position: usize, content: Content) -> Column {
    let mut column = Column::text(format!("c{position}"));
    column.searchable = choices.chance(60);
    let fitting = choices.chance(70);
    column.rule.data_type = match (content, choices.below(4)) {
        (Content::Number | Content::Short, 1..) if fitting => digits(choices),
        (Content::Typed(kind), _) if fitting => typed(choices, kind),
        // Values of other types, which the type mostly refuses.
        (_, 1) if !fitting => {
            let kind = KINDS[choices.below(KINDS.len())];
            typed(choices, kind)
        }
        (Content::Email, 1..) if fitting => DataType::Email,
        (Content::Name | Content::Foreign, 2..) if fitting => DataType::Name,
        (_, 0) if !fitting => DataType::Name,
        _ => DataType::Text,
    };
    ruled(choices, column)
}

/// Makes a column of a type, usually with a non-default rule.
pub(super) fn varied(choices: &mut impl Choices, name: &str, data_type: DataType) -> Column {
    let column = Column::text(name).typed(data_type);
    ruled(choices, column)
}

fn ruled(choices: &mut impl Choices, mut column: Column) -> Column {
    if choices.chance(50) {
        let ignored = choices.pick(&DELIMITERS).chars();
        column = column.ignoring(Delimiters::new(ignored).expect("none is a letter or digit"));
    }
    if choices.chance(15) {
        column = column.case_sensitive();
    }
    if choices.chance(20) {
        column = column.folding_diacritics();
    }
    column
}

/// Makes a type with options.
pub(super) fn typed(choices: &mut impl Choices, kind: Kind) -> DataType {
    match kind {
        Kind::Ssn => DataType::Ssn,
        Kind::Card => DataType::Card,
        Kind::Iban => DataType::Iban,
        Kind::Address => DataType::Address,
        Kind::Phone => {
            let country =
                choices.pick(&["", "de", "us", "it", "hu", "ru", "mx", "fr", "gb", "jp", "no", "by"]);
            DataType::Phone { country: Country::new(country) }
        }
        Kind::Date => {
            let orders = [
                None,
                Some(DateOrder::YearMonthDay),
                Some(DateOrder::DayMonthYear),
                Some(DateOrder::MonthDayYear),
            ];
            DataType::Date { order: orders[choices.below(orders.len())] }
        }
    }
}

fn digits(choices: &mut impl Choices) -> DataType {
    let width = match choices.below(4) {
        0 => Some(9),
        1 => Some(6),
        _ => None,
    };
    DataType::Digits { width }
}
