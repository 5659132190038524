//! Tables of texts against one small table of people.

use std::sync::Arc;

use edm_engine::{Place, PreparedTypes, Query, Redacted, Redaction, Report, Scratch, redact, scan};
use edm_model::{
    Column, Columns, DataType, Delimiters, EvidenceGroup, Pattern, Proximity, ProximityUnit, Reason,
};

use crate::support;

fn columns() -> Columns {
    let dashes = || Delimiters::new(['-', ' ']).expect("delimiters");
    Columns::new(vec![
        Column::text("ssn").searchable().ignoring(dashes()),
        Column::text("birthday"),
        Column::text("firstName"),
        Column::text("lastName").searchable().typed(DataType::Name),
        Column::text("email").searchable().typed(DataType::Email),
    ])
    .expect("columns")
}

fn build(columns: &Columns, rows: &[&[&str]], block_rows: usize) -> support::Files {
    support::build(columns, rows, block_rows, edm_engine::build::PART_BYTES_DEFAULT)
}

const ROWS: &[&[&str]] = &[
    &["900-11-2222", "1960-05-05", "Isaiah", "Langer", "isaiah.langer@example.org"],
    &["901223333", "1971-12-31", "Maria", "van der Berg", "m.vdb@example.org"],
    &["902-33-4444", "1980-01-02", "Chinwe", "Okafor", "okafor@example.org"],
    &["903-44-5555", "1990-07-14", "José", "García Márquez", "jose@example.org"],
    &["904-55-6666", "1955-03-03", "太郎", "山田", "taro@example.org"],
    &["905-66-7777", "1999-09-09", "Sean", "O'Neil", "sean@example.org"],
];

