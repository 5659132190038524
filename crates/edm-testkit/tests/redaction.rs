//! A redacted text holds nothing that is found again, whatever takes the place of a value.
//!
//! A few hundred cases by default. `EDM_ORACLE_CASES=100000 cargo test -p edm-testkit --test redaction` runs more,
//! `EDM_ORACLE_SEED` begins elsewhere.

use std::fmt::Write as _;
use std::sync::Arc;

use edm_engine::{
    CandidateSpan, Exempt, Place, PreparedTypes, Query, Redacted, Redaction, Scratch, redact, scan,
};
use edm_testkit::agreement::{active_type, described};
use edm_testkit::generate::Sample;
use edm_testkit::generate::{Case, Choices, Seeded, case};
use edm_testkit::oracle::{Asked, Question};
use edm_testkit::sample::{columns, pattern, rows};

const CASES_DEFAULT: u64 = 250;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a case's type is asked, about its text or another one.
struct Asking<'a> {
    types: &'a PreparedTypes,
    exempt: &'a [Exempt],
    minimum_confidence: u8,
}

impl Asking<'_> {
    fn query<'b>(&'b self, text: &'b str, candidates: &'b [CandidateSpan]) -> Query<'b> {
        Query {
            minimum_confidence: self.minimum_confidence,
            exempt: self.exempt,
            candidates,
            ..Query::new(text, self.types)
        }
    }

    fn redacted(&self, text: &str, candidates: &[CandidateSpan], style: &Redaction<'_>) -> Redacted {
        let query = self.query(text, candidates);
        let name = |type_index: usize, column: usize| {
            self.types.types()[type_index].generation.columns().as_slice()[column].name.clone()
        };
        redact(&query, &scan(&query, &mut Scratch::new()), &name, style)
    }

    fn matches(&self, text: &str, candidates: &[CandidateSpan]) -> usize {
        scan(&self.query(text, candidates), &mut Scratch::new())
            .types
            .iter()
            .map(|found| found.matches.len())
            .sum()
    }
}

fn check(case: &Case, told: &str) {
    let types = PreparedTypes::new([Arc::new(active_type(case))]);
    let question = &case.question;
    let exempt: Vec<Exempt> = question
        .exempt
        .iter()
        .map(|(column, values)| Exempt { column: column.clone(), values: values.clone() })
        .collect();
    let asking = Asking { types: &types, exempt: &exempt, minimum_confidence: question.minimum_confidence };
    let candidates: Vec<CandidateSpan> = question
        .candidates
        .iter()
        .map(|(offset, length)| CandidateSpan { offset_units: *offset, length_units: *length })
        .collect();
    let text = question.text.as_str();
    let described = || format!("{told}\n{}", described(case));

    // Masks move nothing, so the same places can be asked about again.
    let masked = asking.redacted(text, &candidates, &Redaction::Mask);
    assert!(!masked.unfinished, "{}", described());
    assert_eq!(asking.matches(&masked.text, &candidates), 0, "mask {:?}\n{}", masked.text, described());
    let spaces = |text: &str| -> Vec<(usize, char)> {
        let units = text.encode_utf16().enumerate();
        units
            .filter_map(|(at, unit)| Some((at, char::from_u32(unit.into())?)))
            .filter(|(_, c)| c.is_whitespace())
            .collect()
    };
    assert_eq!(masked.text.encode_utf16().count(), text.encode_utf16().count(), "{}", described());
    assert_eq!(spaces(&masked.text), spaces(text), "{}", described());

    let length = |place: Place<'_>| format!("v{}", place.text.len());
    // The worst pseudonyms: the table's own cells.
    let cells: Vec<&String> = case.sample.rows.iter().flatten().collect();
    let treacherous = |place: Place<'_>| cells[place.text.len() % cells.len()].clone();
    let styles =
        [Redaction::Mask, Redaction::Label, Redaction::Token(&length), Redaction::Token(&treacherous)];
    for (number, style) in styles.iter().enumerate() {
        let redacted = asking.redacted(text, &[], style);
        assert!(!redacted.unfinished, "style {number}\n{}", described());
        assert_eq!(
            asking.matches(&redacted.text, &[]),
            0,
            "style {number} {:?}\n{}",
            redacted.text,
            described()
        );
        if asking.matches(text, &[]) == 0 {
            assert_eq!(redacted.text, text, "style {number}");
        }
    }
}

/// Puts names of columns and of labels into the table and the text, so that a label can be a value.
fn with_names(mut case: Case, choices: &mut Seeded) -> Case {
    let names: Vec<String> =
        case.sample.columns.as_slice().iter().map(|column| column.name.clone()).collect();
    for row in &mut case.sample.rows {
        if choices.chance(30) {
            let place = choices.below(row.len());
            row[place] = match choices.below(3) {
                0 => names[choices.below(names.len())].clone(),
                1 => format!("{} {}", names[choices.below(names.len())], names[choices.below(names.len())]),
                _ => "███".to_owned(),
            };
        }
    }
    for _ in 0..choices.between(1, 4) {
        let row = &case.sample.rows[choices.below(case.sample.rows.len())];
        let _ = write!(case.question.text, " {}", row.join([" ", ", ", "; "][choices.below(3)]));
    }
    case
}

#[test]
fn redacted_texts_hold_nothing() {
    let (cases, first) = (number("EDM_ORACLE_CASES", CASES_DEFAULT), number("EDM_ORACLE_SEED", 0));
    for seed in first..first + cases {
        let mut choices = Seeded::new(seed);
        let made = case(&mut choices);
        check(&made, &format!("seed {seed}"));
        check(&with_names(made, &mut choices), &format!("seed {seed}, with names"));
    }
}

fn asked(lines: &[&str], table: &[&str], patterns: Vec<edm_model::Pattern>, text: &str) -> Case {
    let mut question = Question::new(text.to_owned());
    question.patterns = Asked::Own(patterns);
    Case { sample: Sample { columns: columns(lines), rows: rows(table) }, question }
}

/// Each of these left something to be found when a text was covered once and not looked at again.
#[test]
fn what_appears_once_something_is_gone_goes_too() {
    let check = |case: Case, expected: &str| {
        let types = PreparedTypes::new([Arc::new(active_type(&case))]);
        let asking = Asking { types: &types, exempt: &[], minimum_confidence: 1 };
        let text = case.question.text.as_str();
        assert_eq!(asking.redacted(text, &[], &Redaction::Label).text, expected);
        check(&case, expected);
    };
    let alone = |column: &str| pattern(80, Some(column), 0, &[]);
    // The label is a value.
    check(
        asked(&["ssn*"], &["ssn", "900-12-3456"], vec![alone("ssn")], "900-12-3456 is an ssn"),
        "█████ is an █████",
    );
    // A label and its neighbour are a value.
    check(
        asked(&["ssn*"], &["900-12-3456", "a [ssn] b"], vec![alone("ssn")], "a 900-12-3456 b"),
        "█ █████ █",
    );
    // What voided a match is gone.
    let voided = edm_model::Pattern { void_if: vec!["city".to_owned()], ..alone("ssn") };
    check(
        asked(
            &["ssn*", "city*"],
            &["900-12-3456|Springfield"],
            vec![voided, alone("city")],
            "900-12-3456, Springfield",
        ),
        "[ssn], [city]",
    );
    // The longer value hid a shorter one that reached beyond it.
    check(
        asked(&["name*"], &["Isaiah Langer", "Langer Street"], vec![alone("name")], "Isaiah Langer Street"),
        "[name] Street",
    );
}
