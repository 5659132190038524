//! Typed columns in whole scans: readings of one place, values in their written form, parts of
//! longer numbers.

use std::sync::Arc;

use edm_engine::{Accelerators, Generation, PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType, DateOrder, EvidenceGroup, Pattern, Proximity};
use sha2::{Digest, Sha256};

use crate::support;

fn columns() -> Columns {
    Columns::new(vec![
        Column::text("ssn").searchable().typed(DataType::Ssn),
        Column::text("card").searchable().typed(DataType::Card),
        Column::text("iban").searchable().typed(DataType::Iban),
        Column::text("born").searchable().typed(DataType::Date { order: Some(DateOrder::DayMonthYear) }),
        Column::text("room").searchable().typed(DataType::Digits { width: None }),
    ])
    .expect("columns")
}

const ROWS: &[&[&str]] = &[
    &["900-11-2222", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "03/04/1960", "70012"],
    &["901-22-3333", "3782 822463 10005", "GB82 WEST 1234 5698 7654 32", "5 May 1971", "70013"],
    &["902-33-4444", "3056 930902 5904", "NO93 8601 1117 947", "31.12.99", "822463"],
];

fn files() -> support::Files {
    support::build(&columns(), ROWS, 2, edm_engine::build::PART_BYTES_DEFAULT)
}

/// Takes the column's mark of a standalone identifier out of a manifest, as a table of many million
/// records would.
fn crowded(mut files: support::Files, column: &str) -> Arc<Generation> {
    let bytes = &mut files.manifest;
    let place = bytes.windows(column.len()).position(|bytes| bytes == column.as_bytes()).expect("the column");
    let rule = place + column.len();
    let length = u32::from_le_bytes(bytes[rule..rule + 4].try_into().expect("four bytes")) as usize;
    let class = rule + 4 + length + 1;
    assert_eq!(bytes[class] & 2, 2, "{column} is standalone in so small a table");
    bytes[class] &= !2;
    let content = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&digest);
    files.open()
}

/// Lists the matches of the default type as `confidence column@text row n`.
fn found(generation: &Arc<Generation>, text: &str, accelerators: Accelerators) -> Vec<String> {
    let types = PreparedTypes::prepare([support::active(generation, None)]);
    let report = scan(&Query { accelerators, ..Query::new(text, &types) }, &mut Scratch::new());
    let matches = report.types.iter().flat_map(|found| &found.matches);
    matches
        .map(|matched| {
            let rows: Vec<String> = matched.rows.iter().map(|row| row.record.to_string()).collect();
            let name = &generation.columns().as_slice()[matched.column].name;
            let value = &text[matched.span.start..matched.span.end];
            format!("{} {name}@{value} row {}", matched.confidence, rows.join(","))
        })
        .collect()
}

#[track_caller]
fn check(generation: &Arc<Generation>, text: &str, expected: &[&str]) {
    for bits in 0..8 {
        let accelerators =
            Accelerators { shapes: bits & 1 > 0, vocabulary: bits & 2 > 0, filter: bits & 4 > 0 };
        assert_eq!(found(generation, text, accelerators), expected, "{text:?} {accelerators:?}");
    }
}

#[test]
fn values_are_found_in_every_written_form() {
    let generation = files().open();
    check(&generation, "900 11 2222", &["65 ssn@900 11 2222 row 1"]);
    check(&generation, "900112222, 4/3/1960", &["75 ssn@900112222 row 1"]);
    check(&generation, "900112222, 3 avril 1960", &["75 ssn@900112222 row 1"]);
    check(&generation, "900112222, 4/4/1960", &["65 ssn@900112222 row 1"]);
    check(&generation, "902-33-4444 geb. 31. Dezember 1999", &["75 ssn@902-33-4444 row 3"]);
    check(&generation, "IBAN GB82WEST12345698765432", &["65 iban@GB82WEST12345698765432 row 2"]);
    check(&generation, "pay 4111-1111-1111-1111", &["65 card@4111-1111-1111-1111 row 1"]);
    check(&generation, "PAN4111111111111111", &[]);
    check(
        &generation,
        "PAN4111111111111111 900-11-2222",
        &["85 card@4111111111111111 row 1", "85 ssn@900-11-2222 row 1"],
    );
}

