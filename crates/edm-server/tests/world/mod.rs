//! The real service in a temporary folder with the real router, in this process: no port, no real
//! clock, no real randomness.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edm_graph::{ColumnResource, columns_from_wire};
use edm_model::{Principal, Role, Roles, TenantId, Timestamp};
use edm_server::{App, Body, BodyFailure, Capacity, CapacityLimits, Names, Router, Scheme, Surface};
use edm_service::{Clock, MasterKey, NewToken, Random, Service, ServiceConfig, ServiceLimits, Workers};
use edm_testkit::blocks::{BlockSpec, sealed_block};
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

/// 22 November 2026, noon.
const NOON: i64 = 1_795_348_800_000_000;
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The number of polls for a state before a test fails. Each waits for the workers.
const POLLS_MAX: usize = 1_000_000;

/// A path below the service.
pub(crate) const BETA: &str = "/beta/dataClassification";

/// A clock that tests set, and that panics or blocks on request.
#[derive(Default)]
pub(crate) struct TestClock {
    micros: AtomicI64,
    /// Counts down with each read; the read that finds 1 panics.
    pub(crate) fuse: AtomicI64,
    /// Counts down with each read; the read that finds 1 blocks at the gate.
    pub(crate) hold: AtomicI64,
    gate: Mutex<Gate>,
    gate_moved: Condvar,
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Gate {
    #[default]
    Shut,
    Reached,
    Open,
}

impl TestClock {
    /// Waits until a read is blocked at the gate.
    pub(crate) fn wait_until_held(&self) {
        self.wait_while(|gate| gate == Gate::Shut);
    }

    /// Releases the read at the gate.
    pub(crate) fn release(&self) {
        self.turn(Gate::Open);
    }

    fn turn(&self, gate: Gate) {
        *self.gate.lock().expect("no look panics at the gate") = gate;
        self.gate_moved.notify_all();
    }

    fn wait_while(&self, waits: impl Fn(Gate) -> bool) {
        let gate = self.gate.lock().expect("no look panics at the gate");
        let patience = std::time::Duration::from_secs(60);
        let waited = self.gate_moved.wait_timeout_while(gate, patience, |gate| waits(*gate));
        assert!(!waited.expect("no look panics at the gate").1.timed_out(), "nobody came to the gate");
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let burning = self.fuse.load(Ordering::SeqCst);
        if burning > 0 && self.fuse.fetch_sub(1, Ordering::SeqCst) == 1 {
            panic!("a clock that a test broke");
        }
        if self.hold.load(Ordering::SeqCst) > 0 && self.hold.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.turn(Gate::Reached);
            self.wait_while(|gate| gate != Gate::Open);
        }
        // Advances a microsecond per read, so that times are ordered.
        Timestamp::from_micros(self.micros.fetch_add(1, Ordering::SeqCst))
    }
}

/// The same bytes in every run (splitmix64).
struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let word = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Returns the error's code, from either wire.
    pub(crate) fn code(&self) -> String {
        match self.header("x-ms-error-code") {
            "" => self.json()["error"]["code"].as_str().unwrap_or("").to_owned(),
            code => code.to_owned(),
        }
    }

    /// Returns the body of a success.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

/// A request under construction.
pub(crate) struct Ask<'a> {
    world: &'a World,
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    piece_bytes: usize,
    breaks_off: bool,
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }

    pub(crate) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// Sends the bytes in pieces of this size.
    pub(crate) fn in_pieces(mut self, piece_bytes: usize) -> Self {
        self.piece_bytes = piece_bytes;
        self
    }

    /// Breaks the connection at the end of the bytes.
    pub(crate) fn breaking_off(mut self) -> Self {
        self.breaks_off = true;
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let router = self.world.router.clone();
        exchange(router, self.finish()).await
    }

    /// Sends the request from a separate task.
    pub(crate) fn spawn(self) -> tokio::task::JoinHandle<Answer> {
        let router = self.world.router.clone();
        tokio::spawn(exchange(router, self.finish()))
    }

    fn finish(self) -> Request<Body> {
        let mut request =
            Request::builder().method(self.method).uri(&self.target).header("host", "edm.test:8080");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.body.is_empty() && !self.headers.iter().any(|(name, _)| name == "content-length") {
            request = request.header("content-length", self.body.len());
        }
        let mut pieces: Vec<Result<Bytes, BodyFailure>> =
            self.body.chunks(self.piece_bytes).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        if self.breaks_off {
            pieces.push(Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()));
        }
        let body = if self.breaks_off || pieces.len() > 1 {
            Body::from_stream(futures::stream::iter(pieces).boxed())
        } else {
            Body::from(self.body)
        };
        request.body(body).expect("the test's own request")
    }
}

