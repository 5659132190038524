//! Texts that arrive in pieces: what is held of them, and what is no text.

use std::sync::atomic::{AtomicUsize, Ordering};

use edm_engine::{NotUtf8, PreparedTypes, Query, Report, Scanner, Scratch, TextBatch, scan};
use edm_model::{
    Column, Columns, DataType, Delimiters, EvidenceGroup, Pattern, Proximity, ProximityUnit, limits,
};

use crate::support;

const MIB: usize = 1024 * 1024;

const ROWS: &[&[&str]] = &[
    &["900-11-2222", "Langer", "Ulm"],
    &["901-22-3333", "Okafor", "Ulm"],
    &["902-33-4444", "García", "Bonn"],
];

fn columns() -> Columns {
    let dashes = Delimiters::new(['-']).expect("delimiters");
    Columns::new(vec![
        Column::text("ssn").searchable().ignoring(dashes),
        Column::text("lastName").searchable().typed(DataType::Name),
        Column::text("city"),
    ])
    .expect("columns")
}

fn pattern(unit: ProximityUnit, distance: u32) -> Pattern {
    Pattern {
        confidence: 80,
        primary: Some("ssn".to_owned()),
        proximity: Proximity { unit, distance, or_same_row: true },
        supporting: Vec::new(),
        not_counted: Vec::new(),
        void_if: Vec::new(),
    }
}

/// Scans this many bytes of text in pieces, each value at the end of a line of prose, and holds
/// what is held against the bound.
fn check_held(patterns: Option<Vec<Pattern>>, explain: bool, bytes: usize, held_max: usize) {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, patterns)]);
    let query = Query { explain, ..Query::new("", &types) };
    let mut scanner = Scanner::new(&query);
    assert!(scanner.held_bytes_max() <= held_max, "{} may be held", scanner.held_bytes_max());
    let line = "and so it went on for quite a while, as letters do, without a word of note\n".repeat(200);
    let page = format!("{line}900-11-2222 Langer\n");
    let mut pushed = 0;
    while pushed < bytes {
        scanner.push(page.as_bytes()).expect("a text of Rust is UTF-8");
        pushed += page.len();
        assert!(scanner.held_bytes() <= scanner.held_bytes_max(), "{} held", scanner.held_bytes());
    }
    let report = scanner.finish().expect("a text of Rust is UTF-8");
    let found = &report.types[0];
    assert_eq!(found.counts[0].match_count as usize, pushed / page.len());
    assert_eq!(found.unique_count, 1);
    let last = found.matches[found.matches.len() - 1].span;
    let listed = (pushed / page.len()).min(limits::MATCHES_MAX);
    assert_eq!(last.start, listed * page.len() - "900-11-2222 Langer\n".len());
    assert_eq!(last.start as u64, last.start_units);
}

#[test]
fn a_long_text_is_held_in_bounded_memory() {
    check_held(None, false, 5 * MIB, 3 * MIB);
    check_held(None, true, 5 * MIB, 4 * MIB);
    check_held(Some(vec![pattern(ProximityUnit::Row, 0)]), false, 3 * MIB, 3 * MIB);
    check_held(Some(vec![pattern(ProximityUnit::Document, 0)]), false, 14 * MIB, 13 * MIB);
}

/// What is held does not depend on what is searched for: without types 64 MiB take no time.
#[test]
fn any_length_of_text_is_held_in_the_same_memory() {
    let types = PreparedTypes::prepare([]);
    let query = Query::new("", &types);
    let mut scanner = Scanner::new(&query);
    let piece = "Ünd so weiter, \u{1F600}\n".repeat(40_000);
    for _ in 0..(64 * MIB).div_ceil(piece.len()) {
        scanner.push(piece.as_bytes()).expect("a text of Rust is UTF-8");
        assert!(scanner.held_bytes() <= 3 * MIB, "{} held", scanner.held_bytes());
    }
    assert!(scanner.finish().expect("a text of Rust is UTF-8").types.is_empty());
}

