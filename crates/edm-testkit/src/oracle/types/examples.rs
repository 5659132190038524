//! The examples of `docs/formats/hash.md` for each type, as tables of cases.

use super::super::folding::placed;
use super::super::reading::Reading;
use super::{candidates, cell};
use crate::sample::columns;

/// Checks the canonical forms of cells of a column.
fn cells(column: &str, cases: &[(&str, Option<&str>)]) {
    let columns = columns(&[column]);
    let rule = &columns.as_slice()[0].rule;
    for (text, expected) in cases {
        let reading = Reading::new(&placed(text), rule.case, rule.diacritics);
        assert_eq!(cell(rule, &reading).as_deref(), *expected, "{column}: cell {text:?}");
    }
}

/// Checks the candidates in a text: `form` for one without attachment, `~form` attached, `=form` in
/// written form. Several forms of one span are separated by `|`.
fn texts(column: &str, cases: &[(&str, &[&str])]) {
    let columns = columns(&[column]);
    let rule = &columns.as_slice()[0].rule;
    for (text, expected) in cases {
        let reading = Reading::new(&placed(text), rule.case, rule.diacritics);
        let found: Vec<String> = candidates(rule, &reading, 4_096)
            .into_iter()
            .map(|one| {
                let attached = if one.attached { "~" } else { "" };
                let written = if one.written { "=" } else { "" };
                format!("{attached}{written}{}", one.forms.join("|"))
            })
            .collect();
        assert_eq!(found, *expected, "{column}: text {text:?}");
    }
}

#[test]
fn social_security_numbers() {
    let number = Some("123456789");
    cells(
        "a* ssn",
        &[
            ("123-45-6789", number),
            (" 123 45 6789\n", number),
            ("123.45.6789", number),
            ("123456789", number),
            ("1234567", Some("001234567")),
            ("12345678", Some("012345678")),
            ("123-45 6789", None),
            ("123/45/6789", number),
            ("123 - 45 - 6789", number),
            ("123  45  6789", None),
            ("1 2 3 - 4 5 - 6 7 8 9", number),
            ("666-45-6789", None),
            ("123-00-6789", None),
            ("123-45-0000", None),
            ("ssn 123456789", None),
        ],
    );
    cells("a* ssn ignore=-/", &[("123/45-6789", number), ("123--45-6789", number), ("123-45 6789", None)]);
    texts(
        "a* ssn",
        &[
            ("of 123-45-6789, 123-\n45-6789", &["=123456789", "=123456789"]),
            ("123456789 X123456789", &["123456789", "~123456789"]),
            ("123-45-6789-1 1234567", &[]),
            ("x123-45-6789", &["~=123456789"]),
            ("123-45-6789Patient", &["~=123456789"]),
            ("|1|2|3|4|5|6|7|8|9|", &["~123456789"]),
            ("0 1 2 3 4 5 6 7 8 9", &[]),
            ("１２３ ４５ ６７８９", &["=123456789"]),
        ],
    );
}

#[test]
fn cards() {
    let number = Some("4111111111111111");
    cells(
        "a* card",
        &[
            ("4111111111111111", number),
            ("4111 1111 1111 1111", number),
            ("41-11-11-11-11-11-11-11", number),
            ("4111 1111-1111 1111", None),
            ("4111.1111.1111.1111", number),
            ("41111111 11111111", number),
            ("4111 - 1111  - 1111 - 1111", None),
            ("4111 - 1111- 1111--1111", number),
            ("4111-1111.1111-1111", None),
            ("4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", number),
            ("4111111111111112", None),
            ("000000000000", None),
            ("4 111 1111 1111 1111", number),
            ("4 1 111111 11111111", None),
            ("1111 1111", None),
        ],
    );
    texts(
        "a* card",
        &[
            ("4111 1111 1111 1111 0110", &["=4111111111111111"]),
            ("no4111111111111111", &["~=4111111111111111"]),
            ("no4111/1111/1111/1111", &["~=4111111111111111"]),
            ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", &["~4111111111111111"]),
            ("4111-1111-1111-1111-2", &[]),
        ],
    );
}

