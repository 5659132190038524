//! Bounds of a scan: what they leave out, and that the report says so.

use std::fmt::Write as _;

use edm_engine::{PreparedTypes, Query, Report, Scratch, scan};
use edm_model::{Column, Columns, EvidenceGroup, LimitKind, Pattern, Proximity, limits};

use crate::support;

const CITY: &str = "Springfield";

/// People of one city, each with a card number and a pet of their own.
fn town(people: usize) -> PreparedTypes {
    let columns = [Column::text("city").searchable(), Column::text("card").searchable(), Column::text("pet")];
    let columns = Columns::new(columns.to_vec()).expect("columns");
    let cells: Vec<[String; 3]> = (0..people).map(|n| [CITY.to_owned(), card(n), pet(n)]).collect();
    let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let files = support::build(&columns, &rows, 100, edm_engine::build::PART_BYTES_DEFAULT);
    let pattern = |primary: &str, supporting: Vec<EvidenceGroup>, confidence| Pattern {
        confidence,
        primary: Some(primary.to_owned()),
        proximity: Proximity::default(),
        supporting,
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let with_pet = EvidenceGroup { min_matches: 1, max_matches: None, columns: vec!["pet".to_owned()] };
    let patterns = vec![pattern("city", vec![with_pet], 80), pattern("card", Vec::new(), 60)];
    PreparedTypes::prepare([support::active(&files.open(), Some(patterns))])
}

fn card(number: usize) -> String {
    format!("C{:07}", 1_000_000 + number)
}

fn pet(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'k' + digit - b'0')).chain("pet".chars()).collect()
}

fn limit_kinds(report: &Report) -> Vec<LimitKind> {
    let listed = report.types.iter().flat_map(|found| &found.limits);
    let unlisted = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.limits);
    let mut kinds: Vec<LimitKind> = listed.chain(unlisted).map(|limit| limit.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[test]
fn rows_beyond_the_row_set_need_a_second_value_nearby() {
    let check = |people: usize, text: String, rows: &[u64], kinds: &[LimitKind]| {
        let types = town(people);
        let report = scan(&Query { explain: true, ..Query::new(&text, &types) }, &mut Scratch::new());
        let matches = report.types.iter().flat_map(|found| &found.matches);
        let found: Vec<u64> = matches
            .filter(|matched| matched.confidence == 80)
            .flat_map(|matched| matched.rows.iter().map(|row| row.record))
            .collect();
        assert_eq!((found.as_slice(), limit_kinds(&report).as_slice()), (rows, kinds), "{text}");
    };
    let most = limits::ROW_SET_MAX;
    let (last, beyond) = (most - 1, most + 40);
    check(most, format!("{CITY}, {}", pet(last)), &[most as u64], &[]);
    check(beyond + 1, format!("{CITY}, {}", pet(last)), &[most as u64], &[LimitKind::RowSet]);
    check(beyond + 1, format!("{CITY}, {}", pet(beyond)), &[], &[LimitKind::RowSet]);
    let named = format!("{CITY}, {}, {}", pet(beyond), card(beyond));
    check(beyond + 1, named, &[beyond as u64 + 1], &[LimitKind::RowSet]);
}

#[test]
fn matches_beyond_the_bound_are_counted_and_not_listed() {
    let check = |written: usize, listed: usize, truncated: bool, kinds: &[LimitKind]| {
        let types = town(3);
        let mut text = String::new();
        for number in 0..written {
            let _ = writeln!(text, "{}", card(number % 3));
        }
        let report = scan(&Query::new(&text, &types), &mut Scratch::new());
        let found = report.types.first().expect("a match");
        assert_eq!((found.matches.len(), found.truncated), (listed, truncated), "{written}");
        assert_eq!((found.counts[0].match_count as usize, found.unique_count), (written, 3), "{written}");
        assert_eq!(limit_kinds(&report), kinds, "{written}");
    };
    check(limits::MATCHES_MAX, limits::MATCHES_MAX, false, &[]);
    check(limits::MATCHES_MAX + 1, limits::MATCHES_MAX, true, &[LimitKind::Matches]);
}

/// Row checks are counted for each 64 KiB. The rows of the first value of a part were remembered
/// for the part before, and forgotten before its evidence was searched for.
#[test]
fn the_first_value_of_a_part_has_its_evidence() {
    let types = town(6);
    for filler in [0, 100, 70_000, 200_000] {
        let text = format!("{}{CITY}, {}", "- ".repeat(filler / 2), pet(3));
        let report = scan(&Query::new(&text, &types), &mut Scratch::new());
        let matches = report.types.iter().flat_map(|found| &found.matches);
        let rows: Vec<u64> = matches.flat_map(|found| &found.rows).map(|row| row.record).collect();
        assert_eq!(rows, [4], "after {filler} bytes");
    }
}
