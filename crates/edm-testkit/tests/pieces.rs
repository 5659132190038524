//! Texts in pieces: the report does not depend on where a text is cut or how small its zones are.

use edm_engine::Accelerators;
use edm_testkit::differential::{Pieces, described, disagreement, findings, reports_in_pieces};
use edm_testkit::generate::{Case, Choices, Sample, Seeded, case};
use edm_testkit::oracle::{Asked, Question};
use edm_testkit::sample::{columns, pattern, rows, within};

use edm_model::{Pattern, ProximityUnit};

const CASES: u64 = 200;

fn check(name: &str, case: &Case, ways: &[Pieces]) {
    for (way, (whole, report)) in ways.iter().zip(reports_in_pieces(case, ways)) {
        if report != whole {
            let shown = if case.question.text.len() < 2_000 { described(case) } else { String::new() };
            let parts =
                [(report.types == whole.types, "types"), (report.diagnostics == whole.diagnostics, "why")];
            panic!(
                "{name}: another report in zones of {} {parts:?}\n{shown}{whole:?}\n{report:?}",
                way.zone_bytes
            );
        }
    }
}

fn random_pieces(choices: &mut Seeded, length: usize, pieces_max: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> =
        (0..choices.between(0, pieces_max)).map(|_| choices.below(length + 1)).collect();
    cuts.sort_unstable();
    cuts
}

#[test]
fn random_cases_in_random_pieces() {
    for seed in 0..CASES {
        let mut choices = Seeded::new(seed);
        let case = case(&mut choices);
        let length = case.question.text.len();
        let ways: Vec<Pieces> = [1, 7, 64, 300, usize::MAX / 2]
            .into_iter()
            .map(|zone_bytes| Pieces {
                cuts: random_pieces(&mut choices, length, 12),
                zone_bytes,
                explain: true,
            })
            .collect();
        check(&format!("seed {seed}"), &case, &ways);
    }
}

#[test]
fn short_texts_cut_at_every_byte() {
    for seed in 0..12 {
        let case = case(&mut Seeded::new(seed));
        let length = case.question.text.len().min(400);
        let ways: Vec<Pieces> = (0..=length)
            .map(|cut| Pieces { cuts: vec![cut], zone_bytes: 40 + cut % 50, explain: cut % 3 == 0 })
            .collect();
        check(&format!("seed {seed}"), &case, &ways);
        let singly = Pieces { cuts: (0..case.question.text.len()).collect(), zone_bytes: 20, explain: true };
        check(&format!("seed {seed}"), &case, &[singly]);
    }
}

/// Pieces long enough to exceed the text kept around a zone, or just beyond a limit.
fn long_piece(choices: &mut Seeded) -> String {
    let length = [3_000, 4_090, 4_100, 60_000, 65_530, 65_540, 66_800, 140_000][choices.below(8)];
    match choices.below(12) {
        0 => " ".repeat(length),
        1 => "\n".repeat(length),
        2 => "x".repeat(length),
        3 => "\u{200B}".repeat(length / 3),
        4 => "\u{301}".repeat(length / 2),
        5 => format!("{}@", "y".repeat(length)),
        6 => format!("<tr>{}", "<td>z ".repeat(length / 6)),
        7 => "1;".repeat(length / 2),
        8 => "%41".repeat(length / 3),
        9 => "😀".repeat(length / 4),
        10 => "word ".repeat(length / 5),
        _ => "a, b\n".repeat(length / 5),
    }
}

/// A text of many short ones about one table, with long pieces between them.
fn long_case(choices: &mut Seeded, length: usize) -> Option<Case> {
    let mut long = case(choices);
    let far = |pattern: &Pattern| pattern.proximity.unit == ProximityUnit::Document;
    if matches!(&long.question.patterns, Asked::Own(patterns) if patterns.iter().any(far)) {
        return None;
    }
    let mut text = String::new();
    let own = long.question.text.clone();
    while text.len() < length {
        match choices.below(6) {
            0 => text.push_str(&long_piece(choices)),
            1 | 2 => text.push_str(&" filler, and more of it.\n".repeat(choices.between(1, 2_000))),
            3 => {
                let row = &long.sample.rows[choices.below(long.sample.rows.len())];
                text.push_str(&row.join(choices.pick(&[" ", ";", "\t", ", ", "  "])));
                text.push_str(choices.pick(&["\n", " "]));
            }
            _ => {
                let from = own.floor_char_boundary(choices.below(own.len() + 1));
                text.push_str(&own[from..]);
                text.push(' ');
            }
        }
    }
    long.question.text = text;
    Some(long)
}

fn check_long(seeds: std::ops::Range<u64>, length: usize, explain: bool) {
    for seed in seeds {
        let mut choices = Seeded::new(seed);
        let Some(case) = long_case(&mut choices, length) else { continue };
        let way = |zone_bytes| Pieces { cuts: Vec::new(), zone_bytes, explain };
        let mut ways = [64 * 1024, 100_000].map(way);
        for way in &mut ways {
            way.cuts = random_pieces(&mut choices, case.question.text.len(), 40);
        }
        check(&format!("seed {seed}"), &case, &ways);
    }
}

