//! The listener: refused settings, plain HTTP and TLS, and stopping.

mod world;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use edm_server::{
    CapacityLimits, ConnectionLimits, Names, ServeErrorKind, ServerConfig, Surface, TlsFiles, bind,
};
use edm_service::{Random, ServiceLimits};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use world::World;

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn config(listen: &str, tls: Option<TlsFiles>) -> ServerConfig {
    ServerConfig {
        listen: listen.parse().expect("an address"),
        tls,
        insecure_http: false,
        names: Names::default(),
        surface: Surface::Whole,
        capacity: CapacityLimits::default(),
        connections: ConnectionLimits::default(),
    }
}

fn loopback_tls() -> TlsFiles {
    TlsFiles { certificate: fixture("loopback.cert.pem"), key: fixture("loopback.key.pem") }
}

/// Serves until the exchange is over, and returns its result.
async fn while_served<T: Send + 'static>(
    config: &ServerConfig,
    exchange: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    let world = World::unready(ServiceLimits::default()).await;
    let bound = bind(config).expect("loopback can be listened on");
    let address = bound.address();
    let random: Arc<dyn Random> = Arc::new(|bytes: &mut [u8]| bytes.fill(7));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(bound.serve(world.service.clone(), random, shutdown));
    let result = tokio::task::spawn_blocking(move || exchange(address)).await.expect("the exchange ends");
    stop.send(()).expect("the server waits for it");
    server.await.expect("the server does not panic").expect("the server stops in order");
    assert!(TcpStream::connect(address).is_err(), "the port is still open");
    result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_plain_http_on_loopback_until_told_to_stop() {
    let answer = while_served(&config("127.0.0.1:0", None), |address| {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(REQUEST).expect("a request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer comes");
        answer
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("request-id: "), "{answer}");
}

/// An answer read from a connection that stays open: its head, and its body by the announced
/// length.
fn read_answer(stream: &mut BufReader<TcpStream>) -> (String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let length = stream.read_line(&mut head).expect("an answer comes");
        assert!(length > 0, "the connection ended: {head}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).expect("answers have a length");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the body comes");
    (head, String::from_utf8_lossy(&body).into_owned())
}

/// Answers to HEAD announce the length of the body of GET. The next answer must not be read as that
/// body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_and_options_leave_the_connection_in_step() {
    while_served(&config("127.0.0.1:0", None), |address| {
        let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        let service = "/beta/dataClassification";
        let cases = [
            (format!("HEAD {service}/exactMatchDataStores"), "401", ""),
            ("HEAD /nowhere".to_owned(), "404", ""),
            (format!("HEAD {service}/classifyFile"), "405", "allow: POST, OPTIONS"),
            ("HEAD /healthz".to_owned(), "200", ""),
            (format!("OPTIONS {service}/jobs"), "204", "allow: GET, HEAD, OPTIONS"),
            ("OPTIONS *".to_owned(), "204", ""),
        ];
        for (target, status, header) in cases {
            let request = format!("{target} HTTP/1.1\r\nHost: edm\r\n\r\n");
            stream.get_mut().write_all(request.as_bytes()).expect("a request is sent");
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).expect("an answer comes") > 0, "{target}: {head}");
            }
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {head}");
            assert!(head.contains(header) && head.contains("request-id: "), "{target}: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let expected = target.starts_with("HEAD");
            assert_eq!(length.is_some_and(|length| length != "0"), expected, "{target}: {head}");
        }
        stream.get_mut().write_all(REQUEST).expect("a request is sent");
        let (head, body) = read_answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200") && body.contains("alive"), "{head}{body}");
    })
    .await;
}

/// The HTTP library refuses such heads itself, with a bare status. A client would find no error in
/// the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_never_a_request_gets_a_reason_too() {
    while_served(&config("127.0.0.1:0", None), |address| {
        let list = "GET /beta/dataClassification/exactMatchDataStores?$filter=";
        let nots = "not%20".repeat(100_000);
        let cases = [
            (format!("{list}{nots} HTTP/1.1\r\nHost: edm\r\n\r\n"), "headTooLong"),
            (format!("GET / HTTP/1.1\r\nHost: edm\r\nx: {}\r\n\r\n", "y".repeat(600_000)), "headTooLong"),
            (format!("{list}displayName eq 'x' HTTP/1.1\r\nHost: edm\r\n\r\n"), "invalidHead"),
            ("no HTTP at all\r\n\r\n".to_owned(), "invalidHead"),
        ];
        for (request, code) in cases {
            let mut stream = TcpStream::connect(address).expect("the server listens");
            // The server may have answered and closed before it read all of it.
            let _ = stream.write_all(request.as_bytes());
            let (head, body) = read_answer(&mut BufReader::new(stream));
            let body: serde_json::Value = serde_json::from_str(&body).expect("the body is JSON");
            assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{code}: {head}");
            assert_eq!(body["error"]["code"], code, "{head}{body}");
            let id = body["error"]["innerError"]["request-id"].as_str().expect("an id");
            assert!(head.contains(&format!("\r\nrequest-id: {id}\r\n")), "{head}");
        }
        // The same on a connection that was used before.
        let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        stream.get_mut().write_all(b"GET /healthz HTTP/1.1\r\nHost: edm\r\n\r\n").expect("sent");
        assert!(read_answer(&mut stream).0.starts_with("HTTP/1.1 200"));
        stream.get_mut().write_all(b"GET /a b HTTP/1.1\r\nHost: edm\r\n\r\n").expect("sent");
        assert!(read_answer(&mut stream).1.contains("invalidHead"));
    })
    .await;
}

