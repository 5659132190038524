//! Compact notations for tables, patterns and findings in tests.

use std::fmt::Write as _;

use edm_model::{
    Column, Columns, Country, DataType, DataTypeOptions, DateOrder, Delimiters, EvidenceGroup, Pattern,
    Proximity, ProximityUnit,
};

use crate::oracle::Found;

/// Makes columns from one line each. A line is a name, `*` after it if it is searchable, then any
/// of `digits`, `digits=WIDTH`, `email`, `name`, `ssn`, `card`, `iban`, `address`, `phone`,
/// `phone=COUNTRY`, `date`, `date=ORDER`, `case`, `diacritics`, `key`, and `ignore=CHARACTERS` as
/// the last.
///
/// # Panics
/// If a line is invalid or the columns are refused, which is a bug of the test.
pub fn columns(lines: &[&str]) -> Columns {
    Columns::new(lines.iter().map(|line| column(line)).collect()).expect("a test's columns are valid")
}

fn column(line: &str) -> Column {
    let (words, ignored) = line.split_once(" ignore=").unwrap_or((line, ""));
    let mut words = words.split(' ');
    let name = words.next().unwrap_or_default();
    let mut column = Column::text(name.trim_end_matches('*'));
    column.searchable = name.ends_with('*');
    for word in words {
        column = match word {
            "case" => column.case_sensitive(),
            "diacritics" => column.folding_diacritics(),
            "key" => Column { key: true, ..column },
            other => column.typed(data_type(other).expect("a known word of a column")),
        };
    }
    column.ignoring(Delimiters::new(ignored.chars()).expect("a test's delimiters are valid"))
}

fn data_type(word: &str) -> Option<DataType> {
    let (word, option) = word.split_once('=').unwrap_or((word, ""));
    let options = DataTypeOptions {
        width: option.parse().ok(),
        country: Country::new(option),
        order: DateOrder::from_word(option),
    };
    DataType::from_word(word, options)
}

/// Makes rows from lines whose cells are separated by `|`.
pub fn rows(lines: &[&str]) -> Vec<Vec<String>> {
    lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// Makes a pattern of one group within 300 characters; without columns, a pattern without a group.
pub fn pattern(confidence: u8, primary: Option<&str>, min_matches: u32, columns: &[&str]) -> Pattern {
    let group = EvidenceGroup {
        min_matches,
        max_matches: None,
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
    };
    Pattern {
        confidence,
        primary: primary.map(str::to_owned),
        proximity: Proximity::default(),
        supporting: if columns.is_empty() { Vec::new() } else { vec![group] },
        not_counted: Vec::new(),
        void_if: Vec::new(),
    }
}

/// Makes a proximity.
pub const fn within(unit: ProximityUnit, distance: u32, or_same_row: bool) -> Proximity {
    Proximity { unit, distance, or_same_row }
}

/// Formats findings, one match per line: confidence, column and text, record numbers, evidence (`+`
/// counted, `-` not).
pub fn summary(text: &str, columns: &Columns, found: Option<&Found>) -> String {
    let mut lines = String::new();
    let name = |column: usize| columns.as_slice()[column].name.as_str();
    for one in found.iter().flat_map(|found| &found.matches) {
        let rows: Vec<String> = one.rows.iter().map(u64::to_string).collect();
        let words = &text[one.span.start..one.span.end];
        let _ = write!(lines, "{} {}={words} @{}", one.confidence, name(one.column), rows.join(","));
        for evidence in &one.evidences {
            let sign = if evidence.counted { '+' } else { '-' };
            let words = &text[evidence.span.start..evidence.span.end];
            let _ = write!(lines, " {sign}{}={words}", name(evidence.column));
        }
        lines.push('\n');
    }
    lines
}
