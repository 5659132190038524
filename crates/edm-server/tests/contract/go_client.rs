//! Microsoft's SDK for Go, by its bytes. Kiota's HTTP library (kiota-http-go 1.5.6,
//! `CompressionHandler`) compresses every body with gzip and sends it with its length. After a 415
//! it sends the body again uncompressed and in chunks, because it does not know the length. Order
//! and spelling of the headers are those of Go's `net/http`. The compressed bodies are the output
//! of Go's `compress/gzip` for the JSON next to them: one block, then an empty stored one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use edm_server::{CapacityLimits, ConnectionLimits, Names, ServerConfig, Surface, bind};
use edm_service::Random;
use serde_json::{Value, json};

use crate::text;
use crate::world::{World, block};

/// A body, and Go's gzip of it in hexadecimal digits.
type Body = (&'static str, &'static str);

const STORE: Body = (
    r#"{"columns":[{"ignoredDelimiters":["-"," "],"isSearchable":true,"name":"ssn"},{"name":"lastName"}],"displayName":"patients"}"#,
    "1f8b08000000000000ff3489bd0ac2400cc75f45fe737c819b9dbb384a87d8060de4d272490739eedda588dbefa363d9eca81e288f0e7df9d664bd\
     8969d59476565c41b8602668dc85dbf2e6a7094ab64308ce555010e118d4ff6a1c399d3866c2aab11b7fa6dfda39553c03e31b0000ffffd97735187b\
     000000",
);
const SESSION: Body = (
    r#"{"checksum":null,"fields":["ssn","lastName"],"fileName":"patients.csv","rowsPerBlock":2,"totalBlockCount":1}"#,
    "1f8b08000000000000ff1cc9b10a02410c45d17f79f5206899527bb1178b618cb86c36917d192dc47f979dee5ece17eda96d665f20decd0a1e93da9\
     d902b48478155e6b92e8adb66a6a305af9a937a72d7f846c11a1f5e743d5ab4197228c8c86a634fd13d21fbdf3f0000ffff18957cb46c000000",
);
const DESCRIPTION: Body = (
    r#"{"description":"sent by Go"}"#,
    "1f8b08000000000000ffaa564a492d4e2eca2c28c9cccf53b2522a4ecd2b5148aa5470cf57aa05040000ffff1a5e40bb1c000000",
);
const TEXT: Body = (
    r#"{"contentClassifications":[],"sensitiveTypeIds":[],"text":"so Okafor 900-11-2222"}"#,
    "1f8b08000000000000ffaa564acecf2b49cd2b71ce492c2ece4ccb4c4e2cc9cccf2b56b28a8ed5512a4ecd2bce2cc92c4b0da92c48f54c818a96a45\
     69428592915e72bf86727a6e51729581a18e81a1aea1a19191929d502020000ffff0c0922c752000000",
);
const KEYS: Body = (
    r#"{"key":"ssn","resultColumnNames":[],"values":["900-33-4444"]}"#,
    "1f8b08000000000000ffaa56ca4ead54b2522a2ece53d2512a4a2d2ecd2971cecf29cdcdf34bcc4d2d56b28a8ed5512a4bcc2905b3952c0d0c748d8\
     d754d4c4c4c94626b01010000ffff42cf74e23d000000",
);

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}

/// How a body is sent.
#[derive(Clone, Copy)]
enum Sent {
    /// No body: Go sends a length of 0 with a POST, and none with a GET.
    Nothing,
    Compressed(Body),
    /// Again, after a 415.
    InChunks(&'static str),
}

/// A persistent connection, as in Go.
struct Go {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    token: String,
}

impl Go {
    fn send(&mut self, line: &str, sent: Sent) -> (u16, String, Value) {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let (framing, encoding, body) = match sent {
            Sent::Nothing if method == "GET" => (String::new(), "", Vec::new()),
            Sent::Nothing => ("Content-Length: 0\r\n".to_owned(), "", Vec::new()),
            Sent::Compressed((_, digits)) => {
                let body = bytes_of(digits);
                (format!("Content-Length: {}\r\n", body.len()), "Content-Encoding: gzip\r\n", body)
            }
            Sent::InChunks(plain) => {
                let body = format!("{:x}\r\n{plain}\r\n0\r\n\r\n", plain.len());
                ("Transfer-Encoding: chunked\r\n".to_owned(), "", body.into_bytes())
            }
        };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let head = format!(
            "{method} /beta/dataClassification{path} HTTP/1.1\r\n\
             Host: {}\r\n\
             User-Agent: kiota-go/1.5.6\r\n\
             {framing}\
             Accept: application/json\r\n\
             Authorization: Bearer {}\r\n\
             Client-Request-Id: 5f0c7f4e-2c8e-4d3b-9f0a-7f6d3d2b1a00\r\n\
             {encoding}\
             {kind}\
             Sdkversion: graph-go-beta/0.150.0, graph-go-core/1.4.0 (hostOS=linux; hostArch=amd64; runtimeEnvironment=go1.25.0;)\r\n\
             Accept-Encoding: gzip\r\n\r\n",
            self.address, self.token,
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).expect("a request is sent");
        self.answer()
    }

