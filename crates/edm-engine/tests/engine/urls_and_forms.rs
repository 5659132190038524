//! Facts in URLs, form bodies, paths and fields (`docs/matching.md`, Runs and segments).

use edm_engine::{PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType};

use crate::support;

fn columns() -> Columns {
    Columns::new(vec![
        Column::text("ssn").searchable().typed(DataType::Ssn),
        Column::text("name").searchable().typed(DataType::Name),
        Column::text("email").searchable().typed(DataType::Email),
        Column::text("city"),
    ])
    .expect("names are distinct")
}

const ROWS: &[&[&str]] = &[
    &["900-12-3456", "Orla Langer", "orla.langer@example.org", "São Paulo"],
    &["901-23-4567", "Kofi Okafor", "kofi@example.org", "Ulm"],
];

/// Returns the highest confidence of a match of the SSN in a text.
fn confidence(text: &str) -> Option<u8> {
    let generation = support::build(&columns(), ROWS, 4, edm_engine::build::PART_BYTES_DEFAULT).open();
    let types = PreparedTypes::prepare([support::active(&generation, None)]);
    let report = scan(&Query::new(text, &types), &mut Scratch::new());
    let matches = report.types.iter().flat_map(|found| &found.matches);
    matches.filter(|own| own.column == 0).map(|own| own.confidence).max()
}

#[test]
fn facts_in_different_segments_count() {
    let check = |expected: u8, text: &str| assert_eq!(confidence(text), Some(expected), "{text}");
    check(75, "https://x.example/u?ssn=900123456&name=Orla%20Langer");
    check(75, "https://x.example/u?name=Orla&mail=orla.langer@example.org&ssn=900123456");
    check(75, "ssn=900-12-3456&email=orla.langer@example.org");
    check(75, "ssn=900-12-3456&email=orla.langer%40example.org");
    check(85, "ssn=900-12-3456&name=Orla%20Langer&email=orla.langer@example.org");
    check(75, "orla.langer@example.org:900-12-3456");
    check(85, "orla.langer@example.org:900-12-3456:Orla-Langer");
    check(75, "https://x.example/people/Orla-Langer/900-12-3456");
    check(75, "/srv/export/orla-langer/900-12-3456.pdf");
    check(75, r"C:\export\Orla-Langer\900-12-3456.pdf");
    check(75, r"\\server\Orla-Langer\900-12-3456");
    check(75, "https://x.example/#/900-12-3456/Orla-Langer");
    check(75, "https://x.example/?next=%2Fu%2F900-12-3456%2FOrla-Langer");
    check(75, "https://x.example/?next=a%3Fssn%3D900-12-3456%26name%3DOrla-Langer");
    check(75, "https://x.example/?q=Orla%20Langer%20900-12-3456");
    check(75, "https://900-12-3456:Orla-Langer@x.example/");
    check(75, "sip:900-12-3456:orla.langer@example.org");
    check(75, "www.x.example/900-12-3456/Orla-Langer");
    check(75, r"orla.langer@example.org\n900-12-3456");
    check(75, "https：//x.example／900-12-3456／Orla-Langer");
    // The value of another record is no fact.
    check(65, "https://x.example/u?ssn=900123456&name=Kofi%20Okafor");
    check(65, "kofi@example.org:900-12-3456");
}

#[test]
fn plus_is_a_space_in_forms() {
    let check = |expected: u8, text: &str| assert_eq!(confidence(text), Some(expected), "{text}");
    check(75, "ssn=900-12-3456&name=Orla+Langer");
    check(75, "name=Orla+Langer&ssn=900-12-3456");
    check(75, "ssn=900-12-3456&city=S%C3%A3o+Paulo");
    check(75, "ssn=900+12+3456&name=Orla+Langer");
    check(75, "https://x.example/u?ssn=900123456&name=Orla+Langer#top");
    check(75, "https://x.example/u?ssn=900123456&amp;name=Orla+Langer");
    check(75, "https://x.example/u?q=Orla+Langer+900-12-3456");
    check(85, "q=Orla+Langer+900-12-3456+orla.langer%40example.org&page=2");
    check(75, "POST body: 'user[name]=Orla+Langer&user[ssn]=900-12-3456'");
    check(75, "form:name=Orla+Langer&form:ssn=900-12-3456&ViewState=a+b");
    check(75, "ssn=900-12-3456&note=S%C3%A3o+Paulo+");
    // No form: one pair alone, and a sum.
    check(65, "ssn 900-12-3456 name=Orla+Langer");
    check(65, "900-12-3456 x = Orla+Langer & y");
    check(65, "900-12-3456 (n==Orla+Langer&&y==z)");
}

#[test]
fn facts_in_one_segment_are_one_place() {
    let check = |text: &str| assert_eq!(confidence(text), Some(65), "{text}");
    check("/srv/Orla-Langer_900-12-3456.pdf");
    check("https://Orla-Langer.900-12-3456.example/");
    check("900-12-3456.Orla-Langer@x.example");
    check("900-12-3456+Orla-Langer@x.example");
    check("https://x.example/?q=900-12-3456~Orla-Langer");
    check("~/Orla-Langer_900-12-3456");
    check("https://x.example/?q=900-12-3456_Orla-Langer%40x.example");
    check(r"900-12-3456_Orla-Langer@m\u00fcller.example");
}
