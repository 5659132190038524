//! Written forms of numbers, and digits that are no value, as tables of cases for the engine and
//! the oracle (`docs/formats/hash.md`, N1 to N8; `docs/matching.md`, T1 to T8).

use edm_engine::Accelerators;
use edm_testkit::differential::{disagreement, findings};
use edm_testkit::generate::{Case, Sample};
use edm_testkit::oracle::{Asked, Question};
use edm_testkit::sample::{columns, pattern, rows};

/// What a text without another value of the row is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// It is a match by itself.
    Alone,
    /// It is a match beside another value of the row.
    WithFact,
    /// It is none.
    Nothing,
}

use Worth::{Alone, Nothing, WithFact};

/// Returns the confidences and places of the findings of a text.
fn found(case: &Case) -> Vec<(u8, String)> {
    let found = findings(case, Accelerators::default());
    let text = &case.question.text;
    let matches = found.iter().flat_map(|found| &found.matches);
    matches.map(|one| (one.confidence, text[one.span.start..one.span.end].to_owned())).collect()
}

/// Checks texts against a table of one row: a cell, and the name Langer. In a text the place is
/// between `{` and `}`.
fn check(column: &str, cell: &str, cases: &[(&str, Worth)]) {
    let name = column.split(['*', ' ']).next();
    let patterns = vec![pattern(75, name, 1, &["nm"]), pattern(65, name, 0, &[])];
    for (marked, worth) in cases {
        let (front, behind) = marked.split_once('{').unwrap_or((marked, "}"));
        let (place, behind) = behind.split_once('}').expect("the place ends");
        let text = [front, place, behind].concat();
        for (text, confidence) in [(text.clone(), 65), (format!("Langer: {text}"), 75)] {
            let case = Case {
                sample: Sample {
                    columns: columns(&[column, "nm name"]),
                    rows: rows(&[&format!("{cell}|Langer")]),
                },
                question: Question { patterns: Asked::Own(patterns.clone()), ..Question::new(text) },
            };
            assert_eq!(disagreement(&case), None);
            let is_match = *worth == Alone || *worth == WithFact && confidence == 75;
            let expected = is_match.then(|| (confidence, place.to_owned()));
            assert_eq!(
                found(&case),
                Vec::from_iter(expected),
                "{column}: {cell} in {:?}",
                case.question.text
            );
        }
    }
}

#[test]
fn cards() {
    let cases = [
        ("{5555 5555 5555 4444}", Alone),
        ("{5555.5555.5555.4444}", Alone),
        ("{5555/5555/5555/4444}", Alone),
        ("{55555555 55554444}", Alone),
        ("{555555-5555554444}", Alone),
        ("{5555  5555  5555  4444}", Alone),
        ("{5555 - 5555 - 5555 - 4444}", Alone),
        ("{5555\u{a0}5555\u{a0}5555\u{a0}4444}", Alone),
        ("{5555\u{a0}- 5555 - 5555 -\u{a0}4444}", Alone),
        ("{5555--5555--5555--4444}", Alone),
        ("{5555. 5555. 5555. 4444}.", Alone),
        ("{5555 5555  5555\n4444}", Alone),
        ("{5555-5555-\n> 5555-4444}", Alone),
        ("{5 555555555554444}", Alone),
        ("{５５５５．５５５５．５５５５．４４４４}", Alone),
        ("カード{5555.5555.5555.4444}番", Alone),
        ("Karte{5555 5555 5555 4444}", WithFact),
        ("{5555-5555-5555-4444}Visa", WithFact),
        ("{5 5 5 5 5 5 5 5 5 5 5 5 4 4 4 4}", WithFact),
        ("|{5|5|5|5|5|5|5|5|5|5|5|5|4|4|4|4}|", WithFact),
        ("{5.5.5.5-5.5.5.5-5.5.5.5-4.4.4.4}", WithFact),
        ("5555 5555-5555 4444", Nothing),
        ("5555,5555,5555,4444", Nothing),
        ("5555   5555   5555   4444", Nothing),
        ("5555\t5555\t5555\t4444", Nothing),
        ("5555.5555.5555.4444.1", Nothing),
        ("5 5 5 5 5 5 5 5 5 5 5 5 4 4 4 4 1", Nothing),
        ("5 5 55555555554444", Nothing),
    ];
    check("card* card", "5555 5555 5555 4444", &cases);
    check("card* card", "5555.5555.5555.4444", &cases);
    check("card* card", "55555555 - 55554444", &cases);
}

