use edm_model::{CaseRule, Column, DataType, Delimiters, DiacriticRule, PlaceholderWords, Rule};

use super::*;

fn rule(data_type: DataType, delimiters: &str) -> Rule {
    Column::text("x").typed(data_type).ignoring(Delimiters::new(delimiters.chars()).expect("delimiters")).rule
}

#[track_caller]
fn check(rule: &Rule, cell: &str, expected: Result<&str, CellForm>) {
    let mut out = b"before ".to_vec();
    let form = Canonicaliser::new(rule, 4).cell(cell, &mut Folded::new(), &mut out);
    let own = std::str::from_utf8(&out[7..]).expect("text");
    match expected {
        Ok(canonical) => assert_eq!((form, own), (CellForm::Present, canonical), "{cell:?}"),
        Err(other) => assert_eq!((form, own), (other, ""), "{cell:?}"),
    }
}

const REFUSED: Result<&str, CellForm> = Err(CellForm::Refused(CellRefusal::NotThisType));

#[test]
fn text_cells() {
    let plain = rule(DataType::Text, "");
    check(&plain, "  P.O. Box 255. ", Ok("p.o. box 255"));
    check(&plain, "a\t\n b", Ok("a b"));
    check(&plain, "--", Err(CellForm::Absent));
    check(&plain, "a b c d e", Err(CellForm::Refused(CellRefusal::TooManyTokens)));
    check(&rule(DataType::Text, "-#"), "#FOO-1234", Ok("foo1234"));
    check(&rule(DataType::Text, "-"), "a - b", Ok("a - b"));
    check(&plain, &"x".repeat(4_097), Err(CellForm::Refused(CellRefusal::TooLong)));
}

#[track_caller]
fn check_placeholder(rule: &Rule, words: &PlaceholderWords, cell: &str, expected: bool) {
    let canonicaliser = Canonicaliser::new(rule, 64).with_placeholders(Placeholders::new(words, rule));
    let form = canonicaliser.cell(cell, &mut Folded::new(), &mut Vec::new());
    assert_eq!(form == CellForm::Placeholder, expected, "{cell:?}");
}

#[test]
fn numbers_that_stand_for_none() {
    let plain = rule(DataType::Text, "");
    for cell in ["0", "000-00-0000", "999999999", "1900-01-01", "01/01/1900", "1900-01-01T00:00:00"] {
        check_placeholder(&plain, &PlaceholderWords::usual(), cell, true);
        // Whoever looks a value up means what it says.
        let form = Canonicaliser::new(&plain, 64).cell(cell, &mut Folded::new(), &mut Vec::new());
        assert_eq!(form, CellForm::Present, "{cell:?}");
    }
    for cell in ["9", "0a", "1900-01-02", "100"] {
        check_placeholder(&plain, &PlaceholderWords::usual(), cell, false);
    }
    // Keys that count on reach 99, 999 and 9999.
    let key = Column { key: true, ..Column::text("id").typed(DataType::Digits { width: Some(8) }) };
    for (cell, expected) in [("99", false), ("9999", false), ("00000000", true), ("null", true)] {
        let placeholders = Placeholders::of_column(&PlaceholderWords::usual(), &key);
        let canonicaliser = Canonicaliser::new(&key.rule, 64).with_placeholders(placeholders);
        let form = canonicaliser.cell(cell, &mut Folded::new(), &mut Vec::new());
        assert_eq!(form == CellForm::Placeholder, expected, "{cell:?}");
    }
}