#[test]
fn what_is_no_text_is_refused_where_it_is_none() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let query = Query::new("", &types);
    let check = |pieces: &[&[u8]], expected: Result<usize, u64>| {
        let mut scanner = Scanner::new(&query);
        let pushed = pieces.iter().try_for_each(|piece| scanner.push(piece));
        if pushed.is_err() {
            assert_eq!(scanner.push(b"more"), pushed, "it stays refused");
        }
        let report = scanner.finish();
        assert!(pushed.is_ok() || report.is_err());
        let found = report.map(|report| report.types.iter().map(|found| found.matches.len()).sum());
        assert_eq!(found, expected.map_err(|offset| NotUtf8 { offset }), "{pieces:?}");
    };
    check(&[], Ok(0));
    check(&[b"900-11", b"-2222"], Ok(1));
    check(&["Garc".as_bytes(), &[0xC3], &[0xAD], b"a 902334444"], Ok(1));
    check(&[&[0xF0, 0x9F], &[0x98], &[0x80], b" 900-11-2222"], Ok(1));
    check(&[b"abc", &[0xFF]], Err(3));
    check(&[b"abc\xC3", b"d"], Err(3));
    check(&[b"abc\xC3"], Err(3));
    check(&["é".as_bytes(), b"\xED\xA0\x80"], Err(2));
    check(&[b"900-11-2222 \xF0\x9F\x98"], Err(12));
    let words = NotUtf8 { offset: 7 }.to_string();
    assert_eq!(words, "the text is not UTF-8 at byte 7: send it as UTF-8");
}

#[test]
fn the_text_of_the_query_is_the_first_piece() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let query = Query::new("900-11", &types);
    let mut scanner = Scanner::new(&query);
    scanner.push("-2222 Langer".as_bytes()).expect("a text");
    assert_eq!(
        scanner.finish().expect("a text"),
        scan(&Query::new("900-11-2222 Langer", &types), &mut Scratch::new())
    );
}

/// A whole text is evaluated without a copy, zone by zone too: the report is that of the same text
/// held as one zone, whatever the scratch was used for before.
#[test]
fn a_whole_text_is_scanned_as_one_in_pieces() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let by_city = Pattern {
        supporting: vec![EvidenceGroup {
            min_matches: 1,
            max_matches: None,
            columns: vec!["city".to_owned(), "lastName".to_owned()],
        }],
        ..pattern(ProximityUnit::Characters, 40)
    };
    let defined = PreparedTypes::prepare([support::active(&generation, Some(vec![by_city]))]);
    let default = PreparedTypes::prepare([support::active(&generation, None)]);
    // Values on either side of where zones meet, and characters of several bytes and units.
    let filler = "Straße, 😀 and so on;  ".repeat(1_000);
    let mut long = String::new();
    while long.len() < 5 * MIB {
        let rest = (2 * MIB - long.len() % (2 * MIB)).saturating_sub(20);
        match rest < filler.len() {
            true => long.push_str(&"-".repeat(rest)),
            false => long.push_str(&filler),
        }
        long.push_str(" 900-11-2222 Langer Ulm, 902-33-4444 Bonn 901-22-3333 ");
    }
    let mut scratch = Scratch::new();
    for text in ["", "900-11-2222 Langer", &long, "901-22-3333 %4fkafor", "Okafor", &long[long.len() - 100..]]
    {
        for (types, explain) in [(&defined, false), (&default, true), (&default, false)] {
            let query = Query { explain, ..Query::new(text, types) };
            let whole =
                Scanner::in_zones_of(&query, usize::MAX / 2).finish().expect("a text of Rust is UTF-8");
            assert!(scan(&query, &mut scratch) == whole, "{} bytes, explain: {explain}", text.len());
        }
    }
}

