//! One table of request, status and code over every error kind. A kind without a row must be in
//! `kinds::MET_ELSEWHERE` with a reason. A new kind does not compile until it is listed.

mod kinds;
mod world;

use std::collections::BTreeSet;

use edm_server::service_answer;
use edm_service::{BlockProblem, ErrorKind, ServiceLimits};
use edm_testkit::blocks::{BlockSpec, sealed_block};
use http::StatusCode;
use serde_json::{Value, json};
use world::{Answer, World, block, path_of, sessions_of, upload_target, with_spec};

const PEOPLE: &[&[&str]] = &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"]];
const NOBODY: &str = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";

/// The codes that the table has caused so far.
#[derive(Default)]
struct Met(BTreeSet<(u16, String)>);

impl Met {
    /// Checks an answer's status and code, and that it has the form of its wire.
    fn check(&mut self, what: &str, answer: &Answer, status: u16, code: &str) {
        let told = (answer.status.as_u16(), answer.code());
        assert_eq!(told, (status, code.to_owned()), "{what}: {}", answer.text());
        let request_id = answer.header("request-id");
        assert_eq!(request_id.len(), 36, "{what}: no request-id");
        if answer.header("x-ms-error-code").is_empty() {
            let error = &answer.json()["error"];
            assert_eq!(error["innerError"]["request-id"], request_id, "{what}");
            let date = error["innerError"]["date"].as_str().unwrap_or("");
            assert!(date.len() == 19 && date.starts_with("2026-11-2"), "{what}: {date}");
            assert!(error["message"].as_str().is_some_and(|message| message.len() > 20), "{what}");
        } else {
            let text = answer.text();
            let named = text.contains(&format!("<Code>{code}</Code>"));
            assert!(named && text.contains(request_id), "{what}: {text}");
        }
        self.0.insert((status, code.to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_kind_has_its_row() {
    let mut met = Met::default();
    let world = World::new().await;
    requests(&world, &mut met).await;
    access(&world, &mut met).await;
    stores_and_types(&world, &mut met).await;
    sessions(&world, &mut met).await;
    signatures(&world, &mut met).await;
    block_bytes(&world, &mut met).await;
    block_rules(&world, &mut met).await;
    commits(&world, &mut met).await;
    live_data(&world, &mut met).await;
    deltas(&world, &mut met).await;
    redaction(&world, &mut met).await;
    throttled(&mut met).await;
    lists_without_time(&mut met).await;
    for (kind, status, code) in kinds::every_answer() {
        let seen = met.0.contains(&(status.as_u16(), code.to_owned()));
        let elsewhere = kinds::MET_ELSEWHERE.iter().any(|(known, _)| *known == code);
        assert!(seen || elsewhere, "no row meets {kind} ({status}, {code})");
        assert!(!(seen && elsewhere), "{code} is met: take it out of MET_ELSEWHERE");
    }
}

/// `docs/api/errors.md` names every code with its status, and no other.
#[test]
fn the_documentation_names_every_code() {
    let page = include_str!("../../../docs/api/errors.md");
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let code = cells.next()?.trim_end_matches('`').to_owned();
        let status = cells.next()?.parse::<u16>().ok()?;
        let told = cells.filter(|cell| cell.trim_end_matches('|').trim().len() > 5).count();
        assert_eq!(told, 2, "{code} has no meaning or no advice");
        Some((status, code))
    };
    let rows: Vec<(u16, String)> = page.lines().filter_map(row).collect();
    let documented: BTreeSet<(u16, String)> = rows.iter().cloned().collect();
    assert_eq!(documented.len(), rows.len(), "a code stands twice");
    let answers = kinds::every_answer().into_iter().map(|(_, status, code)| (status, code));
    let answers = answers.chain(kinds::every_body_answer());
    // A code that shares its kind with another, and the one for every wrong query.
    let too_large = service_answer(&ErrorKind::BlockMalformed(BlockProblem::TooLarge));
    let answers = answers.chain([too_large, (StatusCode::BAD_REQUEST, "invalidQuery")]);
    let known: BTreeSet<(u16, String)> =
        answers.map(|(status, code)| (status.as_u16(), code.to_owned())).collect();
    assert_eq!(documented, known);
}

async fn requests(world: &World, met: &mut Met) {
    let store = world.store("requests").await;
    let post = |body: &'static [u8]| {
        world
            .at("POST", "/exactMatchDataStores")
            .header("content-type", "application/json")
            .bytes(body.to_vec())
    };
    met.check("bad JSON", &post(b"{").send().await, 400, "invalidJson");
    met.check("no object", &post(b"[]").send().await, 400, "invalidJson");
    met.check(
        "a form",
        &post(b"a=b").header("content-type", "application/x-www-form-urlencoded").send().await,
        415,
        "unsupportedMediaType",
    );
    let long = post(b" ").bytes(vec![b' '; 4 * 1024 * 1024 + 1]).send().await;
    met.check("a body over its bound", &long, 413, "bodyTooLarge");
    let most = post(b" ").bytes(vec![b' '; 4 * 1024 * 1024]).send().await;
    met.check("a body at its bound is read", &most, 400, "invalidRequest");
    let squeezed = |encoding: &str| post(b"{}").header("content-encoding", encoding).send();
    met.check("a body that is no gzip", &squeezed("gzip").await, 400, "invalidEncoding");
    let other = squeezed("br").await;
    met.check("an encoding that is not read", &other, 415, "unsupportedMediaType");
    assert_eq!(other.header("accept-encoding"), "gzip, identity");
    let typed = post(b"{\"@odata.type\": \"#microsoft.graph.sensitiveType\"}").send().await;
    met.check("an object of another type", &typed, 400, "invalidOdataType");
    assert_eq!(typed.json()["error"]["target"], "@odata.type");
    met.check("half a body", &post(b"{}").breaking_off().send().await, 400, "bodyIncomplete");
    met.check("an unknown path", &world.ask("GET", "/beta/me").send().await, 404, "unknownPath");
    let put = world.at("PUT", "/exactMatchDataStores").json(json!({})).send().await;
    met.check("an unknown method", &put, 405, "methodNotAllowed");
    assert_eq!(put.header("allow"), "GET, HEAD, POST, OPTIONS");
    for query in
        ["$search=a", "$nothing=1", "$filter=nothing%20eq%201", "$top=-1", "$orderby=columns", "$expand=x"]
    {
        let answer = world.at("GET", &format!("/exactMatchDataStores?{query}")).send().await;
        met.check(query, &answer, 400, "invalidQuery");
    }
    let lookup = format!("/exactMatchDataStores/{}/lookup", store["id"].as_str().unwrap_or(""));
    let answer = world.at("POST", &lookup).json(json!({"values": []})).send().await;
    met.check("no key", &answer, 400, "invalidRequest");
    assert_eq!(answer.json()["error"]["target"], "key");
    let classify = |kind: &str, query: &str| {
        let target = format!("/classifyExactMatches{query}");
        world.at("POST", &target).header("content-type", kind).bytes(b"t".to_vec()).send()
    };
    let picture = classify("image/png", "").await;
    met.check("a picture", &picture, 415, "unsupportedMediaType");
    for form in ["application/json", "text/plain", "application/x-ndjson"] {
        assert!(picture.text().contains(form), "{form}: {}", picture.text());
    }
    let wrong = classify("application/x-ndjson", "?minimumConfidence=0").await;
    met.check("a wrong option in a query", &wrong, 400, "invalidRequest");
    assert_eq!(wrong.json()["error"]["target"], "minimumConfidence");
    let unknown = classify("text/plain", "?minimumConfidenc=75").await;
    met.check("an unknown option in a query", &unknown, 400, "unknownProperty");
    assert_eq!(unknown.json()["error"]["target"], "minimumConfidenc");
    let twice = classify("application/x-ndjson", "?explain=true&explain=false").await;
    met.check("an option twice in a query", &twice, 400, "invalidRequest");
    let reference = world
        .at("POST", &format!("{}/$ref", sessions_of(&store)))
        .json(json!({"@odata.id": "x"}))
        .send()
        .await;
    met.check("a reference", &reference, 400, "notSupported");
}

async fn access(world: &World, met: &mut Met) {
    let none = world.at("GET", "/exactMatchDataStores").header("authorization", "").send().await;
    met.check("no token", &none, 401, "unauthenticated");
    assert!(none.text().contains("no token was sent"), "{}", none.text());
    assert_eq!(none.header("www-authenticate"), "Bearer");
    let wrong = world.at("GET", "/exactMatchDataStores").token("edm_nobody").send().await;
    met.check("a wrong token", &wrong, 401, "unauthenticated");
    rights_before_bodies(world, met).await;
    let create = world.at("POST", "/exactMatchDataStores").token(&world.reader);
    let answer = create
        .json(json!({"displayName": "x", "columns": [{"name": "a", "isSearchable": true}]}))
        .send()
        .await;
    met.check("too few rights", &answer, 403, "accessDenied");
    let answer = world.at("GET", "/exactMatchDataStores").token(&world.classifier).send().await;
    met.check("a classifier reads stores", &answer, 403, "accessDenied");
    let store = world.store("access").await;
    let session = world.session(&store, json!({})).await;
    let salt = format!("{}?$select=salt", path_of(&store, &session));
    let before = world.at("GET", &path_of(&store, &session)).send().await.json();
    let change = world.at("PATCH", &salt).token(&world.uploader).json(json!({"totalBlockCount": 77}));
    met.check("a change that asks for another's salt", &change.send().await, 403, "saltNotVisible");
    let renew = format!("{}/renew?$select=salt", path_of(&store, &session));
    let renew = world.at("POST", &renew).token(&world.uploader).send().await;
    met.check("a renewal that asks for another's salt", &renew, 403, "saltNotVisible");
    let after = world.at("GET", &path_of(&store, &session)).send().await.json();
    assert_eq!(before["@odata.etag"], after["@odata.etag"], "what is refused changes nothing");
    for salt in ["", &"s".repeat(257)] {
        let answer = world.at("POST", &sessions_of(&store)).json(json!({"salt": salt})).send().await;
        met.check("a salt that is none", &answer, 400, "invalidSalt");
        assert_eq!(answer.json()["error"]["target"], "salt");
    }
    met.check(
        "another's salt",
        &world.at("GET", &salt).token(&world.uploader).send().await,
        403,
        "saltNotVisible",
    );
    for path in [
        "/exactMatchDataStores/nothing".to_owned(),
        format!("/exactMatchDataStores/{NOBODY}"),
        format!("/exactMatchDataStores/{NOBODY}/sessions"),
        format!("{}/{NOBODY}", sessions_of(&store)),
        format!("{}/uploadAgent", path_of(&store, &session)),
        format!("/exactMatchUploadAgents/{NOBODY}"),
        format!("/sensitiveTypes/{NOBODY}"),
        format!("/jobs/{NOBODY}"),
        "/classifyTextJobs/nothing".to_owned(),
        format!("/sensitivityLabels/{NOBODY}"),
    ] {
        met.check(&path, &world.at("GET", &path).send().await, 404, "resourceNotFound");
    }
}

/// A caller without the right is refused before the body, the ids and the query are checked.
async fn rights_before_bodies(world: &World, met: &mut Met) {
    let (store, session) = ("/exactMatchDataStores/x", "/exactMatchDataStores/x/sessions/x");
    let (agent, kind) = ("/exactMatchUploadAgents/x", "/sensitiveTypes/x");
    let administer = [&world.uploader, &world.reader, &world.classifier];
    let upload = [&world.reader, &world.classifier];
    let classify = [&world.uploader, &world.reader];
    let only_classify = [&world.classifier];
    let cases: Vec<(&'static str, String, &[&String])> = vec![
        ("POST", "/exactMatchDataStores".to_owned(), &administer),
        ("PATCH", store.to_owned(), &administer),
        ("DELETE", store.to_owned(), &administer),
        ("POST", format!("{store}/rollback"), &administer),
        ("POST", format!("{store}/lookup"), &administer),
        ("POST", format!("{store}/sessions"), &upload),
        ("POST", format!("{store}/sessions/$ref"), &upload),
        ("PATCH", session.to_owned(), &upload),
        ("DELETE", session.to_owned(), &upload),
        ("POST", format!("{session}/commit"), &upload),
        ("POST", format!("{session}/cancel"), &upload),
        ("POST", format!("{session}/renew"), &upload),
        ("PATCH", format!("{session}/uploadAgent"), &upload),
        ("DELETE", format!("{session}/uploadAgent"), &administer),
        ("POST", "/exactMatchUploadAgents".to_owned(), &upload),
        ("PATCH", agent.to_owned(), &upload),
        ("DELETE", agent.to_owned(), &administer),
        ("POST", "/sensitiveTypes".to_owned(), &administer),
        ("PATCH", kind.to_owned(), &administer),
        ("DELETE", kind.to_owned(), &administer),
        ("POST", "/classifyExactMatches".to_owned(), &classify),
        ("POST", "/redactExactMatches".to_owned(), &classify),
        ("POST", "/classifyFile".to_owned(), &classify),
        ("POST", "/classifyText".to_owned(), &classify),
        ("GET", "/jobs".to_owned(), &only_classify),
        ("GET", "/classifyFileJobs/x".to_owned(), &only_classify),
        ("GET", "/evaluateLabelJobs".to_owned(), &only_classify),
        ("PATCH", "/jobs/x".to_owned(), &administer),
        ("DELETE", "/classifyTextJobs/x".to_owned(), &administer),
        ("PATCH", String::new(), &administer),
    ];
    for (method, path, without) in cases {
        let ask = || world.at(method, &format!("{path}?$soup=1"));
        for token in without {
            for body in ["{}", "{", "[]"] {
                let answer = ask().token(token).bytes(body.into()).send().await;
                met.check(&format!("{method} {path} {body}"), &answer, 403, "accessDenied");
            }
        }
        let admin = ask().json(json!({})).send().await;
        assert!(matches!(admin.status.as_u16(), 400 | 404), "{method} {path}: {}", admin.text());
    }
}

async fn stores_and_types(world: &World, met: &mut Met) {
    let post = |path: &str, body: Value| world.at("POST", path).json(body);
    let stores = "/exactMatchDataStores";
    let one = json!([{"name": "a", "isSearchable": true}]);
    let none_searchable = json!({"displayName": "none", "columns": [{"name": "a"}]});
    met.check("no searchable column", &post(stores, none_searchable).send().await, 400, "invalidColumns");
    let unknown = json!({"displayName": "p", "columns": [{"name": "a", "isSearchable": true, "dataType": "no such type"}]});
    met.check("an unknown data type", &post(stores, unknown).send().await, 400, "unsupportedDataType");
    let blank = json!({"displayName": "a\u{7}b", "columns": one});
    met.check("a control character in a name", &post(stores, blank).send().await, 400, "invalidRequest");
    let nested = json!({"displayName": "nested", "columns": one, "sessions": [{}, {"updateMode": "delta"}]});
    met.check("a delta within a new store", &post(stores, nested).send().await, 409, "noLiveData");
    let evaluate = world.at("POST", "/sensitivityLabels/evaluate").json(json!({})).send().await;
    met.check("an operation on labels", &evaluate, 501, "notImplemented");
    let store = world.store("Twice").await;
    let again = json!({"displayName": "twice", "columns": one});
    met.check("a name that is taken", &post(stores, again).send().await, 409, "nameConflict");
    let id = store["id"].as_str().unwrap_or("");
    let stale = world.at("PATCH", &format!("{stores}/{id}")).header("if-match", "W/\"0\"");
    met.check("another state than expected", &stale.json(json!({})).send().await, 412, "preconditionFailed");
    let rolled = world.at("POST", &format!("{stores}/{id}/rollback")).send().await;
    met.check("nothing to roll back", &rolled, 409, "nothingToRollBack");

    let rule =
        |primary: &str| json!({"dataStoreId": id, "patterns": [{"confidence": 80, "primary": primary}]});
    let unknown = post("/sensitiveTypes", json!({"name": "t", "exactMatch": rule("shoeSize")})).send().await;
    met.check("an unknown column", &unknown, 400, "unknownColumn");
    assert_eq!(unknown.json()["error"]["target"], "exactMatch.patterns[0].primary");
    let weak = post("/sensitiveTypes", json!({"name": "t", "exactMatch": rule("lastName")})).send().await;
    met.check("a primary that is not searchable", &weak, 400, "columnNotSearchable");
    let types = world.at("GET", "/sensitiveTypes?$filter=name%20eq%20'Twice'").send().await.expect(200);
    let default_type = types["value"][0]["id"].as_str().unwrap_or("").to_owned();
    let deleted = world.at("DELETE", &format!("/sensitiveTypes/{default_type}")).send().await;
    met.check("a store's default type", &deleted, 409, "defaultTypeFixed");
}

async fn sessions(world: &World, met: &mut Met) {
    let store = world.store("sessions").await;
    let post = |body: Value| world.at("POST", &sessions_of(&store)).json(body);
    let keyless = post(json!({"updateMode": "delta"})).send().await;
    met.check("a delta without a key", &keyless, 400, "keyColumnMissing");
    assert_eq!(keyless.json()["error"]["target"], "updateMode");
    let literal = post(json!({"totalBlockCount": "Integer"})).send().await;
    met.check("a placeholder in what a client sets", &literal, 400, "invalidRequest");
    assert_eq!(literal.json()["error"]["target"], "totalBlockCount");
    let session = world.session(&store, json!({})).await;
    let path = path_of(&store, &session);
    let commit = world.at("POST", &format!("{path}/commit")).send().await;
    met.check("commit without a total", &commit, 409, "uploadIncomplete");
    for _ in 0..2 {
        assert_eq!(world.at("POST", &format!("{path}/cancel")).send().await.status, 204);
    }
    for action in ["commit", "renew"] {
        met.check(action, &world.at("POST", &format!("{path}/{action}")).send().await, 409, "sessionClosed");
    }
    let put = world.put_block(&session, 0, block(&store, &session, PEOPLE)).send().await;
    met.check("a block for a closed session", &put, 409, "sessionClosed");
}

async fn signatures(world: &World, met: &mut Met) {
    let store = world.store("signatures").await;
    let session = world.session(&store, json!({})).await;
    let target = upload_target(&session, "comp=blocklist");
    let (path, query) = target.split_once('?').unwrap_or(("", ""));
    let other = world.session(&store, json!({})).await;
    let other_id = other["id"].as_str().unwrap_or("");
    let own_id = session["id"].as_str().unwrap_or("");
    for forged in [
        path.to_owned(),
        format!("{path}?{}", query.replace("sp=rcw", "sp=rcwd")),
        format!("{path}?{}", query.replace("se=2026", "se=2027")),
        format!("{}?{query}", path.replace(own_id, other_id)),
    ] {
        met.check(&forged, &world.ask("GET", &forged).send().await, 403, "AuthenticationFailed");
    }
    let twice = world.ask("GET", format!("{target}&comp=block")).send().await;
    met.check("a parameter twice", &twice, 400, "InvalidQueryParameterValue");
    let strange = world.ask("GET", format!("{target}&blocklisttype=some")).send().await;
    met.check("a strange list type", &strange, 400, "InvalidQueryParameterValue");
    met.check(
        "a strange operation",
        &world.ask("GET", upload_target(&session, "comp=tags")).send().await,
        400,
        "operationNotSupported",
    );
    met.check(
        "Put Blob",
        &world.ask("PUT", upload_target(&session, "a=b")).bytes(b"all".to_vec()).send().await,
        400,
        "putBlobNotSupported",
    );
    let delete = world.ask("DELETE", &target).send().await;
    met.check("another method", &delete, 405, "UnsupportedHttpVerb");
    world.pass_seconds(3_601);
    met.check("an expired address", &world.ask("GET", &target).send().await, 403, "AuthenticationFailed");
    let renewed = world.at("POST", &format!("{}/renew", path_of(&store, &session))).send().await.expect(200);
    assert_eq!(world.ask("GET", upload_target(&renewed, "comp=blocklist")).send().await.status, 200);
}

async fn block_bytes(world: &World, met: &mut Met) {
    let store = world.store("bytes").await;
    let session = world.session(&store, json!({"totalBlockCount": 2})).await;
    let good = block(&store, &session, PEOPLE);
    let put = |bytes: Vec<u8>| world.put_block(&session, 0, bytes);
    let long = put(vec![0; 16 * 1024 * 1024 + 1]).send().await;
    met.check("a block over its bound", &long, 413, "RequestBodyTooLarge");
    met.check("no block", &put(vec![0; 4_096]).send().await, 400, "invalidBlock");
    met.check("an empty block", &put(Vec::new()).send().await, 400, "invalidBlock");
    met.check("a truncated block", &put(good[..good.len() - 1].to_vec()).send().await, 400, "invalidBlock");
    let mut turned = good.clone();
    if let Some(byte) = turned.last_mut() {
        *byte ^= 1;
    }
    met.check("a turned bit", &put(turned).send().await, 400, "invalidBlock");
    let wrong_md5 = put(good.clone()).header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==").send().await;
    met.check("another digest", &wrong_md5, 400, "Md5Mismatch");
    met.check("no digest", &put(good.clone()).header("content-md5", "soup").send().await, 400, "InvalidMd5");
    let crc = put(good.clone()).header("x-ms-content-crc64", "AAAAAAAAAAA=").send().await;
    met.check("a checksum that is not verified", &crc, 400, "UnsupportedHeader");
    for id in ["", "MA==", "not%20base64", "LTAwMDAwMDE="] {
        let target = upload_target(&session, &format!("comp=block&blockid={id}"));
        let answer = world.ask("PUT", target).bytes(good.clone()).send().await;
        met.check(&format!("block id '{id}'"), &answer, 400, "InvalidBlockId");
    }
    for (body, code) in
        [("<No", "InvalidXmlDocument"), ("<BlockList><Latest>x</Latest></BlockList>", "InvalidBlockList")]
    {
        let answer =
            world.ask("PUT", upload_target(&session, "comp=blocklist")).bytes(body.into()).send().await;
        met.check(body, &answer, 400, code);
    }
    let kept = world.at("GET", &path_of(&store, &session)).send().await.expect(200);
    assert_eq!(kept["remainingBlockCount"], 2, "what was refused was kept");
    let other = world.store("other").await;
    let foreign = |change: &dyn Fn(&mut BlockSpec<'_>)| {
        with_spec(&store, &session, |mut spec| {
            change(&mut spec);
            sealed_block(&spec, PEOPLE)
        })
    };
    let other_id = other["id"].as_str().and_then(|id| id.parse().ok());
    let cases = [
        ("another store's block", foreign(&|spec| spec.store_id = other_id.unwrap_or(spec.store_id))),
        ("another plan's block", foreign(&|spec| spec.tokens_max = 9)),
        ("another salt's block", foreign(&|spec| spec.key_id = edm_model::KeyId::from_bytes([9; 16]))),
        ("another number's block", foreign(&|spec| spec.number = 1)),
        ("a block of deletions", foreign(&|spec| spec.deletes = true)),
    ];
    for (what, bytes) in cases {
        met.check(what, &put(bytes).send().await, 400, "foreignBlock");
    }
}

async fn block_rules(world: &World, met: &mut Met) {
    let store = world.store("rules").await;
    let session = world.session(&store, json!({"totalBlockCount": 1})).await;
    let beyond = with_spec(&store, &session, |spec| sealed_block(&BlockSpec { number: 1, ..spec }, PEOPLE));
    met.check(
        "a block beyond the total",
        &world.put_block(&session, 1, beyond).send().await,
        400,
        "blockOutOfRange",
    );
    let good = block(&store, &session, PEOPLE);
    for _ in 0..2 {
        assert_eq!(world.put_block(&session, 0, good.clone()).send().await.status, 201);
    }
    let other = block(&store, &session, &PEOPLE[..1]);
    met.check("other bytes", &world.put_block(&session, 0, other).send().await, 409, "blockConflict");
    for (what, draft, code) in [
        ("fields that are no columns", json!({"fields": ["ssn", "shoeSize"]}), "fieldsMismatch"),
        (
            "an agent that is not registered",
            json!({"uploadAgentId": "Upload Agent Id value"}),
            "unknownUploadAgent",
        ),
        ("a weak salt", json!({"salt": "Salt value"}), "weakSalt"),
    ] {
        let session = world.session(&store, draft).await;
        let put = world.put_block(&session, 0, block(&store, &session, PEOPLE)).send().await;
        met.check(what, &put, 409, code);
    }
    let columns = json!([{"name": "ssn", "isSearchable": true}, {"name": "lastName", "isSearchable": true}]);
    let path = format!("/exactMatchDataStores/{}", store["id"].as_str().unwrap_or(""));
    world.at("PATCH", &path).json(json!({"columns": columns})).send().await.expect(200);
    let put = world.put_block(&session, 0, good).send().await;
    met.check("a block after other columns", &put, 409, "columnsChanged");
}

async fn commits(world: &World, met: &mut Met) {
    let store = world.store("commits").await;
    let session = world.session(&store, json!({"totalBlockCount": 3})).await;
    let path = path_of(&store, &session);
    assert_eq!(world.put_block(&session, 0, block(&store, &session, PEOPLE)).send().await.status, 201);
    let gap = with_spec(&store, &session, |spec| {
        sealed_block(&BlockSpec { number: 2, first_row: 7, ..spec }, PEOPLE)
    });
    assert_eq!(world.put_block(&session, 2, gap).send().await.status, 201);
    let commit = || world.at("POST", &format!("{path}/commit"));
    let missing = commit().send().await;
    met.check("a block is missing", &missing, 409, "uploadIncomplete");
    assert_eq!(missing.json()["error"]["details"][0]["target"], "1-1");
    let list = "<BlockList><Latest>MDAwMDAwMDE=</Latest><Latest>MDAwMDAwMDA=</Latest></BlockList>";
    let answer = world.ask("PUT", upload_target(&session, "comp=blocklist")).bytes(list.into()).send().await;
    met.check("a list out of order", &answer, 400, "InvalidBlockList");
    let middle = with_spec(&store, &session, |spec| {
        sealed_block(&BlockSpec { number: 1, first_row: 2, ..spec }, PEOPLE)
    });
    assert_eq!(world.put_block(&session, 1, middle).send().await.status, 201);
    met.check("rows that do not join", &commit().send().await, 409, "rowsNotContiguous");

    let session = world.session(&store, json!({"totalBlockCount": 1, "checksum": "Checksum value"})).await;
    assert_eq!(world.put_block(&session, 0, block(&store, &session, PEOPLE)).send().await.status, 201);
    let commit = world.at("POST", &format!("{}/commit", path_of(&store, &session))).send().await;
    met.check("another checksum", &commit, 409, "checksumMismatch");
    let open = world.at("GET", &path_of(&store, &session)).send().await.expect(200);
    assert_eq!(open["state"], "UploadInProgress");
}

async fn live_data(world: &World, met: &mut Met) {
    let store = world.store("live").await;
    let session = world.publish(&store, PEOPLE).await;
    assert_eq!(session["state"], "Completed", "{session}");
    let delete = world.at("DELETE", &path_of(&store, &session)).send().await;
    met.check("the live session", &delete, 409, "liveSession");
    let lookup = format!("/exactMatchDataStores/{}/lookup", store["id"].as_str().unwrap_or(""));
    let ask = |body: Value| world.at("POST", &lookup).json(body);
    let unknown = ask(json!({"key": "shoeSize", "values": ["1"]})).send().await;
    met.check("lookup by no column", &unknown, 400, "unknownColumn");
    let weak = ask(json!({"key": "lastName", "values": ["Okafor"]})).send().await;
    met.check("lookup by evidence", &weak, 400, "columnNotSearchable");
    let unknown = ask(json!({"key": "ssn", "values": ["1"], "resultColumnNames": ["shoeSize"]})).send().await;
    met.check("lookup of no column", &unknown, 400, "unknownColumn");
}

async fn deltas(world: &World, met: &mut Met) {
    let store = world.keyed_store("deltas").await;
    let open = |body: Value| world.at("POST", &sessions_of(&store)).json(body);
    let delta = json!({"updateMode": "delta", "totalBlockCount": 1});
    met.check("a delta of nothing", &open(delta.clone()).send().await, 409, "noLiveData");
    let replace = world.publish(&store, PEOPLE).await;
    assert_eq!((&replace["state"], &replace["updateMode"]), (&json!("Completed"), &json!("replace")));
    let salt = "another salt 0123456789 that is long enough";
    let salted = open(json!({"updateMode": "delta", "salt": salt})).send().await;
    met.check("a delta with another salt", &salted, 409, "saltMismatch");
    assert_eq!(salted.json()["error"]["target"], "salt");
    let session = open(delta).send().await.expect(201);
    let removed: &[&[&str]] = &[&["900-11-2222", ""]];
    let block =
        with_spec(&store, &session, |spec| sealed_block(&BlockSpec { deletes: true, ..spec }, removed));
    assert_eq!(world.put_block(&session, 0, block).send().await.status, 201);
    let path = path_of(&store, &session);
    assert_eq!(world.at("POST", &format!("{path}/commit")).send().await.status, 204);
    let ended = world.processed(&path).await;
    assert_eq!((&ended["state"], &ended["updateMode"]), (&json!("Completed"), &json!("delta")), "{ended}");
    let lookup = format!("/exactMatchDataStores/{}/lookup", store["id"].as_str().unwrap_or(""));
    let values =
        json!({"key": "ssn", "values": ["900-11-2222", "900-33-4444"], "resultColumnNames": ["ssn"]});
    let found = world.at("POST", &lookup).json(values).send().await.expect(200);
    let rows: Vec<Value> = found["value"].as_array().map_or(Vec::new(), |rows| {
        rows.iter().filter_map(|row| serde_json::from_str(row.as_str()?).ok()).collect()
    });
    let [row] = rows.as_slice() else { panic!("one of two is left: {found}") };
    assert_eq!((&row["row"], &row["rowSessionId"]), (&json!(2), &replace["id"]), "{row}");
}

async fn redaction(world: &World, met: &mut Met) {
    let store = world.store("redaction").await;
    let session = world.publish(&store, PEOPLE).await;
    assert_eq!(session["state"], "Completed", "{session}");
    let text = "Okafor 900-11-2222\n".repeat(10_001);
    let answer = world.at("POST", "/redactExactMatches").json(json!({"text": text})).send().await;
    met.check("more matches than are listed", &answer, 400, "redactionIncomplete");
    assert_eq!(answer.json()["error"]["target"], "text");
}

/// With no time at all, a short list is answered. A list with many comparisons is refused, and so
/// is its count.
async fn lists_without_time(met: &mut Met) {
    let world = World::unready(ServiceLimits { list_ms_max: 0, ..Default::default() }).await;
    world.service.load().await.expect("an empty folder loads");
    for name in ["one", "two", "three"] {
        world.store(name).await;
    }
    let terms: Vec<String> =
        (0..200).map(|term| format!("contains(tolower(displayName),'zz{term}')")).collect();
    let filter = terms.join(" or ").replace(' ', "%20");
    for path in ["/exactMatchDataStores?$filter=", "/exactMatchDataStores/$count?$filter="] {
        let answer = world.at("GET", &format!("{path}{filter}")).send().await;
        met.check(path, &answer, 400, "queryTooExpensive");
    }
    assert_eq!(
        world.at("GET", "/exactMatchDataStores").send().await.status,
        200,
        "the connection is free again"
    );
    assert_eq!(world.ask("GET", "/healthz").send().await.status, 200);
}

async fn throttled(met: &mut Met) {
    let full = ServiceLimits {
        match_concurrency: 1,
        match_queue_length: 0,
        lookups_per_minute: 1,
        ..Default::default()
    };
    let world = World::unready(full).await;
    let ready = world.ask("GET", "/readyz").send().await;
    met.check("not loaded yet", &ready, 503, "notReady");
    assert_eq!(ready.header("retry-after"), "1");
    world.service.load().await.expect("an empty folder loads");
    let classify = || world.at("POST", "/classifyExactMatches").json(json!({"text": "t"}));
    // The third read of the clock is the scan's, which then holds the only permit.
    world.clock.hold.store(3, std::sync::atomic::Ordering::SeqCst);
    let first = classify().spawn();
    world.clock.wait_until_held();
    let busy = classify().send().await;
    world.clock.release();
    assert_eq!(first.await.expect("the first text is matched").status, 200);
    met.check("a full queue", &busy, 429, "tooManyRequests");
    assert!(busy.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..180).contains(&seconds)));
    let store = world.store("throttled").await;
    let lookup = format!("/exactMatchDataStores/{}/lookup", store["id"].as_str().unwrap_or(""));
    let ask = || world.at("POST", &lookup).json(json!({"key": "ssn", "values": ["1"]}));
    met.check("a lookup before the first table", &ask().send().await, 409, "noLiveData");
    let redact = world.at("POST", "/redactExactMatches").json(json!({"text": "t"}));
    met.check("a redaction before the first table", &redact.send().await, 409, "nothingLookedFor");
    let limited = ask().send().await;
    met.check("too many lookups", &limited, 429, "rateLimited");
    assert!(limited.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..180).contains(&seconds)));
}
