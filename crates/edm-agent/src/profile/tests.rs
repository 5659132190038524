//! Table-driven tests: a table as input, the figures of its columns as output.

use std::fmt::Write as _;

use edm_model::{Column, DataType};
use tempfile::TempDir;

use super::*;
use crate::progress::NoProgress;

fn run(table: &str, change: impl FnOnce(&mut ProfileOptions)) -> Result<TableProfile, Error> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("table.csv");
    std::fs::write(&path, table).expect("writes");
    let mut options = ProfileOptions {
        input: Input::File(path),
        format: TableFormat::default(),
        columns: None,
        extra_columns: ExtraColumns::Refuse,
        tokens_max: 64,
        workers: 3,
        key: Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt"),
        scratch: folder.path().join("scratch"),
        memory_bytes: 1024 * 1024,
    };
    change(&mut options);
    let profile = profile(&options, &NoProgress);
    assert!(!options.scratch.exists(), "the folder is removed in the end");
    profile
}

/// A table with one column of these cells, and a second one with a number per row.
fn column_of(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut table = "n,column\n".to_owned();
    for (number, cell) in cells.into_iter().enumerate() {
        let _ = writeln!(table, "{number},\"{}\"", cell.as_ref());
    }
    table
}

fn check(cells: Vec<String>, expected: &str) {
    let profile = run(&column_of(&cells), |_| {}).expect("a table");
    let column = &profile.columns[1];
    let obstacles: Vec<&str> = column.primary_obstacles.iter().map(|one| one.as_str()).collect();
    let found = format!(
        "{} {} distinct={} largest={} entropy={:.2} [{}] key={}",
        suggested(column),
        column.class_figures.class.as_str(),
        column.statistics.distinct,
        column.statistics.largest,
        column.entropy_bits,
        obstacles.join("; "),
        column.key_obstacles.is_empty(),
    );
    assert_eq!(found, expected, "{:?} …", cells.first());
}

fn suggested(column: &ColumnProfile) -> String {
    let data_type = &column.suggestion.data_type;
    let order = data_type.options().order.map(|order| format!("={}", order.as_str()));
    format!("{}{}", data_type.as_str(), order.unwrap_or_default())
}

#[test]
fn types_are_suggested_by_their_own_recognisers() {
    let check = |cell: &dyn Fn(usize) -> String, expected: &str| {
        let table = column_of(cells(300, cell));
        let profile = run(&table, |_| {}).expect("a table");
        assert_eq!(suggested(&profile.columns[1]), expected, "{}", cell(1));
    };
    let (month, day) = (|n: usize| n % 12 + 1, |n: usize| n % 28 + 1);
    check(&|n| format!("19{:02}-{:02}-{:02}", n % 90 + 10, month(n), day(n)), "date");
    check(&|n| format!("{:02}/{:02}/19{:02}", day(n), month(n), n % 90 + 10), "date=dmy");
    check(&|n| format!("{:02}/{:02}/19{:02}", month(n), day(n), n % 90 + 10), "date=mdy");
    check(&|n| format!("{} May 19{:02}", day(n), n % 90 + 10), "date");
    check(&|n| format!("9{:02}-{:02}-{:04}", n % 90, n % 80 + 10, n + 1), "ssn");
    check(&|n| format!("9{:02}{:02}{:04}", n % 90, n % 80 + 10, n + 1), "digits");
    check(&|n| format!("+1 415 555 {:04}", n), "phone");
    check(&|n| format!("{} Main Street, Springfield", n + 1), "address");
    check(&|n| format!("MRN {n}"), "text");
    check(&|n| with_luhn(&format!("400000{:09}", n * 7_919)), "card");
}

