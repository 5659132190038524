//! Compares the described wire with the real one: every route, and every operation's statuses,
//! rights and objects.

mod described;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use described::Seen;
use edm_graph::path;
use edm_graph::schema::operations::OPERATIONS;
use edm_graph::schema::{
    Access, Content, Method, Operation, Query, StructuredType, jobs, matching, sessions, stores, types,
};
use edm_model::{Principal, Role, Roles, TenantId};
use serde_json::{Value, json};
use world::{Answer, Ask, World, block, upload_target};

const NOBODY: &str = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
/// Eleven rows of one name, so that a match has more rows than are listed.
const PEOPLE: &[&[&str]] = &[
    &["900-11-2222", "Okafor"],
    &["900-33-4444", "Okafor"],
    &["900-33-4445", "Okafor"],
    &["900-33-4446", "Okafor"],
    &["900-33-4447", "Okafor"],
    &["900-33-4448", "Okafor"],
    &["900-33-4449", "Okafor"],
    &["900-33-4450", "Okafor"],
    &["900-33-4451", "Okafor"],
    &["900-33-4452", "Okafor"],
    &["900-33-4453", "Okafor"],
    &["900-33-4454", "Langer"],
];

/// Returns the address of an operation.
fn target(operation: &Operation, parameters: &[&str]) -> String {
    let filled = path::fill(operation.path, parameters);
    let own = [path::HEALTH, path::READY, path::OPEN_API, path::UPLOAD].contains(&operation.path);
    if own { filled } else { format!("/beta{filled}") }
}

