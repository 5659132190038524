//! Values as other scripts, keyboards, editors and encodings write them.

use edm_engine::{PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType, Delimiters};

use crate::support;

const ROWS: &[&[&str]] = &[
    &[
        "MRN-1001-7",
        "Zoë Müller-Lüdenscheidt",
        "zoe@example.org",
        "12345678",
        "山田太郎",
        "สมชาย ใจดี",
        "محمد علي",
    ],
    &[
        "MRN-1002-8",
        "O'Neil Patrick",
        "o.neil@example.org",
        "87654321",
        "佐藤花子",
        "สมหญิง รักไทย",
        "فاطمة حسن",
    ],
    &["MRN-1003-9", "Łukasz Żółć", "lukasz@example.org", "55556666", "鈴木一郎", "วิชัย มีสุข", "يوسف إبراهيم"],
];

/// Compares `confidence:value[evidence|…]` of every match, in UTF-16 offsets of the text.
fn check(text: &str, expected: &[&str]) {
    let delimiters = |characters: &[char]| Delimiters::new(characters.iter().copied()).expect("delimiters");
    let columns = Columns::new(vec![
        Column::text("id").searchable().ignoring(delimiters(&['-'])),
        Column::text("name").typed(DataType::Name),
        Column::text("mail").searchable().typed(DataType::Email),
        Column::text("account")
            .searchable()
            .typed(DataType::Digits { width: None })
            .ignoring(delimiters(&['-', ' '])),
        Column::text("japanese"),
        Column::text("thai"),
        Column::text("arabic"),
    ]);
    let columns = columns.expect("columns");
    let files = support::build(&columns, ROWS, 2, edm_engine::build::PART_BYTES_DEFAULT);
    let types = PreparedTypes::prepare([support::active(&files.open(), None)]);
    let report = scan(&Query::new(text, &types), &mut Scratch::new());
    let units: Vec<u16> = text.encode_utf16().collect();
    let slice = |span: &edm_engine::Span| {
        String::from_utf16(&units[span.start_units as usize..span.end_units as usize])
            .expect("whole characters")
    };
    let rendered = report.types.iter().flat_map(|found| &found.matches).map(|matched| {
        let evidences: Vec<String> = matched.evidences.iter().map(|evidence| slice(&evidence.span)).collect();
        format!("{}:{}[{}]", matched.confidence, slice(&matched.span), evidences.join("|"))
    });
    assert_eq!(rendered.collect::<Vec<String>>(), expected, "{text:?}");
}

#[test]
fn widths_dashes_digits_and_marks() {
    check("ＭＲＮ－１００１－７", &["65:ＭＲＮ－１００１－７[]"]);
    check("id MRN\u{2011}1001\u{2011}7", &["65:MRN\u{2011}1001\u{2011}7[]"]);
    check("id MRN\u{2212}1001\u{2212}7", &["65:MRN\u{2212}1001\u{2212}7[]"]);
    for digits in ["١٢٣٤٥٦٧٨", "१२३४५६७८", "๑๒๓๔๕๖๗๘", "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖"]
    {
        check(&format!("no. {digits}."), &[&format!("65:{digits}[]")]);
    }
    check(
        "Zoe\u{308} Mu\u{308}ller-Lu\u{308}denscheidt 12345678",
        &["75:12345678[Zoe\u{308} Mu\u{308}ller-Lu\u{308}denscheidt]"],
    );
    check("ZOË MÜLLER-LÜDENSCHEIDT mrn-1001-7", &["75:mrn-1001-7[ZOË MÜLLER-LÜDENSCHEIDT]"]);
    check("O\u{2019}Neil\u{a0}Patrick 87654321", &["75:87654321[O\u{2019}Neil\u{a0}Patrick]"]);
    check("O\u{2bc}Neil\u{3000}Patrick 87654321", &["75:87654321[O\u{2bc}Neil\u{3000}Patrick]"]);
}

#[test]
fn what_is_not_seen() {
    check("MRN-10\u{ad}01-7", &["65:MRN-10\u{ad}01-7[]"]);
    check("MRN\u{200b}-1001\u{200b}-7", &["65:MRN\u{200b}-1001\u{200b}-7[]"]);
    check("\u{200f}12345678\u{200e}", &["65:12345678[]"]);
    check("\u{2067}1234\u{2060}5678\u{2069}", &["65:1234\u{2060}5678[]"]);
    check("MRN-1001-7👩\u{200d}👩\u{200d}👧 next", &["65:MRN-1001-7[]"]);
    check("😀MRN-1001-7😀", &["65:MRN-1001-7[]"]);
}

#[test]
fn scripts_without_spaces_and_from_right_to_left() {
    check("顧客山田太郎様の口座12345678です", &["75:12345678[山田太郎]"]);
    check("คุณสมชาย ใจดีโทรมา 12345678", &["75:12345678[สมชาย ใจดี]"]);
    check("العميل محمد علي، رقم 12345678", &["75:12345678[محمد علي]"]);
    // A letter that is written to the word is another word.
    check("لمحمد علي 12345678", &["65:12345678[]"]);
    check("山田 太郎 12345678", &["65:12345678[]"]);
}

#[test]
fn escapes_in_plain_text() {
    check(
        r#"{"a":"Zo\u00eb M\u00fcller-L\u00fcdenscheidt","b":"12345678"}"#,
        &[r"75:12345678[Zo\u00eb M\u00fcller-L\u00fcdenscheidt]"],
    );
    check(r#"{"a":"O'Neil\nPatrick","b":"87654321"}"#, &[r"75:87654321[O'Neil\nPatrick]"]);
    check(r#"{"id":"MRN-1001-7\/x"}"#, &["65:MRN-1001-7[]"]);
    check(r#""{\"b\":\"12345678\"}""#, &["65:12345678[]"]);
    check("mail=zoe%40example.org", &["65:zoe%40example.org[]"]);
    check(
        "name=%C5%81ukasz%20%C5%BB%C3%B3%C5%82%C4%87&b=55556666",
        &["75:55556666[%C5%81ukasz%20%C5%BB%C3%B3%C5%82%C4%87]"],
    );
    for quote in ["&#39;", "&#x27;", "&apos;", "&rsquo;"] {
        let name = format!("O{quote}Neil&nbsp;Patrick");
        check(&format!("{name} 87654321"), &[&format!("75:87654321[{name}]")]);
    }
    check("MRN-10&shy;01-7", &["65:MRN-10&shy;01-7[]"]);
    check("account 1234=\r\n5678 end", &["65:1234=\r\n5678[]"]);
    check("b=3D12345678", &["65:12345678[]"]);
    check("b=12345678", &["65:12345678[]"]);
    check(
        "Zo=C3=AB M=C3=BCller-L=C3=BCdenscheidt, 12345678",
        &["75:12345678[Zo=C3=AB M=C3=BCller-L=C3=BCdenscheidt]"],
    );
}

#[test]
fn values_over_several_lines() {
    check("O'Neil\r\nPatrick 87654321", &["75:87654321[O'Neil\r\nPatrick]"]);
    check("> O'Neil\n> Patrick 87654321", &["75:87654321[O'Neil\n> Patrick]"]);
    check("O'Neil\n\nPatrick 87654321", &["65:87654321[]"]);
    check("MRN\u{2010}\n1001-7", &[]);
}
