//! Facts in URLs, form bodies, paths and fields, and escapes (`docs/matching.md`, Runs and
//! segments, Escapes).

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
    &["900-12-3456", "Orla Langer", "fenn@example.org", "São Paulo"],
    &["901-23-4567", "Kofi Okafor", "kofi@example.org", "Ulm"],
];

/// Returns the highest confidence of a match of the SSN in a text: 75 with a name or city, 85 with
/// an address or two facts, 65 alone.
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
    check(85, "https://x.example/u?name=Orla&mail=fenn@example.org&ssn=900123456");
    check(85, "ssn=900-12-3456&email=fenn@example.org");
    check(85, "ssn=900-12-3456&email=fenn%40example.org");
    check(85, "ssn=900-12-3456&name=Orla%20Langer&email=fenn@example.org");
    check(85, "fenn@example.org:900-12-3456");
    check(85, "fenn@example.org:900-12-3456:Orla-Langer");
    check(75, "https://x.example/people/Orla-Langer/900-12-3456");
    check(75, "/srv/export/orla-langer/900-12-3456.pdf");
    check(75, r"C:\export\Orla-Langer\900-12-3456.pdf");
    check(75, r"\\server\Orla-Langer\900-12-3456");
    check(75, "https://x.example/#/900-12-3456/Orla-Langer");
    check(75, "https://x.example/?next=%2Fu%2F900-12-3456%2FOrla-Langer");
    check(75, "https://x.example/?next=a%3Fssn%3D900-12-3456%26name%3DOrla-Langer");
    check(75, "https://x.example/?q=Orla%20Langer%20900-12-3456");
    check(75, "https://900-12-3456:Orla-Langer@x.example/");
    check(85, "sip:900-12-3456:fenn@example.org");
    check(75, "www.x.example/900-12-3456/Orla-Langer");
    check(85, r"fenn@example.org\n900-12-3456");
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
    check(85, "q=Orla+Langer+900-12-3456+fenn%40example.org&page=2");
    check(75, "POST body: 'user[name]=Orla+Langer&user[ssn]=900-12-3456'");
    check(75, "form:name=Orla+Langer&form:ssn=900-12-3456&ViewState=a+b");
    check(75, "ssn=900-12-3456&note=S%C3%A3o+Paulo+");
    // No form: one pair alone, and a sum.
    check(65, "ssn 900-12-3456 name=Orla+Langer");
    check(65, "900-12-3456 x = Orla+Langer & y");
    check(65, "900-12-3456 (n==Orla+Langer&&y==z)");
}

#[test]
fn escapes_of_mail_and_programs() {
    let check = |expected: u8, text: &str| assert_eq!(confidence(text), Some(expected), "{text}");
    check(75, "900=2D12=2D3456, Orla=20Langer");
    check(85, "900-12-3456, fenn=40example.org");
    check(85, "900-12-3456, fenn=40example=2Eorg");
    check(75, r"b'900-12-3456 S\xc3\xa3o Paulo'");
    check(75, r"'900-12-3456 S\xe3o Paulo'");
    check(75, r"900\x2d12\x2d3456 Orla Langer");
    check(75, r"900-12-3456 S\u00e3o Paulo");
    check(75, "900-12-3456 S&amp;atilde;o Paulo");
    check(75, "900-12-3456 S&amp;#227;o&amp;nbsp;Paulo");
    check(75, "900-12-3456 S&amp;#xE3;o Paulo");
    check(75, "900%252D12%252D3456 Orla Langer");
    check(75, "900-12-3456 S%25C3%25A3o%2520Paulo");
    check(75, "https://x.example/?next=%252Fu%253Fssn%253D900-12-3456%2526name%253DOrla%2520Langer");
    check(85, "900-12-3456 fenn%2540example.org");
    // Three levels are not read, and no letters and digits of quoted-printable.
    check(65, "900-12-3456 fenn%252540example.org");
    check(65, "900-12-3456 S&amp;amp;atilde;o Paulo");
    check(65, "900-12-3456 Orla=4Canger");
    check(65, r"900-12-3456 Orla\\x20Langer");
}

#[test]
fn letters_that_look_like_others() {
    let check = |expected: u8, text: &str| assert_eq!(confidence(text), Some(expected), "{text}");
    check(75, "900-12-3456 Оrlа Lаngеr");
    check(75, "900-12-3456 Οrla Lαnger");
    check(75, "900-12-3456 LАNGER, ОRLА");
    check(85, "900-12-3456 fеnn@example.org");
    check(85, "900-12-3456 fenn@exаmple.оrg");
    check(75, "900-12-3456 Sãо Рaulо");
    // All letters of a word are of one script, or have no look-alike.
    check(65, "900-12-3456 Orla Lаngжr");
    check(65, "900-12-3456 Orla Ӏаԛ");
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