/// What databases, data frames, spreadsheets and people write into a cell without a value, and what
/// only looks like it.
#[test]
fn the_usual_placeholders() {
    let (plain, usual) = (rule(DataType::Text, ""), PlaceholderWords::usual());
    for cell in [
        "NULL",
        "Null",
        " null ",
        "(null)",
        "<NULL>",
        "[NULL]",
        "\\N",
        "nil",
        "None",
        "(none)",
        "NaN",
        "-NaN",
        "NA",
        "<NA>",
        "#NA",
        "n/a",
        "N/A",
        "#N/A",
        "#N/A N/A",
        "1.#IND",
        "-1.#QNAN",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#BEZUG!",
        "#NV",
        "(blank)",
        "n.a.",
        "N/K",
        "TBD",
        "tba",
        "XXX",
        "Unknown",
        "undefined",
        "missing",
        "not provided",
        "Not  Provided",
        "not\tgiven",
        "not\r\non file",
        "NOT APPLICABLE",
        "not on file",
        "to be determined",
        "k.A.",
        "keine Angabe",
        "unbekannt",
        "Entfällt",
        "ENTFÄLLT",
        "non renseigné",
        "desconocido",
        "não informado",
        "onbekend",
        "not\u{a0}available",
    ] {
        check_placeholder(&plain, &usual, cell, true);
    }
    for cell in [
        "Null Island",
        "nonesuch",
        "nano",
        "Nana",
        "tbd-1",
        "N/A 12",
        "(nullity)",
        "xxxx",
        "unknown street",
        "not",
        "provided",
        "notprovided",
        "Naomi",
        "#ref",
        "missingham",
        "entfallt",
    ] {
        check_placeholder(&plain, &usual, cell, false);
    }
    for cell in ["ENTFÄLLT", "Entfallt"] {
        let folds = Rule { diacritics: DiacriticRule::Fold, ..plain.clone() };
        check_placeholder(&folds, &usual, cell, true);
    }
    for cell in ["Null", "NOT PROVIDED", "Entfällt"] {
        check_placeholder(&Rule { case: CaseRule::Sensitive, ..plain.clone() }, &usual, cell, true);
    }
}

/// Null, Nan and Nil are people: in a column of names such a word alone is none.
#[test]
fn a_name_is_no_placeholder_by_its_word_alone() {
    let (name, usual) = (rule(DataType::Name, ""), PlaceholderWords::usual());
    for cell in ["Null", "NaN", "None", "na", "Missing", "unbekannt"] {
        check_placeholder(&name, &usual, cell, false);
    }
    for cell in ["(null)", "N/A", "not provided", "#REF!", "k.A."] {
        check_placeholder(&name, &usual, cell, true);
    }
    let names = Placeholders::names_among(&usual);
    assert!(names.iter().any(|word| word == "null") && !names.iter().any(|word| word == "(null)"));
    let placeholders = Placeholders::new(&usual, &name).and_names(&["none".to_owned()], &name);
    let canonicaliser = Canonicaliser::new(&name, 64).with_placeholders(placeholders);
    for (cell, expected) in
        [("NONE", CellForm::Placeholder), ("null", CellForm::Present), ("n/a", CellForm::Placeholder)]
    {
        assert_eq!(canonicaliser.cell(cell, &mut Folded::new(), &mut Vec::new()), expected, "{cell}");
    }
}

#[test]
fn a_store_has_words_of_its_own() {
    let plain = rule(DataType::Text, "");
    let own = ["entfällt", "12345", "Max  Mustermann", "不明", "`x`", "?"].map(str::to_owned).to_vec();
    let own = PlaceholderWords::new(own).expect("few short words");
    for cell in ["Entfällt", "12345", "max mustermann", "MAX   MUSTERMANN", "不明", "`x`", "'X'"] {
        check_placeholder(&plain, &own, cell, true);
    }
    for cell in ["null", "n/a", "12346", "1234", "Mustermann", "不"] {
        check_placeholder(&plain, &own, cell, false);
    }
    let none = PlaceholderWords::new(Vec::new()).expect("an empty list");
    check_placeholder(&plain, &none, "null", false);
    check_placeholder(&plain, &none, "000", true);
}

#[test]
fn typed_cells() {
    let digits = rule(DataType::Digits { width: Some(8) }, "- ");
    check(&digits, " 12-34 ", Ok("00001234"));
    check(&digits, "0012345678", Ok("12345678"));
    check(&digits, "123456789", Err(CellForm::Refused(CellRefusal::TooWide)));
    check(&digits, "12345678.0", REFUSED);
    check(&digits, "1.2E+15", REFUSED);
    let email = rule(DataType::Email, "");
    check(&email, "<mailto:Ada@Example.org>", Ok("ada@example.org"));
    check(&email, "Ada <ada@example.org>", REFUSED);
    check(&email, "ada@localhost", REFUSED);
    check(&email, "a@b@c.org", REFUSED);
    check(&email, "jane@BÜCHER.example", Ok("jane@bücher.example"));
    let name = rule(DataType::Name, "");
    check(&name, "Smith-Jones", Ok("smithjones"));
    check(&name, "Smith, John", Ok("johnsmith"));
    check(&name, "van der Berg, Maria", Ok("mariavanderberg"));
    check(&name, "Smith, John, Jr", Ok("johnsmith,jr"));
    check(&name, "Smith & Sons", Ok("smith&sons"));
}
