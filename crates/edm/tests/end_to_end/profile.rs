//! Compares `edm profile` with what the service reports about the same table after the upload.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::program::{Program, Server, edm, json, stderr, stdout};

/// People of whom some share a city; one record is unusable.
fn people() -> String {
    let mut table = "ssn,lastName,mail,dob,city,room\n".to_owned();
    for n in 0..600 {
        let name: String =
            [n / 26 % 26, n % 26, n / 7 % 26].map(|n| char::from(b'a' + n as u8)).iter().collect();
        let _ = writeln!(
            table,
            "9{:02}-{:02}-{:04},O'{name},{name}.{n}@example.org,19{}-{:02}-{:02},city{},{}",
            n % 100,
            n % 89 + 10,
            n * 13,
            n % 60 + 30,
            n % 12 + 1,
            n % 28 + 1,
            n % 5,
            10_000 + n % 30
        );
    }
    table.push_str("only,two\n");
    table
}

fn column<'a>(profile: &'a Value, name: &str) -> &'a Value {
    let columns = profile["columns"].as_array().expect("a list");
    columns.iter().find(|column| column["name"] == name).expect(name)
}

/// Runs a command without a server, on a file.
fn alone(arguments: &[&str], table: &str) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    std::fs::write(&path, table).expect("writes");
    let mut command = edm(["profile", "--file", path.to_str().expect("a path")].iter().chain(arguments));
    // Data that exceeds the memory would be there; nothing is left of it.
    let scratch = folder.path().join("tmp");
    std::fs::create_dir(&scratch).expect("makes");
    let output = command.env("TMPDIR", &scratch).output().expect("ends");
    assert_eq!(std::fs::read_dir(&scratch).expect("reads").count(), 0);
    output
}

#[test]
fn a_table_is_profiled() {
    let output = alone(&[], &people());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("wrong number of cells (the header has 6): line 602"),
        "{}",
        stderr(&output)
    );
    let profile = json(&output);
    assert_eq!((&profile["recordCount"], &profile["rejectedRecordCount"]), (&json!(601), &json!(1)));
    for (name, class, suggested, primary, key) in [
        ("ssn", "standalone", "ssn", true, true),
        ("lastName", "evidence", "name", false, true),
        ("mail", "standalone", "email", true, true),
        ("dob", "evidence", "date", false, false),
        ("city", "weak", "text", false, false),
        ("room", "weak", "digits", false, false),
    ] {
        let found = column(&profile, name);
        assert_eq!((&found["class"], &found["suggestedType"]), (&json!(class), &json!(suggested)), "{name}");
        assert_eq!(
            (&found["isFitAsPrimary"], &found["isFitAsKey"]),
            (&json!(primary), &json!(key)),
            "{name}"
        );
        assert_eq!(found["notPrimaryBecause"].as_array().map(Vec::is_empty), Some(primary), "{name}");
    }
    assert_eq!(column(&profile, "city")["longestRepeat"], 120);
    assert_eq!(column(&profile, "ssn")["forms"][0], json!({"form": "999-99-9999", "count": 600}));

    let table = alone(&["--output", "table"], &people());
    for part in [
        "601 records, 1 left out",
        "COLUMN",
        "forms: 999-99-9999 (100.0 %)",
        "primary: no: half of the values",
    ] {
        assert!(stdout(&table).contains(part), "{part}: {}", stdout(&table));
    }
    // Neither format shows a cell, not even if the table cannot be used.
    let said = [stdout(&output), stdout(&table), stderr(&output)].concat();
    for cell in ["900-10-0000", "O'aaa", "example.org", "1930-01-01", "city1", "10001", "only"] {
        assert!(!said.contains(cell), "{cell}");
    }
    let headless = alone(&[], "900-12-3456,Langer\n901-23-4567,Okafor\n");
    assert_eq!(headless.status.code(), Some(1));
    assert!(
        stderr(&headless).contains("cell 1 of the first line looks like a value"),
        "{}",
        stderr(&headless)
    );
    assert!(!stderr(&headless).contains("900-12") && !stderr(&headless).contains("Langer"));
    let hopeless = alone(&[], "gender\nf\nm\n");
    assert_eq!((hopeless.status.code(), json(&hopeless)["recordCount"].clone()), (Some(1), json!(2)));
    assert!(
        stderr(&hopeless).contains("nothing in this table could be found by default"),
        "{}",
        stderr(&hopeless)
    );
    for (arguments, status) in [(&["--separator", "xy"][..], 2), (&["--schema", "missing.json"], 1)] {
        assert_eq!(alone(arguments, "a\n1\n").status.code(), Some(status), "{arguments:?}");
    }
}

