use edm_model::{Column, Country, DataType, Delimiters, Rule};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::text::fold::{FoldOptions, Folded};
use crate::value::canonical::Canonicaliser;
use crate::value::cell_form::{CellForm, CellRefusal};
use crate::value::find::windows;
use crate::window::prefilter::OpenPrefilter;

/// Written by `make_cases.py` from the package `phonenumbers`.
const CASES: &str = include_str!("cases.tsv");
const COUNTRIES: &str = include_str!("phone_countries.tsv");

fn rule(country: &str, delimiters: &str) -> Rule {
    let data_type = DataType::Phone { country: Country::new(country) };
    Column::text("x").typed(data_type).ignoring(Delimiters::new(delimiters.chars()).expect("delimiters")).rule
}

fn cell_form(rule: &Rule, cell: &str) -> Option<String> {
    let mut out = Vec::new();
    match Canonicaliser::new(rule, 64).cell(cell, &mut Folded::new(), &mut out) {
        CellForm::Present => Some(String::from_utf8(out).expect("text")),
        CellForm::Refused(CellRefusal::NotThisType) | CellForm::Absent | CellForm::Placeholder => None,
        other => panic!("{cell:?} is {other:?}"),
    }
}

/// Lists the numbers that a text holds, each as `source text=canonical form`, attached ones after a
/// `~`.
fn found(rule: &Rule, text: &str) -> Vec<String> {
    let mut folded = Folded::new();
    folded.fold(text, FoldOptions::of(rule));
    let mut found = Vec::new();
    windows(rule, &folded, 0..folded.atom_count(), &OpenPrefilter { atoms_max: 64 }, |window, form| {
        let (start, end) = window.source_span(&folded).expect("atoms");
        let own = &text[start..end];
        let mark = if window.attached { "~" } else { "" };
        found.push(format!("{mark}{own}={}", String::from_utf8_lossy(form)));
    });
    found
}

#[track_caller]
fn check_cell(country: &str, cell: &str, expected: &str) {
    let form = cell_form(&rule(country, ""), cell);
    assert_eq!(form.as_deref().unwrap_or("refused"), expected, "{country} {cell:?}");
}

/// Checks which numbers a text holds, in any order.
#[track_caller]
fn check_text(country: &str, text: &str, all: &[&str]) {
    let mut found = found(&rule(country, ""), text);
    found.sort();
    let mut all = all.to_vec();
    all.sort_unstable();
    assert_eq!(found, all, "{country} {text:?}");
}

