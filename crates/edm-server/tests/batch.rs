//! `$batch` over HTTP: each request of a batch is answered as it would be by itself.

mod world;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use edm_model::limits;
use serde_json::{Value, json};
use world::{Answer, World, sessions_of};

const STORES: &str = "/dataClassification/exactMatchDataStores";
const CLASSIFY: &str = "/dataClassification/classifyExactMatches";

async fn send(world: &World, requests: Value) -> Answer {
    world.ask("POST", "/beta/$batch").json(json!({"requests": requests})).send().await
}

/// Sends a batch and returns its answers by id.
async fn answers(world: &World, requests: Value) -> Value {
    let ids: Vec<Value> = requests.as_array().expect("a list").iter().map(|r| r["id"].clone()).collect();
    let answer = send(world, requests).await;
    assert_eq!(answer.header("content-type"), "application/json; odata.metadata=minimal; charset=utf-8");
    let body = answer.expect(200);
    let responses = body["responses"].as_array().expect("a list");
    let answered: Vec<Value> = responses.iter().map(|r| r["id"].clone()).collect();
    assert_eq!(answered, ids, "answers come in the order of the requests");
    responses.iter().map(|r| (r["id"].as_str().expect("a string").to_owned(), r.clone())).collect()
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

fn post(id: &str, url: &str, body: Value) -> Value {
    json!({"id": id, "method": "POST", "url": url, "headers": {"Content-Type": "application/json"}, "body": body})
}

fn draft(name: &str) -> Value {
    json!({"displayName": name, "columns": [{"name": "ssn", "isSearchable": true}]})
}

/// Checks that a part was refused like a single request, with a separate id.
fn check_refused(answer: &Value, status: u16, code: &str) {
    assert_eq!(
        (&answer["status"], &answer["body"]["error"]["code"]),
        (&json!(status), &json!(code)),
        "{answer}"
    );
    let id = &answer["body"]["error"]["innerError"]["request-id"];
    assert_eq!(id.as_str().map(str::len), Some(36), "{answer}");
    assert_eq!(id, &answer["headers"]["request-id"], "{answer}");
}

#[tokio::test]
async fn each_request_is_answered_as_by_itself() {
    let world = World::new().await;
    let store = world.store("patients").await;
    let path = format!("{STORES}/{}", store["id"].as_str().expect("an id"));
    let absolute = format!("http://edm.test:8080/beta{path}");
    let answers = answers(&world, json!([
        get("one", &path),
        get("two", &absolute),
        get("list", &format!("{STORES}?$filter=displayName eq 'patients'&$select=displayName")),
        get("count", &format!("{}/$count", STORES.trim_start_matches('/'))),
        post("made", STORES, draft("beside")),
        {"id": "changed", "method": "PATCH", "url": path, "headers": {"content-type": "application/json", "client-request-id": "mine"}, "body": {"description": "new"}},
        post("session", &format!("/v1.0{path}/sessions"), json!({})),
        get("none", &format!("{STORES}/b84d3f36-3f36-4b84-8d3f-363f4db8363f")),
        get("nowhere", "/me"),
        {"id": "gone", "method": "DELETE", "url": absolute},
    ])).await;
    let alone = world.at("GET", "/exactMatchDataStores").send().await.expect(200);
    assert_eq!(answers["one"]["status"], 200);
    assert_eq!(answers["one"]["body"]["displayName"], "patients");
    assert_eq!(answers["two"]["body"], answers["one"]["body"]);
    assert_eq!(answers["one"]["headers"]["OData-Version"], "4.0");
    assert_eq!(
        answers["one"]["headers"]["Content-Type"],
        "application/json; odata.metadata=minimal; charset=utf-8"
    );
    assert!(answers["one"]["headers"].get("content-length").is_none());
    let names: Vec<_> = answers["list"]["body"]["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| &s["displayName"])
        .collect();
    assert_eq!(names, ["patients"]);
    assert_eq!((&answers["count"]["status"], &answers["count"]["body"]), (&json!(200), &json!("1")));
    assert_eq!(answers["count"]["headers"]["Content-Type"], "text/plain; charset=utf-8");
    assert_eq!(answers["made"]["status"], 201);
    let made = answers["made"]["body"]["id"].as_str().expect("an id");
    assert_eq!(answers["made"]["headers"]["Location"], format!("http://edm.test:8080/beta{STORES}/{made}"));
    assert_eq!(answers["changed"]["body"]["description"], "new");
    assert_eq!(answers["changed"]["headers"]["client-request-id"], "mine");
    let upload = answers["session"]["body"]["dataUploadURI"].as_str().expect("an address");
    assert!(upload.starts_with("http://edm.test:8080/"), "{upload}");
    check_refused(&answers["none"], 404, "resourceNotFound");
    check_refused(&answers["nowhere"], 404, "unknownPath");
    assert_eq!(answers["gone"]["status"], 204);
    assert!(answers["gone"].get("body").is_none(), "{}", answers["gone"]);
    assert_eq!(alone["value"].as_array().map(Vec::len), Some(1), "{alone}");
    let ids: std::collections::BTreeSet<_> = answers
        .as_object()
        .expect("by id")
        .values()
        .map(|a| a["headers"]["request-id"].to_string())
        .collect();
    assert_eq!(ids.len(), 10, "each has an id of its own");
}

#[tokio::test]
async fn what_waits_for_a_failure_is_not_tried() {
    let world = World::new().await;
    let with = |mut request: Value, name: &str, on: &[&str]| {
        request[name] = json!(on);
        request
    };
    let answers = answers(
        &world,
        json!([
            post("bad", STORES, json!({"description": "no name"})),
            with(post("b", STORES, draft("b")), "depends_on", &["bad"]),
            with(post("c", STORES, draft("c")), "dependsOn", &["b"]),
            post("d", STORES, draft("d")),
            with(post("e", STORES, draft("e")), "dependsOn", &["d"]),
            with(post("f", STORES, draft("f")), "dependsOn", &["d", "bad"]),
            with(get("g", "http://other.test/beta/dataClassification"), "dependsOn", &["d"]),
            with(get("h", STORES), "dependsOn", &["g"]),
        ]),
    )
    .await;
    check_refused(&answers["bad"], 400, "invalidRequest");
    for id in ["b", "c", "f", "h"] {
        check_refused(&answers[id], 424, "failedDependency");
    }
    check_refused(&answers["g"], 400, "invalidRequest");
    assert_eq!((&answers["d"]["status"], &answers["e"]["status"]), (&json!(201), &json!(201)));
    let stores = world.at("GET", "/exactMatchDataStores?$orderby=displayName").send().await.expect(200);
    let names: Vec<_> =
        stores["value"].as_array().expect("a list").iter().map(|s| &s["displayName"]).collect();
    assert_eq!(names, ["d", "e"], "what was not tried did not happen");
}

#[tokio::test]
async fn a_session_is_made_and_given_up_in_order() {
    let world = World::new().await;
    let store = world.store("patients").await;
    let session = world.session(&store, json!({})).await;
    let sessions = format!("/dataClassification{}", sessions_of(&store));
    let path = format!("{sessions}/{}", session["id"].as_str().expect("an id"));
    let answers = answers(&world, json!([
        {"id": "1", "method": "POST", "url": format!("{path}/microsoft.graph.cancel"), "depends_on": [], "headers": {"accept": "application/json"}},
        {"id": "2", "method": "GET", "url": path, "depends_on": ["1"]},
        {"id": "3", "method": "GET", "url": format!("{sessions}/%24count?$filter=state%20eq%20'Cancelled'"), "dependsOn": ["2"]},
    ])).await;
    assert_eq!((&answers["1"]["status"], answers["1"].get("body")), (&json!(204), None));
    assert_eq!(answers["2"]["body"]["state"], "Cancelled");
    assert_eq!(answers["3"]["body"], "1");
    // Microsoft's Python SDK reads every string as base64.
    let count = json!([{"id": "1", "method": "GET", "url": format!("{sessions}/$count"), "depends_on": []}]);
    let answers = self::answers(&world, count).await;
    assert_eq!(answers["1"]["body"], STANDARD.encode("1"));
}

#[tokio::test]
async fn rights_are_those_of_who_asks() {
    let world = World::new().await;
    let requests = |token: &str| {
        let mut own = post("own", STORES, draft("made"));
        own["headers"]["authorization"] = json!(format!("Bearer {token}"));
        json!({"requests": [get("read", STORES), post("make", STORES, draft("refused")), own]})
    };
    let batch = || world.ask("POST", "/beta/$batch").json(requests(&world.admin));
    let body = batch().token(&world.reader).send().await.expect(200);
    let responses = body["responses"].as_array().expect("a list");
    let statuses: Vec<_> = responses.iter().map(|r| r["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(200), Some(403), Some(201)], "{body}");
    check_refused(&responses[1], 403, "accessDenied");
    let unknown = batch().token("unknown").send().await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (401, "unauthenticated"));
    let nobody = batch().header("authorization", "").send().await;
    assert_eq!((nobody.status.as_u16(), nobody.header("www-authenticate")), (401, "Bearer"));
}

#[tokio::test]
async fn bodies_stand_as_their_types_say() {
    let world = World::new().await;
    let store = world.store("patients").await;
    world.publish(&store, &[&["900-11-2222", "Okafor"]]).await;
    let text = "Mr. Okafor has 900-11-2222.";
    let typed = |id: &str, media_type: &str, body: Value| json!({"id": id, "method": "POST", "url": CLASSIFY, "headers": {"content-type": media_type}, "body": body});
    let line = format!("{}\n", json!({"id": 7, "text": text}));
    let answers = answers(
        &world,
        json!([
            typed("json", "application/json", json!({"text": text})),
            typed("base64", "application/json", json!(STANDARD.encode(json!({"text": text}).to_string()))),
            typed("text", "text/plain", json!(text)),
            typed("lines", "application/x-ndjson", json!(URL_SAFE_NO_PAD.encode(&line))),
            typed("raw lines", "application/x-ndjson", json!(line)),
            typed("string", "application/json", json!("no base64!")),
            typed("image", "image/png", json!("AAAA")),
        ]),
    )
    .await;
    for id in ["json", "base64", "text"] {
        assert_eq!(answers[id]["status"], 200, "{id}: {answers}");
        assert_eq!(answers[id]["body"]["classification"][0]["matches"][0]["idMatch"], "900-11-2222", "{id}");
    }
    let lines = answers["lines"]["body"].as_str().expect("base64");
    let lines = URL_SAFE_NO_PAD.decode(lines).expect("base64");
    let result: Value = serde_json::from_slice(&lines).expect("one line");
    assert_eq!((&result["id"], result["classification"].as_array().map(Vec::len)), (&json!(7), Some(1)));
    check_refused(&answers["raw lines"], 400, "invalidRequest");
    check_refused(&answers["string"], 400, "invalidJson");
    check_refused(&answers["image"], 415, "unsupportedMediaType");
}

#[tokio::test]
async fn what_a_batch_cannot_hold_is_refused() {
    let world = World::new().await;
    let parts = answers(
        &world,
        json!([
            {"id": "put", "method": "PUT", "url": STORES, "body": {}},
            get("batch", "/$batch"),
            get("escaped", "/beta/%24BATCH"),
            get("abroad", "http://other.test/beta/dataClassification"),
            get("health", "http://edm.test:8080/healthz"),
            post("method", &format!("{STORES}/$count"), json!({})),
            get("fine", STORES),
        ]),
    )
    .await;
    check_refused(&parts["put"], 405, "methodNotAllowed");
    assert_eq!(parts["put"]["headers"]["Allow"], "GET, POST, PATCH, DELETE");
    check_refused(&parts["batch"], 400, "notSupported");
    check_refused(&parts["escaped"], 400, "notSupported");
    check_refused(&parts["abroad"], 400, "invalidRequest");
    assert_eq!(parts["abroad"]["body"]["error"]["target"], "requests[3].url");
    check_refused(&parts["health"], 404, "unknownPath");
    check_refused(&parts["method"], 405, "methodNotAllowed");
    assert_eq!(parts["fine"]["status"], 200);

    let whole = async |requests: Value, code: &str, target: &str| {
        let answer = send(&world, requests).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{}", answer.text());
        assert_eq!(answer.json()["error"]["target"], target);
    };
    whole(json!("none"), "invalidRequest", "requests").await;
    whole(json!([get("1", STORES), get("1", STORES)]), "invalidRequest", "requests[1].id").await;
    whole(
        json!([{"id": "1", "method": "GET", "url": STORES, "dependsOn": ["2"]}]),
        "invalidRequest",
        "requests[0].dependsOn[0]",
    )
    .await;
    whole(
        json!([{"id": "1", "method": "GET", "url": STORES, "atomicityGroup": "g"}]),
        "notSupported",
        "requests[0].atomicityGroup",
    )
    .await;
    let many = |count: usize| (0..count).map(|n| get(&n.to_string(), STORES)).collect::<Value>();
    whole(many(limits::BATCH_REQUESTS_MAX + 1), "invalidRequest", "requests").await;
    assert_eq!(send(&world, many(limits::BATCH_REQUESTS_MAX)).await.status, 200);
    assert_eq!(send(&world, json!([])).await.expect(200), json!({"responses": []}));
    let query = world.ask("POST", "/beta/$batch?$top=1").json(json!({"requests": []})).send().await;
    assert_eq!((query.status.as_u16(), query.code().as_str()), (400, "invalidQuery"));
    let read = world.ask("GET", "/beta/$batch").send().await;
    assert_eq!(read.status, 405);
    assert!(read.header("allow").starts_with("POST"), "{}", read.header("allow"));
    for path in ["/v1.0/$batch", "/beta/%24batch", "/beta/$BATCH/"] {
        let answer = world.ask("POST", path).json(json!({"requests": []})).send().await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test]
async fn one_panic_leaves_the_answers_beside_it() {
    let world = World::new().await;
    // The first read of the clock is that of the batch's context, outside the handling of panics.
    // One of the next is inside the first request.
    for looks in 2..16 {
        world.clock.fuse.store(looks, std::sync::atomic::Ordering::SeqCst);
        let answer = send(&world, json!([get("1", STORES), get("2", STORES)])).await;
        world.clock.fuse.store(0, std::sync::atomic::Ordering::SeqCst);
        if answer.status != 200 {
            continue;
        }
        let body = answer.expect(200);
        if body["responses"][0]["status"] == 500 {
            check_refused(&body["responses"][0], 500, "internalError");
            assert_eq!(body["responses"][1]["status"], 200, "{body}");
            return;
        }
    }
    panic!("no look at the clock was inside the first request");
}

#[tokio::test]
async fn answers_beyond_the_bound_are_left_out() {
    let world = World::new().await;
    let store = world.store("patients").await;
    let row: &[&str] = &["900-11-2222", "Okafor"];
    world.publish(&store, &[row]).await;
    // About 150 bytes of answer for a dozen bytes of text, below the bound on matches of one text.
    let text = "900-11-2222 ".repeat(9_000);
    let ask = |id: usize| json!({"id": id.to_string(), "method": "POST", "url": CLASSIFY, "headers": {"content-type": "text/plain"}, "body": text});
    let requests: Vec<Value> = (0..limits::BATCH_REQUESTS_MAX).map(ask).collect();
    let one = answers(&world, json!(requests[..1])).await;
    let bytes = one["0"]["body"].to_string().len();
    let fit = limits::BATCH_ANSWER_BYTES_MAX / bytes;
    assert!((1..limits::BATCH_REQUESTS_MAX).contains(&fit), "{fit} answers of {bytes} bytes fit");
    let all = answers(&world, json!(requests)).await;
    for id in 0..limits::BATCH_REQUESTS_MAX {
        let answer = &all[id.to_string()];
        if id < fit {
            assert_eq!(answer["status"], 200, "{id} of {fit}");
        } else {
            check_refused(answer, 413, "answerTooLarge");
        }
    }
}
