//! The real binary against itself: `edm serve` on loopback, and every other command as its client.
#![cfg(all(feature = "agent", feature = "server"))]

mod canned_server;
mod classify;
mod crash;
mod cutting_proxy;
mod delta;
mod doctor;
mod master_key;
#[cfg(unix)]
mod operating;
mod placeholders;
mod profile;
mod program;
mod purview;
mod redact;
mod self_description;
mod serve;
mod store_update;
mod tables;

use std::fs;

use cutting_proxy::CuttingProxy;
use program::{Program, Server, json, result, stderr, stdout};

const TABLE: &str = "\
lastName,ssn,dob
Langer,900-12-3456,1982-03-04
\"O'Neil\",901-23-4567,1975-11-30
one,cell,too,many
van der Berg,902-34-5678,1990-07-15
山田,903-45-6789,1988-01-02
García Márquez,904-56-7890,1991-12-24
";

const COLUMNS: [&str; 6] =
    ["--column", "ssn:searchable:ignore=- ", "--column", "lastName", "--column", "dob"];

/// Creates a store and uploads the table to it.
fn fill(edm: &Program, name: &str) {
    let created = edm.run([&["store", "create", "--name", name][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    assert_eq!(json(&created)["displayName"], name);
    let table = edm.file("people.csv", TABLE);
    let upload = ["upload", "--store", name, "--file", &table, "--allowed-bad-lines", "1", "--wait"];
    let uploaded = edm.run(upload, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let report = json(&uploaded);
    assert_eq!((&report["rowCount"], &report["rejectedRowCount"]), (&5.into(), &1.into()), "{report}");
    assert_eq!(report["state"], "Completed");
    // The refused line is reported by its number and never by its content.
    let told = stderr(&uploaded);
    assert!(told.contains("wrong number of cells (the header has 3): line 4"), "{told}");
    assert!(!told.contains("many"), "{told}");
}

#[test]
fn a_table_goes_up_and_its_records_are_found() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");

    // Row 4: the refused record keeps its number.
    let found = result(&edm.run(["classify", "-"], "Mrs van der\nBerg, born 1990-07-15: 902 34 5678"));
    let place = &found["classification"][0]["matches"][0];
    assert_eq!(
        (&place["confidence"], &place["rows"][0], &place["columnName"]),
        (&85.into(), &4.into(), &"ssn".into())
    );
    let columns: Vec<&str> = place["evidences"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|evidence| evidence["columnName"].as_str())
        .collect();
    assert_eq!(columns, ["lastName", "dob"]);

    for (text, status) in [("ssn 901-23-4567 of O'Neil", 3), ("ssn 999-23-4567 of Langer", 0)] {
        let ended = edm.run(["classify", "--fail-on-match"], text);
        assert_eq!(ended.status.code(), Some(status), "{text}: {}", stderr(&ended));
    }
    let redacted = edm.run(["classify", "--redact", "label"], "Langer, 1982-03-04: 900-12-3456.");
    assert_eq!(stdout(&redacted), "[lastName], [dob]: [ssn].");
    let explained =
        result(&edm.run(["classify", "--explain"], "900-12-3456 of 山田, 904-56-7890 of García Márquez"));
    assert!(!explained["classification"].as_array().expect("a list").is_empty(), "{explained}");

    let rows =
        json(&edm.run(["lookup", "--store", "people", "--key", "ssn", "903456789", "905-00-0000"], ""));
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["row"]), (Some(1), &5.into()), "{rows}");
    assert_eq!(rows[0]["valueNumber"], 1, "{rows}");

    let types = json(&edm.run(["type", "list"], ""));
    assert_eq!(types[0]["name"], "people", "{types}");
    // A value that no row can contain must be distinguished from one that no row contains.
    let column = ["--column", "ssn:searchable:ssn"];
    assert_eq!(
        edm.run([&["store", "create", "--name", "typed"][..], &column].concat(), "").status.code(),
        Some(0)
    );
    let typed = ["upload", "--store", "typed", "--file", "-", "--wait"];
    assert_eq!(edm.run(typed, "ssn\n900-12-3456\n").status.code(), Some(0));
    let asked = edm.run(["lookup", "--store", "typed", "--key", "ssn", "905-11-1111", "Langer"], "");
    let told = stderr(&asked);
    assert!(told.contains("value 1 of 2: no row holds it\n"), "{told}");
    assert!(told.contains("value 2 of 2: it is no social security number"), "{told}");
    edm.run(["store", "delete", "typed", "--yes"], "");
    let missing = edm.run(["store", "show", "nobody"], "");
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("no data store named “nobody”"), "{}", stderr(&missing));
    assert_eq!(edm.run(["store", "shwo"], "").status.code(), Some(2));
}