#[test]
fn a_date_never_anchors() {
    let generation = files().open();
    check(&generation, "03/04/1960", &[]);
    check(&generation, "03/04/1960 70012", &["75 room@70012 row 1"]);
    let class = generation.classes()[3];
    assert!(class.evidence && !class.identifier, "{class:?}");
}

#[test]
fn a_crowded_column_stands_alone_where_it_is_written_in_groups() {
    let generation = crowded(files(), "ssn");
    assert!(!generation.classes()[0].standalone);
    let warning = generation.warnings()[0].join("\n");
    assert!(warning.contains("without evidence only where written 123-45-6789"), "{warning}");
    check(&generation, "SSN 900-11-2222", &["65 ssn@900-11-2222 row 1"]);
    check(&generation, "SSN 900112222", &[]);
    check(&generation, "SSN 900112222, 3 April 1960", &["75 ssn@900112222 row 1"]);
    let crowded = crowded(files(), "iban");
    check(&crowded, "DE89370400440532013000", &["65 iban@DE89370400440532013000 row 1"]);
}

#[test]
fn a_part_of_a_longer_number_is_no_match() {
    let generation = files().open();
    // The three digits after the card make a longer valid one: decision 0010.
    check(&generation, "4111 1111 1111 1111 136", &["65 card@4111 1111 1111 1111 row 1"]);
    check(&generation, "room 822463", &["65 room@822463 row 3"]);
    check(&generation, "3782 822463 10005", &["65 card@3782 822463 10005 row 2"]);
    // A valid card that no record has: the room inside it is still none.
    check(&generation, "3787 822463 10004", &[]);
    check(&generation, "3787 822463 10005", &["65 room@822463 row 3"]);
    check(&generation, "3787%20822463%2010004", &[]);
}

#[test]
fn of_two_readings_at_one_place_the_stronger_stays() {
    let columns = Columns::new(vec![
        Column::text("born").searchable().typed(DataType::Date { order: None }),
        Column::text("name").searchable(),
    ])
    .expect("columns");
    let pattern = |confidence, min_matches| Pattern {
        confidence,
        primary: Some("born".to_owned()),
        proximity: Proximity::default(),
        supporting: vec![EvidenceGroup { min_matches, max_matches: None, columns: vec!["name".to_owned()] }],
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let rows: [&[&str]; 2] = [&["1960-03-04", "Langer"], &["1960-04-03", "Okafor"]];
    for (rows, okafor) in [(rows, 2), ([rows[1], rows[0]], 1)] {
        let generation = support::build(&columns, &rows, 2, edm_engine::build::PART_BYTES_DEFAULT).open();
        let types = PreparedTypes::prepare([support::active(
            &generation,
            Some(vec![pattern(85, 1), pattern(60, 0)]),
        )]);
        for (text, confidence, record) in
            [("03/04/1960", 60, 1), ("Okafor 03/04/1960", 85, okafor), ("03/04/60 Langer", 85, 3 - okafor)]
        {
            let report = scan(&Query::new(text, &types), &mut Scratch::new());
            let matches: Vec<_> = report.types.iter().flat_map(|found| &found.matches).collect();
            let rows: Vec<u64> =
                matches.iter().flat_map(|matched| &matched.rows).map(|row| row.record).collect();
            assert_eq!((matches.len(), matches[0].confidence, rows), (1, confidence, vec![record]), "{text}");
        }
    }
}

/// Texts in which a value seems to begin at every atom. Nothing is timed; the suite's own limit on
/// a test is what fails.
#[test]
fn hostile_texts_end() {
    let generation = files().open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    for text in [
        "12 34 56 ".repeat(25_000),
        "4111-1111-1111-1111-".repeat(20_000),
        "DE89 3704 ".repeat(50_000),
        "DE ".repeat(100_000),
        "May 5 5 de mayo de 19 ".repeat(20_000),
        "1960-05-05/".repeat(50_000),
        "3782 822463 10005 ".repeat(2_000),
        "900-11-2222\n".repeat(4_000),
    ] {
        scan(&Query { explain: true, ..Query::new(&text, &types) }, &mut Scratch::new());
    }
}