async fn exchange(router: Router, request: Request<Body>) -> Answer {
    let (parts, mut pieces) = router.answer(request).await.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = pieces.next_piece().await {
        body.extend_from_slice(&piece.expect("answers end"));
        assert!(body.len() <= BODY_BYTES_MAX, "answers are bounded");
    }
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A service, its router and a token of each role.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) admin: String,
    pub(crate) uploader: String,
    pub(crate) reader: String,
    pub(crate) classifier: String,
    router: Router,
    workers: Option<Workers>,
    // Last, so that the folder outlives what uses it.
    folder: tempfile::TempDir,
}

impl World {
    /// Opens a service with its generations loaded and its workers running.
    pub(crate) async fn new() -> Self {
        let mut world = Self::unready(ServiceLimits::default()).await;
        world.service.load().await.expect("an empty folder loads");
        world.workers = Some(world.service.start_workers());
        world
    }

    /// Opens a service that has not loaded anything yet.
    pub(crate) async fn unready(limits: ServiceLimits) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(TestClock { micros: AtomicI64::new(NOON), ..TestClock::default() });
        let random: Arc<dyn Random> = Arc::new(TestRandom(AtomicU64::new(1)));
        let mut config = ServiceConfig::new(folder.path(), MasterKey::generate(random.as_ref()));
        config.limits = limits;
        let service =
            Service::open(config, clock.clone(), random.clone()).await.expect("a fresh folder opens");
        let token = async |role: Role| {
            let operator = Principal::operator(TenantId::DEFAULT);
            let new = NewToken {
                name: format!("{role:?}"),
                roles: Roles::new([role]),
                // A distant expiry, so that each check of the token reads the clock.
                expires_at: Some(Timestamp::from_micros(NOON).plus_seconds(365 * 24 * 3_600)),
            };
            let created = service.create_token(&operator, new).await.expect("an operator makes tokens");
            created.secret.expose_for_wire().to_owned()
        };
        Self {
            admin: token(Role::Admin).await,
            uploader: token(Role::Upload).await,
            reader: token(Role::Read).await,
            classifier: token(Role::Classify).await,
            router: {
                let capacity = Capacity::new(CapacityLimits::default());
                let app = App::new(service.clone(), random, Scheme::Http, Names::default(), capacity);
                Router::new(app, Surface::Whole)
            },
            service,
            clock,
            workers: None,
            folder,
        }
    }

    /// Begins a request with the Admin token.
    pub(crate) fn ask(&self, method: &'static str, target: impl Into<String>) -> Ask<'_> {
        let ask = Ask {
            world: self,
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            piece_bytes: usize::MAX,
            breaks_off: false,
        };
        ask.token(&self.admin)
    }

    /// Begins a request below `/beta/dataClassification`.
    pub(crate) fn at(&self, method: &'static str, path: &str) -> Ask<'_> {
        self.ask(method, format!("{BETA}{path}"))
    }

    /// Lists the files of the data folder.
    pub(crate) fn files(&self) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder is the test's own") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Makes a store of two columns and returns its JSON.
    pub(crate) async fn store(&self, name: &str) -> Value {
        self.store_of(name, false).await
    }

    /// Makes such a store whose first column is the key.
    pub(crate) async fn keyed_store(&self, name: &str) -> Value {
        self.store_of(name, true).await
    }

    async fn store_of(&self, name: &str, is_key: bool) -> Value {
        let columns = json!([
            {"name": "ssn", "isSearchable": true, "ignoredDelimiters": ["-", " "], "isKey": is_key},
            {"name": "lastName", "isSearchable": false}
        ]);
        let body = json!({"displayName": name, "columns": columns});
        self.at("POST", "/exactMatchDataStores").json(body).send().await.expect(201)
    }

    /// Opens a session and returns its JSON, salt included.
    pub(crate) async fn session(&self, store: &Value, body: Value) -> Value {
        self.at("POST", &sessions_of(store)).json(body).send().await.expect(201)
    }

    /// Uploads a table in one block, commits, and waits until it is live. Returns the session.
    pub(crate) async fn publish(&self, store: &Value, rows: &[&[&str]]) -> Value {
        let session = self.session(store, json!({"totalBlockCount": 1, "allowShrink": true})).await;
        let put = self.put_block(&session, 0, block(store, &session, rows)).send().await;
        assert_eq!(put.status, 201, "{}", put.text());
        let path = path_of(store, &session);
        let commit = self.at("POST", &format!("{path}/commit")).send().await;
        assert_eq!(commit.status, 204, "{}", commit.text());
        self.processed(&path).await
    }

    /// Waits until a committed session is processed, and returns it.
    pub(crate) async fn processed(&self, path: &str) -> Value {
        for _ in 0..POLLS_MAX {
            let now = self.at("GET", path).send().await.expect(200);
            if now["state"] != "ProcessingInProgress" {
                return now;
            }
            tokio::task::yield_now().await;
        }
        panic!("the session is not processed");
    }

    /// Begins a Put Block on a session's upload address.
    pub(crate) fn put_block(&self, session: &Value, number: u32, bytes: Vec<u8>) -> Ask<'_> {
        let id = STANDARD.encode(format!("{number:08}"));
        self.ask("PUT", upload_target(session, &format!("comp=block&blockid={id}"))).bytes(bytes)
    }
}

