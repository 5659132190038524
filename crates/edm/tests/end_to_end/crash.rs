//! `kill -9` of the server, during an upload and during indexing: nothing is lost and nothing is
//! done twice.

use std::io::{BufRead, BufReader};

use crate::COLUMNS;
use crate::cutting_proxy::CuttingProxy;
use crate::program::{Program, Server, json, result, stderr};

/// Maximum number of polls before a test fails; each starts a process that queries the server.
const LOOKS_MAX: usize = 2_000;

/// Waits until a session's data is live.
pub(crate) fn wait_until_completed(edm: &Program, store: &str, session: &str) {
    for _ in 0..LOOKS_MAX {
        let shown = json(&edm.run(["upload", "show", "--store", store, session], ""));
        match shown["state"].as_str() {
            Some("ProcessingInProgress") => {}
            Some("Completed") => return,
            _ => panic!("the session did not complete: {shown}"),
        }
    }
    panic!("the session does not complete");
}

/// Waits until some jobs of a committed session are done, and most are not.
fn wait_until_begun(edm: &Program, store: &str, session: &str) {
    for _ in 0..LOOKS_MAX {
        let shown = json(&edm.run(["upload", "show", "--store", store, session], ""));
        let (total, remaining) = (shown["totalJobCount"].as_u64(), shown["remainingJobCount"].as_u64());
        // The first job counts the others.
        if total.is_some_and(|total| total > 1) && remaining < total {
            return;
        }
    }
    panic!("no job of the session is done");
}

fn create(edm: &Program) {
    let created = edm.run([&["store", "create", "--name", "people"][..], &COLUMNS].concat(), "");
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
}

fn table(rows: usize) -> String {
    let mut table = "ssn,lastName,dob\n".to_owned();
    for row in 0..rows {
        let (area, group, serial) = (900 + row / 900_000, row / 9_999 % 90 + 10, row % 9_999 + 1);
        table.push_str(&format!("{area}-{group}-{serial:04},Langer{row},1980-01-{:02}\n", row % 28 + 1));
    }
    table
}

fn expect_found(edm: &Program) {
    let found = result(&edm.run(["classify"], "Langer0 1980-01-01 900-10-0001"));
    assert_eq!(found["classification"][0]["matches"][0]["rows"][0], 1, "{found}");
}

/// The agent keeps running: it retries while the server is down, and completes the upload.
#[test]
fn an_upload_survives_the_death_of_its_server() {
    const BLOCKS: usize = 24;
    let mut server = Server::start();
    let edm = server.program();
    create(&edm);
    let table = edm.file("large.csv", table(BLOCKS * 40));
    let proxy = CuttingProxy::start(server.address(), 10);
    let mut agent = edm.at(&proxy.url()).spawn_told([
        "upload",
        "--store",
        "people",
        "--file",
        &table,
        "--rows-per-block",
        "40",
        "--wait",
    ]);
    proxy.wait_until_cut();
    server.kill();
    proxy.let_pass();
    // The agent noticed the dead server and reports it.
    let mut told = BufReader::new(agent.stderr.take().expect("is piped")).lines();
    let mut before = Vec::new();
    loop {
        let line = told.next().expect("the agent goes on").expect("can be read");
        let retried = line.contains("is sent again");
        before.push(line);
        if retried {
            break;
        }
    }
    server.restart(&[]);
    let rest: Vec<String> = told.map_while(Result::ok).collect();
    let ended = agent.wait_with_output().expect("ends");
    assert_eq!(ended.status.code(), Some(0), "{before:?} {rest:?}");
    let report = json(&ended);
    assert_eq!(
        (&report["state"], &report["totalBlockCount"], &report["rowCount"]),
        (&"Completed".into(), &BLOCKS.into(), &(BLOCKS * 40).into()),
        "{report}"
    );
    expect_found(&edm);
}

/// A committed session needs no client: the restarted server builds and publishes it.
#[test]
fn a_committed_session_survives_the_death_of_its_server() {
    let mut server = Server::start();
    let edm = server.program();
    create(&edm);
    let table = edm.file("large.csv", table(100_000));
    let upload = ["upload", "--store", "people", "--file", &table, "--rows-per-block", "1000"];
    let uploaded = edm.run(upload, "");
    assert_eq!(uploaded.status.code(), Some(0), "{}", stderr(&uploaded));
    let report = json(&uploaded);
    let session = report["sessionId"].as_str().expect("an id");
    wait_until_begun(&edm, "people", session);
    server.kill();
    // Twice, because a restarted job continues from what the previous one left.
    server.restart(&[]);
    server.kill();
    server.restart(&[]);
    wait_until_completed(&edm, "people", session);
    let shown = json(&edm.run(["store", "show", "people"], ""));
    assert_eq!(shown["rowCount"], 100_000, "{shown}");
    expect_found(&edm);
}
