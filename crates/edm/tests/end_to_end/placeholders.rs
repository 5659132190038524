//! Placeholders: the default ones, a store's list, and words that are names if few rows have them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Program, Server, json, result, stderr};

const COLUMNS: [&str; 6] =
    ["--column", "acct:searchable", "--column", "surname:name", "--column", "note:text"];

fn create(edm: &Program, store: &str, more: &[&str]) {
    let created = edm.run([&["store", "create", "--name", store], &COLUMNS[..], more].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
}

/// Uploads the rows. Returns the messages about them.
fn upload(edm: &Program, store: &str, file: &str, text: &str, more: &[&str]) -> String {
    let uploaded = edm.run([&["upload", "--store", store, "--file", file, "--wait"], more].concat(), text);
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let report = json(&uploaded);
    let warnings = report["warnings"].as_array().expect("a list").iter();
    warnings.map(|warning| warning.as_str().expect("a sentence")).collect::<Vec<_>>().join("\n")
}

/// Returns the confidence with which the text matches a row; 0 without a match.
fn confidence(edm: &Program, store: &str, text: &str) -> u64 {
    let found = result(&edm.run(["classify", "--type", store, "--minimum-confidence", "1"], text));
    let matches = found["classification"].as_array().expect("a list").iter();
    let matches = matches.flat_map(|found| found["matches"].as_array().expect("a list"));
    matches.filter_map(|found: &Value| found["confidence"].as_u64()).max().unwrap_or(0)
}

/// 2,000 accounts: every fortieth has no surname, and one is called Null.
fn accounts() -> String {
    let mut table = "acct,surname,note\n".to_owned();
    for row in 0..2_000 {
        let surname = match row {
            700 => "Null".to_owned(),
            _ if row % 40 == 0 => "None".to_owned(),
            _ => format!("Langer{row}"),
        };
        let note = if row % 2 == 0 { "not provided" } else { "#REF!" };
        let _ = writeln!(table, "ACC-77{row:04},{surname},{note}");
    }
    table
}

#[test]
fn a_placeholder_is_no_evidence_and_a_surname_is() {
    let server = Server::start();
    let edm = server.program();
    create(&edm, "accounts", &[]);
    let file = edm.file("accounts.csv", accounts());
    let told = upload(&edm, "accounts", &file, "", &[]);
    for part in [
        "surname: 50 of 2000 records hold “none”",
        "for an empty cell",
        "surname: 1 of 2000 records hold “null”",
        "somebody's name",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // The account alone, and next to words that mean nothing.
    let alone = confidence(&edm, "accounts", "ACC-770040");
    for text in ["ACC-770040 errors: none", "ACC-770040 not provided", "ACC-770041 #REF!"] {
        assert_eq!(confidence(&edm, "accounts", text), alone, "{text}");
    }
    for text in ["ACC-770041 Langer41", "Mr. Null, ACC-770700"] {
        assert!(confidence(&edm, "accounts", text) > alone, "{text}");
    }
    // A pipe is read once, so its start decides; here that is all of it.
    create(&edm, "piped", &[]);
    let told = upload(&edm, "piped", "-", &accounts(), &[]);
    assert!(told.contains("surname: 50 of 2000 records hold “none”") && !told.contains("pipe"), "{told}");
    assert_eq!(confidence(&edm, "piped", "ACC-770040 errors: none"), alone);
}

#[test]
fn a_store_has_its_own_words_or_none() {
    let server = Server::start();
    let edm = server.program();
    let table =
        "acct,surname,note\nACC-1001,kein Eintrag,none\nACC-1002,Okafor,ward 7\nACC-1003,Diaz,k. A.\n";
    let file = edm.file("few.csv", table);
    create(&edm, "own", &["--placeholder", "kein Eintrag", "--placeholder", "k. A."]);
    upload(&edm, "own", &file, "", &[]);
    let alone = confidence(&edm, "own", "ACC-1001");
    assert_eq!(confidence(&edm, "own", "ACC-1001 kein Eintrag"), alone);
    assert_eq!(confidence(&edm, "own", "ACC-1003 k. A."), alone);
    assert!(confidence(&edm, "own", "ACC-1001 none") > alone, "`none` is a value here");
    let shown = json(&edm.run(["store", "show", "own"], ""));
    assert_eq!(shown["placeholders"], serde_json::json!(["kein Eintrag", "k. A."]), "{shown}");
    let table = edm.run(["--output", "table", "store", "show", "own"], "");
    assert!(String::from_utf8_lossy(&table.stdout).contains("mean an empty cell: kein Eintrag, k. A."));

    let updated = edm.run(["store", "update", "own", "--no-placeholders"], "");
    assert!(
        stderr(&updated).contains("words that mean an empty cell: kein Eintrag, k. A. → none"),
        "{}",
        stderr(&updated)
    );
    upload(&edm, "own", &file, "", &[]);
    assert!(confidence(&edm, "own", "ACC-1001 kein Eintrag") > alone, "it is a value now");
    let updated = edm.run(["store", "update", "own", "--usual-placeholders"], "");
    assert_eq!(json(&updated).get("placeholders"), None, "the usual ones are not listed");
    upload(&edm, "own", &file, "", &[]);
    assert_eq!(confidence(&edm, "own", "ACC-1001 none"), alone);

    // One word more, and one less.
    let updated =
        edm.run(["store", "update", "own", "--add-placeholder", "-", "--remove-placeholder", "NONE"], "");
    assert!(stderr(&updated).contains("upload the table again"), "{}", stderr(&updated));
    let words = json(&updated)["placeholders"].as_array().expect("a list").clone();
    assert!(words.contains(&"-".into()) && words.contains(&"n/a".into()) && !words.contains(&"none".into()));

    for (arguments, part) in [
        (&["--placeholder", " "][..], "placeholders"),
        (&["--placeholder", "\u{1b}[31mred"], "placeholders"),
        (&["--remove-placeholder", "Langer"], "no placeholder"),
        (&["--placeholder", "x", "--no-placeholders"], "cannot be used with"),
        (&["--placeholder", "x", "--usual-placeholders"], "cannot be used with"),
    ] {
        let refused = edm.run([&["store", "update", "own"], arguments].concat(), "");
        assert_ne!(refused.status.code(), Some(0), "{part}");
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
}