/// Appends the Luhn check digit.
fn with_luhn(digits: &str) -> String {
    let double = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let values = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 =
        values.enumerate().map(|(place, digit)| if place % 2 == 0 { double(digit) } else { digit }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn cells(count: usize, cell: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(cell).collect()
}

#[test]
fn columns() {
    let no_anchor = "no value has a digit or @ and 5 letters and digits";
    let shared = "more than 1 % of the cells share their value with more than 11 others";
    check(
        cells(1_024, |n| format!("{:03}-{:02}-{n:04}", 100 + n % 800, 10 + n % 80)),
        "ssn standalone distinct=1024 largest=1 entropy=10.00 [] key=true",
    );
    check(
        cells(1_024, |n| format!("{}", 10_000_000 + n)),
        "digits standalone distinct=1024 largest=1 entropy=10.00 [] key=true",
    );
    check(
        cells(1_024, |n| format!("user.{n}@example.org")),
        "email standalone distinct=1024 largest=1 entropy=10.00 [] key=true",
    );
    let letters =
        |n: usize| [n / 676 % 26, n / 26 % 26, n % 26].map(|n| char::from(b'a' + n as u8)).iter().collect();
    let name = |n: usize| -> String { letters(n) };
    check(
        cells(1_024, |n| format!("O'{} {}", name(n), name(n * 7))),
        &format!("name evidence distinct=1024 largest=1 entropy=10.00 [{no_anchor}] key=true"),
    );
    check(
        cells(1_024, |n| ["female", "male"][n % 2].to_owned()),
        &format!("text weak distinct=2 largest=512 entropy=1.00 [{no_anchor}; {shared}] key=false"),
    );
    check(
        cells(365, |n| format!("1982-{:02}-{:02}", n % 12 + 1, n % 28 + 1)),
        "date evidence distinct=84 largest=5 entropy=6.38 [half of the values or more are dates] key=false",
    );
    check(
        cells(64, |_| "x".to_owned()),
        &format!("text weak distinct=1 largest=64 entropy=0.00 [{no_anchor}; {shared}] key=false"),
    );
    check(
        cells(3, |_| " ".to_owned()),
        "text evidence distinct=0 largest=0 entropy=0.00 [every cell is empty] key=false",
    );
    // 95 % suffices, one cell less does not.
    check(
        cells(100, |n| if n < 95 { format!("{}", 20_000 + n) } else { format!("none {n}") }),
        "digits standalone distinct=100 largest=1 entropy=6.64 [] key=true",
    );
    check(
        cells(100, |n| if n < 94 { format!("{}", 20_000 + n) } else { format!("none {n}") }),
        "text standalone distinct=100 largest=1 entropy=6.64 [] key=true",
    );
    // Empty cells and placeholders do not count in the share.
    check(
        cells(100, |n| match n % 3 {
            0 => format!("{}", 20_000 + n),
            1 => String::new(),
            _ => "N/A".to_owned(),
        }),
        "digits standalone distinct=34 largest=1 entropy=5.09 [] key=false",
    );
}

#[test]
fn nothing_is_dropped_in_silence() {
    let long = "w ".repeat(70);
    let table = format!(
        "ssn,remark\n900-12-3456,first\nonly one cell\n901-23-4567,{long}\n902-34-5678,N/A\n,\n900 12 3456,\"a, b\"\n"
    );
    let profile = run(&table, |_| {}).expect("a table");
    assert_eq!(
        (profile.records, profile.rejections.rejected_records, profile.rejections.bad_lines),
        (5, 1, 1)
    );
    let reasons: Vec<(&str, u64, &[u64])> = profile
        .rejections
        .reasons
        .iter()
        .map(|(reason, count)| (reason.as_str(), count.count, count.lines.as_slice()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("remark: the cell has more words than maximumNumberOfTokens of the store", 1, &[4][..]),
            ("wrong number of cells (the header has 2)", 1, &[3][..]),
        ]
    );
    let [ssn, remark] = profile.columns.as_slice() else { panic!("two columns") };
    assert_eq!((ssn.cells, ssn.empty, ssn.statistics.values, ssn.statistics.distinct), (4, 0, 4, 4));
    assert_eq!((remark.empty, remark.placeholders, remark.too_long, remark.statistics.values), (0, 1, 1, 2));
    assert_eq!(ssn.forms, [("999-99-9999".to_owned(), 3), ("999 99 9999".to_owned(), 1)]);
    assert_eq!(ssn.lengths, Some(Lengths { min: 11, median: 11, max: 11 }));
    assert_eq!(remark.key_obstacles, ["2 of 4 cells hold no value: their rows would be left out"]);
    assert!(
        remark.warnings.iter().any(|one| one.starts_with("1 cells have more words")),
        "{:?}",
        remark.warnings
    );
}

#[test]
fn columns_of_a_store_are_judged_as_they_are() {
    let delimiters = edm_model::Delimiters::new(['-', ' ']).expect("delimiters");
    let columns = Columns::new(vec![
        Column::text("ssn").searchable().ignoring(delimiters),
        Column::text("city"),
        Column::text("age").typed(DataType::Digits { width: None }),
    ])
    .expect("columns");
    let table = "age,ssn,city,more\n41,900-12-3456,Oslo,x\nold,900 12 3456,Rome,y\n7,901-23-4567,Oslo,z\n";
    let given = |options: &mut ProfileOptions| options.columns = Some(columns.clone());
    let refused = run(table, given).expect_err("an extra column");
    assert_eq!(*refused.kind(), ErrorKind::ExtraColumns { names: vec!["“more”".to_owned()] });
    let profile = run(table, |options| {
        given(options);
        options.extra_columns = ExtraColumns::Ignore;
    });
    let profile = profile.expect("a table");
    let [ssn, city, age] = profile.columns.as_slice() else { panic!("three columns") };
    // Two spellings of one value.
    assert_eq!((ssn.statistics.distinct, ssn.statistics.largest), (2, 2));
    assert!(ssn.class_figures.class.identifier && !city.class_figures.class.identifier);
    assert_eq!((age.refused, age.statistics.values), (1, 2));
    assert_eq!(profile.rejections.left_out_cells, [("age".to_owned(), 1)].into());
}

#[test]
fn tables_that_cannot_be_profiled() {
    let kind = |table: &str| run(table, |_| {}).expect_err(table).kind().clone();
    assert_eq!(kind(""), ErrorKind::NoHeader);
    assert_eq!(kind("ssn,lastName\n"), ErrorKind::NoRecords);
    assert_eq!(kind("ssn,\"lastName\n1,a\n"), ErrorKind::TornHeader { line: 1 });
    assert!(matches!(
        kind("900-12-3456,Langer\n901-23-4567,Okafor\n"),
        ErrorKind::UnfitHeader { cell: 1, .. }
    ));
    // All records are rejected: this is reported, and there is nothing to classify.
    let profile = run("ssn,lastName\n1\n", |_| {}).expect("one record");
    assert_eq!((profile.records, profile.rejections.rejected_records), (1, 1));
    assert!(!profile.is_findable());
}

/// The figures do not depend on the number of threads or on the memory.
#[test]
fn figures_are_the_same_by_every_way() {
    let mut table = "id,name,city\n".to_owned();
    for n in 0..40_000_u64 {
        let _ = writeln!(table, "{},n{},c{}", 100_000 + n * 7_919 % 100_003, n % 9_000, n % 11);
    }
    let figures = |workers: usize, memory_bytes: usize| {
        let profile = run(&table, |options| {
            options.workers = workers;
            options.memory_bytes = memory_bytes;
        });
        let columns = profile.expect("a table").columns;
        let one = |column: &ColumnProfile| {
            (
                column.statistics,
                format!("{:.6}", column.entropy_bits),
                column.forms.clone(),
                column.class_figures.class,
            )
        };
        columns.iter().map(one).collect::<Vec<_>>()
    };
    let expected = figures(1, 64 * 1024 * 1024);
    assert_eq!(expected[0].0.distinct, 40_000);
    assert_eq!(expected[2].0.largest, 3_637);
    // The minimum share of a column is below 40,000 values, so runs go to the folder.
    assert_eq!(figures(1, 0), expected);
    assert_eq!(figures(4, 0), expected);
}

#[test]
fn what_can_be_found_by_default() {
    let check = |table: &str, expected: bool| {
        assert_eq!(run(table, |_| {}).expect("a table").is_findable(), expected, "{table}");
    };
    check("a\n12345\n23456\n", true);
    check("a,b\nxa,ya\nxb,yb\nxc,yc\n", false);
    check("a,b,c\nxa,ya,za\nxb,yb,zb\nxc,yc,zc\n", true);
    check("a,b,c\nxa,ya,\nxb,yb,\nxc,yc,\n", false);
}

/// Nines were once placeholders in every profile, so a sequential `id` could not be the key.
#[test]
fn nines_of_a_column_that_counts_on_are_values() {
    let table = |is_empty: fn(usize) -> bool| {
        column_of((990..2_990).map(|n| if is_empty(n) { "999999".to_owned() } else { n.to_string() }))
    };
    let judged = |table: &str| {
        let profile = run(table, |_| {}).expect("a table");
        let column = &profile.columns[1];
        let is_warned = column.warnings.iter().any(|warning| warning.contains("nines alone"));
        (column.placeholders, column.key_obstacles.is_empty(), is_warned)
    };
    assert_eq!(judged(&table(|_| false)), (0, true, true), "999 is one of the numbers");
    assert_eq!(judged(&table(|n| n == 1_500)), (0, true, true), "999999 once");
    assert_eq!(judged(&table(|n| n % 500 == 0)), (5, false, true), "999999 in 4 records, and 999");
}

/// The same in a store's column that is searchable and not the key. In others nines stay empty.
#[test]
fn nines_of_a_searchable_column_are_judged_by_their_share() {
    let columns = |key: bool, searchable: bool| {
        let column = Column { key, searchable, ..Column::text("column") };
        Columns::new(vec![Column::text("n").searchable(), column]).expect("columns")
    };
    let check = |columns: Columns, expected: u64| {
        let table = column_of((990..2_990).map(|n: u32| n.to_string()));
        let profile = run(&table, |options| options.columns = Some(columns)).expect("a table");
        assert_eq!(profile.columns[1].placeholders, expected);
    };
    check(columns(false, true), 0);
    check(columns(true, true), 0);
    check(columns(false, false), 1);
}