#[test]
fn account_numbers() {
    let cases = [
        ("{FR14 2004 1010 0505 0001 3M02 606}", Alone),
        ("{FR14.2004.1010.0505.0001.3M02.606}", Alone),
        ("{FR14/2004/1010/0505/0001/3M02/606}", Alone),
        ("{FR14  2004  1010  0505  0001  3M02  606}", Alone),
        ("{FR14 - 2004 - 1010 - 0505 - 0001 - 3M02 - 606}", Alone),
        ("{fr14 20041010 0505 00013M02606}", Alone),
        ("{FR14-2004.1010/0505 0001--3M02 606}", Alone),
        ("{FR14\u{a0}2004\u{a0}1010\u{a0}0505\u{a0}0001\u{a0}3M02\u{a0}606}", Alone),
        ("{FR14 2004 1010 -\n0505 0001 3M02 606}", Alone),
        ("IBAN {FR1420041010050500013M02606}", Alone),
        ("IBAN:{FR1420041010050500013M02606}", Alone),
        ("IBAN{FR1420041010050500013M02606}", WithFact),
        ("Compte{FR14 2004 1010 0505 0001 3M02 606}", WithFact),
        ("?31{FR1420041010050500013M02606}?32", WithFact),
        ("{FR14 2004 1010 0505 0001 3M02 606}BIC", WithFact),
        ("naïve{FR1420041010050500013M02606}", WithFact),
        ("IBANFR 1420041010050500013M02606", Nothing),
        ("FR14,2004,1010,0505,0001,3M02,606", Nothing),
        ("FR14 2004 1010   0505 0001 3M02 606", Nothing),
        ("FR14\t20041010050500013M02606", Nothing),
        ("FR14.2004.1010.0505.0001.3M02.606.1", Nothing),
        ("FR15 2004 1010 0505 0001 3M02 606", Nothing),
    ];
    check("iban* iban", "FR1420041010050500013M02606", &cases);
    check("iban* iban case", "FR14.20041010.0505.00013M02606", &cases[..5]);
}

#[test]
fn social_security_numbers() {
    check(
        "ssn* ssn",
        "901/23/4567",
        &[
            ("{901-23-4567}", Alone),
            ("{901/23/4567}", Alone),
            ("{901 - 23 - 4567}", Alone),
            ("{901. 23. 4567}", Alone),
            ("{901/23/\n4567}", Alone),
            ("#{901/23/4567}#", Alone),
            ("ACC#{901-23-4567}", Alone),
            ("社会保障番号{901/23/4567}です", Alone),
            ("SSN{901-23-4567}", WithFact),
            ("SSN{901 23 4567}", WithFact),
            ("Nr{901.23.4567}", WithFact),
            ("{901-23-4567}Patient", WithFact),
            ("SSN{901/23/4567}dob", WithFact),
            ("ССН{901-23-4567}", WithFact),
            ("{9 0 1 2 3 4 5 6 7}", WithFact),
            ("{9.0.1.2.3.4.5.6.7}", WithFact),
            ("|{9|0|1|2|3|4|5|6|7}|", WithFact),
            ("│{9│0│1│2│3│4│5│6│7}│", WithFact),
            ("[{9][0][1][2][3][4][5][6][7}]", WithFact),
            ("{9 0 1 - 2 3 - 4 5 6 7}", WithFact),
            ("_{9_ _0_ _1_ _2_ _3_ _4_ _5_ _6_ _7}_", WithFact),
            ("901  23  4567", Nothing),
            ("901,23,4567", Nothing),
            ("901-23/4567", Nothing),
            ("901-23-4567-1", Nothing),
            ("1 9 0 1 2 3 4 5 6 7", Nothing),
            ("9,0,1,2,3,4,5,6,7", Nothing),
            ("9\n0\n1\n2\n3\n4\n5\n6\n7", Nothing),
            ("0.12345901-23-4567", Nothing),
        ],
    );
}

