//! The product's server: requests per second next to a bare handler, and the time from a commit to
//! live data.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

use super::ndjson;
use super::server::{Handler, Server, write_csv};
use super::{Setting, short};
use crate::clock::interleaved;
use crate::corpus::Corpus;
use crate::report::{Row, Target};

/// The size of a text to classify, in bytes.
const TEXT_BYTES: usize = 1_024;
/// The number of different texts.
const TEXTS: usize = 64;
/// The duration of one run of the load generator in seconds.
const SECONDS: u64 = 4;
const CONNECTIONS: u64 = 16;
/// The target for the time from a commit to live data.
const LIVE_SECONDS: f64 = 2.0;
const LIVE_WITHIN: Duration = Duration::from_secs(600);

/// Returns the rows of the group.
pub(crate) fn rows(setting: &Setting, corpus: &Corpus) -> anyhow::Result<Vec<Row>> {
    let what = "classifyExactMatches, 1 KB, against a bare handler";
    let parts = (&setting.edm, &setting.wrk, &setting.echo);
    let Some(edm) = parts.0 else {
        let reason = "needs the binary edm";
        let rows = [what, ndjson::WHAT].map(|what| Row::not_measured(what, reason));
        return Ok(rows.map(|row| row.must(Target::RatioAtLeast(0.7))).to_vec());
    };
    let server = Server::start(edm, &setting.folder.join("server"))?;
    server.create_store()?;
    let table_rows = setting.ingest_rows / 10;
    let live = live(setting, &server, table_rows).unwrap_or_else(|reason| {
        Row::not_measured("commit to live", format!("{reason:#}")).must(Target::AtMost(LIVE_SECONDS))
    });
    let needs = "needs the binaries echo and wrk (Debian's package wrk)";
    let requests = match parts {
        (_, Some(wrk), Some(echo)) => requests(setting, corpus, &server, wrk, echo),
        _ => Err(anyhow::anyhow!(needs)),
    };
    let open = |what, reason: anyhow::Error| {
        Row::not_measured(what, format!("{reason:#}")).must(Target::RatioAtLeast(0.7))
    };
    let lines = ndjson::row(setting, corpus, &server, table_rows);
    Ok(vec![
        live,
        requests.unwrap_or_else(|reason| open(what, reason)),
        lines.unwrap_or_else(|reason| open(ndjson::WHAT, reason)),
    ])
}

/// Measures requests per second of the server and of the bare handler, with the same bodies,
/// alternately.
fn requests(
    setting: &Setting,
    corpus: &Corpus,
    server: &Server,
    wrk: &Path,
    echo: &Path,
) -> anyhow::Result<Row> {
    let texts = corpus.texts(TEXT_BYTES).into_iter().map(|range| &corpus.text[range]);
    let bodies: Vec<String> = texts
        .filter(|text| (TEXT_BYTES - 124..=TEXT_BYTES).contains(&text.len()))
        .take(TEXTS)
        .map(|text| json!({"text": text}).to_string())
        .collect();
    if bodies.len() < TEXTS {
        bail!("the corpus has {} texts of 1 KB: make it larger", bodies.len());
    }
    let script = setting.folder.join("classify.lua");
    fs::write(&script, lua(&server.token, &bodies))?;
    let handler = Handler::start(echo)?;
    let ours = format!("{}/beta/dataClassification/classifyExactMatches", server.url);
    let pair = interleaved(
        setting.pairs,
        || requests_a_second(wrk, &script, &ours),
        || requests_a_second(wrk, &script, &handler.url),
    )?;
    let row = Row::own("classifyExactMatches, 1 KB, against a bare handler", "requests/s", pair.ours);
    let row = Row::against(row, "axum echo", pair.theirs, pair.ratio).must(Target::RatioAtLeast(0.7));
    Ok(row.noted("both cores shared with wrk on loopback"))
}

/// Uploads and waits: measures from the response to the commit until the session is completed.
fn live(setting: &Setting, server: &Server, rows: u64) -> anyhow::Result<Row> {
    let file = setting.folder.join("upload.csv");
    write_csv(&file, rows)?;
    let said = server.edm(&["upload", "--store", "bench", "--file", &file.display().to_string()])?;
    let committed = Instant::now();
    let session = said["sessionId"].as_str().context("an upload names its session")?.to_owned();
    while committed.elapsed() < LIVE_WITHIN {
        let shown = server.edm(&["upload", "show", "--store", "bench", &session])?;
        match shown["state"].as_str() {
            Some("Completed") => {
                let what = format!("commit to live, {} rows x 5, wall clock", short(rows));
                let row = Row::own(what, "s", committed.elapsed().as_secs_f64());
                let (from, to) = (&shown["uploadCompletionDateTime"], &shown["processingCompletionDateTime"]);
                let (from, to) = (from.as_str().unwrap_or("?"), to.as_str().unwrap_or("?"));
                return Ok(row
                    .noted("from the end of `edm upload` on, asked by `edm upload show`, one process a look")
                    .noted(format!("by the server's clock from {from} to {to}"))
                    .must(Target::AtMost(LIVE_SECONDS)));
            }
            Some("ProcessingInProgress") => {}
            _ => bail!("the session ended as {}", shown["state"]),
        }
    }
    bail!("the session was not live after {} s", LIVE_WITHIN.as_secs())
}

/// Runs the load generator. Returns requests per second. Fails if a response was not a success.
fn requests_a_second(wrk: &Path, script: &Path, url: &str) -> anyhow::Result<f64> {
    let mut command = Command::new(wrk);
    command
        .args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &format!("{SECONDS}s"), "-s"])
        .arg(script)
        .arg(url);
    let output = command.output().context("wrk does not start")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        bail!("not every request was answered with success: {said}");
    }
    let line = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.and_then(|rate| rate.trim().parse().ok()).with_context(|| {
        format!("wrk says no rate: {said}{}", String::from_utf8_lossy(&output.stderr).trim())
    })
}

/// Makes the requests in advance, so that the load generator only sends them.
fn lua(token: &str, bodies: &[String]) -> String {
    // A long string of Lua may contain anything except its closing delimiter.
    let bodies: Vec<String> = bodies.iter().map(|body| format!("[==[{body}]==]")).collect();
    format!(
        "local bodies = {{{}}}\nlocal requests, last = {{}}, 0\n\
         init = function()\n\
         local headers = {{[\"Content-Type\"] = \"application/json\", [\"Authorization\"] = \"Bearer {token}\"}}\n\
         for index, body in ipairs(bodies) do requests[index] = wrk.format(\"POST\", nil, headers, body) end\nend\n\
         request = function()\nlast = last % #requests + 1\nreturn requests[last]\nend\n",
        bodies.join(",\n")
    )
}
