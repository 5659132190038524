//! Real-world tables through the real binary: a store created by the upload, and refused lines
//! reported and written to a file.

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Server, json, stderr};

/// German customers as a spreadsheet exports them: semicolons, day before month, telephone numbers
/// in two formats.
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
    assert!(stderr(&uploaded).contains("separator is semicolon"), "{}", stderr(&uploaded));
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
    // A number in national format in the table matches one with the country code in a text.
    let found = edm.run(["classify"], "77100021, Langer3, +49 30 900003");
    let found = crate::program::result(&found);
    assert_eq!(found["classification"][0]["matches"][0]["confidence"], 85, "{found}");
    // The store exists now and is used as it is.
    assert_eq!(edm.run(create, "").status.code(), Some(0));
    // The schema that a profile writes creates the same store.
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
    for (arguments, part) in
        [(&["--create", "--dry-run"][..], "edm profile"), (&["--refused-lines", "x.csv"], "give a file")]
    {
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
    // Once, blank lines after a refused record were written with it.
    let expected = "id;mail;note\nA-100002;none here;x\nA-100003;\"b\"c;y\nA-100004;d@example.org\n";
    // By default these are too many; the lines are written nevertheless.
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
    // The table itself is never overwritten, under any name.
    for name in [table.clone(), table.replace("t.csv", "./t.csv")] {
        let all = ["upload", "--store", "t", "--file", &table, "--refused-lines", &name];
        let ended = edm.run(all, "");
        assert!(stderr(&ended).contains("is the table itself"), "{}", stderr(&ended));
        let ended = edm.run(["profile", "--file", &table, "--write-schema", &name], "");
        assert!(stderr(&ended).contains("is the table itself"), "{}", stderr(&ended));
    }
    assert_eq!(std::fs::read_to_string(&table).expect("is there"), text);
    // Blocks made with other options are made again.
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
    // A device, pipe or link would be replaced by a file.
    #[cfg(unix)]
    {
        let link = edm.path("link.csv");
        std::os::unix::fs::symlink(&refused, &link).expect("a link is made");
        let folder = std::path::Path::new(&refused).parent().expect("a folder").display().to_string();
        for name in [link.as_str(), folder.as_str(), "/dev/null", "-"] {
            let ended = edm.run(["upload", "--store", "t", "--file", &table, "--refused-lines", name], "");
            assert_eq!(ended.status.code(), Some(1), "{name}");
            assert!(stderr(&ended).contains("no file of its own"), "{name}: {}", stderr(&ended));
        }
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
    }
    // Once, the table had the name of the temporary file, and was removed.
    let beside = edm.file("lines.csv.new", text);
    let lines = edm.path("lines.csv");
    let all = ["upload", "--store", "t", "--file", &beside, "--refused-lines", &lines];
    assert_eq!(edm.run(all, "").status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&beside).expect("it is there"), text);
    assert_eq!(std::fs::read_to_string(&lines).expect("it is written"), expected);
    // A file from another run must not remain.
    let clean = edm.file("clean.csv", "id;mail;note\nA-100001;a@example.org;x\nA-100005;e@example.org;y\n");
    let ended = edm.run(["upload", "--store", "t", "--file", &clean, "--refused-lines", &refused], "");
    assert_eq!(ended.status.code(), Some(0), "{}", stderr(&ended));
    assert_eq!(handed_back(), "id;mail;note\n");
}