#[test]
fn international_cells() {
    for (cell, expected) in [
        ("+14155550123", "+14155550123"),
        ("+1 (415) 555-0123", "+14155550123"),
        ("+1.415.555.0123", "+14155550123"),
        ("(+1) 415 555 0123", "+14155550123"),
        ("+(1) 415 555 0123", "+14155550123"),
        ("+ 1 415 555 0123", "+14155550123"),
        ("＋１　４１５−５５５−０１２３", "+14155550123"),
        ("+1\u{A0}415\u{A0}555\u{A0}0123", "+14155550123"),
        ("001 415 555 0123", "+14155550123"),
        ("00 1 415 555 0123", "+14155550123"),
        ("tel:+1-415-555-0123", "+14155550123"),
        ("Tel.: +1 415 555 0123", "+14155550123"),
        ("TEL +1 415 555 0123", "+14155550123"),
        ("tel:+1-415-555-0123;ext=12", "+14155550123"),
        ("+1 415 555 0123 x12", "+14155550123"),
        ("+1 415 555 0123x12", "+14155550123"),
        ("+1 415 555 0123, ext. 12", "+14155550123"),
        ("+1 415 555 0123 (ext 12)", "+14155550123"),
        ("+1 415 555 0123 #12", "+14155550123"),
        ("+49 30 23125 0 Durchwahl 17", "+4930231250"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44 (0) 20 7946 0958", "+442079460958"),
        ("+44(0)20-7946-0958", "+442079460958"),
        ("0044 (0)20 7946 0958", "+442079460958"),
        ("+44 020 7946 0958", "+442079460958"),
        ("+45 (0) 32 12 34 56", "+4532123456"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+39 (0)6 1234 5678", "+390612345678"),
        ("+36 06 1 234 5678", "+3612345678"),
        ("+49 (0) 0261 134723", "+49261134723"),
        ("+52 1 222 123 4567", "+522221234567"),
        ("+7 (058) 269-10-14", "+70582691014"),
        ("+7 800 123-45-67", "+78001234567"),
        ("+225 07 12 34 56 78", "+2250712345678"),
        ("+883 1234 56789", "+883123456789"),
        ("+49 30 / 231 25 - 0", "+4930231250"),
        ("14155550123", "refused"),
        ("+1 415 555 012", "refused"),
        ("+1 415 555 01234", "refused"),
        ("+999 415 555 0123", "refused"),
        ("+49 1", "refused"),
        ("+49 12345 67890 12345 67", "refused"),
        ("++1 415 555 0123", "refused"),
        ("+1 415 555 0123 or 0124", "refused"),
        ("+1 415 --- 555 0123", "refused"),
        ("+1 415\n555 0123", "refused"),
        ("fax +1 415 555 0123", "refused"),
        ("+1 415 555 0123 x12345678", "refused"),
        ("+1-800-FLOWERS", "refused"),
    ] {
        check_cell("", cell, expected);
    }
}

#[test]
fn national_cells() {
    for (country, cell, expected) in [
        ("us", "4155550123", "+14155550123"),
        ("us", "(415) 555-0123", "+14155550123"),
        ("us", "(415)555-0123", "+14155550123"),
        ("us", "1-415-555-0123", "+14155550123"),
        ("us", "1 (415) 555-0123 ext 9", "+14155550123"),
        ("us", "011 44 20 7946 0958", "+442079460958"),
        ("us", "00442079460958", "+442079460958"),
        ("us", "555-0123", "refused"),
        ("us", "2024155550123", "refused"),
        ("gb", "020 7946 0958", "+442079460958"),
        ("gb", "(020) 7946 0958", "+442079460958"),
        ("gb", "20 7946 0958", "+442079460958"),
        ("gb", "442079460958", "+442079460958"),
        ("gb", "011 4496 0123", "+441144960123"),
        ("de", "030 / 231 25-0", "+4930231250"),
        ("de", "(030) 231250", "+4930231250"),
        ("de", "0049 (30) 231250", "+4930231250"),
        ("de", "4915112345678", "+4915112345678"),
        ("de", "00517 063697", "+49517063697"),
        ("mx", "1-275-901-7638", "+522759017638"),
        ("mx", "05842357100", "+525842357100"),
        ("tr", "+90 (024) 0007034", "+900240007034"),
        ("fr", "01 99 00 12 34", "+33199001234"),
        ("fr", "01.99.00.12.34", "+33199001234"),
        ("it", "06 1234 5678", "+390612345678"),
        ("it", "312 345 6789", "+393123456789"),
        ("va", "06 698 12345", "+390669812345"),
        ("sm", "0549 886377", "+3780549886377"),
        ("ru", "8 (495) 123-45-67", "+74951234567"),
        ("ru", "8 800 123 45 67", "+78001234567"),
        ("ru", "800 123 45 67", "+78001234567"),
        ("ru", "79161234567", "+79161234567"),
        ("kz", "8 (712) 345-67-89", "+77123456789"),
        ("by", "8 0152 45 09 11", "+375152450911"),
        ("hu", "06 1 234 5678", "+3612345678"),
        ("hu", "06-20-123-4567", "+36201234567"),
        ("es", "612 34 56 78", "+34612345678"),
        ("dk", "32 12 34 56", "+4532123456"),
        ("jp", "03-1234-5678", "+81312345678"),
        ("jp", "０９０（１２３４）５６７８", "+819012345678"),
        ("br", "(11) 96123-4567", "+5511961234567"),
        ("br", "(55) 99999-9999", "+5555999999999"),
        ("mx", "044 222 123 4567", "+522221234567"),
        ("lt", "8 612 34567", "+37061234567"),
        ("au", "(02) 5550 1234", "+61255501234"),
        ("ga", "0 11 23 45 67", "+24111234567"),
        ("ga", "01 44 12 34", "+24101441234"),
        ("in", "+1 415 555 0123", "+14155550123"),
    ] {
        check_cell(country, cell, expected);
    }
    let ignoring = rule("us", "_");
    assert_eq!(cell_form(&ignoring, "415_555_0123").as_deref(), Some("+14155550123"));
}

#[test]
fn texts() {
    for (country, text, all) in [
        ("us", "Call 4155550123 now", &["4155550123=+14155550123"][..]),
        ("us", "Call (415) 555-0123.", &["(415) 555-0123=+14155550123"]),
        ("us", "at 415.555.0123x12", &["415.555.0123=+14155550123"]),
        ("us", "at 415 555 0123, ext 12", &["415 555 0123=+14155550123"]),
        ("us", "Tel4155550123", &["~4155550123=+14155550123"]),
        ("us", "tel:+1-415-555-0123", &["+1-415-555-0123=+14155550123"]),
        ("us", "1 415 555 0123", &["1 415 555 0123=+14155550123", "415 555 0123=+14155550123"]),
        ("us", "+49 415 555 0123", &["+49 415 555=+49415555", "+49 415 555 0123=+494155550123"]),
        (
            "us",
            "0049 415 555 0123",
            &["0049 415 555=+49415555", "0049 415 555 0123=+494155550123", "415 555 0123=+14155550123"],
        ),
        ("us", "00:00 202-555-0143", &["00 202-555-0143=+2025550143", "202-555-0143=+12025550143"]),
        (
            "us",
            "+1 415 555 0123 415 555 0199",
            &[
                "+1 415 555 0123=+14155550123",
                "415 555 0199=+14155550199",
                "555 0123 415=+15550123415",
                "0123 415 555=+10123415555",
            ],
        ),
        ("us", "415-555-0123-4567", &[]),
        ("us", "1-415-555-0123-4567", &[]),
        ("us", "415-555-0123 4567", &["415-555-0123=+14155550123"]),
        ("us", "12-415-555-0123", &[]),
        ("us", "41555501234", &[]),
        ("us", "415\n555-0123", &["~415\n555-0123=+14155550123"]),
        ("us", "(415)\n555-0123", &["~(415)\n555-0123=+14155550123"]),
        ("us", "> 415-555-\r\n> 0123", &["~415-555-\r\n> 0123=+14155550123"]),
        ("us", "+1 \n(415) 555 0123", &["~+1 \n(415) 555 0123=+14155550123"]),
        ("us", "415\n555\n0123", &[]),
        ("us", "415-\n\n555-0123", &[]),
        ("us", "(+1) 415 555 0123", &["(+1) 415 555 0123=+14155550123"]),
        ("us", "+(1) 415 555 0123", &["+(1) 415 555 0123=+14155550123"]),
        ("us", "(415 555 0123)", &["415 555 0123=+14155550123"]),
        ("us", "Tel415-555-0123x", &["~415-555-0123=+14155550123"]),
        ("us", "|4|1|5|5|5|5|0|1|2|3|", &["~4|1|5|5|5|5|0|1|2|3=+14155550123"]),
        ("us", "415\t555\t0123", &[]),
        ("us", "0123x", &[]),
        ("us", "4155550123abc", &["~4155550123=+14155550123"]),
        ("us", "555-0123abc", &[]),
        ("us", "phone=4155550123&x=1", &["4155550123=+14155550123"]),
        ("us", "4155550123、4155550199", &["4155550123=+14155550123", "4155550199=+14155550199"]),
        ("us", "電話4155550123番", &["4155550123=+14155550123"]),
        ("us", "id 4155550123 1", &["4155550123=+14155550123"]),
        ("", "id 4155550123", &[]),
        ("", "id +14155550123", &["+14155550123=+14155550123"]),
        ("", "id 0014155550123", &["0014155550123=+14155550123"]),
        ("", "a+b 4155550123", &[]),
        ("fr", "01 99 00 12 34", &["01 99 00 12 34=+33199001234"]),
        ("de", "+49 (0)30 / 23125-0", &["+49 (0)30 / 23125-0=+4930231250", "+49 (0)30 / 23125=+493023125"]),
        ("dk", "+45 (0)32123456", &["+45 (0)32123456=+4532123456"]),
    ] {
        check_text(country, text, all);
    }
}

/// Every written form of the cases is read as the library reads it, as a cell and inside a text.
#[test]
fn cases_of_the_library() {
    let mut count = 0;
    for line in CASES.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [country, written, expected] = fields[..] else { panic!("{line:?} has three fields") };
        check_cell(country, written, expected);
        for text in [format!("Call {written}, please."), format!("|{written}|"), format!("({written})\n12")] {
            let found = found(&rule(country, ""), &text);
            assert!(
                found.iter().any(|own| own.ends_with(&format!("={expected}"))),
                "{country} {text:?}: {found:?}"
            );
        }
        count += 1;
    }
    assert_eq!(count, 2_846);
}

#[test]
fn the_table_of_countries_is_whole_and_frozen() {
    let digest: String = Sha256::digest(COUNTRIES).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest, "3ed9427d8a2910d0e6d8740f08483a6696d3978d71e79923ee8553b25fe9e627",
        "the table is part of the format"
    );
    let rows: Vec<&str> = COUNTRIES.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(rows.is_sorted_by_key(|row| (row.starts_with("--"), *row)));
    assert_eq!(rows.len(), 261);
}

