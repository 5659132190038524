//! Changes of a data store through the real binary, and their effect on the live table.

use crate::program::{Program, Server, json, result, stderr, stdout};
use crate::{TABLE, fill};

const FOUND: &str = "Langer 1982-03-04 900-12-3456";

fn update(edm: &Program, options: &[&str], told: &str) -> serde_json::Value {
    let ended = edm.run([&["store", "update", "people"][..], options].concat(), "");
    assert_eq!(ended.status.code(), Some(0), "{options:?}: {}", stderr(&ended));
    assert!(stderr(&ended).contains(told), "{options:?}: {}", stderr(&ended));
    json(&ended)
}

fn confidence(edm: &Program) -> u64 {
    let found = result(&edm.run(["classify"], FOUND));
    found["classification"][0]["confidence"].as_u64().unwrap_or(0)
}

#[test]
fn a_column_gets_another_type_and_the_table_must_go_up_again() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    let store = update(&edm, &["--column", "DOB:date=ymd"], "column “DOB”: text → date=ymd");
    assert_eq!(store["mustUploadAgain"], true, "{store}");
    let [ssn, name, dob] = store["columns"].as_array().expect("a list").as_slice() else {
        panic!("three columns: {store}")
    };
    assert_eq!((&ssn["isSearchable"], &ssn["ignoredDelimiters"][0]), (&true.into(), &" ".into()), "{store}");
    assert_eq!((&name["dataType"], &dob["dataType"]), (&"text".into(), &"date".into()), "{store}");
    // The live data is searched as it was made.
    assert_eq!(confidence(&edm), 85);
    let shown = stdout(&edm.run(["--output", "table", "store", "show", "people"], ""));
    assert!(shown.contains("date=ymd") && shown.contains("upload the table again"), "{shown}");

    // After changing it back, no upload is needed.
    let store = update(&edm, &["--column", "dob"], "column “dob”: date=ymd → text");
    assert_eq!(store["mustUploadAgain"], false, "{store}");
    update(&edm, &["--column", "dob:date=ymd"], "→ date=ymd");
    let table = edm.file("people.csv", TABLE);
    let upload = ["upload", "--store", "people", "--file", &table, "--allowed-bad-lines", "1", "--wait"];
    let uploaded = edm.run(upload, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let store = json(&edm.run(["store", "show", "people"], ""));
    assert_eq!(store["mustUploadAgain"], false, "{store}");
    assert_eq!(confidence(&edm), 85);
}

#[test]
fn everything_else_of_a_store_changes_too() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    fill(&edm, "others");
    let schema = edm.path("schema.json");
    let shown = edm.run(["store", "show", "people", "--schema", "json"], "");
    std::fs::write(&schema, stdout(&shown)).expect("a writable folder");
    let store = update(&edm, &["--description", "all wards"], "description: none → all wards");
    assert_eq!((&store["description"], &store["mustUploadAgain"]), (&"all wards".into(), &false.into()));
    let store = update(&edm, &["--description", ""], "description: all wards → none");
    assert!(store["description"].is_null(), "{store}");
    update(&edm, &["--description", ""], "nothing changed");
    update(&edm, &["--max-tokens", "8"], "64 words → 8 words");
    let store = update(&edm, &["--on-unserved", "previous"], "refuse → previous");
    assert_eq!(store["mustUploadAgain"], true, "longer cells are matched than were: {store}");
    let room = update(&edm, &["--column", "room", "--remove-column", "dob"], "column “dob” removed");
    let names: Vec<&str> = room["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|column| column["name"].as_str())
        .collect();
    assert_eq!(names, ["ssn", "lastName", "room"]);
    // A schema replaces all columns; its name may be that of another store.
    let store = update(&edm, &["--schema", &schema], "column “dob” added: text");
    assert_eq!((&store["mustUploadAgain"], &store["displayName"]), (&false.into(), &"people".into()));
    update(&edm, &["--name", "inpatients"], "name: people → inpatients");
    assert_eq!(edm.run(["store", "show", "inpatients"], "").status.code(), Some(0));

    let check = |options: &[&str], status: i32, part: &str| {
        let refused = edm.run([&["store", "update", "inpatients"][..], options].concat(), "");
        assert_eq!(refused.status.code(), Some(status), "{options:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(part), "{options:?}: {}", stderr(&refused));
    };
    check(&[], 2, "--remove-column");
    check(&["--schema", &schema, "--column", "room"], 2, "cannot be used with");
    check(&["--name", "others"], 1, "displayName");
    check(&["--column", "lastName", "--column", "ssn"], 1, "searchable");
    check(&["--remove-column", "room"], 1, "no column named “room”; it has ssn, lastName, dob");
    check(&["--column", "dob:phone=XX"], 1, "country");
}

/// A column that became searchable was once not used as a primary. The default type kept the
/// patterns of the old columns, and a text with one of its values passed as clean.
#[test]
fn a_column_that_becomes_searchable_is_looked_for_after_the_next_upload() {
    let server = Server::start();
    let edm = server.program();
    let create = [
        "store",
        "create",
        "--name",
        "p",
        "--column",
        "ssn:key:searchable:ssn",
        "--column",
        "mail:email",
        "--column",
        "dob:date=ymd",
    ];
    assert_eq!(edm.run(create, "").status.code(), Some(0));
    let row = |n: u32| {
        format!(
            "900-12-{:04},person{n}@example.org,19{:02}-0{}-1{}\n",
            3000 + n,
            30 + n % 60,
            n % 9 + 1,
            n % 9
        )
    };
    let table = edm.file("p.csv", format!("ssn,mail,dob\n{}", (0..400).map(row).collect::<String>()));
    let upload = || {
        let uploaded = edm.run(["upload", "--store", "p", "--file", &table, "--wait"], "");
        assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    };
    let text = "person7@example.org was born on 1937-08-17";
    let found = || {
        let found = crate::program::result(&edm.run(["classify"], text));
        found["classification"].as_array().expect("a list").len()
    };
    upload();
    assert_eq!(found(), 0, "it is evidence alone");
    let updated = edm.run(["store", "update", "p", "--column", "mail:searchable:email"], "");
    assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
    assert_eq!(found(), 0, "what is live stays as it was made");
    upload();
    assert_eq!(found(), 1, "it is looked for now");
    // The earlier table has its patterns again.
    assert_eq!(edm.run(["store", "rollback", "p"], "").status.code(), Some(0));
    assert_eq!(found(), 0);
    let by_number = crate::program::result(&edm.run(["classify"], "900-12-3007, 1937-08-17"));
    assert_eq!(by_number["classification"].as_array().map(Vec::len), Some(1), "{by_number}");
    // Losing `searchable` is stated explicitly.
    let updated = edm.run(["store", "update", "p", "--column", "mail:email"], "");
    assert!(stderr(&updated).contains("no longer looked for"), "{}", stderr(&updated));
}