/// Renders a report as `confidence column@text[column:text!]` with `!` for counted evidence, one
/// match a line.
fn render(text: &str, report: &Report, names: &Columns) -> Vec<String> {
    let name = |column: usize| names.as_slice()[column].name.as_str();
    let matches = report.types.iter().flat_map(|found| &found.matches);
    matches
        .map(|matched| {
            let evidences: Vec<String> = matched
                .evidences
                .iter()
                .map(|evidence| {
                    let counted = if evidence.counted { "!" } else { "" };
                    format!(
                        "{}:{}{counted}",
                        name(evidence.column),
                        &text[evidence.span.start..evidence.span.end]
                    )
                })
                .collect();
            let rows: Vec<String> = matched.rows.iter().map(|row| row.record.to_string()).collect();
            let value = &text[matched.span.start..matched.span.end];
            format!(
                "{} {}:{value} row {} [{}]",
                matched.confidence,
                name(matched.column),
                rows.join(","),
                evidences.join(", ")
            )
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    let generation = build(&columns(), ROWS, 4).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let report = scan(&Query::new(text, &types), &mut Scratch::new());
    assert_eq!(render(text, &report, &columns()), expected, "{text:?}");
}

#[test]
fn one_record_is_found_however_its_values_are_written() {
    check("SSN 900-11-2222", &["65 ssn:900-11-2222 row 1 []"]);
    check("SSN 900112222", &["65 ssn:900112222 row 1 []"]);
    check("SSN 901-22-3333", &["65 ssn:901-22-3333 row 2 []"]);
    check("SSN ９００−１１−２２２２", &["65 ssn:９００−１１−２２２２ row 1 []"]);
    check(
        "Mr Langer's SSN is 900-11-2222, born 1960-05-05",
        &["85 ssn:900-11-2222 row 1 [lastName:Langer!, birthday:1960-05-05!]"],
    );
    check(
        r#"{"name":"van der\n Berg","ssn":"901-22-3333","born":"1971-12-31"}"#,
        &[r#"85 ssn:901-22-3333 row 2 [lastName:van der\n Berg!, birthday:1971-12-31!]"#],
    );
    check(
        "Maria van\nder Berg 901-22-3333",
        &["85 ssn:901-22-3333 row 2 [firstName:Maria!, lastName:van\nder Berg!]"],
    );
    check(
        "García Márquez, José: 903445555",
        &["85 ssn:903445555 row 4 [lastName:García Márquez!, firstName:José!]"],
    );
    check("山田太郎 904-55-6666", &["85 ssn:904-55-6666 row 5 [lastName:山田!, firstName:太郎!]"]);
    check("O’Neil 905-66-7777", &["75 ssn:905-66-7777 row 6 [lastName:O’Neil!]"]);
}

#[test]
fn rows_are_never_mixed() {
    check("Okafor 900-11-2222", &["65 ssn:900-11-2222 row 1 []"]);
    check("Chinwe Okafor, 1980-01-02, 900-11-2222", &["65 ssn:900-11-2222 row 1 []"]);
    check("Langer and Okafor met on 1960-05-05", &[]);
}

#[test]
fn an_address_is_one_place() {
    check("isaiah.langer@example.org", &["65 email:isaiah.langer@example.org row 1 []"]);
    check(
        "mail <isaiah.langer@example.org> 900-11-2222",
        &[
            "85 email:isaiah.langer@example.org row 1 [ssn:900-11-2222!]",
            "85 ssn:900-11-2222 row 1 [email:isaiah.langer@example.org!]",
        ],
    );
}

#[test]
fn longer_numbers_hold_no_shorter_ones() {
    check("900-11-2222-0001", &[]);
    check("1-900-11-2222", &[]);
    check("9001122220", &[]);
    check("x900112222", &[]);
    check("x900112222 Langer", &["75 ssn:900112222 row 1 [lastName:Langer!]"]);
    check("900 11 2222", &[]);
    check("900 11 2222 Langer", &["75 ssn:900 11 2222 row 1 [lastName:Langer!]"]);
    check("900  11  2222 Langer", &[]);
}

#[test]
fn evidence_must_be_near() {
    let filler = |count: usize| "x".repeat(count);
    let near = format!("900-11-2222 {} Langer", filler(298));
    let far = format!("900-11-2222 {} Langer", filler(299));
    check(&near, &["75 ssn:900-11-2222 row 1 [lastName:Langer!]"]);
    check(&far, &["65 ssn:900-11-2222 row 1 []"]);
    let table = format!("a\tb\tc\n900-11-2222\t{}\tLanger\n", filler(400));
    check(&table, &["75 ssn:900-11-2222 row 1 [lastName:Langer!]"]);
}

#[test]
fn offsets_are_bytes_and_utf16() {
    let generation = build(&columns(), ROWS, 4).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let report = scan(&Query::new("🙂é 900-11-2222", &types), &mut Scratch::new());
    let span = report.types[0].matches[0].span;
    assert_eq!((span.start, span.end, span.start_units, span.end_units), (7, 18, 4, 15));
}

fn pattern(unit: ProximityUnit, distance: u32) -> Pattern {
    Pattern {
        confidence: 80,
        primary: Some("ssn".to_owned()),
        proximity: Proximity { unit, distance, or_same_row: false },
        supporting: vec![EvidenceGroup {
            min_matches: 1,
            max_matches: None,
            columns: vec!["lastName".to_owned()],
        }],
        not_counted: Vec::new(),
        void_if: vec!["firstName".to_owned()],
    }
}

#[test]
fn patterns_of_ones_own_measure_as_they_say() {
    let generation = build(&columns(), ROWS, 4).open();
    let found = |unit, distance, text: &str| {
        let types =
            PreparedTypes::prepare([support::active(&generation, Some(vec![pattern(unit, distance)]))]);
        scan(&Query::new(text, &types), &mut Scratch::new()).types.len()
    };
    assert_eq!(found(ProximityUnit::Words, 2, "900-11-2222 of Mr Langer"), 1);
    assert_eq!(found(ProximityUnit::Words, 2, "900-11-2222 of old Mr Langer"), 0);
    assert_eq!(found(ProximityUnit::Characters, 6, "900-11-2222 of   Mr Langer"), 0);
    assert_eq!(found(ProximityUnit::Characters, 7, "900-11-2222 of   Mr Langer"), 1);
    assert_eq!(found(ProximityUnit::Row, 0, "a;b\n900-11-2222;Langer\n"), 1);
    assert_eq!(found(ProximityUnit::Row, 0, "a;b\n900-11-2222;x\ny;Langer"), 0);
    assert_eq!(found(ProximityUnit::Document, 0, &format!("900-11-2222{}Langer", " x\n\n".repeat(9_000))), 1);
    assert_eq!(found(ProximityUnit::Words, 9, "900-11-2222 of Isaiah Langer"), 0, "a first name voids it");
}

#[test]
fn what_is_found_can_be_explained_and_taken_out() {
    let generation = build(&columns(), ROWS, 4).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let text = "900-11-2222 and Okafor";
    let report = scan(&Query { explain: true, ..Query::new(text, &types) }, &mut Scratch::new());
    let unmatched = &report.diagnostics[0].unmatched[0];
    assert_eq!((unmatched.reason, unmatched.column), (Reason::FactOfAnotherRow, 3));
    let sentences: Vec<String> = unmatched.notes.iter().map(ToString::to_string).collect();
    assert_eq!(sentences, ["lastName here belongs to row 3", "ssn at 0 belongs to row 1"]);
    let name = |_: usize, column: usize| columns().as_slice()[column].name.clone();
    let length = |place: Place<'_>| place.text.len().to_string();
    for (style, expected) in [
        (Redaction::Label, "[ssn] and Okafor"),
        (Redaction::Mask, "███████████ and Okafor"),
        (Redaction::Token(&length), "[ssn:11] and Okafor"),
    ] {
        let redacted = redact(&Query::new(text, &types), &report, &name, &style);
        assert_eq!(redacted, Redacted { text: expected.to_owned(), ..Redacted::default() });
    }
}

#[test]
fn one_salt_for_two_tables_is_one_pass_and_two_reports() {
    let one = build(&columns(), &ROWS[..3], 8).open();
    let two = build(&columns(), &ROWS[3..], 8).open();
    let types = PreparedTypes::prepare([support::active(&one, None), support::active(&two, None)]);
    let report = scan(&Query::new("900-11-2222 903-44-5555", &types), &mut Scratch::new());
    let found: Vec<usize> = report.types.iter().map(|found| found.type_index).collect();
    assert_eq!(found, [0, 1]);
}

#[test]
fn a_wrong_salt_finds_nothing() {
    let files = build(&columns(), ROWS, 4);
    let salt = edm_hash::Salt::new("another salt, another salt, another one".to_owned()).expect("a salt");
    let generation = Arc::new(files.open_with(&salt).expect("whole files"));
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    assert!(scan(&Query::new("900-11-2222 Langer", &types), &mut Scratch::new()).types.is_empty());
}

#[test]
fn a_key_keeps_the_last_row_of_each_value() {
    let mut list = columns().as_slice().to_vec();
    list[0].key = true;
    let keyed = Columns::new(list).expect("columns");
    let rows: Vec<&[&str]> = vec![
        ROWS[0],
        ROWS[1],
        &["900112222", "2001-01-01", "Ada", "Langer", "ada@example.org"],
        &["", "", "", "", ""],
    ];
    let generation = build(&keyed, &rows, 2).open();
    assert_eq!(generation.row_count(), 2);
    assert_eq!(generation.lookup(0, "900-11-2222", 10), [2]);
    assert_eq!(generation.lookup(4, "isaiah.langer@example.org", 10), Vec::<u32>::new());
    assert_eq!(generation.row_token(3, 0), None);
}

#[test]
fn where_deltas_were_a_row_is_named_with_its_session() {
    let mut keyed = columns().as_slice().to_vec();
    keyed[0].key = true;
    let keyed = Columns::new(keyed).expect("columns");
    let base = build(&keyed, ROWS, 4);
    let moved: &[&str] = &["902-33-4444", "1980-01-02", "Chinwe", "Adeyemi", "okafor@example.org"];
    let generation = support::delta(&base, 9, &[moved], &[]).open();
    let sentences = |text: &str| {
        let types = PreparedTypes::prepare([support::active(&generation, None)]);
        let query = Query { explain: true, minimum_confidence: 100, ..Query::new(text, &types) };
        let report = scan(&query, &mut Scratch::new());
        let found = report.diagnostics.iter().flat_map(|found| &found.unmatched);
        found.flat_map(|value| value.notes.first().map(ToString::to_string)).collect::<Vec<_>>()
    };
    let (one, nine) = ("02".repeat(16), "09".repeat(16));
    let session = |text: &str| text.replace('-', "");
    let check = |text: &str, expected: &[String]| {
        let found: Vec<String> = sentences(text).iter().map(|sentence| session(sentence)).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("Mr Adeyemi", &[format!("lastName here belongs to row 1 of session {nine}")]);
    check("Mr Langer", &[format!("lastName here belongs to row 1 of session {one}")]);
    check("Mr Okafor", &[]);
}

/// Texts that once made a step quadratic or worse: at these sizes that would not end. Nothing is
/// timed; the suite's own limit on a test is what fails.
#[test]
fn hostile_texts_end() {
    let generation = build(&columns(), ROWS, 4).open();
    let dashes = Delimiters::new(['-', '.']).expect("delimiters");
    let numbers = Columns::new(vec![
        Column::text("number").searchable().typed(DataType::Digits { width: Some(9) }).ignoring(dashes),
        Column::text("email").searchable().typed(DataType::Email),
    ])
    .expect("columns");
    let wide = build(&numbers, &[&["123456789", "ada@example.org"]], 4).open();
    let types = PreparedTypes::prepare([support::active(&generation, None), support::active(&wide, None)]);
    let texts = [
        "%C3".repeat(200_000),
        "=41=FF".repeat(100_000),
        "1-1.".repeat(50_000),
        "0-0.".repeat(50_000),
        "a@b.".repeat(100_000),
        "a=".repeat(100_000) + "@" + &"b.".repeat(100_000),
        "&#".repeat(200_000),
        "\u{200B}".repeat(200_000),
        format!("e{}", "\u{301}".repeat(100_000)),
        "van der ".repeat(50_000),
        "900-11-2222 Langer Isaiah 1960-05-05\t".repeat(1_500) + "\na\tb\n",
        "900-11-2222 ".repeat(20_000),
        "<tr>".repeat(100_000),
        "</tr>".repeat(100_000),
        "<tr></tr>".repeat(100_000),
        "a  b\n".repeat(100_000),
    ];
    for text in texts {
        scan(&Query { explain: true, ..Query::new(&text, &types) }, &mut Scratch::new());
    }
}
