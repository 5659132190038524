use edm_model::{Column, DataType, Delimiters, Rule};

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

#[test]
fn placeholders() {
    let plain = rule(DataType::Text, "");
    for cell in
        ["NULL", " n/a ", "#N/A", "Unknown", "0", "000-00-0000", "999999999", "1900-01-01", "01/01/1900"]
    {
        check(&plain, cell, Err(CellForm::Placeholder));
    }
    check(&plain, "1900-01-01T00:00:00", Err(CellForm::Placeholder));
    for (cell, canonical) in
        [("9", "9"), ("0a", "0a"), ("Null Island", "null island"), ("1900-01-02", "1900-01-02")]
    {
        check(&plain, cell, Ok(canonical));
    }
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
    let name = rule(DataType::Name, "");
    check(&name, "Smith-Jones", Ok("smith jones"));
    check(&name, "Smith, John", Ok("john smith"));
    check(&name, "van der Berg, Maria", Ok("maria van der berg"));
    check(&name, "Smith, John, Jr", REFUSED);
    check(&name, "Smith & Sons", REFUSED);
}