/// Once, 300 rows became live as a single column of values that no text contains, without a
/// message.
#[test]
fn a_table_of_other_separators_is_not_one_column() {
    let server = Server::start();
    let edm = server.program();
    let rows = |separator: &str| {
        let row = |row: u32| {
            format!("{}^Bo Okafor^u{row}@example.org^1950-01-{:02}\n", 77_000_000 + row, row % 28 + 1)
        };
        let rows: String = (0..300).map(row).collect();
        format!("id^name^mail^dob\n{rows}").replace('^', separator)
    };
    for (separator, part) in
        [("^", "“^”"), ("~", "“~”"), ("þ", "a tab in its place"), ("\u{1}", "U+0001"), ("::", "“:”")]
    {
        let table = edm.file("odd.csv", rows(separator));
        for command in [&["upload", "--store", "odd", "--create", "--wait"][..], &["profile"]] {
            let ended = edm.run([command, &["--file", &table]].concat(), "");
            assert_eq!(ended.status.code(), Some(1), "{separator}: {}", stderr(&ended));
            assert!(stderr(&ended).contains(part), "{separator}: {}", stderr(&ended));
        }
    }
    // The declared separator is used, and its effect on the table is reported.
    let table = edm.file("odd.csv", format!("sep=,\n{}", rows(";")));
    let ended = edm.run(["profile", "--file", &table], "");
    assert!(stderr(&ended).contains("“;”"), "{}", stderr(&ended));
    let profiled = edm.run(["profile", "--file", &table, "--separator", "semicolon"], "");
    assert_eq!(profiled.status.code(), Some(0), "{}", stderr(&profiled));
    let profiled = edm.run(["profile", "--file", &table, "--separator", "comma"], "");
    assert!(
        json(&profiled)["warnings"].to_string().contains("as was said"),
        "{}",
        json(&profiled)["warnings"]
    );
}

