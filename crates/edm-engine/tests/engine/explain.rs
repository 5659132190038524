//! Why values that were found are no match, as a table of cases.

use edm_engine::{CandidateSpan, Exclusion, PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType, Delimiters, EvidenceGroup, Pattern, Proximity, ProximityUnit};

use crate::support;

const ROWS: &[&[&str]] = &[
    &["900-11-2222", "1960-05-05", "Isaiah", "Langer", "isaiah.langer@example.org", "Ulm"],
    &["901-22-3333", "1971-12-31", "Maria", "van der Berg", "m.vdb@example.org", "Ulm"],
    &["902-33-4444", "1980-01-02", "Wu", "Okafor", "okafor@example.org", "Ulm"],
    &["903-44-5555", "", "", "García", "", ""],
    &["904-55-6666", "1955-03-03", "Ada", "Ulm", "ada@example.org", "Bonn"],
];

fn columns() -> Columns {
    let dashes = || Delimiters::new(['-', ' ']).expect("delimiters");
    Columns::new(vec![
        Column::text("ssn").searchable().ignoring(dashes()),
        Column::text("birthday"),
        Column::text("firstName"),
        Column::text("lastName").searchable().typed(DataType::Name),
        Column::text("email").searchable().typed(DataType::Email),
        Column::text("city").searchable(),
    ])
    .expect("columns")
}

fn group(min_matches: u32, max_matches: Option<u32>, columns: &[&str]) -> EvidenceGroup {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    EvidenceGroup { min_matches, max_matches, columns }
}

/// Needs two of birthday, first and last name within 40 characters of a number.
fn two_facts() -> Pattern {
    Pattern {
        confidence: 80,
        primary: Some("ssn".to_owned()),
        proximity: Proximity { unit: ProximityUnit::Characters, distance: 40, or_same_row: false },
        supporting: vec![group(2, None, &["birthday", "firstName", "lastName", "email"])],
        not_counted: Vec::new(),
        void_if: Vec::new(),
    }
}

/// What a request has besides the text.
#[derive(Default)]
struct Request {
    candidates: Vec<CandidateSpan>,
    exempt: Vec<Exclusion>,
}

/// Returns the sentences of an explanation.
fn sentences(unmatched: &edm_engine::Unmatched) -> String {
    unmatched.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn explained(patterns: Option<Vec<Pattern>>, request: &Request, text: &str) -> Vec<String> {
    let columns = columns();
    let generation = support::build(&columns, ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, patterns)]);
    let query = Query {
        explain: true,
        candidates: &request.candidates,
        exclusions: &request.exempt,
        ..Query::new(text, &types)
    };
    let report = scan(&query, &mut Scratch::new());
    assert_eq!(report, scan(&query, &mut Scratch::new()), "the same input, the same report");
    let unmatched = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.unmatched);
    unmatched
        .map(|unmatched| {
            let name = &columns.as_slice()[unmatched.column].name;
            let sentences = sentences(unmatched);
            for row in ROWS {
                for cell in row.iter().filter(|cell| cell.len() > 3) {
                    assert!(!sentences.contains(cell), "a sentence holds a value: {sentences}");
                }
            }
            format!("{:?} {name}@{}: {sentences}", unmatched.reason, unmatched.span.start_units)
        })
        .collect()
}

