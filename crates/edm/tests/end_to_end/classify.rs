//! `edm classify` through the real binary: its output for people and programs, and that it never
//! reports "nothing" for what it did not read.

use std::fs;

use serde_json::{Value, json};

use crate::canned_server::CannedServer;
use crate::fill;
use crate::program::{Program, Server, json as printed, result, stderr, stdout};

const GARCIA: &str = "García Márquez 1991-12-24 904-56-7890";

/// Runs `edm classify` and compares its status, its messages, and optionally a part of its output.
fn check(edm: &Program, arguments: &[&str], input: &str, status: i32, told: &[&str]) -> String {
    let ended = edm.run([&["classify"], arguments].concat(), input);
    assert_eq!(ended.status.code(), Some(status), "{arguments:?}: {}", stderr(&ended));
    for part in told {
        assert!(stderr(&ended).contains(part), "{arguments:?}: {part}: {}", stderr(&ended));
    }
    stdout(&ended)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn texts_of_every_encoding_are_looked_at() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    // With `--explain` the list is present even if it is empty.
    let explained = result(&edm.run(["classify", "--explain"], "nothing to see"));
    assert_eq!(explained["diagnostics"], json!([]), "{explained}");
    let plain = result(&edm.run(["classify"], "nothing to see"));
    assert!(plain.get("diagnostics").is_none(), "{plain}");

    let marked = [b"\xEF\xBB\xBF", GARCIA.as_bytes()].concat();
    for (name, bytes) in [("utf16.txt", utf16(&format!("\u{feff}{GARCIA}"))), ("marked.txt", marked)] {
        check(&edm, &["--fail-on-match", &edm.file(name, bytes)], "", 3, &["1 match; all was read"]);
    }
    // Offsets refer to the whole text, without the byte order mark.
    let long = "a ".repeat(2 * 1024 * 1024) + "\n";
    let text = format!("\u{feff}{long}{GARCIA}");
    for (name, bytes) in [("long8.txt", text.clone().into_bytes()), ("long16.txt", utf16(&text))] {
        let file = edm.file(name, bytes);
        let found = result(&edm.run(["classify", &file], ""));
        let place = &found["classification"][0]["matches"][0];
        let column = "García Márquez 1991-12-24 ".encode_utf16().count();
        let offset = long.len() + column;
        assert_eq!((&place["confidence"], &place["offset"]), (&json!(85), &json!(offset)), "{name}: {found}");
        let told = check(&edm, &[&file, "--output", "table"], "", 0, &[]);
        assert!(told.contains(&format!("ssn at 2:{}", column + 1)), "{told}");
    }
}

