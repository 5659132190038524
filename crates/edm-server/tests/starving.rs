//! Over real sockets: a client that sends nothing, reads nothing or stays silent does not delay
//! others.

mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edm_server::{CapacityLimits, ConnectionLimits, Gauges, Names, Patience, ServerConfig, Surface, bind};
use edm_service::Random;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use world::{BETA, World, upload_target};

const HOUR: Duration = Duration::from_secs(3_600);
/// The time limit for an event that a test waits for.
const AT_ONCE: Duration = Duration::from_millis(20);
/// The time limit for an event that must happen. A number of polls is no measure: a fast machine
/// polls ten million times within a timeout of two seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// No timeout ends, unless a test sets it.
const fn patient() -> Patience {
    Patience {
        handshake: HOUR,
        first_head: HOUR,
        next_head: HOUR,
        first_byte: HOUR,
        lag: HOUR,
        pace_bytes: 16 * 1024,
        memory: HOUR,
        stream: HOUR,
        unread: HOUR,
        stopping: AT_ONCE,
        shutdown: HOUR,
    }
}

/// A server on a separate port.
struct Served {
    address: SocketAddr,
    gauges: Gauges,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Served {
    fn new(world: &World, capacity: CapacityLimits, connections: ConnectionLimits) -> Self {
        Self::named(world, capacity, connections, Names::default())
    }

    fn named(world: &World, capacity: CapacityLimits, connections: ConnectionLimits, names: Names) -> Self {
        let config = ServerConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            tls: None,
            insecure_http: false,
            names,
            surface: Surface::Whole,
            capacity,
            connections,
        };
        let bound = bind(&config).expect("loopback can be listened on");
        let (address, gauges) = (bound.address(), bound.gauges());
        let random: Arc<dyn Random> = Arc::new(|bytes: &mut [u8]| bytes.fill(7));
        let (stop, stopped) = oneshot::channel();
        let serving = bound.serve(world.service.clone(), random, async {
            let _ = stopped.await;
        });
        let server = tokio::spawn(async { serving.await.expect("the server stops in order") });
        Self { address, gauges, stop, server }
    }

    /// Stops the server, and waits until it has stopped.
    async fn stop(self) {
        self.stop.send(()).expect("the server waits for it");
        self.server.await.expect("the server does not panic");
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the server listens")
    }

    /// Sends the start of a request on a new connection.
    async fn begin(&self, head: &str, body_length: usize, begun: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        let head = format!("{head}Content-Length: {body_length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("a head is sent");
        stream.write_all(begun).await.expect("the begin of a body is sent");
        stream
    }

    /// Sends a request and returns its status and its answer.
    async fn ask(&self, head: &str, body: &[u8]) -> (String, String) {
        let stream = self.begin(&format!("{head}Connection: close\r\n"), body.len(), body).await;
        read_answer(stream).await
    }

    async fn check(&self, head: &str, body: &[u8], status: &str) {
        let (answered, answer) = self.ask(head, body).await;
        assert_eq!(answered, status, "{head}: {answer}");
    }

    async fn until(&self, what: &str, holds: impl Fn(&Gauges) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if holds(&self.gauges) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{what}: {:?} {:?}", self.gauges.memory(), self.gauges.connections());
    }
}

/// Reads until the connection ends. Returns the status and everything read.
async fn read_answer(mut stream: TcpStream) -> (String, String) {
    let mut answer = Vec::new();
    // An aborted connection has no answer, which the test checks.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.get(9..12).unwrap_or("").to_owned(), answer)
}

fn head(method: &str, target: &str, token: &str, content_type: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: edm.test:8080\r\nAuthorization: Bearer {token}\r\nContent-Type: \
         {content_type}\r\n"
    )
}

fn json_head(method: &str, path: &str, token: &str) -> String {
    head(method, &format!("{BETA}{path}"), token, "application/json")
}

fn upload_head(target: &str) -> String {
    format!("PUT {target} HTTP/1.1\r\nHost: edm.test:8080\r\n")
}

