//! Telephone numbers and addresses against a small table, under every choice of accelerators.

use edm_engine::{Accelerators, PreparedTypes, Query, Report, Scratch, scan};
use edm_model::{Column, Columns, Country, DataType};

use crate::support;

fn columns() -> Columns {
    Columns::new(vec![
        Column::text("phone").searchable().typed(DataType::Phone { country: Country::new("us") }),
        Column::text("address").searchable().typed(DataType::Address),
        Column::text("lastName").typed(DataType::Name),
    ])
    .expect("columns")
}

const ROWS: &[&[&str]] = &[
    &["415-555-0123", "12 North Main Street, Apt. 4", "Langer"],
    &["+44 20 7946 0958", "Hauptstr. 5, 10115 Berlin", "van der Berg"],
    &["011 81 3-1234-5678", "東京都千代田区永田町二丁目21番9号", "Okafor"],
    &["(415) 555-0199", "7 King's Road", "O'Neil"],
    &["+39 06 1234 5678", "Via Roma n. 12", "García"],
];

/// Lists values and evidence as `column=text`.
fn render(text: &str, report: &Report) -> Vec<String> {
    let columns = columns();
    let shown = |column: usize, span: &edm_engine::Span| {
        format!("{}={}", columns.as_slice()[column].name, &text[span.start..span.end])
    };
    let matches = report.types.iter().flat_map(|found| &found.matches);
    let mut all: Vec<String> = matches
        .flat_map(|found| {
            let evidences = found.evidences.iter().map(|evidence| shown(evidence.column, &evidence.span));
            evidences.chain([shown(found.column, &found.span)]).collect::<Vec<_>>()
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let columns = columns();
    let generation = support::build(&columns, ROWS, 2, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    for bits in 0..8 {
        let accelerators =
            Accelerators { shapes: bits & 1 > 0, vocabulary: bits & 2 > 0, filter: bits & 4 > 0 };
        let report = scan(&Query { accelerators, ..Query::new(text, &types) }, &mut Scratch::new());
        assert_eq!(render(text, &report), expected, "{text:?} {accelerators:?}");
    }
}

#[test]
fn one_record_is_found_however_its_values_are_written() {
    check(
        "Langer, 12 N Main St\nApartment 4, call +1 (415) 555.0123 x7",
        &["address=12 N Main St\nApartment 4", "lastName=Langer", "phone=+1 (415) 555.0123"],
    );
    check(
        "Frau van der Berg, Hauptstraße 5 – 10115 Berlin, 0044 (0)20 79460958",
        &["address=Hauptstraße 5 – 10115 Berlin", "lastName=van der Berg", "phone=0044 (0)20 79460958"],
    );
    check(
        "Okafor様　東京都千代田区永田町２－２１－９　+81(0)312345678",
        &["address=東京都千代田区永田町２－２１－９", "lastName=Okafor", "phone=+81(0)312345678"],
    );
    check("O'Neil at 7 Kings Rd, 4155550199", &["address=7 Kings Rd", "lastName=O'Neil", "phone=4155550199"]);
    check(
        "Langer, Unit 4 / 12 N. Main St, 415-555-0123",
        &["address=Unit 4 / 12 N. Main St", "lastName=Langer", "phone=415-555-0123"],
    );
    check(
        "Langer, 12 N Main St #4, 415-555-0123",
        &["address=12 N Main St #4", "lastName=Langer", "phone=415-555-0123"],
    );
    check(
        "García, Via Roma 12's door, tel. +390612345678",
        &["address=Via Roma 12", "lastName=García", "phone=+390612345678"],
    );
}

#[test]
fn other_numbers_and_addresses_are_not_found() {
    for text in [
        "Langer, 112 N Main St Apt 4, call 415-555-0123-9",
        "Langer, 12 Main St Apt 4, call +49 415 555 0123",
        "Okafor 永田町二丁目21番9号 03-1234-5678",
    ] {
        check(text, &[]);
    }
}