#[test]
fn long_texts_in_zones() {
    check_long(0..12, 700_000, false);
}

#[test]
fn long_texts_explained_in_zones() {
    check_long(100..101, 1_200_000, true);
}

fn people(patterns: Vec<Pattern>, text: String) -> Case {
    let columns = columns(&["ssn* ignore=-", "last", "mail* email"]);
    let rows = rows(&["123-45-6789|Langer|ada@example.org", "987-65-4321|Okafor|ben@example.org"]);
    let question = Question { patterns: Asked::Own(patterns), ..Question::new(text) };
    Case { sample: Sample { columns, rows }, question }
}

/// The limits of `docs/matching.md`, just met and just exceeded, by the oracle and in zones. The
/// number is the number of matches.
#[test]
fn bounds_that_make_the_rules_local() {
    const KIB_64: usize = 64 * 1024;
    let near = |unit, distance, or_same_row| {
        let mut one = pattern(75, Some("ssn"), 1, &["last"]);
        one.proximity = within(unit, distance, or_same_row);
        vec![one]
    };
    let check_engine = |patterns: Vec<Pattern>, text: String, matches: usize| {
        let case = people(patterns, text);
        let ways = [KIB_64, 7_001].map(|zone_bytes| Pieces {
            cuts: vec![11, case.question.text.len() / 2],
            zone_bytes,
            explain: false,
        });
        check(&format!("{:?} {matches}", &case.question.text[..12]), &case, &ways);
        let found = findings(&case, Accelerators::default()).map_or(0, |found| found.matches.len());
        assert_eq!(found, matches, "{} bytes", case.question.text.len());
    };
    let check = |patterns: Vec<Pattern>, text: String, matches: usize| {
        let differs = disagreement(&people(patterns.clone(), text.clone())).is_some();
        assert!(!differs, "the oracle says something else of {} bytes", text.len());
        check_engine(patterns, text, matches);
    };
    use ProximityUnit::{Characters, Row, Words};
    // A run of white space counts 1, but only up to a limit.
    let spaced = |bytes: usize| format!("123-45-6789{}Langer", " ".repeat(bytes));
    check(near(Characters, 10, false), spaced(KIB_64 + 40), 1);
    check(near(Characters, 10, false), spaced(KIB_64 + 41), 0);
    // The same goes for words.
    let worded = |bytes: usize| format!("123-45-6789 {} Langer", "x".repeat(bytes - 2));
    check(near(Words, 1, false), worded(KIB_64 + 64), 1);
    check(near(Words, 1, false), worded(KIB_64 + 65), 0);
    // The span of a value. The oracle would take minutes for so many vanishing characters.
    let torn = |bytes: usize| format!("Langer 123-45{}-6789", "\u{AD}".repeat((bytes - 11) / 2));
    check_engine(near(Characters, 10, false), torn(KIB_64 + 1 - 2), 1);
    check_engine(near(Characters, 10, false), torn(KIB_64 + 1), 0);
    // A line of a table, and the gap between lines.
    let line =
        |bytes: usize| format!("1;2\n123-45-6789;{}Langer\n", "x ".repeat(bytes / 2).split_at(bytes - 18).0);
    check(near(Row, 0, false), line(KIB_64), 1);
    check(near(Row, 0, false), line(KIB_64 + 1), 0);
    let apart = |bytes: usize| format!("1;2{}123-45-6789;Langer", "\n".repeat(bytes));
    check(near(Row, 0, false), apart(4_096), 1);
    check(near(Row, 0, false), apart(4_097), 0);
    let html = |bytes: usize| format!("<tr>123-45-6789{}Langer</tr>", " ".repeat(bytes - 21));
    check(near(Row, 0, false), html(KIB_64), 1);
    check(near(Row, 0, false), html(KIB_64 + 1), 0);
    // An unbreakable run.
    let run = |bytes: usize| format!("Langer.ada@example.org!{}123-45-6789 ", "~".repeat(bytes - 34));
    check(near(Characters, 70_000, false), run(KIB_64), 0);
    check(near(Characters, 70_000, false), run(KIB_64 + 1), 1);
}

#[test]
fn a_longer_match_in_the_next_zone_wins() {
    let columns = columns(&["id*"]);
    let rows = rows(&["11 22", "22 33 44", "44 55"]);
    let question = Question {
        patterns: Asked::Own(vec![pattern(65, Some("id"), 0, &[])]),
        ..Question::new("11 22 33 44 55, 11 22 44 55")
    };
    let case = Case { sample: Sample { columns, rows }, question };
    assert_eq!(disagreement(&case), None);
    let way = |zone_bytes| Pieces { cuts: Vec::new(), zone_bytes, explain: true };
    check("a chain", &case, &[1, 2, 3, 5, 8].map(way));
}
