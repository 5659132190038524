//! The rest of the service. Reads a store, reads a filtered page of sessions, and creates and
//! cancels a session, each next to a bare handler that returns the same JSON. Also compares a store
//! with many sessions with one with few.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::client::Client;
use super::server::{Handler, Server};
use super::{Setting, short};
use crate::clock::{interleaved, median};
use crate::report::{Row, Target};

/// The sizes of the stores: the number of sessions of the smaller and of the larger one.
const SESSIONS: [u64; 2] = [1_000, 100_000];
const SESSIONS_QUICK: [u64; 2] = [200, 2_000];
const SESSIONS_FEW: u64 = 20;
/// Sessions on a page.
const PAGE: usize = 50;
/// The duration of one turn of a pair.
const TURN: Duration = Duration::from_secs(2);
const TURN_QUICK: Duration = Duration::from_millis(200);
/// The minimum ratio of the request rate with many sessions to that with few.
const MANY_TO_FEW: f64 = 0.8;
const BARE: &str = "axum, the same JSON";

/// Returns the rows of the group. Fails if the server, the bare handler or Python is missing.
pub(crate) fn rows(setting: &Setting, quick: bool) -> anyhow::Result<Vec<Row>> {
    let edm = setting.edm.as_ref().context("needs the binary edm")?;
    let echo = setting.echo.as_ref().context("needs the binary echo")?;
    let counts = if quick { SESSIONS_QUICK } else { SESSIONS };
    let turn = if quick { TURN_QUICK } else { TURN };
    let folder = setting.folder.join("api");
    let server = Server::start(edm, &folder)?;
    let mut stores = Vec::new();
    for count in [SESSIONS_FEW, counts[0], counts[1]] {
        stores.push(Store::make(&server, count)?);
    }
    drop(server);
    for store in &stores {
        store.fill(&folder.join("data/catalog.db"))?;
    }
    let server = Server::open(edm, &folder)?;
    let handler = Handler::start(echo)?;
    let mut measure = Measure {
        pairs: setting.pairs,
        turn,
        ours: Client::connect(&server.url, &server.token)?,
        bare: Client::connect(&handler.url, "none")?,
        server: &server,
        handler: &handler,
    };
    let (few, stores) = stores.split_first().context("three stores")?;
    let mut rows = Vec::new();
    for store in stores {
        let about = format!("{} sessions in the store", short(store.count));
        rows.push(measure.store(store, &about)?);
        rows.push(measure.page(store, &about)?);
        rows.push(measure.create_and_cancel(store, &about)?);
    }
    let many = stores.last().context("three stores")?;
    rows.push(measure.many_and_few(many, few)?);
    Ok(rows)
}

/// A store with one session that is copied to make the others.
struct Store {
    path: String,
    session: String,
    count: u64,
}

impl Store {
    fn make(server: &Server, count: u64) -> anyhow::Result<Self> {
        let mut client = Client::connect(&server.url, &server.token)?;
        let stores = "/beta/dataClassification/exactMatchDataStores";
        let column = |name: &str, searchable: bool| json!({"name": name, "isSearchable": searchable});
        let columns = [column("ssn", true), column("mrn", true), column("lastName", false)];
        let body = json!({"displayName": format!("with {count}"), "columns": columns}).to_string();
        let made = client.ask("POST", stores, &body)?.expect(201)?;
        let path = format!("{stores}/{}", id(&made)?);
        let body = json!({"fileName": "people.csv", "totalBlockCount": 10}).to_string();
        let session = client.ask("POST", &format!("{path}/sessions"), &body)?.expect(201)?;
        Ok(Self { path, session: id(&session)?.to_owned(), count })
    }