/// Returns the path of a store's sessions below the service.
pub(crate) fn sessions_of(store: &Value) -> String {
    format!("/exactMatchDataStores/{}/sessions", store["id"].as_str().expect("a store has an id"))
}

/// Returns the path of a session below the service.
pub(crate) fn path_of(store: &Value, session: &Value) -> String {
    format!("{}/{}", sessions_of(store), session["id"].as_str().expect("a session has an id"))
}

/// Returns path and query of a session's upload address with an operation added.
pub(crate) fn upload_target(session: &Value, operation: &str) -> String {
    let address = session["dataUploadURI"].as_str().expect("an open session has an address");
    let target =
        address.strip_prefix("http://edm.test:8080").expect("addresses begin with the Host of the request");
    format!("{target}&{operation}")
}

/// Describes a block of a session as its agent would.
pub(crate) fn with_spec<T>(store: &Value, session: &Value, make: impl FnOnce(BlockSpec<'_>) -> T) -> T {
    let columns: Vec<ColumnResource> =
        serde_json::from_value(store["columns"].clone()).expect("what is sent can be read");
    let columns = columns_from_wire(&columns, "columns").expect("what is sent can be read");
    make(BlockSpec {
        store_id: store["id"].as_str().and_then(|id| id.parse().ok()).expect("a store has an id"),
        key_id: session["keyId"].as_str().and_then(|id| id.parse().ok()).expect("a session has a key id"),
        salt: session["salt"].as_str().expect("a new session shows its salt"),
        columns: &columns,
        tokens_max: 64,
        deletes: false,
        number: 0,
        first_row: 0,
    })
}

/// Returns block 0 of a session.
pub(crate) fn block(store: &Value, session: &Value, rows: &[&[&str]]) -> Vec<u8> {
    with_spec(store, session, |spec| sealed_block(&spec, rows))
}