fn operation(id: &str) -> &'static Operation {
    OPERATIONS.iter().find(|operation| operation.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_an_operation_and_every_operation_a_route() {
    let world = World::new().await;
    let mut described: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for operation in OPERATIONS {
        let methods = described.entry(operation.path).or_default();
        assert!(methods.insert(operation.method.as_str()), "{} stands twice", operation.id);
        if operation.method == Method::Get {
            methods.insert("HEAD");
        }
        if operation.access != Access::Signature {
            methods.insert("OPTIONS");
        }
    }
    for template in path::RESOURCES {
        assert!(described.contains_key(template), "{template} has no operation");
    }
    for operation in OPERATIONS {
        let target = target(operation, &[NOBODY, NOBODY]);
        let refused = world.ask("TRACE", &target).send().await;
        assert_eq!(refused.status.as_u16(), 405, "{target}: no such route");
        let allowed: BTreeSet<&str> = refused.header("allow").split(',').map(str::trim).collect();
        assert_eq!(allowed, described[operation.path], "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_asks_for_the_right_that_is_described() {
    let world = World::new().await;
    let tokens = [
        (Role::Upload, &world.uploader),
        (Role::Read, &world.reader),
        (Role::Classify, &world.classifier),
        (Role::Admin, &world.admin),
    ];
    for operation in OPERATIONS {
        let target = target(operation, &[NOBODY, NOBODY]);
        let ask = || world.ask(operation.method.as_str(), &target);
        let nobody = ask().header("authorization", "Basic x").send().await.status.as_u16();
        let needs_token = matches!(operation.access, Access::Token | Access::Right(_));
        assert_eq!(nobody == 401, needs_token, "{}: {nobody} without a token", operation.id);
        let Access::Right(right) = operation.access else { continue };
        for (role, token) in tokens {
            let mut principal = Principal::operator(TenantId::DEFAULT);
            principal.roles = Roles::new([role]);
            let answer = ask().token(token).send().await;
            let refused = answer.status.as_u16() == 403;
            assert_eq!(refused, !principal.may(right), "{} as {role:?}: {}", operation.id, answer.status);
        }
    }
}

/// Calls operations and compares each answer with the table.
struct Driver<'a> {
    world: &'a World,
    seen: Seen,
    succeeded: BTreeSet<&'static str>,
    bare: BTreeSet<(&'static str, u16)>,
}

impl Driver<'_> {
    fn ask(&self, id: &str, parameters: &[&str], query: &str) -> Ask<'_> {
        let operation = operation(id);
        self.world.ask(operation.method.as_str(), format!("{}{query}", target(operation, parameters)))
    }

    /// Checks an answer and returns its JSON. `whole` means that `$select` left nothing out.
    fn check(&mut self, id: &str, answer: &Answer, whole: bool) -> Value {
        let operation = operation(id);
        let status = answer.status.as_u16();
        let text = answer.text();
        if operation.bare_statuses().contains(&status) {
            assert_eq!(text, "", "{id}");
            self.bare.insert((operation.id, status));
            return Value::Null;
        }
        if status != operation.answer.status {
            assert!(
                operation.refusal_statuses().contains(&status),
                "{id}: {status} is not described: {text}"
            );
            if operation.access != Access::Signature {
                self.error(id, &answer.json());
            }
            return Value::Null;
        }
        self.succeeded.insert(operation.id);
        let page = |value: &Value| -> Vec<Value> {
            for name in value.as_object().expect("a page is an object").keys() {
                let known = ["@odata.context", "@odata.count", "@odata.nextLink", "value"];
                assert!(known.contains(&name.as_str()), "{id}: {name} is not described");
            }
            value["value"].as_array().cloned().unwrap_or_else(|| panic!("{id}: no page: {value}"))
        };
        match operation.answer.content {
            Content::Nothing => assert_eq!(text, "", "{id}"),
            Content::Item(of) => {
                assert!(answer.json()["@odata.context"].is_string(), "{id}");
                self.seen.object(id, &answer.json(), of, whole);
            }
            Content::Page(of) => {
                page(&answer.json()).iter().for_each(|one| self.seen.object(id, one, of, whole));
            }
            Content::Refusal => self.error(id, &answer.json()),
            Content::Texts => assert!(page(&answer.json()).iter().all(Value::is_string), "{id}"),
            Content::Count => assert!(text.parse::<u64>().is_ok(), "{id}: {text}"),
            Content::Value(of) => self.seen.object(id, &answer.json(), of, true),
            Content::ValueOrLines(of) => self.value_or_lines(id, answer, of),
            Content::Batch => self.batch(id, &answer.json()),
            Content::Health | Content::OpenApi => assert!(answer.json().is_object(), "{id}"),
            Content::Metadata | Content::BlockList => assert!(text.starts_with("<?xml"), "{id}"),
        }
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    fn batch(&self, id: &str, value: &Value) {
        assert_eq!(value.as_object().map(serde_json::Map::len), Some(1), "{id}: {value}");
        for part in value["responses"].as_array().unwrap_or_else(|| panic!("{id}: {value}")) {
            assert!(
                part["id"].is_string() && part["status"].is_u64() && part["headers"].is_object(),
                "{part}"
            );
            let known = ["id", "status", "headers", "body"];
            let names = part.as_object().into_iter().flat_map(|part| part.keys());
            assert!(names.into_iter().all(|name| known.contains(&name.as_str())), "{part}");
        }
    }

    fn value_or_lines(&mut self, id: &str, answer: &Answer, of: &'static StructuredType) {
        if answer.header("content-type") != "application/x-ndjson" {
            return self.seen.object(id, &answer.json(), of, true);
        }
        for line in answer.text().lines() {
            let mut line: Value = serde_json::from_str(line).expect("each line is JSON");
            let fields = line.as_object_mut().expect("each line is an object");
            assert!(fields.remove("id").is_some() && fields.remove("line").is_some_and(|line| line.is_u64()));
            match fields.contains_key("error") {
                true => self.error(id, &line),
                false => self.seen.object(id, &line, of, true),
            }
        }
    }

    fn error(&self, id: &str, value: &Value) {
        let only = |value: &Value, names: &[&str]| {
            let fields = value.as_object().unwrap_or_else(|| panic!("{id}: no object: {value}"));
            for (name, value) in fields {
                assert!(names.contains(&name.as_str()), "{id}: {name} is not described: {value}");
            }
        };
        only(value, &["error"]);
        let error = &value["error"];
        only(error, &["code", "message", "target", "details", "innerError"]);
        assert!(error["code"].is_string() && error["message"].is_string(), "{id}: {value}");
        for detail in error["details"].as_array().into_iter().flatten() {
            only(detail, &["code", "message", "target"]);
        }
        if let Some(inner) = error.get("innerError") {
            only(inner, &["date", "request-id", "client-request-id"]);
        }
    }

    /// Sends without a body and checks.
    async fn call(&mut self, id: &str, parameters: &[&str], query: &str) -> Value {
        let answer = self.ask(id, parameters, query).send().await;
        self.check(id, &answer, !query.contains("$select"))
    }

    /// Sends JSON and checks.
    async fn send(&mut self, id: &str, parameters: &[&str], body: Value) -> Value {
        let answer = self.ask(id, parameters, "").json(body).send().await;
        self.check(id, &answer, true)
    }

    /// Sends a text of another type and checks.
    async fn text(&mut self, id: &str, query: &str, content_type: &str, body: &str) -> Value {
        let ask = self.ask(id, &[], query).header("content-type", content_type);
        let answer = ask.bytes(body.as_bytes().to_vec()).send().await;
        self.check(id, &answer, true)
    }
}

fn id_of(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_described() {
    let world = World::new().await;
    let mut driver =
        Driver { world: &world, seen: Seen::default(), succeeded: BTreeSet::new(), bare: BTreeSet::new() };
    about(&mut driver).await;
    several(&mut driver).await;
    let agent = agents(&mut driver).await;
    let store = a_store(&mut driver).await;
    uploads(&mut driver, &store, &agent).await;
    let kind = a_type(&mut driver, &store).await;
    texts(&mut driver, &kind).await;
    kept_jobs(&mut driver).await;
    states(&mut driver, &store).await;
    refusals(&mut driver).await;
    endings(&mut driver, &store, &agent, &kind).await;
    let all: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(driver.succeeded, all, "an operation was never answered with its success");
    let served = [
        &stores::EXACT_MATCH_DATA_STORE_BASE,
        &stores::EXACT_MATCH_DATA_STORE,
        &stores::COLUMN,
        &stores::DATA_TYPE_OPTIONS,
        &stores::EXACT_MATCH_UPLOAD_AGENT,
        &sessions::EXACT_MATCH_JOB_BASE,
        &sessions::EXACT_MATCH_SESSION_BASE,
        &sessions::EXACT_MATCH_SESSION,
        &types::SENSITIVE_TYPE,
        &types::EXACT_MATCH_RULE,
        &types::PATTERN,
        &types::PROXIMITY,
        &types::EVIDENCE_GROUP,
        &matching::CLASSIFICATION,
        &matching::CLASSIFICATION_ERROR,
        &matching::CLASSIFICATION_ERROR_BASE,
        &matching::CLASSIFICATION_INNER_ERROR,
        &matching::REDACTION,
        &matching::EXACT_MATCH_DETECTED_CONTENT,
        &matching::CONFIDENCE_COUNT,
        &matching::LOCATION,
        &matching::EVIDENCE,
        &matching::DIAGNOSTIC,
        &matching::UNMATCHED,
        &jobs::JOB_RESPONSE_BASE,
        &jobs::CLASSIFICATION_JOB,
        &matching::DETECTED_CONTENT_WRAPPER,
        &matching::DETECTED_CONTENT,
        &matching::CLASSIFICATION_ATTRIBUTE,
    ];
    assert_eq!(driver.seen.never_seen(&served), [""; 0], "described and never sent");
}

async fn about(driver: &mut Driver<'_>) {
    for id in ["readService", "updateService", "readMetadata", "readOpenApi", "readHealth", "readReadiness"] {
        driver.call(id, &[], "").await;
    }
}

async fn several(driver: &mut Driver<'_>) {
    let requests = json!([
        {"id": "1", "method": "GET", "url": "/dataClassification/exactMatchDataStores/$count"},
        {"id": "2", "method": "DELETE", "url": format!("/dataClassification/jobs/{NOBODY}"), "dependsOn": ["1"]},
    ]);
    let answers = driver.send("batch", &[], json!({"requests": requests})).await;
    let statuses: Vec<&Value> =
        answers["responses"].as_array().into_iter().flatten().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [200, 404]);
}

async fn agents(driver: &mut Driver<'_>) -> Value {
    let agent = driver.send("createAgent", &[], json!({"description": "one"})).await;
    driver.call("listAgents", &[], "?$count=true&$top=1&$orderby=id+desc").await;
    driver.call("countAgents", &[], "").await;
    driver.call("readAgent", &[id_of(&agent)], "").await;
    driver.call("readAgent", &[id_of(&agent)], "?$select=id").await;
    driver.send("updateAgent", &[id_of(&agent)], json!({"description": "two"})).await;
    agent
}

async fn a_store(driver: &mut Driver<'_>) -> Value {
    let columns = json!([
        {"name": "ssn", "isSearchable": true, "ignoredDelimiters": ["-", " "]},
        {"name": "lastName", "isSearchable": true},
    ]);
    let body = json!({"displayName": "patients", "columns": columns});
    let store = driver.send("createStore", &[], body).await;
    let columns = json!([{"name": "born", "isSearchable": true, "dataType": "date", "dataTypeOptions": {"order": "dmy"}},
        {"name": "phone", "dataType": "phone", "dataTypeOptions": {"country": "US"}},
        {"name": "number", "dataType": "digits", "dataTypeOptions": {"width": 9}}]);
    let other = driver
        .send(
            "createStore",
            &[],
            json!({"displayName": "typed", "columns": columns, "placeholders": ["none"]}),
        )
        .await;
    driver.send("updateStore", &[id_of(&other)], json!({"description": "typed columns"})).await;
    driver.call("rollbackStore", &[id_of(&other)], "").await;
    driver.call("deleteStore", &[id_of(&other)], "").await;
    store
}

async fn uploads(driver: &mut Driver<'_>, store: &Value, agent: &Value) {
    let id = id_of(store);
    let draft = json!({"totalBlockCount": 1, "rowsPerBlock": 20, "uploadAgentId": id_of(agent),
        "fields": ["ssn", "lastName"], "fileName": "people.csv"});
    let session = driver.send("createSession", &[id], draft).await;
    let number = "comp=block&blockid=MDAwMDAwMDA=";
    let put = driver.world.ask("PUT", upload_target(&session, number)).bytes(block(store, &session, PEOPLE));
    driver.check("putBlocks", &put.send().await, true);
    let listed = driver.world.ask("GET", upload_target(&session, "comp=blocklist&blocklisttype=all"));
    driver.check("readBlockList", &listed.send().await, true);
    let parameters = [id, id_of(&session)];
    driver.send("updateSession", &parameters, json!({"rowCount": PEOPLE.len(), "rejectedRowCount": 0})).await;
    driver.call("renewSession", &parameters, "").await;
    driver.call("readSession", &parameters, "?$select=id,salt&$expand=uploadAgent").await;
    driver.call("readSessionAgent", &parameters, "").await;
    driver.send("updateSessionAgent", &parameters, json!({"description": "three"})).await;
    driver.call("commitSession", &parameters, "").await;
    let world = driver.world;
    let path = |session: &Value| format!("/exactMatchDataStores/{id}/sessions/{}", id_of(session));
    world.processed(&path(&session)).await;
    driver.call("commitSession", &parameters, "").await;
    driver.call("deleteSession", &parameters, "").await;
    let second = driver.world.publish(store, PEOPLE).await;
    driver.call("readSession", &[id, id_of(&second)], "").await;
    // A replace of one row is refused, so that a session has an error.
    let third = driver.send("createSession", &[id], json!({"totalBlockCount": 1})).await;
    let put = world.put_block(&third, 0, block(store, &third, &PEOPLE[..1])).send().await;
    driver.check("putBlocks", &put, true);
    driver.call("commitSession", &[id, id_of(&third)], "").await;
    assert_eq!(world.processed(&path(&third)).await["state"], "Failed");
    driver.call("readSession", &[id, id_of(&third)], "").await;
    let by_reference = driver.send("createSessionByReference", &[id], json!({"fileName": "x"})).await;
    driver.call("cancelSession", &[id, id_of(&by_reference)], "").await;
    driver.call("listSessions", &[id], "?$count=true&$top=2&$expand=uploadAgent($select=id)").await;
    driver.call("countSessions", &[id], "?$filter=state+eq+%27Failed%27").await;
    driver.call("listStores", &[], "?$expand=sessions($count=true;$top=1)&$count=true").await;
    driver.call("countStores", &[], "").await;
    driver.call("readStore", &[id], "").await;
    driver.call("readStore", &[id], "?$select=id,columns&$expand=sessions($top=1)").await;
    driver.send("updateStore", &[id], json!({"maximumNumberOfTokens": null})).await;
    driver.send("lookup", &[id], json!({"key": "ssn", "values": ["900-11-2222", "x"]})).await;
    driver.call("rollbackStore", &[id], "").await;
}

async fn a_type(driver: &mut Driver<'_>, store: &Value) -> Value {
    let rule = json!({"dataStoreId": id_of(store), "patterns": [
        {"confidence": 85, "primary": "ssn", "proximity": {"unit": "characters", "distance": 300},
            "supporting": [{"columns": ["lastName"]}]},
        {"confidence": 70, "primary": "lastName"},
    ]});
    let kind = driver.send("createType", &[], json!({"name": "people", "exactMatch": rule})).await;
    driver.call("listTypes", &[], "?$count=true").await;
    driver.call("countTypes", &[], "").await;
    driver.call("readType", &[id_of(&kind)], "").await;
    driver.send("updateType", &[id_of(&kind)], json!({"description": "who is ill"})).await;
    kind
}

async fn texts(driver: &mut Driver<'_>, kind: &Value) {
    let text = "Okafor 900-11-2222, and 900-33-4454 alone";
    let asked = json!([id_of(kind), NOBODY]);
    let body = json!({"text": text, "explain": true, "sensitiveTypeIds": asked});
    let found = driver.send("classify", &[], body).await;
    assert!(found["classification"][0]["matches"].is_array(), "{found}");
    driver.text("classify", "?explain=true", "text/plain", text).await;
    let lines = format!("{}\n{{}}\n{{\"text\":\"nothing\"}}", json!({"id": 1, "text": text}));
    driver.text("classify", "", "application/x-ndjson", &lines).await;
    driver.send("redact", &[], json!({"text": text, "sensitiveTypeIds": [id_of(kind)]})).await;
    // For a type that does not exist, no text can be reported as redacted.
    driver.send("redact", &[], json!({"text": text, "sensitiveTypeIds": asked})).await;
}

async fn kept_jobs(driver: &mut Driver<'_>) {
    let text = "Okafor 900-11-2222";
    let made = driver.send("classifyText", &[], json!({"text": text})).await;
    let file = driver.send("classifyFile", &[], json!({"file": STANDARD.encode(text)})).await;
    driver.text("classifyFile", "", "text/plain; charset=utf-8", text).await;
    driver.text("classifyFile", "", "image/png", text).await;
    for kind in ["Jobs", "TextJobs", "FileJobs", "LabelJobs", "PolicyJobs", "Labels"] {
        driver.call(&format!("list{kind}"), &[], "?$count=true").await;
        driver.call(&format!("count{kind}"), &[], "").await;
        let one = kind.trim_end_matches('s');
        let id = if kind == "FileJobs" { id_of(&file) } else { id_of(&made) };
        driver.call(&format!("read{one}"), &[id], "").await;
        driver.call(&format!("update{one}"), &[id], "").await;
    }
    driver.call("deleteTextJob", &[id_of(&made)], "").await;
    driver.call("deleteFileJob", &[id_of(&file)], "").await;
    let made = driver.send("classifyText", &[], json!({"text": text})).await;
    driver.call("deleteJob", &[id_of(&made)], "").await;
    for id in ["deleteLabelJob", "deletePolicyJob", "deleteLabel", "evaluateLabels", "computeLabelRights"] {
        driver.call(id, &[NOBODY], "").await;
    }
    driver.call("computeLabelInheritance", &["labelIds=x"], "").await;
}

/// Asks for answers without content, and for states that no resource has.
async fn states(driver: &mut Driver<'_>, store: &Value) {
    let id = id_of(store);
    let answer = driver.ask("readStore", &[id], "").header("if-none-match", "*").send().await;
    driver.check("readStore", &answer, true);
    let minimal = driver.ask("updateStore", &[id], "").header("prefer", "return=minimal");
    driver.check("updateStore", &minimal.json(json!({"description": "x"})).send().await, true);
    let minimal = driver.ask("createAgent", &[], "").header("prefer", "return=minimal");
    driver.check("createAgent", &minimal.json(json!({})).send().await, true);
    assert_eq!(driver.bare, BTreeSet::from([("readStore", 304), ("updateStore", 204), ("createAgent", 204)]));
    for operation in OPERATIONS.iter().filter(|operation| operation.is_conditional()) {
        let ask = driver.ask(operation.id, &[id, NOBODY], "").header("if-match", "\"of nothing\"");
        driver.check(operation.id, &ask.send().await, true);
    }
}

/// Sends invalid requests to each operation, in every way that is refused.
async fn refusals(driver: &mut Driver<'_>) {
    for operation in OPERATIONS {
        let id = operation.id;
        for parameters in [[NOBODY, NOBODY], ["x", "y"]] {
            let answer = driver.ask(id, &parameters, "?$search=x").send().await;
            driver.check(id, &answer, false);
            let answer = driver.ask(id, &parameters, "").token("nobody's").send().await;
            driver.check(id, &answer, false);
            // An operation that needs no right cannot be refused for one.
            let answer = driver.ask(id, &parameters, "").token(&driver.world.reader).send().await;
            driver.check(id, &answer, false);
            if !operation.takes_body() {
                continue;
            }
            for (content_type, body) in [
                ("application/json", &b"{"[..]),
                ("application/json", &b"[]"[..]),
                ("application/json", &b"{\"displayName\":1,\"text\":[],\"values\":1,\"fileName\":{}}"[..]),
                ("image/png", &b"x"[..]),
            ] {
                let ask = driver.ask(id, &parameters, "").header("content-type", content_type);
                let answer = ask.bytes(body.to_vec()).send().await;
                driver.check(id, &answer, false);
            }
            let too_long = driver.ask(id, &parameters, "").header("content-type", "application/json");
            let too_long = too_long.header("content-length", "99999999999");
            driver.check(id, &too_long.bytes(b"{}".to_vec()).send().await, false);
        }
        if matches!(operation.query, Query::List(_)) {
            let answer = driver.ask(id, &[NOBODY], "?$orderby=nothing").send().await;
            driver.check(id, &answer, false);
        }
    }
}

async fn endings(driver: &mut Driver<'_>, store: &Value, agent: &Value, kind: &Value) {
    let id = id_of(store);
    driver.call("deleteType", &[id_of(kind)], "").await;
    let session = driver.send("createSession", &[id], json!({"uploadAgentId": id_of(agent)})).await;
    driver.call("deleteSessionAgent", &[id, id_of(&session)], "").await;
    driver.call("cancelSession", &[id, id_of(&session)], "").await;
    driver.call("deleteSession", &[id, id_of(&session)], "").await;
    let agent = driver.send("createAgent", &[], json!({})).await;
    driver.call("deleteAgent", &[id_of(&agent)], "").await;
    driver.call("deleteStore", &[id], "").await;
}
