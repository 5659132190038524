//! E-mail addresses in Unicode and punycode, and joined to words (`docs/formats/hash.md`,
//! section 4).

use edm_engine::{PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType};

use crate::support;

/// Returns the text and the confidence of the match of an address in a text.
fn found(text: &str) -> Option<(String, u8)> {
    let columns = Columns::new(vec![
        Column::text("email").searchable().typed(DataType::Email),
        Column::text("name").typed(DataType::Name),
    ])
    .expect("names are distinct");
    let rows: &[&[&str]] = &[
        &["jane@bücher.example", "Jane Roe"],
        &["kofi@xn--mnchen-3ya.example", "Kofi Boateng"],
        &["orla@example.com", "Orla Langer"],
        &["orla@example.co", "Mira Okafor"],
    ];
    let generation = support::build(&columns, rows, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let report = scan(&Query::new(text, &types), &mut Scratch::new());
    let mut matches = report.types.iter().flat_map(|found| &found.matches);
    matches.find(|own| own.column == 0).map(|own| (own.text.clone(), own.confidence))
}

fn at(place: &str, confidence: u8) -> Option<(String, u8)> {
    Some((place.to_owned(), confidence))
}

#[test]
fn both_scripts_of_a_domain() {
    let check = |text: &str, place: &str| assert_eq!(found(text), at(place, 65), "{text}");
    check("to jane@bücher.example,", "jane@bücher.example");
    check("to jane@xn--bcher-kva.example,", "jane@xn--bcher-kva.example");
    check("to JANE@XN--BCHER-KVA.EXAMPLE.", "JANE@XN--BCHER-KVA.EXAMPLE");
    check("to kofi@münchen.example,", "kofi@münchen.example");
    check("to kofi@mu\u{308}nchen.example,", "kofi@mu\u{308}nchen.example");
    check("to kofi@xn--mnchen-3ya.example,", "kofi@xn--mnchen-3ya.example");
    check("m=kofi%40xn--mnchen-3ya.example", "kofi%40xn--mnchen-3ya.example");
    assert_eq!(found("to jane@bucher.example"), None);
    assert_eq!(found("to kofi@xn--mnchen-4ya.example"), None);
}

#[test]
fn joined_addresses_need_a_fact() {
    let check = |joined: &str, place: &str, name: &str| {
        assert_eq!(found(joined), None, "{joined}");
        let beside = format!("{joined} {name}");
        assert_eq!(found(&beside), at(place, 75), "{beside}");
    };
    check("orla@example.comSent from my phone", "orla@example.com", "Orla Langer");
    check("5550143orla@example.com", "orla@example.com", "Orla Langer");
    check("orla@example.com2024", "orla@example.com", "Orla Langer");
    check("jane@xn--bcher-kva.exampleTel", "jane@xn--bcher-kva.example", "Jane Roe");
    check("jane@bücher.exampleTel", "jane@bücher.example", "Jane Roe");
    // The shorter address of another record, with that record's fact.
    check("orla@example.comSent", "orla@example.co", "Mira Okafor");
    assert_eq!(found("orla@example.com Mira Okafor"), at("orla@example.com", 65));
    assert_eq!(found("orla@example.com Orla Langer"), at("orla@example.com", 75));
}