#[test]
fn account_numbers() {
    let number = Some("de89370400440532013000");
    cells(
        "a* iban",
        &[
            ("DE89 3704 0044 0532 0130 00", number),
            ("de89370400440532013000", number),
            ("IBAN: DE89-3704-0044 0532 0130 00", number),
            ("IBAN DE89370400440532013000", number),
            ("IBAN DE88370400440532013000", None),
            ("DE89 3704 0044 0532 0130 0", None),
            ("DE89/3704 0044 0532 0130 00", number),
            ("DE89,3704 0044 0532 0130 00", None),
            ("BIC DE89370400440532013000", None),
        ],
    );
    cells("a* iban case", &[("gb82 west 1234 5698 7654 32", Some("gb82west12345698765432"))]);
    texts(
        "a* iban",
        &[
            ("DE89 3704 0044\n0532 0130 00.", &["=de89370400440532013000"]),
            ("DE8937040044053201300012", &[]),
            ("XDE89370400440532013000", &["~=de89370400440532013000"]),
            ("IBANDE 89370400440532013000", &[]),
            ("?31DE89 3704.0044.0532.0130.00?", &["~=de89370400440532013000"]),
        ],
    );
}

#[test]
fn dates_in_cells() {
    let day = Some("1960-05-06");
    cells(
        "a* date=dmy",
        &[
            ("06/05/1960", day),
            ("1960-05-06T00:00:00.000Z", day),
            ("6.5.60", day),
            ("06-05-29", Some("2029-05-06")),
            ("05/13/1960", Some("1960-05-13")),
            ("19600506", day),
            ("6th of May, 1960 12:00 AM", day),
            ("segunda-feira, 6 de maio de 1960", day),
            ("Fr., 6. Mai 1960", day),
            ("1960년 5월 6일", day),
            ("1960年5月6日", day),
            ("6.º maio 1960", day),
            ("1960-05-06 11:30", None),
            ("1960-05-06 12:00", None),
            ("06-05.1960", None),
            ("30/02/1960", None),
            ("0999-05-06", None),
            ("born 06/05/1960", None),
        ],
    );
    cells(
        "a* date=dmy",
        &[
            ("6 мая 1960 г.", day),
            ("1960. május 6.", day),
            ("6e mei '60", day),
            ("昭和35年5月6日", day),
            ("S35.5.6", day),
            ("06051960", day),
            ("昭和64年1月8日", None),
            ("06051899", None),
        ],
    );
    cells("a* date=mdy", &[("05/06/1960", day), ("13/05/1960", Some("1960-05-13")), ("05061960", day)]);
    cells("a* date=ymd", &[("60-05-06", day), ("06-05-60", None), ("13-05-60", Some("1960-05-13"))]);
    cells("a* date", &[("06/05/1960", None), ("06/06/1960", Some("1960-06-06")), ("60-05-06", None)]);
}

#[test]
fn dates_in_texts() {
    texts(
        "a* date",
        &[
            ("on 06/05/1960.", &["1960-05-06|1960-06-05"]),
            ("6-5-60", &["1960-05-06|2060-05-06|1960-06-05|2060-06-05"]),
            ("05MAY60", &["1960-05-05|2060-05-05"]),
            ("1960-05-06T11:30", &["1960-05-06"]),
            ("19600506z", &["1960-05-06"]),
            ("19600506x", &["~1960-05-06"]),
            ("1960-05-06x", &[]),
            ("6 de maio de 1960", &["1960-05-06"]),
            ("1-2-2004-5", &[]),
            ("31 February 1960", &[]),
            ("昭和35.5.6", &["1960-05-06"]),
            ("S35.5.6 昭35年5月6号", &["~1960-05-06", "~1960-05-06"]),
            ("6 мая 1960г", &["1960-05-06"]),
            ("06051960", &[]),
        ],
    );
}