#[test]
fn a_table_is_checked_without_being_sent() {
    let server = Server::start();
    let edm = server.program();
    let created = edm.run([&["store", "create", "--name", "people"][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let upload = |table: &[u8], options: &[&str]| {
        let table = edm.file("table.csv", table);
        edm.run([&["upload", "--store", "people", "--file", &table][..], options].concat(), "")
    };
    let rehearsed = upload(TABLE.as_bytes(), &["--dry-run", "--allowed-bad-lines", "20%"]);
    assert_eq!(json(&rehearsed)["rowCount"], 5, "{}", stderr(&rehearsed));
    for (table, options, part) in [
        (TABLE.as_bytes(), &[][..], "1 of 6 lines were refused"),
        (b"ssn,lastName\n1,a\n", &[], "lacks: dob"),
        (b"ssn,lastName,dob,room\n1,a,b,c\n", &[], "no column named “room”"),
        (b"ssn,lastName,dob\n1,M\xfcller,b\n", &[], "line 2, byte 20"),
        (
            b"ssn,lastName,dob\n1,\"a,b\n",
            &[],
            "a quote is not closed before the file ends: close it, or double it if it belongs to the cell: line 2",
        ),
        (b"ssn,lastName,dob\n", &[], "no record"),
        (b"", &[], "the file is empty"),
    ] {
        let refused = upload(table, options);
        assert_eq!(refused.status.code(), Some(1), "{part}");
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
    let sessions = json(&edm.run(["upload", "list", "--store", "people"], ""));
    let states: Vec<&str> =
        sessions.as_array().expect("a list").iter().filter_map(|session| session["state"].as_str()).collect();
    assert!(!states.contains(&"Completed") && !states.contains(&"ProcessingInProgress"), "{states:?}");
}

#[test]
fn the_generation_before_comes_back() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    let smaller = edm.file("smaller.csv", "ssn,lastName,dob\n905-67-8901,Okafor,1966-06-06\n");
    let upload = ["upload", "--store", "people", "--file", &smaller, "--wait"];
    let refused = edm.run(upload, "");
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("shrinkRefused"), "{told}");
    assert_eq!(told.matches("--allow-shrink").count(), 1, "the advice is given once: {told}");
    let uploaded = edm.run([&upload[..], &["--allow-shrink"]].concat(), "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let count = |text: &str| result(&edm.run(["classify"], text))["classification"].as_array().map(Vec::len);
    let old = "Langer 1982-03-04 900-12-3456";
    assert_eq!(count(old), Some(0));
    let rolled = edm.run(["store", "rollback", "people"], "");
    assert_eq!(json(&rolled)["rowCount"], 5, "{}", stderr(&rolled));
    let listed = json(&edm.run(["upload", "list", "--store", "people"], ""));
    let live: Vec<bool> = listed.as_array().expect("a list").iter().map(|one| one["live"] == true).collect();
    assert_eq!(live, [true, false, false], "the one before the rollback: {listed}");
    let listed = stdout(&edm.run(["--output", "table", "upload", "list", "--store", "people"], ""));
    let words = |line: &str| line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ");
    let expected = ["LIVE STATE", "live Completed", "- Failed", "- Completed"];
    assert_eq!(listed.lines().map(words).collect::<Vec<_>>(), expected, "{listed}");
    assert_eq!(count(old), Some(1));
}

#[test]
fn a_killed_server_starts_again_with_its_data_and_tokens_can_be_made_beside_it() {
    let mut server = Server::start();
    fill(&server.program(), "people");
    let data = server.data_dir();
    let edm = server.program();
    let token =
        json(&edm.bare(["token", "create", "--data-dir", &data, "--name", "gate", "--role", "Classify"]));
    let classify = token["token"].as_str().expect("a token").to_owned();
    server.kill();
    server.restart(&[]);
    let edm = server.program();
    let text = "Langer 1982-03-04 900-12-3456";
    let found = result(&edm.with_token(&classify, ["classify", "-"], text));
    assert_eq!(found["classification"][0]["confidence"], 85, "{found}");
    let forbidden = edm.with_token(&classify, ["store", "delete", "people", "--yes"], "");
    assert_eq!(forbidden.status.code(), Some(1));
    let id = token["id"].as_str().expect("an id");
    assert_eq!(edm.bare(["token", "revoke", "--data-dir", &data, id]).status.code(), Some(0));
    let revoked = edm.with_token(&classify, ["classify", "-"], text);
    assert!(stderr(&revoked).contains("401"), "{}", stderr(&revoked));
}

/// The agent is killed while its blocks are held back. The second run sends at most the blocks in
/// flight again.
#[test]
fn a_killed_agent_goes_on_where_it_stopped() {
    const BLOCKS: u64 = 24;
    const IN_FLIGHT_MAX: u64 = 4;
    let server = Server::start();
    let edm = server.program();
    let created = edm.run([&["store", "create", "--name", "people"][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    let mut table = "ssn,lastName,dob\n".to_owned();
    for row in 0..BLOCKS * 40 {
        let bad = if row == 41 { ",too,many" } else { "" };
        table.push_str(&format!(
            "900-{:02}-{:04},Langer{row},1980-01-{:02}{bad}\n",
            row % 90 + 1,
            row + 1,
            row % 28 + 1
        ));
    }
    let table = edm.file("large.csv", &table);
    let journal = edm.path("journal.jsonl");
    let upload = [
        "upload",
        "--store",
        "people",
        "--file",
        &table,
        "--rows-per-block",
        "40",
        "--journal",
        &journal,
        "--allowed-bad-lines",
        "1",
        "--wait",
    ];

    let proxy = CuttingProxy::start(server.address(), 12);
    let mut killed = edm.at(&proxy.url()).spawn(upload);
    proxy.wait_until_cut();
    killed.kill().expect("runs until it is killed");
    killed.wait().expect("was killed");
    let noted = fs::read_to_string(&journal).expect("a journal is left").lines().count() as u64 - 1;
    assert!(noted > 0 && noted < BLOCKS, "{noted} blocks are noted");

    let resumed = edm.run(upload, "");
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    let report = json(&resumed);
    let sent = report["sentBlockCount"].as_u64().expect("a number");
    assert_eq!(
        (&report["totalBlockCount"], &report["state"]),
        (&BLOCKS.into(), &"Completed".into()),
        "{report}"
    );
    assert_eq!(
        (&report["rowCount"], &report["rejectedRowCount"]),
        (&(BLOCKS * 40 - 1).into(), &1.into()),
        "{report}"
    );
    let told = stderr(&resumed);
    let present = told.split("the server has ").nth(1).and_then(|rest| rest.split(' ').next());
    let present: u64 = present.expect("says how many blocks are there").parse().expect("a number");
    assert!(present >= noted && present < BLOCKS, "{present} blocks were there, {noted} noted");
    let redone = sent + present - BLOCKS;
    assert!(redone <= IN_FLIGHT_MAX, "{redone} blocks were sent twice");
    assert!(!fs::exists(&journal).expect("can be asked"), "nothing is left to resume");
    let found = result(&edm.run(["classify"], "Langer0 900-01-0001"));
    assert_eq!(found["classification"][0]["matches"][0]["rows"][0], 1, "{found}");
}

#[test]
fn nobody_reading_is_no_failure() {
    let server = Server::start();
    let ended = server.program().run_unread(["store", "list"]);
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn whoever_is_not_let_in_is_told_what_to_send() {
    let server = Server::start();
    let edm = server.program();
    fill(&edm, "people");
    let create = ["token", "create", "--data-dir", &server.data_dir(), "--name", "desk", "--role", "Lookup"];
    let desk = json(&edm.bare(create))["token"].as_str().expect("a token").to_owned();
    let stores = json(&edm.run(["store", "list"], ""));
    let id = stores[0]["id"].as_str().expect("an id");
    let check = |token: &str, arguments: &[&str], status: i32, part: &str| {
        let ended = edm.with_token(token, arguments, "");
        assert_eq!(ended.status.code(), Some(status), "{arguments:?}: {}", stderr(&ended));
        assert!(stderr(&ended).contains(part), "{arguments:?}: {}", stderr(&ended));
    };
    check("", &["store", "list"], 1, "none was sent: set EDM_TOKEN, or pass --token-file FILE");
    let (empty, held) = (edm.file("empty", "\n"), edm.file("held", &desk));
    check("", &["store", "list", "--token-file", &empty], 1, "is empty, so no token can be sent");
    check(&desk, &["store", "list", "--token", "x", "--token-file", &held], 2, "cannot be used with");

    // The file overrides the environment, whose token is unknown.
    let by_id = ["lookup", "--key", "ssn", "--store", id, "904-56-7890", "--token-file", &held];
    check("edm_nobody", &by_id, 0, "");
    let missing = ["lookup", "--key", "ssn", "--store", id, "905-11-1111"];
    check(&desk, &missing, 0, "value 1 of 1: no row holds it; whether one could is unknown");
    let by_name = ["lookup", "--key", "ssn", "--store", "people", "904-56-7890"];
    check(&desk, &by_name, 1, "shows it by `edm store list`");
    // The server only names the right of the first step.
    let create =
        ["token", "create", "--data-dir", &server.data_dir(), "--name", "gate", "--role", "Classify"];
    let gate = json(&edm.bare(create))["token"].as_str().expect("a token").to_owned();
    let few = edm.file("few.csv", TABLE);
    let upload = ["upload", "--store", "people", "--file", &few];
    check(&gate, &upload, 1, "an upload needs one with the role ExactMatch.Upload");
    check(&gate, &[&upload[..], &["--create"]].concat(), 1, "with the role ExactMatch.Admin");
    check(&gate, &[&upload[..], &["--dry-run"]].concat(), 1, "with the role ExactMatch.Read");

    // An id is not a description.
    let table = edm.file("more.csv", TABLE);
    let agent = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
    let upload = ["upload", "--store", "people", "--file", &table, "--agent", agent];
    let refused = edm.run(upload, "");
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("there is no upload agent of the id b84d3f36"), "{}", stderr(&refused));

    // Clients of Graph put the version into the URL.
    let versioned = edm.at(&format!("{}/beta", server.url())).run(["store", "list"], "");
    assert_eq!(versioned.status.code(), Some(0), "{}", stderr(&versioned));
    let afar = edm.at("http://192.0.2.1:9").run(["store", "list"], "");
    assert!(stderr(&afar).contains("--insecure-http"), "{}", stderr(&afar));
}