    /// Copies the session until the required number exists. The server must not run.
    fn fill(&self, catalog: &Path) -> anyhow::Result<()> {
        let states = if self.count == SESSIONS_FEW { "open" } else { "mixed" };
        let mut python = Command::new("python3");
        python.args(["-c", include_str!("seed_sessions.py")]).arg(catalog);
        python.args([&self.session, &(self.count - 1).to_string(), states]);
        let output = python.output().context("python3 does not start")?;
        let added = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>();
        if added != Ok(self.count - 1) {
            bail!("sessions cannot be added: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Returns the URL of the newest open sessions.
    fn open_sessions(&self, top: usize) -> String {
        let filter = "state%20eq%20%27UploadInProgress%27";
        let sessions = format!("{}/sessions", self.path);
        format!("{sessions}?$filter={filter}&$orderby=creationDateTime%20desc&$top={top}")
    }
}

fn id(resource: &Value) -> anyhow::Result<&str> {
    resource["id"].as_str().context("a resource has an id")
}

/// Both servers, each with a connection.
struct Measure<'a> {
    pairs: usize,
    turn: Duration,
    ours: Client,
    bare: Client,
    server: &'a Server,
    handler: &'a Handler,
}

impl Measure<'_> {
    fn store(&mut self, store: &Store, about: &str) -> anyhow::Result<Row> {
        self.read(&format!("GET one store, {about}"), &store.path, None)
    }

    fn page(&mut self, store: &Store, about: &str) -> anyhow::Result<Row> {
        let what = format!("GET a filtered page of {PAGE}, {about}");
        self.read(&what, &store.open_sessions(PAGE), Some(PAGE))
    }

    /// Compares a GET with the bare handler's for the same response. A page must have this many
    /// elements.
    fn read(&mut self, what: &str, target: &str, elements: Option<usize>) -> anyhow::Result<Row> {
        let answer = self.ours.ask("GET", target, "")?.expect(200)?;
        judge(&answer, elements)?;
        self.bare.ask("PUT", "/answer", &answer.to_string())?.expect(204)?;
        let again = self.bare.ask("GET", "/answer", "")?.expect(200)?;
        if again != answer {
            bail!("the bare handler answers another JSON");
        }
        self.compare(
            what,
            |client| client.ask("GET", target, "")?.expect(200).map(drop),
            |client| client.ask("GET", "/answer", "")?.expect(200).map(drop),
        )
    }

    fn create_and_cancel(&mut self, store: &Store, about: &str) -> anyhow::Result<Row> {
        let what = format!("create and cancel a session, {about}");
        let sessions = format!("{}/sessions", store.path);
        let body = json!({"fileName": "people.csv", "totalBlockCount": 10}).to_string();
        let answer = self.ours.ask("POST", &sessions, &body)?.expect(201)?;
        self.bare.ask("PUT", "/answer", &answer.to_string())?.expect(204)?;
        let row = self.compare(
            &what,
            |client| {
                let made = client.ask("POST", &sessions, &body)?.expect(201)?;
                client.ask("POST", &format!("{sessions}/{}/cancel", id(&made)?), "")?.expect(204).map(drop)
            },
            |client| {
                client.ask("POST", "/answer", &body)?.expect(200)?;
                client.ask("POST", "/nothing", "")?.expect(204).map(drop)
            },
        )?;
        Ok(row.noted("two requests, each with a write that is on the disk before its answer"))
    }

    /// Compares the CPU time of both servers for one turn of requests.
    fn compare(
        &mut self,
        what: &str,
        mut ours: impl FnMut(&mut Client) -> anyhow::Result<()>,
        mut bare: impl FnMut(&mut Client) -> anyhow::Result<()>,
    ) -> anyhow::Result<Row> {
        let (turn, server, handler) = (self.turn, self.server, self.handler);
        let mut walls = Vec::new();
        let pair = interleaved(
            self.pairs,
            || {
                let (rate, wall) = turns(turn, &mut self.ours, &mut ours, || server.cpu_seconds())?;
                walls.push(wall);
                Ok(rate)
            },
            || Ok(turns(turn, &mut self.bare, &mut bare, || handler.cpu_seconds())?.0),
        )?;
        let row = Row::against(Row::own(what, "a CPU second", pair.ours), BARE, pair.theirs, pair.ratio);
        Ok(row.noted(format!("{:.2} ms each by wall clock, one connection", 1e3 / median(&walls))))
    }

    /// Compares the same page in a store with many sessions and in one with only this page.
    fn many_and_few(&mut self, many: &Store, few: &Store) -> anyhow::Result<Row> {
        let page = few.count as usize;
        let targets = [many.open_sessions(page), few.open_sessions(page)];
        for target in &targets {
            judge(&self.ours.ask("GET", target, "")?.expect(200)?, Some(page))?;
        }
        let (turn, server) = (self.turn, self.server);
        let mut other = Client::connect(&server.url, &server.token)?;
        let side = |client: &mut Client, target: &str| {
            let ask = &mut |client: &mut Client| client.ask("GET", target, "")?.expect(200).map(drop);
            Ok(turns(turn, client, ask, || server.cpu_seconds())?.0)
        };
        let pair =
            interleaved(self.pairs, || side(&mut self.ours, &targets[0]), || side(&mut other, &targets[1]))?;
        let what = format!("GET a filtered page of {page} of {}", short(many.count));
        let row = Row::against(
            Row::own(what, "a CPU second", pair.ours),
            format!("{page} of {page}"),
            pair.theirs,
            pair.ratio,
        );
        Ok(row.must(Target::RatioAtLeast(MANY_TO_FEW)))
    }
}

fn judge(answer: &Value, elements: Option<usize>) -> anyhow::Result<()> {
    let found = answer["value"].as_array().map(Vec::len);
    if found != elements {
        bail!("a page of {found:?} elements instead of {elements:?}");
    }
    Ok(())
}

/// Repeats a request for the duration of a turn. Returns the number of requests per second of the
/// server's CPU time and per second of the wall clock.
fn turns(
    turn: Duration,
    client: &mut Client,
    ask: &mut impl FnMut(&mut Client) -> anyhow::Result<()>,
    cpu_seconds: impl Fn() -> Option<f64>,
) -> anyhow::Result<(f64, f64)> {
    let cpu = || cpu_seconds().context("the server's CPU time cannot be read");
    // The clock of another process has a resolution of a hundredth of a second.
    let (before, begun) = (cpu()?, Instant::now());
    let mut count = 0u32;
    while begun.elapsed() < turn || cpu()? - before < 0.05 {
        ask(client)?;
        count += 1;
    }
    let (used, wall) = (cpu()? - before, begun.elapsed().as_secs_f64());
    Ok((f64::from(count) / used, f64::from(count) / wall))
}

/// Returns the page for `docs/bench`.
pub(crate) fn page(command: &str, about: &str, table: &str) -> String {
    format!(
        "# The API beside a bare handler\n\nWritten by `{command}`. [bench/README.md](../../bench/README.md) says what is \
         measured and how (API).\n\n{about}.\n\n\
         CPU time of the whole server process, medians of interleaved pairs. The ratio says how many times better ours \
         is: the median of the pairs' own ratios. The bare handler is axum's: it writes the same JSON, without token, \
         store or disk.\n\n{table}"
    )
}