    fn answer(&mut self) -> (u16, String, Value) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stream.read_line(&mut head).expect("an answer comes") > 0, "it ended: {head}");
        }
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        self.stream.read_exact(&mut body).expect("the body comes");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") };
        (status, head, body)
    }

    fn expect(&mut self, line: &str, sent: Sent, status: u16) -> Value {
        let (found, _, body) = self.send(line, sent);
        assert_eq!(found, status, "{line}: {body}");
        body
    }
}

/// Serves a test service on loopback for a client on a separate thread.
async fn served<T: Send + 'static>(world: &World, exchange: impl FnOnce(Go) -> T + Send + 'static) -> T {
    let config = ServerConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        tls: None,
        insecure_http: false,
        names: Names::default(),
        surface: Surface::Whole,
        capacity: CapacityLimits::default(),
        connections: ConnectionLimits::default(),
    };
    let bound = bind(&config).expect("loopback can be listened on");
    let (address, token) = (bound.address(), world.admin.clone());
    let random: Arc<dyn Random> = Arc::new(|bytes: &mut [u8]| bytes.fill(7));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(bound.serve(world.service.clone(), random, shutdown));
    let spoken = tokio::task::spawn_blocking(move || {
        let stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
        exchange(Go { stream, address, token })
    });
    let result = spoken.await.expect("the exchange ends");
    stop.send(()).expect("the server waits for it");
    server.await.expect("the server does not panic").expect("the server stops in order");
    result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_for_go_is_understood_over_one_connection() {
    let world = World::new().await;
    let (store, session) = served(&world, |mut go| {
        let store = go.expect("POST /exactMatchDataStores", Sent::Compressed(STORE), 201);
        assert_eq!(
            (&store["displayName"], &store["columns"][0]["ignoredDelimiters"]),
            (&json!("patients"), &json!([" ", "-"]))
        );
        let path = format!("/exactMatchDataStores/{}", text(&store, "id"));
        go.expect(&format!("PATCH {path}"), Sent::Compressed(DESCRIPTION), 200);
        let shown = go.expect(&format!("GET {path}"), Sent::Nothing, 200);
        assert_eq!(shown["description"], "sent by Go");
        let session = go.expect(&format!("POST {path}/sessions"), Sent::Compressed(SESSION), 201);
        assert_eq!(session["totalBlockCount"], 1);
        (store, session)
    })
    .await;
    // Blocks are uploaded with Azure's client, which does not compress.
    let mut signed = session.clone();
    let address = text(&session, "dataUploadURI").to_owned();
    let target =
        address.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split_once('/')).expect("an address").1;
    signed["dataUploadURI"] = json!(format!("http://edm.test:8080/{target}"));
    let bytes = block(&store, &session, &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"]]);
    assert_eq!(world.put_block(&signed, 0, bytes).send().await.status, 201);
    let path = format!("/exactMatchDataStores/{}/sessions/{}", text(&store, "id"), text(&session, "id"));
    let commit = format!("POST {path}/microsoft.graph.commit");
    served(&world, move |mut go| go.expect(&commit, Sent::Nothing, 204)).await;
    assert_eq!(world.processed(&path).await["state"], "Completed");
    let lookup = format!("POST /exactMatchDataStores/{}/lookup", text(&store, "id"));
    served(&world, move |mut go| {
        let found = go.expect("POST /classifyExactMatches", Sent::Compressed(TEXT), 200);
        assert_eq!(found["classification"][0]["matches"][0]["idMatch"], "900-11-2222", "{found}");
        let rows = go.expect(&lookup, Sent::Compressed(KEYS), 200);
        assert_eq!(rows["value"].as_array().map(Vec::len), Some(1), "{rows}");
        // Without the handler, or after a 415, the same body arrives in chunks.
        let found = go.expect("POST /classifyExactMatches", Sent::InChunks(TEXT.0), 200);
        assert_eq!(found["classification"][0]["matches"][0]["idMatch"], "900-11-2222", "{found}");
    })
    .await;
}

/// After a refusal the connection stays usable: the client sends the next request over it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_client_for_go_gets_wrong_is_told_and_the_connection_goes_on() {
    let world = World::new().await;
    served(&world, |mut go| {
        const CUT: Body = (TEXT.0, "1f8b08000000000000ffaa564acecf2b");
        const PLAIN: Body = (TEXT.0, "7b2274657874223a2278227d");
        for body in [CUT, PLAIN] {
            let refused = go.expect("POST /classifyExactMatches", Sent::Compressed(body), 400);
            assert_eq!(refused["error"]["code"], "invalidEncoding", "{refused}");
        }
        let body = bytes_of(TEXT.1);
        let head = format!(
            "POST /beta/dataClassification/classifyExactMatches HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\
             Authorization: Bearer {}\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\
             Content-Type: application/json\r\n\r\n",
            go.address,
            body.len(),
            go.token
        );
        let stream = go.stream.get_mut();
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).expect("a request is sent");
        let (status, head, _) = go.answer();
        assert!(status == 415 && head.contains("\r\naccept-encoding: gzip, identity\r\n"), "{head}");
        go.expect("POST /classifyExactMatches", Sent::InChunks(TEXT.0), 200);
        go.expect("GET /exactMatchDataStores", Sent::Nothing, 200);
    })
    .await;
}