#[test]
fn telephone_numbers() {
    let number = Some("+49301234567");
    cells(
        "a* phone=de",
        &[
            ("030 1234567", number),
            ("+49 (0)30 / 1234567", number),
            ("0049 30 1234567", number),
            ("Tel.: (030) 123-45-67", number),
            ("030/1234567 ext. 12", number),
            ("030 1234567, Durchwahl: 7", number),
            ("+1 212 555 0100", Some("+12125550100")),
            ("call 030 1234567", None),
            ("030 1234567 or so", None),
        ],
    );
    cells("a* phone=us", &[("(212) 555-0100", Some("+12125550100")), ("011 49 30 1234567", number)]);
    cells("a* phone=it", &[("06 1234 5678", Some("+390612345678"))]);
    cells("a* phone", &[("030 1234567", None), ("+49 30 1234567", number)]);
    texts(
        "a* phone=us",
        &[
            ("(212) 555-0100x12", &["+12125550100"]),
            ("2125550100x", &["~+12125550100"]),
            ("+49 30 1234567", &["+49301234567"]),
            ("212-555-0100-1", &[]),
            ("(212)\n555-0100", &["~+12125550100"]),
            ("212-555-\n> 0100", &["~+12125550100"]),
            ("212\n555\n0100", &[]),
            ("Tel212-555-0100", &["~+12125550100"]),
            ("[2][1][2][5][5][5][0][1][0][0]", &["~+12125550100"]),
        ],
    );
}

#[test]
fn addresses() {
    let address = Some("12 Main st unit 5");
    cells(
        "a* address case",
        &[
            ("12 Main St. Apt 5", address),
            ("No. 12 Main Street, Apartment 5", address),
            ("12", None),
            ("12 13", None),
            ("First Ave", Some("1st avenue")),
            ("P.za Garibaldi n.o 5", Some("place Garibaldi 5")),
            ("Garibaldi n° 5 x", Some("Garibaldi 5 x")),
            ("Garibaldi n. 5", Some("Garibaldi 5")),
            ("Garibaldi n. 5th", Some("Garibaldi north 5th")),
            ("King's Road", Some("Kings road")),
        ],
    );
    cells(
        "a* address",
        &[
            ("Hauptstraße 5", Some("haupt strasse 5")),
            ("Haupt Str. 5", Some("haupt strasse 5")),
            ("丸の内一丁目二番三号", Some("丸の内1 2 3")),
            ("丸の内1-2-3", Some("丸の内1 2 3")),
            ("京都二十一丁目3番街", Some("京都21 3番街")),
        ],
    );
    cells(
        "a* address",
        &[
            ("Apt 4, 12 Main St", Some("12 main st unit 4")),
            ("12 Main St #4", Some("12 main st unit 4")),
            ("12 Main St #4b", Some("12 main st unit 4 b")),
            ("#12 Main St", Some("12 main st")),
            ("12 Main St 2nd Floor Suite B-4", Some("12 main st floor 2 unit b 4")),
            ("Hauptstr. 5, 2. Etage", Some("haupt strasse 5 floor 2")),
            ("Post Office Box 255 Ulm", Some("box 255 ulm")),
            ("Apartado de Correos 255 Ulm", Some("box 255 ulm")),
            ("Apartado de 255 Ulm", Some("box de 255 ulm")),
            ("P.O. Road 5", Some("p o road 5")),
            ("5 Elm St, N.Y.", Some("5 elm st new york")),
            ("ul. Długa 5 m. 12", Some("długa 5 12")),
            ("Storg. 5", Some("stor gata 5")),
            ("Rua X, S/Nº", Some("rue x south north")),
            ("Moda Cad. No:12 D:5", Some("moda cadde 12 5")),
        ],
    );
    texts("a* address", &[("King's", &[]), ("old King's", &["old king", "old kings"])]);
}