#[test]
fn a_stopped_scan_goes_on_taking_text_and_says_so() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let query = Query { should_stop: &|| true, ..Query::new("", &types) };
    let mut scanner = Scanner::in_zones_of(&query, 64 * 1024);
    for _ in 0..64 {
        scanner.push("900-11-2222 Langer, ".repeat(1_000).as_bytes()).expect("a text");
        assert!(scanner.held_bytes() <= scanner.held_bytes_max());
    }
    let report = scanner.finish().expect("a text");
    assert!(report.stopped && report.types.is_empty());
}

#[test]
fn checks_whether_to_stop_count_atoms_and_not_groups() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let check = |text: &str, looks: std::ops::RangeInclusive<usize>| {
        let checks = AtomicUsize::new(0);
        let should_stop = || {
            checks.fetch_add(1, Ordering::Relaxed);
            false
        };
        scan(&Query { should_stop: &should_stop, ..Query::new(text, &types) }, &mut Scratch::new());
        let checks = checks.into_inner();
        assert!(looks.contains(&checks), "{checks} checks for {} bytes", text.len());
    };
    check("nothing of note in a line ".repeat(8).as_str(), 1..=1);
    // At least one for twice as many atoms as are between two, in each of the groups.
    check("nothing ".repeat(100_000).as_str(), 25..=1_000);
}

#[test]
fn texts_are_scanned_together_as_each_alone() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let mut scratch = Scratch::new();
    // Which of the texts hold something, if looking at all of them at once is stopped or not.
    let mut check = |texts: &[&str], stop: bool, expected: &[usize]| {
        let mut joined = TextBatch::new();
        joined.push("of those before");
        joined.clear();
        texts.iter().for_each(|text| joined.push(text));
        let query = Query { explain: true, ..Query::new("900-11-2222", &types) };
        joined.prescan(&Query { should_stop: &|| stop, ..query }, &mut scratch);
        let mut holding = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let report = joined.scan_one(index, &query, &mut scratch);
            assert_eq!(report, scan(&Query { text, ..query }, &mut scratch), "{text:?} among {texts:?}");
            holding.extend((report != Report::default()).then_some(index));
        }
        assert_eq!(holding, expected, "among {texts:?}");
        assert_eq!(joined.scan_one(texts.len(), &query, &mut scratch), Report::default());
    };
    let long = "nothing of note ".repeat(2_000);
    check(&[], false, &[]);
    check(&["", "nothing", "900-11-", "2222"], false, &[]);
    // An escape ends with its text, and a value may be all that a text has.
    check(
        &["a=", "900%2D11%2D2222", "ul%", "2DUlm\\", "r901-22-3333", "Langer", "-Langer"],
        false,
        &[1, 4, 5, 6],
    );
    check(&["9", "900-11-2222", "7", "901-22-3333-", "-5"], false, &[1, 3]);
    for stop in [false, true] {
        check(&["a Langer, 900-11-2222 a", &long, "901-22-3333, Ulm, 901-22-3333"], stop, &[0, 2]);
    }
}

#[test]
fn what_was_found_is_forgotten_with_its_texts() {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let (query, mut scratch, mut joined) = (Query::new("", &types), Scratch::new(), TextBatch::new());
    let text = "Langer, 900-11-2222";
    let expected = scan(&Query { text, ..query }, &mut scratch);
    joined.push("nothing");
    joined.prescan(&query, &mut scratch);
    joined.push(text);
    assert_eq!(
        joined.scan_one(1, &query, &mut scratch),
        expected,
        "a text that was added after the pre-scan"
    );
    joined.prescan(&query, &mut scratch);
    joined.clear();
    joined.push(text);
    assert_eq!(
        joined.scan_one(0, &query, &mut scratch),
        expected,
        "a text in the place of one that held nothing"
    );
}

#[test]
fn joined_texts_are_not_shown() {
    let mut joined = TextBatch::new();
    joined.push("900-11-2222");
    assert_eq!((joined.len(), joined.is_empty()), (1, false));
    assert!(!format!("{joined:?}").contains("900"));
}