fn check(pattern: Pattern, text: &str, expected: &[&str]) {
    let found = explained(Some(vec![pattern]), &Request::default(), text);
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn facts_that_are_missing_far_or_of_another_row() {
    const HERE: &str =
        "ssn here belongs to row 1; confidence 80 needs 2 of birthday, firstName, lastName, email";
    let far = format!("900-11-2222 {} 1960-05-05", "x".repeat(60));
    check(two_facts(), "900-11-2222 alone", &[&format!("TooFewFacts ssn@0: {HERE}; 0 found near")]);
    check(
        two_facts(),
        &far,
        &[&format!(
            "FactTooFar ssn@0: {HERE}; 0 found near; birthday at 73 is of the same record, 62 characters away, \
             and 40 are allowed"
        )],
    );
    let words = Pattern {
        proximity: Proximity { unit: ProximityUnit::Words, distance: 1, or_same_row: false },
        ..two_facts()
    };
    check(
        words,
        "900-11-2222 a b c 1960-05-05",
        &[&format!(
            "FactTooFar ssn@0: {HERE}; 0 found near; birthday at 18 is of the same record, 3 words away, \
             and 1 are allowed"
        )],
    );
    let row = Pattern {
        proximity: Proximity { unit: ProximityUnit::Row, distance: 0, or_same_row: false },
        ..two_facts()
    };
    check(
        row,
        "900-11-2222;\nIsaiah;",
        &[&format!(
            "FactTooFar ssn@0: {HERE}; 0 found near; firstName at 13 is of the same record, and not in the same \
             table row"
        )],
    );
    check(
        two_facts(),
        "900-11-2222 Okafor, 1980-01-02",
        &[
            &format!(
                "FactOfAnotherRow ssn@0: {HERE}; 0 found near; lastName at 12 belongs to row 3; birthday at 20 \
                 belongs to row 3"
            ),
            "FactOfAnotherRow lastName@12: lastName here belongs to row 3; ssn at 0 belongs to row 1",
        ],
    );
    check(
        two_facts(),
        "900-11-2222 Langer",
        &[
            &format!("TooFewFacts ssn@0: {HERE}; 1 found near; lastName at 12 is of the same record"),
            "TooFewFacts lastName@12: lastName here belongs to row 1; ssn at 0 is of the same record",
        ],
    );
    check(
        two_facts(),
        "903-44-5555 García",
        &[
            "EmptyInRow ssn@0: ssn here belongs to row 4; confidence 80 needs 2 of birthday, firstName, lastName, \
             email; 1 found near; lastName at 12 is of the same record; empty in the record: birthday, firstName, \
             email",
            "EmptyInRow lastName@12: lastName here belongs to row 4; ssn at 0 is of the same record",
        ],
    );
}

#[test]
fn facts_that_do_not_count() {
    let one = |columns: &[&str]| Pattern { supporting: vec![group(1, None, columns)], ..two_facts() };
    check(
        one(&["firstName"]),
        "902-33-4444 Wu",
        &[
            "ShortValue ssn@0: ssn here belongs to row 3; confidence 80 needs 1 of firstName; 0 found near; firstName \
           at 12 is of the same record and too short to count",
        ],
    );
    check(
        Pattern { not_counted: vec!["lastName".to_owned()], ..one(&["firstName", "lastName"]) },
        "900-11-2222 Langer",
        &[
            "NotCounted ssn@0: ssn here belongs to row 1; confidence 80 needs 1 of firstName; 0 found near; lastName \
             at 12 is of the same record and not counted",
            "NotCounted lastName@12: lastName here belongs to row 1; ssn at 0 is of the same record",
        ],
    );
    check(
        Pattern { not_counted: vec!["city".to_owned()], ..one(&["firstName"]) },
        "900-11-2222 Ulm",
        &[
            "WeakColumn ssn@0: ssn here belongs to row 1; confidence 80 needs 1 of firstName; 0 found near; city at \
             12 is of the same record and not counted",
            "FactOfAnotherRow lastName@12: lastName here belongs to row 5; ssn at 0 belongs to row 1",
            "WeakColumn city@12: city here belongs to row 1 and 2 more; ssn at 0 is of the same record",
        ],
    );
    let in_one_run = "is of the same record and shares characters with another value, which counts once";
    check(
        Pattern { primary: Some("email".to_owned()), ..one(&["firstName", "lastName"]) },
        "isaiah.langer@example.org",
        &[
            &format!(
                "InOneRun email@0: email here belongs to row 1; confidence 80 needs 1 of firstName, lastName; 0 found \
                 near; firstName at 0 {in_one_run}; lastName at 7 {in_one_run}"
            ),
            "InOneRun lastName@7: lastName here belongs to row 1; it is in one run with email at 0, which counts once",
        ],
    );
    check(
        Pattern { primary: Some("email".to_owned()), ..one(&["lastName"]) },
        "https://x.example/Langer!mail!isaiah.langer@example.org",
        &[
            "InOneRun lastName@18: lastName here belongs to row 1; email at 30 is of the same record",
            &format!(
                "InOneRun email@30: email here belongs to row 1; confidence 80 needs 1 of lastName; 0 found near; \
                 lastName at 18 is of the same record and is in one run with another value, which counts once; \
                 lastName at 37 {in_one_run}"
            ),
            "InOneRun lastName@37: lastName here belongs to row 1; it is in one run with email at 30, which counts once",
        ],
    );
    check(
        one(&["lastName"]),
        "MRN900112222",
        &["Attached ssn@3: ssn here belongs to row 1; confidence 80 needs 1 of lastName; 0 found near"],
    );
    check(
        Pattern { supporting: Vec::new(), ..two_facts() },
        "MRN900112222",
        &[
            "Attached ssn@3: ssn here belongs to row 1; ssn here is joined to other characters and needs a fact",
        ],
    );
}

#[test]
fn rows_and_matches_that_are_left_out() {
    let void = Pattern {
        void_if: vec!["city".to_owned()],
        supporting: vec![group(1, None, &["lastName"])],
        ..two_facts()
    };
    check(
        void,
        "900-11-2222 Langer, Bonn",
        &["FactOfAnotherRow city@20: city here belongs to row 5; ssn at 0 belongs to row 1"],
    );
    let void = Pattern {
        void_if: vec!["birthday".to_owned()],
        supporting: vec![group(1, None, &["lastName"])],
        ..two_facts()
    };
    check(
        void,
        "900-11-2222 Langer, 1960-05-05",
        &[
            "Voided ssn@0: ssn here belongs to row 1; lastName at 12 is of the same record; birthday at 20 is of the \
             same record and voids the match",
            "Voided lastName@12: lastName here belongs to row 1; ssn at 0 is of the same record",
        ],
    );
    let most = Pattern { supporting: vec![group(1, Some(1), &["firstName", "lastName"])], ..two_facts() };
    check(
        most,
        "900-11-2222 Isaiah Langer",
        &[
            "TooManyFacts ssn@0: ssn here belongs to row 1; confidence 80 allows at most 1 of firstName, lastName; \
             firstName at 12 is of the same record; lastName at 19 is of the same record",
            "TooManyFacts lastName@19: lastName here belongs to row 1; ssn at 0 is of the same record",
        ],
    );
    let email = "isaiah.langer@example.org".to_owned();
    let request = Request {
        exempt: vec![Exclusion { column: "email".to_owned(), values: vec![email] }],
        ..Request::default()
    };
    assert_eq!(
        explained(Some(vec![two_facts()]), &request, "900-11-2222 Isaiah Langer"),
        [
            "Exempt ssn@0: ssn here belongs to row 1; row 1 is exempt by email",
            "Exempt lastName@19: lastName here belongs to row 1; row 1 is exempt by email",
        ]
    );
    let request = Request {
        candidates: vec![CandidateSpan { offset_units: 12, length_units: 3 }],
        ..Request::default()
    };
    assert_eq!(
        explained(Some(vec![two_facts()]), &request, "900-11-2222 Isaiah Langer"),
        [
            "OutsideSpans ssn@0: ssn here belongs to row 1; it is in none of the given spans",
            "OutsideSpans lastName@19: lastName here belongs to row 1; ssn at 0 is of the same record",
        ]
    );
}

#[test]
fn values_that_begin_no_match() {
    let nothing = "no value that a match begins with is near it";
    check(
        two_facts(),
        "Langer",
        &[&format!("TooFewFacts lastName@0: lastName here belongs to row 1; {nothing}")],
    );
    let weak = "city has values that many records share, so no pattern begins with it";
    check(
        two_facts(),
        "900-11-2222 Isaiah, 1960-05-05 Ulm",
        &[
            "FactOfAnotherRow lastName@31: lastName here belongs to row 5; ssn at 0 belongs to row 1",
            &format!(
                "WeakColumn city@31: city here belongs to row 1 and 2 more; ssn at 0 is of the same record; {weak}"
            ),
        ],
    );
    let far = format!("900-11-2222 Isaiah, 1960-05-05 {} Langer", "x".repeat(40));
    check(
        two_facts(),
        &far,
        &[
            "FactTooFar lastName@72: lastName here belongs to row 1; ssn at 0 is of the same record, 61 characters away, \
           and 40 are allowed",
        ],
    );
    // What is evidence of a match needs no explanation, nor does a copy of it that the match shows.
    check(two_facts(), "900-11-2222 Isaiah Langer Langer", &[]);
}

#[test]
fn values_of_replaced_rows_and_of_many_rows() {
    let check =
        |columns: Columns, rows: &[&[&str]], patterns: Option<Vec<Pattern>>, text: &str, expected: &str| {
            let generation = support::build(&columns, rows, 64, edm_engine::build::PART_BYTES_DEFAULT).open();
            let types = PreparedTypes::prepare([support::active(&generation, patterns)]);
            let report = scan(&Query { explain: true, ..Query::new(text, &types) }, &mut Scratch::new());
            let unmatched = report.diagnostics.iter().flat_map(|diagnostic| &diagnostic.unmatched);
            let lines: Vec<String> = unmatched
                .map(|unmatched| format!("{:?}: {}", unmatched.reason, sentences(unmatched)))
                .collect();
            assert_eq!(lines.join("\n"), expected);
        };
    let ids = |first: Column| {
        Columns::new(vec![first.searchable(), Column::text("name").searchable()]).expect("columns")
    };
    let keyed = ids(Column { key: true, ..Column::text("id") });
    let rows: &[&[&str]] = &[&["A-10001", "Langer"], &["A-10001", "Okafor"]];
    // What only a replaced row holds is in the table no more, and nothing says that it was.
    check(keyed, rows, None, "Langer", "");
    let rows: &[&[&str]] = &[&["A-10001", "Langer"], &["Zeta", "Okafor"]];
    check(
        ids(Column::text("id")),
        rows,
        None,
        "Zeta",
        "WeakValue: id here belongs to row 2; it has fewer than 5 letters and digits, or neither a digit nor @: too \
         little to begin with",
    );
    let alone = Pattern { primary: Some("id".to_owned()), supporting: Vec::new(), ..two_facts() };
    let inside = "InsideNumber: id here belongs to row 1; it is a part of a longer card or account number";
    let rooms: &[&[&str]] = &[&["1111", "Langer"]];
    let card = "4111 1111 1111 1111";
    check(ids(Column::text("id")), rooms, Some(vec![alone]), card, &[inside; 3].join("\n"));
    let many: Vec<[&str; 2]> = vec![["A-10001", ""]; 300];
    let many: Vec<&[&str]> = many.iter().map(|row| row.as_slice()).collect();
    let pattern = Pattern {
        primary: Some("id".to_owned()),
        supporting: vec![group(0, None, &["name"]), group(1, None, &["id"])],
        ..two_facts()
    };
    check(
        ids(Column::text("id")),
        &many,
        Some(vec![pattern]),
        "A-10001",
        "Limit: id here belongs to row 1 and 299 more; confidence 80 needs 1 of id; 0 found near; empty in the record: \
         name; only 256 of its rows were looked at",
    );
}