/// Most clients send their whole body first. They once got a broken pipe if the path was unknown or
/// the token missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sends_a_body_in_vain_gets_the_reason() {
    const LONG: usize = 17 * 1024 * 1024;
    const TOO_LONG: usize = 65 * 1024 * 1024;
    while_served(&config("127.0.0.1:0", None), |address| {
        let cases = [
            ("PUT /nowhere", LONG, "404", "unknownPath"),
            ("POST /beta/dataClassification/exactMatchDataStores", LONG, "401", "unauthenticated"),
            ("PATCH /beta/dataClassification/classifyExactMatches", LONG, "405", "methodNotAllowed"),
            ("PUT /edmuploads/a/b?comp=block", LONG, "403", "AuthenticationFailed"),
        ];
        let stream = TcpStream::connect(address).expect("the server listens");
        let mut stream = BufReader::new(stream);
        let piece = vec![b'x'; 64 * 1024];
        // One connection for all: a drained connection is usable for the next request.
        for (target, length, status, code) in cases {
            let head = format!("{target} HTTP/1.1\r\nHost: edm\r\nContent-Length: {length}\r\n\r\n");
            stream.get_mut().write_all(head.as_bytes()).expect("the head is sent");
            for _ in 0..length / piece.len() {
                stream.get_mut().write_all(&piece).expect("the body is taken");
            }
            let (head, body) = read_answer(&mut stream);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {head}");
            assert!(body.contains(code) && !head.contains("connection: close"), "{target}: {head}{body}");
        }
        // Beyond the bound the rest is not read, and the answer says that the connection ends.
        let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        let head = format!("PUT /nowhere HTTP/1.1\r\nHost: edm\r\nContent-Length: {TOO_LONG}\r\n\r\n");
        stream.get_mut().write_all(head.as_bytes()).expect("the head is sent");
        for _ in 0..=64 * 1024 * 1024 / piece.len() {
            stream.get_mut().write_all(&piece).expect("as much as is read can be sent");
        }
        let (head, _) = read_answer(&mut stream);
        assert!(head.contains("connection: close"), "{head}");
        // A client that sends `Expect: 100-continue` is answered before it sends the body.
        let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        let head = format!(
            "PUT /nowhere HTTP/1.1\r\nHost: edm\r\nExpect: 100-continue\r\nContent-Length: {LONG}\r\n\r\n"
        );
        stream.get_mut().write_all(head.as_bytes()).expect("the head is sent");
        let (head, _) = read_answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_of_health_shows_nothing_else() {
    let config = ServerConfig { surface: Surface::Health, ..config("127.0.0.1:0", None) };
    while_served(&config, |address| {
        let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        for (target, status) in [
            ("/healthz", "200"),
            ("/readyz", "503"),
            ("/beta/dataClassification/exactMatchDataStores", "404"),
            ("/edmuploads/a/b", "404"),
        ] {
            let request = format!("GET {target} HTTP/1.1\r\nHost: edm\r\n\r\n");
            stream.get_mut().write_all(request.as_bytes()).expect("a request is sent");
            let (head, body) = read_answer(&mut stream);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {head}{body}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_tls_from_files() {
    let answer = while_served(&config("127.0.0.1:0", Some(loopback_tls())), |address| {
        let mut roots = rustls::RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(fixture("loopback.cert.pem")).expect("the fixture");
        roots.add(certificate).expect("the fixture is a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::from(address.ip());
        let connection = rustls::ClientConnection::new(Arc::new(client), name).expect("a client");
        let stream = TcpStream::connect(address).expect("the server listens");
        let mut stream = rustls::StreamOwned::new(connection, stream);
        stream.write_all(REQUEST).expect("a request is sent");
        let mut answer = Vec::new();
        // A TLS stream may end without `close_notify`.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn refuses_what_would_be_unsafe_or_cannot_work() {
    let check = |config: ServerConfig, expected: fn(&ServeErrorKind) -> bool, sentence: &str| {
        let error = bind(&config).err().expect("it must be refused");
        assert!(expected(error.kind()) && error.to_string().contains(sentence), "{error}");
    };
    check(
        config("0.0.0.0:0", None),
        |kind| matches!(kind, ServeErrorKind::PlainBeyondLoopback),
        "--tls-cert",
    );
    check(
        config("[::]:0", None),
        |kind| matches!(kind, ServeErrorKind::PlainBeyondLoopback),
        "--insecure-http",
    );
    let missing = TlsFiles { certificate: fixture("nothing.pem"), ..loopback_tls() };
    check(config("127.0.0.1:0", Some(missing)), |kind| matches!(kind, ServeErrorKind::Tls), "nothing.pem");
    let swapped = TlsFiles { certificate: fixture("loopback.key.pem"), ..loopback_tls() };
    check(
        config("127.0.0.1:0", Some(swapped)),
        |kind| matches!(kind, ServeErrorKind::Tls),
        "loopback.key.pem",
    );
    let first = bind(&config("127.0.0.1:0", None)).expect("loopback can be listened on");
    check(config(&first.address().to_string(), None), |kind| matches!(kind, ServeErrorKind::Listen), "port");
    // Allowed, so that binding is tried. No machine has an address of the documentation network.
    let allowed = ServerConfig { insecure_http: true, ..config("192.0.2.1:0", None) };
    check(allowed, |kind| matches!(kind, ServeErrorKind::Listen), "192.0.2.1");
}
