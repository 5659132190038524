//! A redacted text contains no value that is found again, whatever replaces the values.
//!
//! The default is a few hundred cases. `EDM_ORACLE_CASES=100000 cargo test -p edm-testkit --test
//! redaction` runs more; `EDM_ORACLE_SEED` sets the first seed.

use std::fmt::Write as _;
use std::sync::Arc;

use edm_engine::{
    CandidateSpan, Exclusion, Place, PreparedTypes, Query, Redacted, Redaction, Scratch, redact, scan,
};
use edm_testkit::differential::{active_type, described};
use edm_testkit::generate::Sample;
use edm_testkit::generate::{Case, Choices, Seeded, case};
use edm_testkit::oracle::{Asked, Question};
use edm_testkit::sample::{columns, pattern, rows};
use serde_json::{Map, Value};

const CASES_DEFAULT: u64 = 250;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The query of a case, for its text or another one.
struct Asking<'a> {
    types: &'a PreparedTypes,
    exempt: &'a [Exclusion],
    minimum_confidence: u8,
}

impl Asking<'_> {
    fn query<'b>(&'b self, text: &'b str, candidates: &'b [CandidateSpan]) -> Query<'b> {
        Query {
            minimum_confidence: self.minimum_confidence,
            exclusions: self.exempt,
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
    let types = PreparedTypes::prepare([Arc::new(active_type(case))]);
    let question = &case.question;
    let exempt: Vec<Exclusion> = question
        .exempt
        .iter()
        .map(|(column, values)| Exclusion { column: column.clone(), values: values.clone() })
        .collect();
    let asking = Asking { types: &types, exempt: &exempt, minimum_confidence: question.minimum_confidence };
    let candidates: Vec<CandidateSpan> = question
        .candidates
        .iter()
        .map(|(offset, length)| CandidateSpan { offset_units: *offset, length_units: *length })
        .collect();
    let text = question.text.as_str();
    let described = || format!("{told}\n{}", described(case));

    // Masks keep all positions, so the same candidates can be used again.
    let masked = asking.redacted(text, &candidates, &Redaction::Mask);
    assert_eq!(masked.unfinished, None, "{}", described());
    assert_eq!(asking.matches(&masked.text, &candidates), 0, "mask {:?}\n{}", masked.text, described());
    let spaces = |text: &str| -> Vec<(usize, char)> {
        let units = text.encode_utf16().enumerate();
        units
            .filter_map(|(at, unit)| Some((at, char::from_u32(unit.into())?)))
            .filter(|(_, c)| c.is_whitespace())
            .collect()
    };
    // Quotes take the place of digits, and need two: of a number of one digit in JSON the mask is
    // one character longer (docs/redaction.md, R12).
    let units = |text: &str| text.encode_utf16().count();
    let quotes = |text: &str| text.matches("\"\"").count();
    if units(&masked.text) == units(text) {
        assert_eq!(spaces(&masked.text), spaces(text), "{}", described());
    } else {
        let longest = units(text) + quotes(&masked.text).saturating_sub(quotes(text));
        assert!((units(text)..=longest).contains(&units(&masked.text)), "{}", described());
        let white = |text: &str| text.chars().filter(|c| c.is_whitespace()).collect::<String>();
        assert_eq!(white(&masked.text), white(text), "{}", described());
    }

    let length = |place: Place<'_>| format!("v{}", place.text.len());
    // The worst pseudonyms: cells of the table.
    let cells: Vec<&String> = case.sample.rows.iter().flatten().collect();
    let treacherous = |place: Place<'_>| cells[place.text.len() % cells.len()].clone();
    let styles =
        [Redaction::Mask, Redaction::Label, Redaction::Token(&length), Redaction::Token(&treacherous)];
    for (number, style) in styles.iter().enumerate() {
        let redacted = asking.redacted(text, &[], style);
        assert_eq!(redacted.unfinished, None, "style {number}\n{}", described());
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

/// In each of these, redacting once left something to be found.
#[test]
fn what_appears_once_something_is_gone_goes_too() {
    let check = |case: Case, expected: &str| {
        let types = PreparedTypes::prepare([Arc::new(active_type(&case))]);
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
    // A label together with its neighbour is a value.
    check(
        asked(&["ssn*"], &["900-12-3456", "a [ssn] b"], vec![alone("ssn")], "a 900-12-3456 b"),
        "█ █████ █",
    );
    // The redaction removes the value that voided a match.
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
    // The longer value hid a shorter one that extended beyond it.
    check(
        asked(&["name*"], &["Isaiah Langer", "Langer Street"], vec![alone("name")], "Isaiah Langer Street"),
        "[name] Street",
    );
}

/// Makes a random JSON value; every third leaf or key is a planted one.
fn json(choices: &mut Seeded, planted: &[&str], depth: usize) -> Value {
    let number = |choices: &mut Seeded| match choices.below(5) {
        0 => Value::from(choices.below(100_000)),
        1 => serde_json::from_str("-0.5e+3").expect("a number"),
        2 => Value::from(7),
        // Digits are planted as numbers as well as strings.
        _ => planted
            .iter()
            .filter_map(|value| value.parse::<u64>().ok())
            .nth(choices.below(2))
            .map_or(Value::Null, Value::from),
    };
    let text = |choices: &mut Seeded| match choices.below(6) {
        0 => "nothing of note".to_owned(),
        1 => "\"quoted\" \\ and\ta tab\n".to_owned(),
        2 => format!("é {} \u{1F600} {}", choices.pick(planted), choices.pick(planted)),
        _ => choices.pick(planted).to_string(),
    };
    match if depth == 0 { choices.below(4) } else { choices.below(7) } {
        0 => number(choices),
        1 => Value::from(choices.chance(50)),
        2 => Value::Null,
        3 => Value::from(text(choices)),
        4 | 5 => (0..choices.below(5)).map(|_| json(choices, planted, depth - 1)).collect(),
        _ => {
            let fields = (0..choices.below(5)).map(|at| {
                let name = if choices.chance(30) { text(choices) } else { "key".to_owned() };
                // Two names may become equal once their values are replaced.
                (format!("{at} {name}"), json(choices, planted, depth - 1))
            });
            Value::Object(fields.collect::<Map<String, Value>>())
        }
    }
}

/// Returns a document without its leaves.
fn shape(value: &Value) -> String {
    match value {
        Value::Array(own) => format!("[{}]", own.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(own) => format!("{{{}}}", own.values().map(shape).collect::<Vec<_>>().join(",")),
        _ => "_".to_owned(),
    }
}

/// Redacted JSON is JSON of the same shape, whether findings are in strings, names, numbers or
/// across several.
#[test]
fn redacted_json_is_json_of_the_same_shape() {
    let alone = |column: &str| pattern(80, Some(column), 0, &[]);
    let table =
        ["900123456|Langer|Jane Roe|7", "901234567|Okafor|Kofi Boateng|42", "902345678|true|null|33333"];
    let planted = ["900123456", "901234567", "Langer", "Jane Roe", "Kofi Boateng", "33333", "Okafor"];
    let patterns = ["ssn", "last", "name", "number"].map(alone).to_vec();
    let case = asked(&["ssn*", "last*", "name*", "number*"], &table, patterns, "");
    let types = PreparedTypes::prepare([Arc::new(active_type(&case))]);
    let asking = Asking { types: &types, exempt: &[], minimum_confidence: 1 };
    let stable = |place: Place<'_>| format!("k{}", place.text.len());
    for seed in 0..number("EDM_ORACLE_CASES", CASES_DEFAULT) {
        let mut choices = Seeded::new(seed);
        let document = Value::Array(vec![json(&mut choices, &planted, 4), json(&mut choices, &planted, 3)]);
        let text = match choices.below(3) {
            0 => document.to_string(),
            1 => serde_json::to_string_pretty(&document).expect("it is written"),
            _ => document.to_string().replace("Langer", "\\u004cang\\u0065r"),
        };
        for style in [Redaction::Mask, Redaction::Label, Redaction::Token(&stable)] {
            let redacted = asking.redacted(&text, &[], &style);
            assert_eq!(redacted.unfinished, None, "seed {seed}: {text}");
            let read: Result<Value, _> = serde_json::from_str(&redacted.text);
            let read = read.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}\n{}", redacted.text));
            assert_eq!(shape(&read), shape(&document), "seed {seed}: {text}\n{}", redacted.text);
            let plain = read.to_string();
            for value in planted {
                assert!(!plain.contains(value), "seed {seed}: {value} in {plain}");
            }
        }
    }
}

#[test]
fn numbers_of_json_and_signs_of_telephones() {
    let alone = |column: &str| pattern(80, Some(column), 0, &[]);
    let check = |text: &str, style: &Redaction<'_>, expected: &str| {
        let case = asked(
            &["ssn*", "phone* phone=US", "short*"],
            &["900123456|212-555-0143|77"],
            vec![alone("ssn"), alone("phone"), alone("short")],
            text,
        );
        let types = PreparedTypes::prepare([Arc::new(active_type(&case))]);
        let asking = Asking { types: &types, exempt: &[], minimum_confidence: 1 };
        assert_eq!(asking.redacted(text, &[], style).text, expected, "{text}");
    };
    let token = |_: Place<'_>| "k".to_owned();
    check(r#"{"ssn":900123456}"#, &Redaction::Label, r#"{"ssn":"[ssn]"}"#);
    check(r#"{"ssn":900123456}"#, &Redaction::Mask, r#"{"ssn":"███████"}"#);
    check(r#"{"ssn":900123456}"#, &Redaction::Token(&token), r#"{"ssn":"[ssn:k]"}"#);
    check(r#"{"a":[77, 900123456.5]}"#, &Redaction::Mask, r#"{"a":["", "█████████"]}"#);
    check("{\"a\":900123456}\n{\"a\":1}\n", &Redaction::Label, "{\"a\":\"[ssn]\"}\n{\"a\":1}\n");
    check(r#"got {"a":900123456}, and 900123456"#, &Redaction::Label, r#"got {"a":"[ssn]"}, and [ssn]"#);
    check("call +1 (212) 555-0143 now", &Redaction::Label, "call [phone] now");
    check("call (212) 555-0143 now", &Redaction::Mask, "call █████ ████████ now");
    check("call +1 212 555 0143 (home)", &Redaction::Label, "call [phone] (home)");
    check(r#"{"to":"+1 (212) 555-0143"}"#, &Redaction::Label, r#"{"to":"[phone]"}"#);
}