#[test]
fn what_was_not_read_is_named_and_ends_no_run() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    let folder = edm.path("exports");
    fs::create_dir_all(&folder).expect("makes");
    let none = check(&edm, &["--fail-on-match", &folder], "", 0, &["0 files, 0 bytes, 0 matches"]);
    assert_eq!(printed_summary(&none)["files"], 0, "{none}");
    edm.file("exports/a.txt", "nothing here");
    check(&edm, &["--fail-on-match", &folder], "", 0, &["1 file, 12 bytes, 0 matches; all was read"]);

    let latin: Vec<u8> = GARCIA.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin 1")).collect();
    let tar = [b"a.txt".as_slice(), &[0; 252], b"ustar\x0000", GARCIA.as_bytes()].concat();
    let mail = format!("Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nTGFuZ2Vy\r\n{GARCIA}");
    let long = "a ".repeat(2 * 1024 * 1024);
    for (bytes, reason) in [
        (latin.as_slice(), "line 1, byte 4 of the file: this is neither UTF-8"),
        (b"\x1F\x8B\x08\0\0\0\0\0", "gzip"),
        (b"%PDF-1.7\n904-56-7890", "a PDF document"),
        (b"PK\x03\x04\x14\0\0[Content_Types].xml", "an office document"),
        (b"\x89PNG\r\n\x1a\n\0\0", "an image"),
        (b"SQLite format 3\0\x10", "an SQLite database"),
        (&tar, "a tar archive"),
        (&utf16(GARCIA), "UTF-16 without its byte order mark"),
        (b"one\0 904-56-7890", "NUL bytes"),
        (&[long.as_bytes(), b"\xFF"].concat(), "neither UTF-8"),
        (&[long.as_bytes(), b"\0"].concat(), "holds a NUL"),
    ] {
        let file = edm.file("exports/other.bin", bytes);
        let told = [format!("not read: {file}: "), reason.to_owned()];
        let told: Vec<&str> = told.iter().map(String::as_str).chain(["1 file not read"]).collect();
        // As an argument or in a folder, alone or not, with and without the gate.
        check(&edm, &[&file], "", 4, &told);
        check(&edm, &[&folder], "", 4, &[&told[..], &["2 files"]].concat());
        let out = check(&edm, &["--fail-on-match", &folder, "--output", "ndjson"], "", 4, &told);
        assert!(out.lines().any(|line| line.contains("notRead") && line.contains(reason)), "{out}");
        assert!(!out.contains("904-56"), "{out}");
    }
    edm.file("exports/z.txt", GARCIA);
    check(&edm, &["--fail-on-match", &folder], "", 5, &["3 files", "1 match; 1 file not read"]);
    check(&edm, &[&folder], "", 4, &["1 match; 1 file not read"]);
    edm.file("exports/other.bin", mail);
    let document = check(&edm, &[&folder], "", 4, &[]);
    assert!(document.contains(r#""notReadAsAWhole":["base64Parts"]"#), "{document}");
    check(
        &edm,
        &["--fail-on-match", &folder],
        "",
        5,
        &["parts of a mail in base64", "1 file not looked at as a"],
    );
    fs::remove_file(edm.path("exports/other.bin")).expect("removes");
    check(&edm, &["--fail-on-match", &folder], "", 3, &["2 files", "all was read"]);
    let (gone, found) = (edm.path("gone.txt"), edm.path("exports/z.txt"));
    check(&edm, &["--fail-on-match", &gone, &found], "", 5, &["gone.txt: ", "1 match; 1 file not read"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", edm.path("exports/link")).expect("links");
    #[cfg(unix)]
    check(&edm, &["--fail-on-match", &folder], "", 5, &["link: it is a link that leads out of the folder"]);
    check(&edm, &["--redact", "mask"], "%PDF-1.7", 4, &["not read: -: it is a PDF"]);
}

fn printed_summary(out: &str) -> Value {
    serde_json::from_str::<Value>(out).expect("one document")["summary"].take()
}

#[test]
fn a_text_that_was_not_searched_to_its_end_is_not_clean() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    // A number alone is below the recommended confidence, and there are more than a result lists.
    let numbers = "904-56-7890\n".repeat(10_001);
    check(&edm, &["--fail-on-match"], &numbers, 4, &["not looked at as a whole: matchLimit"]);
    check(&edm, &[], &numbers, 4, &["matchLimit"]);
    check(&edm, &["--fail-on-match"], &format!("{numbers}{GARCIA}"), 5, &["matchLimit"]);
    check(&edm, &["--fail-on-match"], "904-56-7890", 0, &[]);
    // The gate uses the requested confidence.
    check(&edm, &["--fail-on-match", "--minimum-confidence", "60"], "904-56-7890", 3, &[]);
    check(&edm, &["--fail-on-match", "--minimum-confidence", "90"], GARCIA, 0, &[]);
    let unknown = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
    check(&edm, &["--type", unknown], GARCIA, 1, &[]);
}

#[test]
fn one_text_and_many_are_printed_alike_and_values_stay_at_the_terminal() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    let one = edm.file("one.txt", format!("𠮷 á\n𠮷 {GARCIA}\n"));
    let two = edm.file("two.txt", "nothing");
    for arguments in [&[one.as_str()][..], &[&one, &two]] {
        let out = check(&edm, &[arguments, &["--output", "ndjson"]].concat(), "", 0, &["1 match"]);
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [finding, summary] = lines.as_slice() else { panic!("{out}") };
        for (name, expected) in [
            ("file", json!(one)),
            ("line", json!(2)),
            ("column", json!(29)),
            ("offset", json!(34)),
            ("store", json!("people")),
            ("type", json!("people")),
            ("columnName", json!("ssn")),
            ("columns", json!(["ssn", "lastName", "dob"])),
            ("confidence", json!(85)),
            ("row", json!(6)),
            ("rows", json!([6])),
        ] {
            assert_eq!(finding[name], expected, "{name}: {out}");
        }
        assert_eq!(
            (&finding["evidences"][1]["line"], &finding["evidences"][1]["column"]),
            (&json!(2), &json!(18))
        );
        assert_eq!(summary["summary"]["files"], arguments.len(), "{out}");
        let document = printed(&edm.run([&["classify"][..], arguments].concat(), ""));
        assert_eq!(document["results"].as_array().map(Vec::len), Some(arguments.len()), "{document}");
        let first = &document["results"][0];
        assert_eq!(
            (&first["file"], &first["result"]["classification"][0]["confidence"]),
            (&json!(one), &json!(85))
        );
        assert_eq!(document["summary"]["matches"], 1, "{document}");
    }
    let table = check(&edm, &[&one, &two, "--output", "table"], "", 0, &[]);
    assert_eq!(table, format!("{one}:2:29   85  people  ssn  row 6  with lastName, dob\n"));
    assert_eq!(check(&edm, &["--output", "table"], "nothing", 0, &[]), "no match\n");

    for (shape, explain) in [("table", false), ("json", true), ("ndjson", true), ("ndjson", false)] {
        let explain = if explain { &["--explain"][..] } else { &[] };
        let text = format!("{GARCIA}, 900-12-3456 of 山田");
        let ask = |more: &[&str]| check(&edm, &[&["--output", shape], explain, more].concat(), &text, 0, &[]);
        let (hidden, shown) = (ask(&[]), ask(&["--show-values"]));
        assert!(
            !["904-56", "900-12", "Márquez", "1991"].iter().any(|value| hidden.contains(value)),
            "{hidden}"
        );
        assert!(["904-56", "Márquez", "1991"].iter().all(|value| shown.contains(value)), "{shown}");
    }
    check(&edm, &["--redact", "mask", "--output", "ndjson"], "x", 2, &["does not fit"]);
    check(&edm, &["--redact", "mask", &one, &two], "", 2, &["takes one file"]);
    assert_eq!(edm.run(["store", "list", "--output", "ndjson"], "").status.code(), Some(2));
}

const NOTHING: &str = r#"{"classification": [], "errors": []}"#;
const FOUND: &str = r#"{"classification": [{"id": "t", "displayName": "people", "confidence": 85, "recommendedConfidence": 75,
    "matches": [{"offset": 0, "length": 1, "confidence": 85, "rows": [1]}]}], "errors": [ERRORS]}"#;
