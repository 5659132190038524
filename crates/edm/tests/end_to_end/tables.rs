//! Tables as people have them, by the real binary: made into a store in one go, with what was refused told and handed back.

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Server, json, stderr};

/// German customers as a spreadsheet writes them: semicolons, days first, telephone numbers of two forms.
fn customers(rows: u32) -> String {
    let mut table = "Kunden-Nr.;Nachname;Geburtstag;Telefon;Ort\r\n".to_owned();
    for row in 0..rows {
        let phone =
            if row % 3 == 0 { format!("030 {}", 900_000 + row) } else { format!("+49 30 {}", 900_000 + row) };
        let _ = write!(
            table,
            "{};Langer{row};{:02}.{:02}.{};{phone};\"Ulm; Süd\"\r\n",
            77_100_000 + row * 7,
            row % 28 + 1,
            row % 12 + 1,
            1930 + row % 70
        );
    }
    table
}

#[test]
fn a_store_is_made_for_its_table() {
    let server = Server::start();
    let edm = server.program();
    let table = edm.file("customers.csv", customers(600));
    let create = ["upload", "--store", "customers", "--file", &table, "--create", "--wait"];
    let uploaded = edm.run(create, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let report = json(&uploaded);
    assert_eq!((&report["liveRowCount"], &report["badLineCount"]), (&600.into(), &0.into()), "{report}");
    assert!(stderr(&uploaded).contains("parted by semicolon"), "{}", stderr(&uploaded));
    let store = json(&edm.run(["store", "show", "customers"], ""));
    let columns: Vec<(&Value, &Value, &Value)> = store["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|column| (&column["name"], &column["dataType"], &column["dataTypeOptions"]))
        .collect();
    let said = |column: usize| format!("{} {} {}", columns[column].0, columns[column].1, columns[column].2);
    assert!(said(2).starts_with("\"Geburtstag\" \"date\"") && said(2).contains("\"dmy\""), "{}", said(2));
    assert!(said(3).starts_with("\"Telefon\" \"phone\"") && said(3).contains("DE"), "{}", said(3));
    // A number that the table writes as it is dialled inside the country is found with the country's code.
    let found = edm.run(["classify"], "77100021, Langer3, +49 30 900003");
    let found = crate::program::result(&found);
    assert_eq!(found["classification"][0]["matches"][0]["confidence"], 85, "{found}");
    // The store is there now, and is taken as it is.
    assert_eq!(edm.run(create, "").status.code(), Some(0));
    // The schema that a profile writes makes the same store.
    let schema = edm.path("schema.json");
    let profiled = edm.run(["profile", "--file", &table, "--write-schema", &schema], "");
    assert_eq!(profiled.status.code(), Some(0), "{}", stderr(&profiled));
    let second = json(&edm.run(["store", "create", "--name", "second", "--schema", &schema], ""));
    let types = |store: &Value| {
        let columns = store["columns"].as_array().expect("a list").iter();
        columns
            .map(|column| format!("{} {} {}", column["name"], column["dataType"], column["isSearchable"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(types(&second), types(&store));
    for (arguments, part) in [
        (&["--create", "--dry-run"][..], "cannot be used with"),
        (&["--refused-lines", "x.csv"], "give a file"),
    ] {
        let refused =
            edm.run([&["upload", "--store", "customers", "--file", "-"][..], arguments].concat(), "a,b\n");
        assert_eq!(refused.status.code(), Some(2), "{part}");
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
}

#[test]
fn what_is_refused_is_told_and_handed_back() {
    let server = Server::start();
    let edm = server.program();
    let columns = ["--column", "id:searchable", "--column", "mail:email", "--column", "note"];
    let created = edm.run([&["store", "create", "--name", "t"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let text = "id;mail;note\nA-100001;a@example.org;\"say \"\"hi\"\"\"\nA-100002;none here;x\nA-100003;\"b\"c;y\nA-100004;d@example.org\n\
                ;;\nA-100005;e@example.org;\"two\nlines\"\n";
    let table = edm.file("t.csv", text);
    let refused = edm.path("refused.csv");
    let upload = |options: &[&str]| {
        let all = ["upload", "--store", "t", "--file", &table, "--wait", "--refused-lines", &refused];
        edm.run([&all[..], options].concat(), "")
    };
    let handed_back = || std::fs::read_to_string(&refused).expect("the lines are written");
    // Empty lines behind a record come with it.
    let expected = "id;mail;note\nA-100002;none here;x\nA-100003;\"b\"c;y\nA-100004;d@example.org\n;;\n";
    // By default it is too much; the lines are handed back all the same.
    let ended = upload(&[]);
    assert_eq!(ended.status.code(), Some(1), "{}", stderr(&ended));
    for part in [
        "2 of 5 lines were refused",
        "3 refused records written",
        "text stands behind a closing quote",
        "line 4",
    ] {
        assert!(stderr(&ended).contains(part), "{part}: {}", stderr(&ended));
    }
    assert_eq!(handed_back(), expected);
    // The table itself is never written over, by whatever name.
    for name in [table.clone(), table.replace("t.csv", "./t.csv")] {
        let all = ["upload", "--store", "t", "--file", &table, "--refused-lines", &name];
        let ended = edm.run(all, "");
        assert!(stderr(&ended).contains("is the table itself"), "{}", stderr(&ended));
        let ended = edm.run(["profile", "--file", &table, "--write-schema", &name], "");
        assert!(stderr(&ended).contains("is the table itself"), "{}", stderr(&ended));
    }
    assert_eq!(std::fs::read_to_string(&table).expect("is there"), text);
    // Blocks that were made with other options are made anew.
    let report = json(&upload(&["--allowed-bad-lines", "3", "--strict"]));
    let counts = ["liveRowCount", "badLineCount", "leftOutCellCount"].map(|name| report[name].as_u64());
    assert_eq!(counts, [Some(2), Some(3), Some(0)], "{report}");
    assert_eq!(handed_back(), expected);
    let ended = upload(&["--allowed-bad-lines", "2"]);
    assert!(stderr(&ended).contains("1 of 5 cells of the column mail were left out"), "{}", stderr(&ended));
    let report = json(&upload(&["--allowed-bad-lines", "2", "--allowed-bad-cells", "1"]));
    let counts = ["liveRowCount", "badLineCount", "leftOutCellCount"].map(|name| report[name].as_u64());
    assert_eq!(counts, [Some(3), Some(2), Some(1)], "{report}");
    assert_eq!(handed_back(), expected);
}
