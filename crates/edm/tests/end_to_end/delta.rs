//! Deltas through the real binary: records changed, added and removed.

use serde_json::Value;

use crate::cutting_proxy::CuttingProxy;
use crate::program::{Program, Server, json, result, stderr, stdout};

const TABLE: &str = "\
lastName,ssn,dob
Langer,900-12-3456,1982-03-04
O'Neil,901-23-4567,1975-11-30
van der Berg,902-34-5678,1990-07-15
山田,903-45-6789,1988-01-02
García Márquez,904-56-7890,1991-12-24
";

const KEYED: [&str; 6] =
    ["--column", "ssn:searchable:key:ignore=- ", "--column", "lastName", "--column", "dob"];

/// Creates a store with the SSN as its key and uploads the table to it.
fn furnished(edm: &Program) {
    let created = edm.run([&["store", "create", "--name", "patients"][..], &KEYED].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let report = upload(edm, TABLE, &["--wait"]);
    assert_eq!((&report["updateMode"], &report["delete"]), (&"replace".into(), &false.into()), "{report}");
}

fn upload(edm: &Program, table: &str, options: &[&str]) -> Value {
    let table = edm.file("table.csv", table);
    let uploaded = edm.run([&["upload", "--store", "patients", "--file", &table][..], options].concat(), "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    json(&uploaded)
}

/// Returns confidence, row and session of each match in the text.
fn found(edm: &Program, text: &str) -> Vec<(u64, u64, String)> {
    let answer = result(&edm.run(["classify"], text));
    let matches = answer["classification"].as_array().into_iter().flatten().flat_map(|found| {
        let matches = found["matches"].as_array().cloned();
        matches.unwrap_or_default()
    });
    let read = |place: Value| {
        let session = place["rowSessionIds"][0].as_str().unwrap_or_default().to_owned();
        (place["confidence"].as_u64().unwrap_or(0), place["rows"][0].as_u64().unwrap_or(0), session)
    };
    matches.map(read).collect()
}

#[test]
fn one_patient_is_changed_and_one_removed() {
    let server = Server::start();
    let edm = server.program();
    furnished(&edm);
    let base = found(&edm, "van der Berg 1990-07-15 902-34-5678")[0].2.clone();

    let changed = "ssn,lastName,dob\n900-12-3456,Langer-Okafor,1982-03-04\n905-67-8901,Eriksen,1966-06-06\n";
    let report = upload(&edm, changed, &["--update-mode", "delta", "--wait"]);
    let delta = report["sessionId"].as_str().expect("an id").to_owned();
    assert_eq!((&report["updateMode"], &report["state"]), (&"delta".into(), &"Completed".into()), "{report}");
    assert_eq!(found(&edm, "Eriksen 1966-06-06 905-67-8901"), [(85, 2, delta.clone())], "added");
    assert_eq!(found(&edm, "Langer-Okafor 900-12-3456, 1982-03-04"), [(85, 1, delta.clone())], "changed");
    assert_eq!(found(&edm, "van der Berg 1990-07-15 902-34-5678"), [(85, 3, base.clone())], "as it was");

    // The file of a removal only needs the key; other columns are ignored.
    let report = upload(&edm, "ward,ssn\nB 4,902345678\nB 5,955-55-5555\n", &["--delete", "--wait"]);
    assert_eq!((&report["updateMode"], &report["delete"]), (&"delta".into(), &true.into()), "{report}");
    assert_eq!((&report["removedRowCount"], &report["liveRowCount"]), (&1.into(), &5.into()), "{report}");
    let warned = report["warnings"].to_string();
    assert!(warned.contains("1 listed record removed nothing"), "a key that nobody has is told: {warned}");
    assert_eq!(found(&edm, "van der Berg 1990-07-15 902-34-5678"), [], "removed");
    let explained =
        result(&edm.run(["classify", "--explain", "--show-values"], "van der Berg 1990-07-15 902-34-5678"));
    assert!(!explained.to_string().contains("902"), "not even why: {explained}");
    let asked = ["lookup", "--store", "patients", "--key", "ssn", "902-34-5678", "900-12-3456"];
    let rows = json(&edm.run(asked, ""));
    let [row] = rows.as_array().expect("a list").as_slice() else { panic!("one is left: {rows}") };
    assert_eq!((&row["row"], &row["rowSessionId"]), (&1.into(), &delta.as_str().into()), "{row}");
    assert_eq!(row["valueNumber"], 2, "{row}");
    rows_name_their_file(&edm, &asked);
    let store = json(&edm.run(["store", "show", "patients"], ""));
    assert_eq!((&store["rowCount"], &store["generation"]), (&5.into(), &3.into()), "{store}");
    let shown = json(&edm.run(["upload", "show", "--store", "patients", &delta], ""));
    assert_eq!(shown["updateMode"], "delta", "{shown}");
    let listed = edm.run(["--output", "table", "upload", "list", "--store", "patients"], "");
    let modes: Vec<String> = stdout(&listed)
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().nth(3).unwrap_or("").to_owned())
        .collect();
    assert_eq!(modes[..3], ["replace", "delta", "delta"], "{}", stdout(&listed));
    // `rowCount` of the live delta only counts its changes, and no list named a file.
    for part in ["FILE", "table.csv", "live in all: 5 rows"] {
        assert!(stdout(&listed).contains(part), "{part}: {}", stdout(&listed));
    }
    let listed = json(&edm.run(["upload", "list", "--store", "patients"], ""));
    let live = listed.as_array().expect("a list").iter().map(|one| one["liveRowCount"].as_u64());
    assert_eq!(live.collect::<Vec<_>>(), [None, None, Some(5)], "{listed}");

    let back = edm.run(["store", "rollback", "patients"], "");
    assert_eq!(back.status.code(), Some(0), "{}", stderr(&back));
    assert_eq!(found(&edm, "van der Berg 1990-07-15 902-34-5678"), [(85, 3, base)], "and back again");
}

/// Its rows were made with the current placeholders and all others were not, once without a
/// warning.
#[test]
fn a_delta_on_a_table_of_other_placeholders_is_warned() {
    let server = Server::start();
    let edm = server.program();
    furnished(&edm);
    let delta = || {
        let changed = "ssn,lastName,dob\n905-67-8901,Eriksen,1966-06-06\n";
        upload(&edm, changed, &["--update-mode", "delta", "--wait"])["warnings"].to_string()
    };
    let warned = "upload the whole table again";
    assert!(!delta().contains(warned));
    let updated = edm.run(["store", "update", "patients", "--add-placeholder", "leer"], "");
    assert_eq!(json(&updated)["mustUploadAgain"], true, "{}", stderr(&updated));
    assert!(delta().contains(warned));
    assert!(delta().contains(warned), "the delta before changed one row only");
    upload(&edm, TABLE, &["--wait"]);
    assert!(!delta().contains(warned));
}

/// Users once read line 2 of a delta's file as row 2 of the whole table.
fn rows_name_their_file(edm: &Program, lookup: &[&str]) {
    let table = |arguments: &[&str], text: &str| {
        stdout(&edm.run([&["--output", "table"][..], arguments].concat(), text))
    };
    let delta = " of table.csv (delta of 20";
    let added = table(&["classify"], "Eriksen 1966-06-06 905-67-8901");
    assert!(added.contains(&format!("  row 2{delta}")), "{added}");
    let base = table(&["classify"], "山田 1988-01-02 903-45-6789");
    assert!(base.contains("  row 4  with"), "{base}");
    let looked = table(lookup, "");
    let [heading, row] = looked.lines().collect::<Vec<_>>()[..] else { panic!("one row: {looked}") };
    assert!(!heading.contains("rowSessionId") && row.contains(&format!("1{delta}")), "{looked}");
    let none = table(&[&lookup[..5], &["999-99-9999"]].concat(), "");
    assert_eq!(none, "no row\n");
    let explained = table(&["classify", "--explain"], "905-67-8901 of 山田");
    assert!(
        explained.contains("row 2 of table.csv (delta") && !explained.contains("of session"),
        "{explained}"
    );
}

#[test]
fn a_delta_that_cannot_be_says_what_to_do() {
    let server = Server::start();
    let edm = server.program();
    let table = edm.file("table.csv", TABLE);
    let create = |name: &str, key: &str| {
        let column = format!("ssn:searchable{key}");
        let columns = ["--column", &column, "--column", "lastName", "--column", "dob"];
        let created = edm.run([&["store", "create", "--name", name][..], &columns].concat(), "");
        assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    };
    create("keyless", "");
    create("empty", ":key");
    let names_only = edm.file("names.csv", "lastName\nLanger\n");
    for (store, file, options, parts) in [
        ("keyless", &table, &["--update-mode", "delta"][..], &["keyColumnMissing", "isKey"][..]),
        ("keyless", &table, &["--delete"], &["key column"]),
        ("empty", &table, &["--update-mode", "delta"], &["noLiveData", "replace first"]),
        ("empty", &names_only, &["--delete"], &["lacks: ssn"]),
        ("empty", &table, &["--delete", "--update-mode", "replace"], &["which is a delta"]),
    ] {
        let refused = edm.run([&["upload", "--store", store, "--file", file][..], options].concat(), "");
        assert_eq!(refused.status.code(), Some(1), "{store} {options:?}");
        for part in parts {
            assert!(stderr(&refused).contains(part), "{store} {options:?}: {}", stderr(&refused));
        }
    }
}

#[test]
fn a_killed_removal_goes_on_where_it_stopped() {
    const RECORDS: usize = 600;
    let server = Server::start();
    let edm = server.program();
    let record = |number: usize| format!("900-{:02}-{:04}", number / 9_000, number % 9_000 + 1);
    let table = |kept: std::ops::Range<usize>| {
        kept.fold("ssn,lastName,dob\n".to_owned(), |text, number| {
            text + &record(number) + ",Langer,1982-03-04\n"
        })
    };
    let created = edm.run([&["store", "create", "--name", "patients"][..], &KEYED].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    upload(&edm, &table(0..RECORDS + 1), &["--wait"]);
    let removed = edm.file("removed.csv", table(0..RECORDS));
    let journal = edm.path("removed.journal");
    let run = ["upload", "--store", "patients", "--file", &removed, "--rows-per-block", "25"];
    let run = [&run[..], &["--journal", &journal, "--wait"]].concat();
    let removal = [&run[..], &["--delete"]].concat();

    let proxy = CuttingProxy::start(server.address(), 12);
    let mut killed = edm.at(&proxy.url()).spawn(&removal);
    proxy.wait_until_cut();
    killed.kill().expect("runs until it is killed");
    killed.wait().expect("was killed");
    let resumed = edm.run(&removal, "");
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert!(stderr(&resumed).contains("the server has "), "{}", stderr(&resumed));
    assert_eq!(json(&resumed)["delete"], true);
    let store = json(&edm.run(["store", "show", "patients"], ""));
    assert_eq!(store["rowCount"], 1, "{store}");

    // An upload in one mode is not resumed in another.
    let proxy = CuttingProxy::start(server.address(), 12);
    let mut killed = edm.at(&proxy.url()).spawn(&removal);
    proxy.wait_until_cut();
    killed.kill().expect("runs until it is killed");
    killed.wait().expect("was killed");
    let other = edm.run([&run[..], &["--update-mode", "delta"]].concat(), "");
    assert_eq!(other.status.code(), Some(0), "{}", stderr(&other));
    assert!(stderr(&other).contains("in another mode"), "{}", stderr(&other));
    let store = json(&edm.run(["store", "show", "patients"], ""));
    assert_eq!(store["rowCount"], RECORDS as u64 + 1, "{store}");
}

/// A whole table with a key keeps the last row of each key, and the report has the number of
/// replaced rows.
#[test]
fn rows_whose_key_comes_again_are_told_of() {
    let server = Server::start();
    let edm = server.program();
    furnished(&edm);
    let table = "ssn,lastName,dob\n900-12-3456,Langer,1982-03-04\n900123456,Okafor,1975-11-30\n";
    let report = upload(&edm, table, &["--allow-shrink", "--wait"]);
    assert_eq!((&report["rowCount"], &report["liveRowCount"]), (&2.into(), &1.into()), "{report}");
    let warned = report["warnings"].to_string();
    assert!(warned.contains("1 row not live: a later row of the file has the same key"), "{warned}");
}