const REDACTED: &str = r#"{"text": "x", "classification": [], "errors": [], "belowThresholdCount": 2}"#;

/// An error of a broken server is never treated as "nothing found".
#[test]
fn nothing_found_is_said_only_of_what_was_looked_at() {
    let server = Server::start();
    let edm = server.program();
    let check = |answers: &[(u16, &str)], arguments: &[&str], status: i32, told: &[&str]| {
        let canned = CannedServer::start(answers);
        let out =
            check(&canned.program(&edm), &[arguments, &["--output", "table"]].concat(), "x", status, told);
        assert_eq!(out.contains("no match"), answers == [(200, NOTHING)], "{answers:?}: {out}");
        let bodies = canned.bodies();
        assert_eq!(bodies.len(), answers.len(), "{bodies:?}");
        assert!(bodies.iter().all(|body| body.contains(r#""includeValues":false"#)), "{bodies:?}");
        bodies.concat()
    };
    let with = |error: &str| format!(r#"{{"classification": [], "errors": [{error}]}}"#);
    let error = |code: &str| format!(r#"{{"code": "{code}", "message": "a sentence of {code}"}}"#);
    check(&[(200, NOTHING)], &[], 0, &["1 file, 1 byte, 0 matches; all was read"]);
    for code in ["timeout", "dataUnavailable", "sensitiveTypeNotFound"] {
        let answer = with(&error(code));
        for arguments in [&[][..], &["--fail-on-match"]] {
            check(
                &[(200, &answer)],
                arguments,
                4,
                &[&format!("a sentence of {code}"), "not looked at as a whole"],
            );
        }
    }
    check(&[(200, &with(&error("nothingLookedFor")))], &[], 4, &["upload a table with `edm upload"]);
    let both = FOUND.replace("ERRORS", &error("timeout"));
    check(&[(200, &both)], &["--fail-on-match"], 5, &["1 match; 1 file not looked at as a whole"]);
    check(&[(200, &FOUND.replace("ERRORS", ""))], &["--fail-on-match"], 3, &[]);
    // A response that is not a result.
    check(&[(200, "{}")], &[], 1, &["cannot be understood", "1 file not read"]);

    let refused = |code: &str| format!(r#"{{"error": {}}}"#, error(code));
    let (one, two) = (edm.file("one.txt", "x"), edm.file("two.txt", "y"));
    let unavailable = refused("dataUnavailable");
    let told = ["a sentence of dataUnavailable", "2 files, 0 bytes, 0 matches; 2 files not read"];
    check(&[(503, &unavailable)], &[&one, &two], 4, &told);
    let large = refused("bodyTooLarge");
    check(&[(413, &large), (200, NOTHING)], &[&one, &two], 4, &["one.txt: a sentence", "1 file not read"]);
    check(&[(401, &refused("unauthenticated"))], &[&one, &two], 1, &["2 files not read", "unauthenticated"]);

    let body = check(
        &[(200, REDACTED)],
        &["--redact", "mask"],
        0,
        &["2 matches below", "2 left below the confidence"],
    );
    assert!(!body.contains("minimumConfidence"), "each type has its own: {body}");
    let body = check(&[(200, REDACTED)], &["--redact", "mask", "--minimum-confidence", "40"], 0, &[]);
    assert!(body.contains(r#""minimumConfidence":40"#), "{body}");
    check(
        &[(400, &refused("redactionIncomplete"))],
        &["--redact", "mask"],
        4,
        &["a sentence", "1 file not read"],
    );
}

#[test]
fn a_lookup_says_which_value_was_found_and_when_nothing_was_asked() {
    let server = Server::start();
    let edm = server.program();
    let id = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
    let check = |edm: &Program, arguments: &[&str], status: i32, told: &[&str]| {
        let ended = edm.run([&["lookup", "--key", "ssn", "--store"], arguments].concat(), "");
        assert_eq!(ended.status.code(), Some(status), "{arguments:?}: {}", stderr(&ended));
        for part in told {
            assert!(stderr(&ended).contains(part), "{arguments:?}: {part}: {}", stderr(&ended));
        }
        stdout(&ended)
    };
    let unavailable = r#"{"error": {"code": "dataUnavailable", "message": "the table cannot be read"}}"#;
    let canned = CannedServer::start(&[(503, unavailable)]);
    check(&canned.program(&edm), &[id, "900"], 4, &["the table cannot be read"]);
    let canned = CannedServer::start(&[(200, "{}")]);
    check(&canned.program(&edm), &[id, "900"], 1, &["cannot be understood"]);

    fill(&edm, "people");
    let values = ["people", "903-45-6789", "905-00-0000", "900123456"];
    let rows: Value =
        serde_json::from_str(&check(&edm, &values, 0, &["value 2 of 3: no row"])).expect("JSON");
    let shown = |row: &Value| (row["valueNumber"].clone(), row["row"].clone());
    assert_eq!(
        rows.as_array().expect("a list").iter().map(shown).collect::<Vec<_>>(),
        [(json!(1), json!(5)), (json!(3), json!(1))]
    );
    assert_eq!(
        check(&edm, &["people", "905-00-0000", "--output", "table"], 0, &["value 1 of 1"]),
        "no row\n"
    );
    let empty = ["store", "create", "--name", "empty", "--column", "ssn:searchable"];
    assert_eq!(edm.run(empty, "").status.code(), Some(0));
    check(&edm, &["empty", "900-12-3456"], 4, &["nothing was looked up: upload its table first"]);
}