#[test]
fn telephone_numbers() {
    check(
        "phone* phone=US",
        "312-555-0187",
        &[
            ("{(312) 555-0187}", Alone),
            ("{+1 (312) 555-0187}", Alone),
            ("{(+1) 312 555 0187}", Alone),
            ("{+(1) 312 555 0187}", Alone),
            ("tel:{+1-312-555-0187}", Alone),
            ("({312-555-0187})", Alone),
            ("{312.555.0187} x12", Alone),
            ("{(312)555-0187}, ext. 4", Alone),
            ("1 {+1 312 555 0187}", Alone),
            ("{(312)\n555-0187}", WithFact),
            ("{312-555-\n0187}", WithFact),
            ("{312-555-\r\n0187}", WithFact),
            ("{312-\n555-0187}", WithFact),
            ("{312\n555-0187}", WithFact),
            ("> {312-555-\n> 0187}", WithFact),
            (">> {(312) \n>> 555-0187}", WithFact),
            ("{+1\n(312) 555-0187}", WithFact),
            ("{+1 312 555\n0187}, ext. 4", WithFact),
            ("Tel{312-555-0187}", WithFact),
            ("{312-555-0187}Mobile", WithFact),
            ("|{3|1|2|5|5|5|0|1|8|7}|", WithFact),
            ("312\n555\n0187", Nothing),
            ("312-555-\n\n0187", Nothing),
            ("312-555-\n# 0187", Nothing),
            ("312-555-0187-1", Nothing),
            ("312\t555\t0187", Nothing),
        ],
    );
    check("phone* phone", "+49 30 901820", &[("{+49 30\n901820}", WithFact), ("030 901820", Nothing)]);
}

#[test]
fn digits_that_are_no_value() {
    let cases = [
        ("acct={12345678}", Alone),
        ("?id=7&acct={12345678}&x=1", Alone),
        ("https://x.example/accounts/{12345678}/view", Alone),
        ("/api/v1.2/users/{12345678}", Alone),
        ("/a1B2/{12345678}", Alone),
        ("AC-{12345678}-01", Alone),
        ("2024-01-02 {12345678}", Alone),
        ("12:00:00,{12345678},x", Alone),
        ("12:00:00 {12345678}", Alone),
        ("no. {12345678}.", Alone),
        ("{12345678}.50", Alone),
        ("x.{12345678}", Alone),
        ("#{12345678}", Alone),
        ("{12345678}-e29b-41d4-a716-4466554400ab", WithFact),
        ("trace-{12345678}-e29b-41d4-a716-4466554400ab", WithFact),
        ("{12345678} 9abcdef0 00000000 00000000", WithFact),
        ("9a:{12345678}:00:11", WithFact),
        ("0x{12345678}", WithFact),
        ("1.2.3.{12345678}", WithFact),
        ("v10.4.1-{12345678}", WithFact),
        ("1.0.0+{12345678}", WithFact),
        ("0.{12345678}", WithFact),
        ("3.{12345678}e-5", WithFact),
        ("= .{12345678}", WithFact),
        ("2024-01-02T03:04:05.{12345678}Z", WithFact),
        ("03:04:05.{12345678}", WithFact),
        ("Zm9vYmFyQmF6/{12345678}+cXV4MTIz", WithFact),
        ("eyJhbGciOiJIUzI1NiJ9_{12345678}-aB1cD2eF", WithFact),
        ("MRN{12345678}", WithFact),
    ];
    check("mrn* digits", "12345678", &cases);
    check("mrn*", "12345678", &cases);
    check(
        "mrn* digits",
        "446655440000",
        &[
            ("550e8400-e29b-41d4-a716-{446655440000}", WithFact),
            ("urn:uuid:550E8400-E29B-41D4-A716-{446655440000}", WithFact),
            ("550e8400-e29b-{446655440000}", Alone),
            ("550e8400-e29b-41d4-{446655440000}", WithFact),
            ("00:1b:44:11:3a:b7 {446655440000}", Alone),
        ],
    );
    check(
        "id* digits",
        "1748503543012",
        &[("{1748503543012}.25", WithFact), ("{1748503543012}. Then", Alone)],
    );
    check("mrn* digits ignore=-", "12345678", &[("12-34", Nothing), ("MRN{12-34-5678}", WithFact)]);
    check("mrn* ignore=-", "12345678", &[("{12-34-5678}", Alone), ("{12-34-5678}x", WithFact)]);
    check("a*", "900-12-3456", &[("x{900-12-3456}", WithFact), ("{900-12-3456}Patient", WithFact)]);
    check("ssn* ssn", "123456789", &[("0.{123456789}", WithFact), ("1.5.2.{123456789}", WithFact)]);
    check(
        "phone* phone=US",
        "3125550187",
        &[
            ("{0.3125550187}", WithFact),
            ("{1.3125550187}", WithFact),
            ("{1.312.555.0187}", Alone),
            ("x={3125550187}", Alone),
        ],
    );
    check("card* card", "411111111117", &[("{41-11-11-11-11-17}", WithFact), ("0.{411111111117}", WithFact)]);
}