/// Sequential keys reach 99, 999 and 9999, which were once treated as placeholders.
#[test]
fn keys_of_nines_are_keys() {
    let server = Server::start();
    let edm = server.program();
    let columns = ["--column", "id:searchable:key:digits", "--column", "name:name"];
    let created = edm.run([&["store", "create", "--name", "t"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let rows: String = (1..=1_200).map(|row| format!("{row},Langer{row}\n")).collect();
    let table = edm.file("t.csv", format!("id,name\n{rows}"));
    let uploaded = edm.run(["upload", "--store", "t", "--file", &table, "--wait"], "");
    assert_eq!(json(&uploaded)["liveRowCount"], 1_200, "{}", stderr(&uploaded));
    let found = json(&edm.run(["lookup", "--store", "t", "--key", "id", "99", "999"], ""));
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found}");
    let gone = edm.file("gone.csv", "id\n99\n");
    let deleted = edm.run(["upload", "--store", "t", "--file", &gone, "--delete", "--wait"], "");
    assert_eq!(deleted.status.code(), Some(0), "{}", stderr(&deleted));
}

#[test]
fn a_store_that_was_made_for_a_table_goes_with_it() {
    let server = Server::start();
    let edm = server.program();
    let good = customers(600);
    let mixed = format!(
        "{good}{}",
        good.lines().skip(1).take(90).map(|line| format!("{line};\n")).collect::<String>()
    );
    let mixed = edm.file("mixed.csv", &mixed);
    let create = |file: &str, options: &[&str]| {
        let all = ["upload", "--store", "customers", "--file", file, "--create", "--wait"];
        edm.run([&all[..], options].concat(), &good)
    };
    let ended = create(&mixed, &[]);
    let told = stderr(&ended);
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(
        told.contains("“Kunden-Nr.” (digits searchable key)") && told.contains("was removed again"),
        "{told}"
    );
    assert!(told.contains("90 of 690 lines") && !told.contains("goes on"), "{told}");
    let shown = edm.run(["store", "show", "customers"], "");
    assert!(stderr(&shown).contains("no data store named"), "{}", stderr(&shown));
    // A store that existed before stays.
    assert_eq!(create(&mixed, &["--allowed-bad-lines", "20%"]).status.code(), Some(0));
    let ended = create(&mixed, &[]);
    assert!(!stderr(&ended).contains("removed") && stderr(&ended).contains("goes on"), "{}", stderr(&ended));
    assert_eq!(json(&edm.run(["store", "show", "customers"], ""))["rowCount"], 600);
    let negative = create(&mixed, &["--allowed-bad-lines", "-1"]);
    assert_eq!(negative.status.code(), Some(2));
    assert!(stderr(&negative).contains("give a share from 0% to 100%"), "{}", stderr(&negative));
}

/// `--file <(…)` is a pipe: a file name whose content can be read once.
#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let server = Server::start();
    let edm = server.program();
    let upload = |options: &[&str]| {
        let all = ["upload", "--store", "customers", "--file", "/dev/stdin", "--wait"];
        edm.run([&all[..], options].concat(), &customers(600))
    };
    let refused = edm.path("refused.csv");
    for options in [&["--create"][..], &["--refused-lines", &refused]] {
        let ended = upload(options);
        assert_eq!(ended.status.code(), Some(2), "{options:?}: {}", stderr(&ended));
        assert!(
            stderr(&ended).contains("standard input and pipes cannot be: give a file"),
            "{}",
            stderr(&ended)
        );
    }
    let table = edm.file("customers.csv", customers(600));
    let created = edm.run(["upload", "--store", "customers", "--file", &table, "--create", "--wait"], "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let ended = upload(&[]);
    assert_eq!(ended.status.code(), Some(0), "{}", stderr(&ended));
    assert_eq!(json(&ended)["liveRowCount"], 600);
}

#[test]
fn what_goes_up_and_is_not_found_is_told() {
    let server = Server::start();
    let edm = server.program();
    let columns = ["--column", "id:searchable", "--column", "mail:searchable:email", "--column", "name"];
    let created = edm.run([&["store", "create", "--name", "t"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let upload = |table: &str, options: &[&str]| {
        let table = edm.file("t.csv", table);
        edm.run([&["upload", "--store", "t", "--file", &table, "--wait"][..], options].concat(), "")
    };
    // Empty cells and placeholders are not searched for. In columns that are only evidence they are
    // not counted.
    let ended = upload("id,mail,name\nA-100001,,\nA-100002,N/A,Müller\nA-100003,c@example.org,\n", &[]);
    assert_eq!(json(&ended)["emptyCellCounts"], serde_json::json!({ "mail": 2 }), "{}", stderr(&ended));
    let told = "mail: 2 of 3 cells are empty or placeholders and are not looked for";
    assert!(stderr(&ended).contains(told), "{}", stderr(&ended));
    // Nearly every byte is a character of windows-1252, so UTF-8 was once accepted as that without
    // a warning.
    let table = "id,mail,name\nA-100001,a@example.org,Müller\n";
    let declared = ["--encoding", "windows-1252", "--dry-run"];
    let ended = upload(table, &declared);
    assert!(stderr(&ended).contains("reads as UTF-8 from end to end"), "{}", stderr(&ended));
    let file = edm.file("u.csv", table);
    let ended = edm.run(["profile", "--file", &file, "--encoding", "windows-1252"], "");
    assert!(stderr(&ended).contains("reads as UTF-8 from end to end"), "{}", stderr(&ended));
    let ended = upload(&table.replace("Müller", "Miller"), &declared);
    assert!(!stderr(&ended).contains("UTF-8"), "{}", stderr(&ended));
    // A record of several lines is refused with all of them.
    let table = "id,mail,name\nA-100001,\"none\nhere\",x\nA-100002,b@example.org,y\n";
    let ended = upload(table, &["--strict", "--allowed-bad-lines", "2", "--allow-shrink"]);
    assert!(
        stderr(&ended).contains("2 × mail: ") && stderr(&ended).contains("line 2, 3"),
        "{}",
        stderr(&ended)
    );
    assert_eq!(json(&ended)["badLineCount"], 2, "{}", stderr(&ended));
}

/// The session ended after its commit, and the refusals of the table, which were the reason, were
/// lost with it.
#[test]
fn a_table_of_which_nothing_is_left_is_told_line_by_line() {
    let server = Server::start();
    let edm = server.program();
    let columns = ["--column", "mail:searchable:email", "--column", "name"];
    let created = edm.run([&["store", "create", "--name", "t"][..], &columns].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let table = edm.file("t.csv", "mail,name\nnone here,Langer\nnor here,Okafor\n");
    let refused = edm.path("refused.csv");
    let all = ["upload", "--store", "t", "--file", &table, "--wait", "--refused-lines", &refused];
    let ended = edm.run([&all[..], &["--allowed-bad-lines", "100%", "--strict"]].concat(), "");
    assert_eq!(ended.status.code(), Some(1), "{}", stderr(&ended));
    for part in ["noData", "no e-mail address", "line 2, 3", "2 refused records written"] {
        assert!(stderr(&ended).contains(part), "{part}: {}", stderr(&ended));
    }
    assert_eq!(
        std::fs::read_to_string(&refused).expect("is written"),
        std::fs::read_to_string(&table).expect("is there")
    );
}
