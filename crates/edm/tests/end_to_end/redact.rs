//! Redacted texts through the real binary: they are well-formed, and nothing in them is found
//! again.

use serde_json::{Value, json};

use crate::program::{Server, result, stderr, stdout};

/// One name is a column's, and one has characters outside the Basic Multilingual Plane.
const TABLE: &str = "\
lastName,ssn,dob
Langer,900-12-3456,1982-03-04
van der Berg,902-34-5678,1990-07-15
ssn,903-45-6789,1988-01-02
𠮷野 家,904-56-7890,1991-12-24
";

#[test]
fn a_redacted_text_is_well_formed_and_finds_nothing() {
    let server = Server::start();
    let edm = server.program();
    let columns =
        ["--column", "ssn:searchable:ignore=- ", "--column", "lastName:searchable", "--column", "dob"];
    let created = edm.run([&["store", "create", "--name", "people"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let table = edm.file("people.csv", TABLE);
    assert_eq!(
        edm.run(["upload", "--store", "people", "--file", &table, "--wait"], "").status.code(),
        Some(0)
    );

    let mail = "> Mrs van der\n> Berg (1990-07-15):\n> 902-34-5678\n";
    let escaped = r#"{"who": "\ud842\udfb7\u91ce \u5bb6", "id": "\u0039\u0030\u0034-56-7890", "note": "ssn, 1988-01-02, 903 45 6789"}"#;
    let row = "lastName;ssn;dob\r\nLanger;900-12-3456;1982-03-04\r\nssn;903-45-6789;1988-01-02\r\n";
    let plain = "Kein Fund in diesem Satz.\n";
    for mode in ["mask", "label", "token"] {
        for text in [mail, escaped, row, plain] {
            let redacted = edm.run(["classify", "-", "--redact", mode], text);
            assert_eq!(redacted.status.code(), Some(0), "{}", stderr(&redacted));
            let redacted = stdout(&redacted);
            for part in ["Berg", "902", "7890", "\\udfb7", "903", "Langer", "3456", "1988"] {
                assert!(!redacted.contains(part), "{mode}: {part} in {redacted}");
            }
            let again = result(&edm.run(["classify", "-", "--minimum-confidence", "75"], &redacted));
            assert_eq!(again["classification"], json!([]), "{mode}: {redacted}");
            assert_eq!(redacted == text, text == plain, "{mode}");
            if text == escaped {
                let object: Value = serde_json::from_str(&redacted).expect("still JSON");
                assert_eq!(object.as_object().map(serde_json::Map::len), Some(3), "{redacted}");
            }
            if text == row {
                let cells: Vec<usize> = redacted.lines().map(|line| line.split(';').count()).collect();
                assert_eq!(cells, [3, 3, 3], "{mode}: {redacted}");
            }
            if mode == "mask" {
                assert_eq!(redacted.encode_utf16().count(), text.encode_utf16().count(), "{redacted}");
                assert_eq!(redacted.lines().count(), text.lines().count(), "{redacted}");
            }
        }
    }
}