fn classes(columns: &Value) -> Vec<(Value, Value, Value)> {
    let columns = columns.as_array().expect("a list").iter();
    // A store omits an empty list of warnings.
    let warnings = |column: &Value| column["warnings"].as_array().cloned().unwrap_or_default();
    columns.map(|column| (column["name"].clone(), column["class"].clone(), json!(warnings(column)))).collect()
}

#[test]
fn the_service_judges_as_the_profile_does() {
    let server = Server::start();
    let edm = server.program();
    let table = edm.file("people.csv", people());
    let columns = [
        "--column",
        "ssn:searchable:ignore=-",
        "--column",
        "lastName:searchable",
        "--column",
        "mail:searchable:email",
        "--column",
        "dob",
        "--column",
        "city:digits",
        "--column",
        "room:searchable",
    ];
    let profiled = edm.run([&["profile", "--file", &table][..], &columns].concat(), "");
    assert_eq!(profiled.status.code(), Some(0), "{}", stderr(&profiled));
    let created = edm.run([&["store", "create", "--name", "people"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let allowed = ["--allowed-bad-lines", "1", "--allowed-bad-cells", "100%"];
    let upload = [&["upload", "--store", "people", "--file", &table, "--wait"][..], &allowed].concat();
    let uploaded = edm.run(upload, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let store = json(&edm.run(["store", "show", "people"], ""));
    let (before, after) = (classes(&json(&profiled)["columns"]), classes(&store["columns"]));
    assert_eq!(before, after);
    assert!(
        after.iter().any(|(_, _, warnings)| !warnings.as_array().expect("a list").is_empty()),
        "{after:?}"
    );
}

fn upload(edm: &Program, cities: impl Fn(usize) -> String) -> (Value, String) {
    let mut table = "account,city\n".to_owned();
    (0..300).for_each(|n| table.push_str(&format!("{},{}\n", 47_110_000 + n, cities(n))));
    let table = edm.file("table.csv", table);
    let uploaded = edm.run(["upload", "--store", "accounts", "--file", &table, "--wait"], "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    (json(&uploaded)["warnings"].clone(), stderr(&uploaded))
}

/// The default type stays as the first table made it, and a later upload gets a warning.
#[test]
fn a_later_upload_that_would_change_a_class_only_warns() {
    let server = Server::start();
    let edm = server.program();
    let created =
        ["store", "create", "--name", "accounts", "--column", "account:searchable", "--column", "city"];
    assert_eq!(edm.run(created, "").status.code(), Some(0));
    let letters =
        |n: usize| -> String { [n / 26, n % 26].map(|n| char::from(b'a' + n as u8)).iter().collect() };
    let distinct = |n: usize| format!("town{}", letters(n));
    let patterns = || json(&edm.run(["type", "show", "accounts"], ""))["exactMatch"].clone();
    assert_eq!(upload(&edm, distinct), (json!([]), String::new()));
    let pinned = patterns();
    let (warnings, told) = upload(&edm, |_| "Oslo".to_owned());
    assert!(
        warnings[0]
            .as_str()
            .is_some_and(|one| one.contains("city is taken as evidence where it is weak now")),
        "{warnings}"
    );
    assert!(told.contains("edm: pinnedPatterns: in the store's default type city"), "{told}");
    assert_eq!(patterns(), pinned);
    let store = json(&edm.run(["store", "show", "accounts"], ""));
    assert_eq!(
        (&store["columns"][1]["class"], &store["columns"][1]["warnings"][1]),
        (&json!("weak"), &warnings[0])
    );
    assert_eq!(upload(&edm, distinct), (json!([]), String::new()));
}