fn capacity(requests_per_caller: usize, patience: Patience) -> CapacityLimits {
    CapacityLimits { requests_per_caller, patience, ..CapacityLimits::default() }
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: edm\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_one_caller_that_do_not_come_stop_no_other_caller() {
    let world = World::new().await;
    let served = Served::new(&world, capacity(100, patient()), ConnectionLimits::default());
    let batch = head("POST", "/beta/$batch", &world.reader, "application/json");
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(served.begin(&batch, 4_000_000, b"{").await);
    }
    served.until("the bodies have begun", |gauges| gauges.memory().requests == 100).await;
    let create = json_head("POST", "/exactMatchDataStores", &world.admin);
    let store = json!({"displayName": "s", "columns": [{"name": "a", "isSearchable": true}]}).to_string();
    served.check(&create, store.as_bytes(), "201").await;
    // The caller itself has the greatest permitted number.
    let list = json_head("GET", "/exactMatchDataStores", &world.reader);
    let (status, answer) = served.ask(&list, b"").await;
    assert!(
        status == "429" && answer.contains("tooManyRequests") && answer.contains("retry-after"),
        "{answer}"
    );
    drop(idle);
    served.until("whoever leaves is forgotten", |gauges| gauges.memory().requests == 0).await;
    served.check(&list, b"", "200").await;
    assert_eq!(served.gauges.memory().held_bytes, 0);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_one_caller_that_do_not_come_stop_no_other_text() {
    let world = World::new().await;
    let store = world.store("patients").await;
    world.publish(&store, &[&["900-11-2222", "Okafor"]]).await;
    let served = Served::new(&world, capacity(256, patient()), ConnectionLimits::default());
    let classify =
        |token: &str, kind: &str| head("POST", &format!("{BETA}/classifyExactMatches"), token, kind);
    let mut idle = Vec::new();
    for kind in ["text/plain", "application/x-ndjson", "application/json"] {
        for _ in 0..70 {
            idle.push(served.begin(&classify(&world.classifier, kind), 1_000_000_000, b"x").await);
        }
    }
    // A body of this length is refused as JSON; the others wait.
    served.until("the texts have begun", |gauges| gauges.memory().requests >= 140).await;
    for (kind, body) in [
        ("text/plain", "Okafor 900-11-2222"),
        ("application/x-ndjson", "{\"text\":\"Okafor 900-11-2222\"}\n"),
        ("application/json", "{\"text\":\"Okafor 900-11-2222\"}"),
    ] {
        let (status, answer) = served.ask(&classify(&world.admin, kind), body.as_bytes()).await;
        assert!(status == "200" && answer.contains("\"900-11-2222\""), "{kind}: {answer}");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_that_do_not_come_stop_no_other_session() {
    let world = World::new().await;
    let store = world.store("patients").await;
    let served = Served::new(&world, capacity(40, patient()), ConnectionLimits::default());
    let stalled = world.session(&store, json!({"totalBlockCount": 1})).await;
    let other = world.session(&store, json!({"totalBlockCount": 1})).await;
    let block_of = |session| upload_head(&upload_target(session, "comp=block&blockid=MDAwMDAwMDA%3D"));
    let list_of = |session| upload_head(&upload_target(session, "comp=blocklist"));
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(served.begin(&block_of(&stalled), 16_000_000, b"x").await);
        idle.push(served.begin(&list_of(&stalled), 60_000_000, b"x").await);
    }
    served.until("the blocks have begun", |gauges| gauges.memory().requests == 40).await;
    let block = world::block(&store, &other, &[&["900-11-2222", "Okafor"]]);
    served.check(&block_of(&other), &block, "201").await;
    let list = "<BlockList><Latest>MDAwMDAwMDA=</Latest></BlockList>";
    served.check(&list_of(&other), list.as_bytes(), "201").await;
    let (status, answer) = served.ask(&block_of(&stalled), &block).await;
    assert!(status == "503" && answer.contains("x-ms-error-code: ServerBusy"), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_all_the_memory_that_it_may_is_refused_and_another_is_served() {
    const BODIES: usize = 16;
    let world = World::new().await;
    let limits = CapacityLimits {
        memory_bytes: edm_server::MEMORY_BYTES_MIN,
        ..capacity(100, Patience { memory: AT_ONCE, ..patient() })
    };
    let served = Served::new(&world, limits, ConnectionLimits::default());
    let redact = json_head("POST", "/redactExactMatches", &world.classifier);
    // Three quarters of 64 MiB are twelve such bodies. The reserve belongs to one more.
    let body = vec![b' '; 4_000_000];
    let mut begun = Vec::new();
    for _ in 0..BODIES {
        begun.push(tokio::spawn({
            let (address, redact, body) = (served.address, redact.clone(), body.clone());
            async move {
                let mut stream = TcpStream::connect(address).await.expect("the server listens");
                let head = format!("{redact}Connection: close\r\nContent-Length: 4000001\r\n\r\n");
                stream.write_all(head.as_bytes()).await.expect("a head is sent");
                // A refused sender may be disconnected before the end.
                let _ = stream.write_all(&body).await;
                stream
            }
        }));
    }
    served.until("some find no room", |gauges| gauges.memory().refused >= 3).await;
    let held = served.gauges.memory();
    assert!(held.held_bytes <= held.bound_bytes, "{held:?}");
    let create = json_head("POST", "/exactMatchDataStores", &world.admin);
    let store = json!({"displayName": "s", "columns": [{"name": "a", "isSearchable": true}]}).to_string();
    served.check(&create, store.as_bytes(), "201").await;
    // Bodies that got memory complete with their last byte. The others were refused with
    // `Retry-After`.
    let (mut whole, mut refused) = (0, 0);
    for stream in begun {
        let mut stream = stream.await.expect("the sender does not panic");
        let _ = stream.write_all(b" ").await;
        let (status, answer) = read_answer(stream).await;
        match status.as_str() {
            // White space is not JSON.
            "400" => whole += 1,
            "503" => {
                assert!(answer.contains("serverBusy") && answer.contains("retry-after: 1"), "{answer}");
                refused += 1;
            }
            other => panic!("{other}: {answer}"),
        }
    }
    assert!(whole >= 1 && refused >= 3, "{whole} whole, {refused} refused");
    served.until("nothing is held", |gauges| gauges.memory().held_bytes == 0).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_begin_is_given_up() {
    let world = World::new().await;
    let patience = Patience { first_byte: AT_ONCE, unread: AT_ONCE, ..patient() };
    let served = Served::new(&world, capacity(9, patience), ConnectionLimits::default());
    let redact = json_head("POST", "/redactExactMatches", &world.classifier);
    let (status, answer) = read_answer(served.begin(&redact, 10, b"").await).await;
    assert!(status == "408" && answer.contains("bodyTooSlow"), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_streamed_text_does_not_go_on_for_ever() {
    let world = World::new().await;
    let patience = Patience { stream: Duration::ZERO, unread: AT_ONCE, ..patient() };
    let served = Served::new(&world, capacity(9, patience), ConnectionLimits::default());
    let classify = |kind| head("POST", &format!("{BETA}/classifyExactMatches"), &world.classifier, kind);
    let text = served.begin(&classify("text/plain"), 10, b"a").await;
    let (status, answer) = read_answer(text).await;
    assert!(status == "408" && answer.contains("streamTooLong"), "{answer}");
    let close = "Connection: close\r\n";
    let lines = served.begin(&format!("{}{close}", classify("application/x-ndjson")), 100, b"\n").await;
    // The answer has begun, so its last line has the error.
    let (status, answer) = read_answer(lines).await;
    assert!(status == "200" && answer.contains("streamTooLong"), "{answer}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_in_answers_lead_to_hosts_that_are_allowed() {
    let world = World::new().await;
    let check = async |names: Names, cases: &[(&str, &str, &str)]| {
        let served = Served::named(&world, CapacityLimits::default(), ConnectionLimits::default(), names);
        for (host, status, part) in cases {
            let list = json_head("GET", "/exactMatchDataStores", &world.reader);
            let list = list.replace("edm.test:8080", host);
            let (answered, answer) = served.ask(&list, b"").await;
            assert!(answered == *status && answer.contains(part), "{host}: {answer}");
            let health = HEALTH.replace("Host: edm", &format!("Host: {host}"));
            served.check(&health, b"", "200").await;
        }
        served.stop().await;
    };
    check(
        Names::default(),
        &[
            ("any.example:1", "200", "http://any.example:1/beta/$metadata"),
            ("a b", "400", "invalidHost"),
            ("evil.example/x?", "400", "invalidHost"),
        ],
    )
    .await;
    let allowed_hosts = vec!["edm.example.org".to_owned()];
    check(
        Names { public_url: None, allowed_hosts },
        &[
            ("EDM.example.org:8443", "200", "http://EDM.example.org:8443/"),
            ("evil.example", "421", "foreignHost"),
        ],
    )
    .await;
    let public_url = Some("https://edm.example.org/".to_owned());
    check(
        Names { public_url, allowed_hosts: Vec::new() },
        &[("evil.example", "200", "\"https://edm.example.org/beta/$metadata")],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_reads_is_given_up_with_its_memory() {
    let world = World::new().await;
    let store = world.store("patients").await;
    world.publish(&store, &[&["900-11-2222", "Okafor"]]).await;
    let patience = Patience { lag: Duration::from_secs(2), ..Patience::default() };
    let served = Served::new(&world, capacity(9, patience), ConnectionLimits::default());
    let text = json!({"text": "Okafor 900-11-2222. ".repeat(4_000)}).to_string();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(served.address).await.expect("the server listens");
    let classify = json_head("POST", "/classifyExactMatches", &world.classifier);
    let request = format!("{classify}Content-Length: {}\r\n\r\n{text}", text.len());
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    served.until("the answer is held", |gauges| gauges.memory().held_bytes > 500_000).await;
    served.check(HEALTH, b"", "200").await;
    served.until("it is given up", |gauges| gauges.memory().held_bytes == 0).await;
    let (_, answer) = read_answer(stream).await;
    let length = answer.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).expect("the head was sent");
    assert!(answer.len() < length, "all {length} bytes came");
    // A client that reads gets all of it.
    let (status, answer) = served.ask(&classify, text.as_bytes()).await;
    assert!(status == "200" && answer.len() > length, "{} bytes of {length}", answer.len());
    served.until("what was read is given back", |gauges| gauges.memory().held_bytes == 0).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_make_room_for_whoever_says_something() {
    let world = World::new().await;
    for (total, per_address) in [(20, 1_000), (1_000, 20)] {
        let connections = ConnectionLimits { total, per_address, trusted_proxies: Vec::new() };
        let served = Served::new(&world, capacity(9, patient()), connections);
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(served.connect().await);
        }
        served.check(HEALTH, b"", "200").await;
        served.until("few are left", |gauges| gauges.connections().closed >= 181).await;
        let gauge = served.gauges.connections();
        assert!(gauge.open <= 20 && gauge.refused == 0, "{gauge:?}");
        drop(silent);
        served.until("all are gone", |gauges| gauges.connections().open == 0).await;
        served.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_with_requests_are_not_closed_for_new_ones() {
    let world = World::new().await;
    let connections =
        ConnectionLimits { per_address: 3, trusted_proxies: Vec::new(), ..ConnectionLimits::default() };
    let served = Served::new(&world, capacity(9, patient()), connections);
    let redact = json_head("POST", "/redactExactMatches", &world.classifier);
    let mut busy = Vec::new();
    for _ in 0..3 {
        busy.push(served.begin(&format!("{redact}Connection: close\r\n"), 2, b"{").await);
    }
    served.until("all are busy", |gauges| gauges.memory().requests == 3).await;
    assert_eq!(read_answer(served.connect().await).await.1, "", "it is closed at once");
    assert_eq!(served.gauges.connections().refused, 1);
    for mut stream in busy {
        stream.write_all(b"}").await.expect("the connection is open");
        assert_eq!(read_answer(stream).await.0, "400");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_head_must_come_soon_and_a_kept_connection_may_wait() {
    let world = World::new().await;
    let patience = Patience { first_head: Duration::from_secs(1), ..patient() };
    let served = Served::new(&world, capacity(9, patience), ConnectionLimits::default());
    let mut kept = served.connect().await;
    let request = format!("{HEALTH}\r\n");
    kept.write_all(request.as_bytes()).await.expect("a request is sent");
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.expect("an answer comes");
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut half = served.connect().await;
    half.write_all(b"GET / HT").await.expect("half a head is sent");
    assert_eq!(read_answer(half).await.1, "");
    assert_eq!(read_answer(served.connect().await).await.1, "");
    kept.write_all(format!("{HEALTH}Connection: close\r\n\r\n").as_bytes()).await.expect("it is still open");
    assert_eq!(read_answer(kept).await.1.matches("HTTP/1.1 200").count(), 1);
    served.stop().await;
}

/// A body that stops arriving must not delay the end; the limit is an hour here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_body_and_half_a_head_do_not_hold_up_the_end() {
    let world = World::new().await;
    let served = Served::new(&world, capacity(9, patient()), ConnectionLimits::default());
    let redact = json_head("POST", "/redactExactMatches", &world.classifier);
    let body = served.begin(&redact, 100, b"{").await;
    served.until("the body has begun", |gauges| gauges.memory().requests == 1).await;
    let mut half = served.connect().await;
    half.write_all(b"GET / HT").await.expect("half a head is sent");
    let mut kept = served.connect().await;
    kept.write_all(format!("{HEALTH}\r\n").as_bytes()).await.expect("a request is sent");
    kept.read_exact(&mut [0; 12]).await.expect("an answer comes");
    served.stop().await;
    assert_eq!(read_answer(body).await.0, "408");
}
