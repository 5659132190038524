//! The product's own server: requests a second beside a bare handler, and how long a commit takes to be live.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{Setting, short};
use crate::clock::interleaved;
use crate::corpus::Corpus;
use crate::people;
use crate::report::{Row, Target};

/// Rows of the table that is committed.
const ROWS: u64 = 1_000_000;
/// Bytes of the text that is classified.
const TEXT_BYTES: usize = 1_024;
/// Seconds of one run of the load generator, and its connections.
const SECONDS: u64 = 4;
const CONNECTIONS: u64 = 16;
/// How soon a commit must be live.
const LIVE_SECONDS: f64 = 2.0;
const LIVE_WITHIN: Duration = Duration::from_secs(600);

/// Returns the rows of the group.
pub(crate) fn rows(setting: &Setting, corpus: &Corpus) -> anyhow::Result<Vec<Row>> {
    let what = "classifyExactMatches, 1 KB, against a bare handler";
    let ndjson = Row::not_measured("ndjson batches against the library's MB/s", "not served")
        .must(Target::RatioAtLeast(0.7));
    let (Some(edm), Some(wrk), Some(echo)) = (&setting.edm, &setting.wrk, &setting.echo) else {
        let reason = "needs the binaries edm, echo and wrk (Debian's package wrk)";
        return Ok(vec![Row::not_measured(what, reason).must(Target::RatioAtLeast(0.7)), ndjson]);
    };
    let server = Server::start(edm, &setting.folder.join("server"))?;
    server.create_store()?;
    let live = live(setting, &server).unwrap_or_else(|reason| {
        Row::not_measured("commit to live", format!("{reason:#}")).must(Target::AtMost(LIVE_SECONDS))
    });
    let requests = requests(setting, corpus, &server, (wrk, echo)).unwrap_or_else(|reason| {
        Row::not_measured(what, format!("{reason:#}")).must(Target::RatioAtLeast(0.7))
    });
    Ok(vec![live, requests, ndjson])
}

/// Requests a second of the server and of the bare handler, with the same body.
fn requests(
    setting: &Setting,
    corpus: &Corpus,
    server: &Server,
    (wrk, echo): (&Path, &Path),
) -> anyhow::Result<Row> {
    let text =
        corpus.texts(TEXT_BYTES).into_iter().map(|range| &corpus.text[range]).find(|text| text.len() > 900);
    let body = json!({"text": text.context("a corpus has a text of 1 KB")?});
    let script = setting.folder.join("classify.lua");
    fs::write(&script, lua(&server.token, &body.to_string()))?;
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

/// Uploads and waits: from the answer to the commit until the session says that it is complete.
fn live(setting: &Setting, server: &Server) -> anyhow::Result<Row> {
    let file = setting.folder.join("upload.csv");
    write_csv(&file, ROWS)?;
    let said = server.edm(&["upload", "--store", "bench", "--file", &file.display().to_string()])?;
    let committed = Instant::now();
    let session = said["sessionId"].as_str().context("an upload names its session")?.to_owned();
    while committed.elapsed() < LIVE_WITHIN {
        let shown = server.edm(&["upload", "show", "--store", "bench", &session])?;
        match shown["state"].as_str() {
            Some("Completed") => {
                let what = format!("commit to live, {} rows x 5, wall clock", short(ROWS));
                let row = Row::own(what, "s", committed.elapsed().as_secs_f64());
                return Ok(row
                    .noted("asked by `edm upload show`, one process a look")
                    .must(Target::AtMost(LIVE_SECONDS)));
            }
            Some("ProcessingInProgress") => {}
            _ => bail!("the session ended as {}", shown["state"]),
        }
    }
    bail!("the session was not live after {} s", LIVE_WITHIN.as_secs())
}

/// Runs the load generator and returns requests a second. Fails if an answer was not a success.
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

fn lua(token: &str, body: &str) -> String {
    // A long string of Lua holds anything but its own closing mark.
    format!(
        "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
         wrk.headers[\"Authorization\"] = \"Bearer {token}\"\nwrk.body = [==[{body}]==]\n"
    )
}

/// Writes a table of five columns.
pub(crate) fn write_csv(file: &Path, rows: u64) -> anyhow::Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    writeln!(out, "ssn,card,email,mrn,name")?;
    for row in 0..rows {
        let cells = people::cells(row);
        writeln!(out, "{}", cells[..5].join(","))?;
    }
    out.flush()?;
    Ok(())
}

/// The bare handler, ended on drop.
struct Handler {
    child: Child,
    url: String,
}

impl Handler {
    fn start(program: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        Ok(Self { child, url: format!("http://{}/classify", line.trim()) })
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `edm serve` on loopback with an empty data directory, ended on drop.
pub(crate) struct Server {
    edm: PathBuf,
    child: Child,
    url: String,
    token: String,
}

impl Server {
    /// Starts one and waits until it says where it listens.
    pub(crate) fn start(edm: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let data = folder.join("data");
        let mut command = Command::new(edm);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("a pipe")?);
        let mut line = String::new();
        let url = loop {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                bail!("edm serve ended before it listened");
            }
            if let Some(at) = line.find("http://") {
                let address = &line[at + "http://".len()..];
                let end = address
                    .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                    .unwrap_or(address.len());
                break format!("http://{}", &address[..end]);
            }
        };
        // A full pipe would stop the server.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        let token = fs::read_to_string(data.join("admin-token"))?.trim().to_owned();
        Ok(Self { edm: edm.to_owned(), child, url, token })
    }

    /// Makes the store `bench` of five columns.
    pub(crate) fn create_store(&self) -> anyhow::Result<()> {
        let columns = [
            "ssn:searchable:digits:ignore=-",
            "card:searchable:digits:ignore=-",
            "email:searchable:email",
            "mrn:searchable:digits",
            "name:searchable:name",
        ];
        let mut arguments = vec!["store", "create", "--name", "bench"];
        columns.iter().for_each(|column| arguments.extend(["--column", *column]));
        self.edm(&arguments).map(drop)
    }

    /// Runs the command line against the server and returns what it prints as JSON.
    pub(crate) fn edm(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.edm);
        command
            .args(arguments)
            .args(["--output", "json"])
            .env("EDM_SERVER", &self.url)
            .env("EDM_TOKEN", &self.token);
        let output = command.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("edm {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
