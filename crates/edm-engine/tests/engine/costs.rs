//! What a text costs at most: its work, counted by how often a scan checks whether to stop, and
//! that it can be stopped everywhere.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use edm_engine::{
    PreparedTypes, Query, Redaction, Report, Scanner, Scratch, TextBatch, Unfinished, redact, scan,
};
use edm_model::{
    Column, Columns, Country, DataType, DateOrder, EvidenceGroup, LimitKind, Pattern, Proximity,
    ProximityUnit, limits,
};

use crate::support;

/// Row checks between two looks at whether to stop.
const WORK_A_LOOK: u64 = 1 << 16;
/// What finding the values of a text costs for each byte beside its row checks, at most: each atom
/// is begun with once for each rule, and once more where the text is decoded.
const FINDING_A_BYTE: u64 = 60;
/// What explaining why a value is no match costs beside that: its 128 neighbours are evaluated,
/// however short they are.
const EXPLAINING_A_BYTE: u64 = 500;
const TEXT_BYTES: usize = limits::ROW_CHECKS_BYTES;
const PEOPLE: usize = 600;

struct People {
    rows: Vec<[String; 7]>,
    types: PreparedTypes,
}

fn people() -> People {
    let columns = Columns::new(vec![
        Column::text("ssn").searchable().typed(DataType::Ssn),
        Column::text("first").searchable().typed(DataType::Name),
        Column::text("last").searchable().typed(DataType::Name),
        Column::text("dob").searchable().typed(DataType::Date { order: Some(DateOrder::YearMonthDay) }),
        Column::text("phone").searchable().typed(DataType::Phone { country: Country::new("US") }),
        Column::text("address").searchable().typed(DataType::Address),
        Column::text("note"),
    ]);
    let columns = columns.expect("columns");
    let streets = ["Main", "Oak", "Park", "Elm", "High"];
    let firsts = ["Anna", "Boris", "Carla", "David", "Elisa", "Farah"];
    let rows: Vec<[String; 7]> = (0..PEOPLE)
        .map(|n| {
            [
                format!("{:09}", 123_451_234 + n * 1_371),
                firsts[n % firsts.len()].to_owned(),
                // Every other one has the same name.
                if n % 2 == 0 { "Smith".to_owned() } else { format!("Mil{}", name(n)) },
                format!("19{:02}-{:02}-{:02}", 40 + n % 60, 1 + n % 12, 1 + n % 28),
                format!("+1 212 {:03} {:04}", 200 + n % 800, 1_000 + n * 13 % 9_000),
                format!("{} {} Street, New York", 1 + n % 900, streets[n % streets.len()]),
                format!("note{}", name(n)),
            ]
        })
        .collect();
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let generation = support::build(&columns, &cells, 200, edm_engine::build::PART_BYTES_DEFAULT).open();
    // The default type, and one that begins with what half of the people share, as far as anybody
    // may look.
    let pattern = |primary: &str, unit, confidence| Pattern {
        confidence,
        primary: Some(primary.to_owned()),
        proximity: Proximity { unit, distance: 300, or_same_row: true },
        supporting: vec![EvidenceGroup {
            min_matches: 1,
            max_matches: None,
            columns: vec!["first".to_owned(), "dob".to_owned(), "note".to_owned()],
        }],
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let patterns = vec![
        pattern("last", ProximityUnit::Characters, 80),
        pattern("last", ProximityUnit::Document, 70),
        pattern("ssn", ProximityUnit::Document, 90),
    ];
    let default = support::active(&generation, None);
    let defined = support::active(&generation, Some(patterns));
    People { rows, types: PreparedTypes::prepare([default, defined]) }
}

/// Letters for a number.
fn name(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

fn filled(piece: &str) -> String {
    let mut text = piece.repeat(TEXT_BYTES / piece.len() + 1);
    text.truncate(text.floor_char_boundary(TEXT_BYTES));
    text
}

/// Texts that are dense in what takes time.
fn hostile(people: &People) -> Vec<(&'static str, String)> {
    let row = &people.rows[0];
    let joined = |separator: &str| {
        people.rows.iter().fold(String::new(), |mut all, row| {
            let _ = writeln!(all, "{}", row.join(separator));
            all
        })
    };
    let dates = people.rows.iter().map(|row| row[3].as_str()).collect::<Vec<_>>().join(" ");
    vec![
        ("prose", filled("The report of the committee was sent to all members before the vote on it. ")),
        ("own table", filled(&joined(","))),
        ("own table, tabs", filled(&joined("\t"))),
        ("one surname", filled("Smith ")),
        ("surname lines", filled("Smith\n")),
        ("first and last", filled("Anna Smith Boris Smith ")),
        ("digits", filled("123456789 ")),
        ("digits spaced", filled("1 2 3 4 5 6 7 8 9 0 ")),
        ("digits dashes", filled("1-2-3-4-5-6-7-8-9-")),
        ("phones", filled("+1 212 555 1234 ")),
        ("dates", filled("1950-01-01 1/1/50 ")),
        ("addresses", filled("12 Main Street, New York 12 Main St ")),
        ("escapes", filled("%53%6d%69%74%68%20")),
        ("one row, tabs", filled(&format!("{}\n", row.join("\t")))),
        ("one row, commas", filled(&format!("{}\n", row.join(",")))),
        ("one row, spaces", filled(&format!("{} ", row.join(" ")))),
        ("long lines", filled(&format!("{}\n", format!("{}\t", row.join("\t")).repeat(300)))),
        ("one ssn", filled(&format!("{} ", row[0]))),
        ("ssn and surname", filled(&format!("{} {} ", row[0], row[2]))),
        ("ssn tab surname", filled(&format!("{}\t{}\n", row[0], row[2]))),
        ("surname and all dates", filled(&format!("Smith {dates} "))),
    ]
}

/// Scans a text and counts the checks whether to stop; from this check on the answer is
/// yes.
fn scan_counted(types: &PreparedTypes, text: &str, explain: bool, stop_at: u64) -> (Report, u64) {
    let looks = AtomicU64::new(0);
    let should_stop = || looks.fetch_add(1, Ordering::Relaxed) + 1 >= stop_at;
    let query = Query { should_stop: &should_stop, explain, ..Query::new(text, types) };
    let report = scan(&query, &mut Scratch::new());
    (report, looks.into_inner())
}

#[test]
fn the_work_of_a_text_is_bounded_by_its_length() {
    let people = people();
    for (name, text) in hostile(&people) {
        // What is found is shown, which takes at most as long again. Explanations have row checks
        // of their own, and look farther: the words within 256 KiB are hashed for more than one
        // reach.
        let both = FINDING_A_BYTE + EXPLAINING_A_BYTE;
        for (explain, shares, of_a_byte, bytes) in
            [(false, 2, FINDING_A_BYTE, TEXT_BYTES), (true, 24, both, TEXT_BYTES / 4)]
        {
            let text = &text[..text.floor_char_boundary(bytes)];
            let (report, looks) = scan_counted(&people.types, text, explain, u64::MAX);
            assert!(!report.stopped, "{name}");
            let allowed = shares * limits::ROW_CHECKS_MAX + text.len() as u64 * of_a_byte;
            let work = looks * WORK_A_LOOK;
            assert!(
                work <= allowed,
                "{name}, explain {explain}: {work} for {bytes} bytes, {allowed} are allowed"
            );
        }
    }
}

/// What is repeated is evaluated once, so that no bound is met by it.
#[test]
fn repeated_values_meet_no_bound() {
    let people = people();
    let types = PreparedTypes::prepare([people.types.types()[0].clone()]);
    for (name, text) in hostile(&people) {
        let report = scan(&Query { explain: false, ..Query::new(&text, &types) }, &mut Scratch::new());
        let met = report.types.iter().flat_map(|found| &found.limits);
        let met: Vec<LimitKind> =
            met.map(|limit| limit.kind).filter(|kind| *kind == LimitKind::RowChecks).collect();
        // A record that is in its line three hundred times is near itself as often each time.
        assert_eq!(!met.is_empty(), name == "long lines", "{name}");
    }
}

#[test]
fn a_scan_can_be_stopped_at_every_look_and_says_so() {
    let people = people();
    let mut stopped_at = 0;
    for (name, text) in hostile(&people) {
        let text = &text[..text.floor_char_boundary(3 * 1024)];
        for explain in [false, true] {
            let (whole, looks) = scan_counted(&people.types, text, explain, u64::MAX);
            assert!(!whole.stopped && looks > 0, "{name}");
            for stop_at in 1..=looks + 1 {
                let (report, made) = scan_counted(&people.types, text, explain, stop_at);
                assert_eq!(report.stopped, stop_at <= looks, "{name}, explain {explain}, look {stop_at}");
                assert_eq!(made, stop_at.min(looks), "{name}: a stop is final");
                let found = |report: &Report| -> usize {
                    report
                        .types
                        .iter()
                        .map(|found| {
                            found.counts.iter().map(|count| count.match_count as usize).sum::<usize>()
                        })
                        .sum()
                };
                assert!(found(&report) <= found(&whole), "{name}");
                if stop_at > looks {
                    assert_eq!(report, whole, "{name}");
                }
                stopped_at += 1;
            }
            let should_stop = || true;
            let query = Query { should_stop: &should_stop, explain, ..Query::new("", &people.types) };
            let mut scanner = Scanner::in_zones_of(&query, 4_096);
            scanner.push(text.as_bytes()).expect("a text");
            assert!(scanner.finish().expect("a text").stopped, "{name} in pieces");
            let mut joined = TextBatch::new();
            joined.push(text);
            joined.prescan(&query, &mut Scratch::new());
            assert!(joined.scan_one(0, &query, &mut Scratch::new()).stopped, "{name} among others");
        }
    }
    assert!(stopped_at > 100, "only {stopped_at} looks: too few to say anything");
}

/// Twice the text is twice the looks: nothing goes on for long without one.
#[test]
fn looks_grow_with_the_work() {
    let people = people();
    let types = PreparedTypes::prepare([people.types.types()[0].clone()]);
    for (name, text) in hostile(&people) {
        let of =
            |bytes: usize| scan_counted(&types, &text[..text.floor_char_boundary(bytes)], false, u64::MAX).1;
        let (of_half, of_all) = (of(TEXT_BYTES / 2), of(TEXT_BYTES));
        assert!(of_all * 10 >= of_half * 15, "{name}: {of_half} looks for a half and {of_all} for all");
    }
}

/// A redaction whose later looks are stopped is no redaction.
#[test]
fn a_redaction_that_is_stopped_is_unfinished() {
    let people = people();
    let types = PreparedTypes::prepare([people.types.types()[0].clone()]);
    let text = format!("{}\n", people.rows[0].join("\t")).repeat(60);
    let name = |_: usize, column: usize| format!("c{column}");
    let mut finished = 0;
    for stop_at in 1..2_000 {
        let looks = AtomicU64::new(0);
        let should_stop = || looks.fetch_add(1, Ordering::Relaxed) + 1 >= stop_at;
        let query = Query { should_stop: &should_stop, explain: true, ..Query::new(&text, &types) };
        let report = scan(&query, &mut Scratch::new());
        let redacted = redact(&query, &report, &name, &Redaction::Label);
        if looks.into_inner() < stop_at {
            assert_eq!(redacted.unfinished, None, "it was not stopped");
            assert!(!redacted.text.contains(&people.rows[0][0]), "{}", redacted.text);
            finished += 1;
            break;
        }
        assert_eq!(redacted.unfinished, Some(Unfinished::Stopped), "stopped at look {stop_at}");
    }
    assert_eq!(finished, 1, "it ends some time");
}