/// One row of the table of countries.
#[derive(Debug, Clone)]
struct Row {
    country: &'static str,
    calling_code: &'static str,
    trunk: &'static str,
    zero: bool,
    lengths: Vec<usize>,
}

fn rows() -> Vec<Row> {
    let lengths = |field: &str| -> Vec<usize> {
        let range = |part: &str| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            from.parse::<usize>().expect("a length")..=to.parse().expect("a length")
        };
        field.split(',').flat_map(range).collect()
    };
    let rows = COUNTRIES.lines().filter(|line| !line.starts_with(['#', '-'])).map(|line| {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let trunk = fields[2].split(',').next().filter(|trunk| *trunk != "-").unwrap_or("");
        let (zero, lengths) = (fields[3] == "zero", lengths(fields[4]));
        Row { country: fields[0], calling_code: fields[1], trunk, zero, lengths }
    });
    rows.filter(|row| Country::new(row.country).is_some()).collect()
}

/// Writes digits in groups.
fn grouped(digits: &str, separator: &str, group: usize) -> String {
    let groups = digits.as_bytes().chunks(group).map(|group| std::str::from_utf8(group).expect("digits"));
    groups.collect::<Vec<_>>().join(separator)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(15),
        ..ProptestConfig::default()
    })]

    /// Every written form of every number of every country is its cell's form and is in a text.
    #[test]
    fn written_forms(
        row in prop::sample::select(rows()),
        length in any::<prop::sample::Index>(),
        digits in prop::collection::vec(0u8..10, 17),
        separator in prop::sample::select(vec!["", " ", "-", ".", "/", ") ", " - ", "\u{A0}", "\u{2011}"]),
        group in 2usize..5,
    ) {
        let length = *length.get(&row.lengths);
        let mut national: String = digits.iter().take(length).map(|digit| char::from(b'0' + digit)).collect();
        // No Hungarian number of nine digits begins with 6: after `(0)` it would be taken for the
        // prefix `06`.
        if national.starts_with(if row.country == "hu" { &['0', '6'][..] } else { &['0'] }) {
            national.replace_range(..1, "5");
        }
        let expected = format!("+{}{national}", row.calling_code);
        let rule = rule(row.country, "");
        let written = grouped(&national, separator, group);
        let (code, trunk) = (row.calling_code, row.trunk);
        let mut forms = vec![
            format!("+{code}{separator}{written}"),
            format!("00{code}{separator}{written}"),
            format!("tel:+{code}-{national};ext=12"),
        ];
        if !row.zero {
            forms.push(format!("+{code} (0){national}"));
        }
        if !trunk.is_empty() {
            forms.push(format!("{trunk}{written}"));
        }
        for form in forms {
            let cell = cell_form(&rule, &form);
            prop_assert_eq!(cell.as_deref(), Some(expected.as_str()), "{} {}", row.country, form);
            let found = found(&rule, &format!("so {form}, or"));
            let ending = format!("={expected}");
            prop_assert!(found.iter().any(|own| own.ends_with(&ending)), "{} {}: {:?}", row.country, form, found);
        }
    }

    /// What a cell is, is found where the cell is alone in a text; and nothing panics.
    #[test]
    fn arbitrary_cells(
        cell in "[0-9+()x#./ -]{0,30}|\\PC{0,20}|(tel:|\\+|00|011)?[0-9 ()-]{5,25}( ?ext\\.? ?[0-9]{1,4})?",
        row in prop::sample::select(rows()),
    ) {
        let rule = rule(row.country, "");
        let found = found(&rule, &cell);
        if let Some(form) = cell_form(&rule, &cell) {
            let ending = format!("={form}");
            prop_assert!(found.iter().any(|own| own.ends_with(&ending)), "{:?}: {:?}", form, found);
        }
    }
}
