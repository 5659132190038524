//! Every path and method, and paths that do not exist.

use edm_graph::path;
use serde_json::json;

use crate::text;
use crate::world::{BETA, World, path_of, sessions_of};

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "TRACE", "QUERY"];
const LIST: &str = "GET, HEAD, POST, OPTIONS";
const READ: &str = "GET, HEAD, OPTIONS";
const ITEM: &str = "GET, HEAD, PATCH, DELETE, OPTIONS";
const ACTION: &str = "POST, OPTIONS";

/// The methods of a path.
const SERVED: &[(&str, &str)] = &[
    (path::METADATA, READ),
    (path::BATCH, ACTION),
    (path::SERVICE, "GET, HEAD, PATCH, OPTIONS"),
    (path::STORES, LIST),
    (path::STORES_COUNT, READ),
    (path::STORE, ITEM),
    (path::STORE_LOOKUP, ACTION),
    (path::STORE_ROLLBACK, ACTION),
    (path::SESSIONS, LIST),
    (path::SESSIONS_COUNT, READ),
    (path::SESSIONS_REF, ACTION),
    (path::SESSION, ITEM),
    (path::SESSION_COMMIT, ACTION),
    (path::SESSION_CANCEL, ACTION),
    (path::SESSION_RENEW, ACTION),
    (path::SESSION_AGENT, ITEM),
    (path::AGENTS, LIST),
    (path::AGENTS_COUNT, READ),
    (path::AGENT, ITEM),
    (path::TYPES, LIST),
    (path::TYPES_COUNT, READ),
    (path::TYPE, ITEM),
    (path::CLASSIFY, ACTION),
    (path::REDACT, ACTION),
    (path::CLASSIFY_FILE, ACTION),
    (path::CLASSIFY_TEXT, ACTION),
    (path::JOBS, READ),
    (path::JOBS_COUNT, READ),
    (path::JOB, ITEM),
    (path::TEXT_JOBS, READ),
    (path::TEXT_JOBS_COUNT, READ),
    (path::TEXT_JOB, ITEM),
    (path::FILE_JOBS, READ),
    (path::FILE_JOBS_COUNT, READ),
    (path::FILE_JOB, ITEM),
    (path::LABEL_JOBS, READ),
    (path::LABEL_JOBS_COUNT, READ),
    (path::LABEL_JOB, ITEM),
    (path::POLICY_JOBS, READ),
    (path::POLICY_JOBS_COUNT, READ),
    (path::POLICY_JOB, ITEM),
    (path::LABELS, READ),
    (path::LABELS_COUNT, READ),
    (path::LABELS_EVALUATE, ACTION),
    (path::LABELS_RIGHTS, ACTION),
    (path::LABELS_INHERITANCE, READ),
    (path::LABEL, ITEM),
];

/// `Allow` names exactly the methods that are served: with a wrong token these are 401, all others
/// 405.
#[tokio::test]
async fn every_path_names_exactly_the_methods_that_it_has() {
    let world = World::new().await;
    for template in path::RESOURCES {
        let row = SERVED.iter().find(|(known, _)| known == template);
        let (_, allow) = row.unwrap_or_else(|| panic!("{template} has no row in the table"));
        let path = path::fill(template, &["a", "b"]);
        for target in [format!("/beta{path}"), format!("/v1.0/{}/", path.to_ascii_uppercase())] {
            for method in METHODS.iter().copied() {
                let answer = world.ask(method, &target).token("wrong").send().await;
                let what = format!("{method} {target}: {}", answer.text());
                let served = allow.split(", ").any(|known| known == method);
                let reached = if *template == path::METADATA { 200 } else { 401 };
                assert_eq!(answer.status.as_u16(), if served { reached } else { 405 }, "{what}");
                if !served {
                    assert_eq!(answer.header("allow"), *allow, "{what}");
                    let code = if method == "HEAD" { String::new() } else { answer.code() };
                    assert_eq!(code, if method == "HEAD" { "" } else { "methodNotAllowed" }, "{what}");
                }
            }
            let options = world.ask("OPTIONS", &target).token("wrong").send().await;
            assert_eq!((options.status.as_u16(), options.header("allow")), (204, *allow), "{target}");
            assert!(options.body.is_empty() && !options.header("request-id").is_empty(), "{target}");
        }
    }
    assert_eq!(SERVED.len(), path::RESOURCES.len(), "a row of no path");
    let health = world.ask("POST", "/healthz").send().await;
    assert_eq!((health.status.as_u16(), health.header("allow")), (405, READ));
    assert_eq!(world.ask("OPTIONS", "*").send().await.status, 204);
}

#[tokio::test]
async fn what_stands_nowhere_is_404_in_graphs_form() {
    let world = World::new().await;
    for method in ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"] {
        for target in [
            "/",
            "/beta",
            "/beta/me",
            "/beta/dataClassification/nothing",
            "/beta/dataClassification/exactMatchDataStores/a/sessions/b/commit/c",
            "/beta/dataClassification/exactMatchDataStores/a/sessions/microsoft.graph.exactMatchUploadAgent",
            "/beta/dataClassification/exactMatchDataStores/a/microsoft.graph.exactMatchDataStoreBase/lookup",
            "/beta/dataClassification/%FF",
        ] {
            let answer = world.ask(method, target).header("client-request-id", "mine").send().await;
            let headers =
                ["request-id", "client-request-id", "odata-version"].map(|name| answer.header(name).len());
            assert_eq!((answer.status.as_u16(), headers), (404, [36, 4, 3]), "{method} {target}");
            if method == "HEAD" {
                assert!(answer.body.is_empty() && answer.header("content-length").len() > 2, "{target}");
            } else {
                assert_eq!(answer.code(), "unknownPath", "{method} {target}");
            }
        }
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let world = World::new().await;
    let store = world.store("head").await;
    let one = format!("/exactMatchDataStores/{}", text(&store, "id"));
    for path in [
        "",
        "/exactMatchDataStores",
        "/exactMatchDataStores/$count",
        &one,
        "/jobs",
        "/exactMatchDataStores/x",
    ] {
        let (get, head) = (world.at("GET", path).send().await, world.at("HEAD", path).send().await);
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        let told = ["content-type", "etag", "odata-version"];
        assert_eq!(told.map(|name| head.header(name)), told.map(|name| get.header(name)), "{path}");
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn types_in_paths_change_nothing_of_the_elements() {
    let world = World::new().await;
    let store = world.store("casts").await;
    let session = world.session(&store, json!({"fileName": "f"})).await;
    let (sessions, path) = (sessions_of(&store), path_of(&store, &session));
    let store_path = format!("/exactMatchDataStores/{}", text(&store, "id"));
    let same = async |left: &str, right: &str| {
        let (left, right) = (world.at("GET", left).send().await, world.at("GET", right).send().await);
        assert_eq!((left.status.as_u16(), left.text()), (200, right.text()));
    };
    for name in ["exactMatchSession", "exactMatchSessionBase", "exactMatchJobBase", "ExactMatchSessionBase"] {
        same(&format!("{sessions}/microsoft.graph.{name}"), &sessions).await;
        same(&format!("{sessions}/microsoft.graph.{name}/$count"), &format!("{sessions}/$count")).await;
        same(&format!("{path}/microsoft.graph.{name}?$select=state"), &format!("{path}?$select=state")).await;
    }
    same(&format!("{store_path}/microsoft.graph.exactMatchDataStoreBase"), &store_path).await;
    same("/exactMatchDataStores/microsoft.graph.exactMatchDataStore", "/exactMatchDataStores").await;
    same(&format!("{store_path}/microsoft.graph.exactMatchDataStore/sessions"), &sessions).await;
    same("/microsoft.graph.dataClassificationService/jobs", "/jobs").await;
    same("/jobs/microsoft.graph.evaluateLabelJobResponse", "/evaluateLabelJobs").await;
    let check = async |method: &'static str, path: String, status: u16| {
        let answer = world.at(method, &path).send().await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
    };
    // Page 002 makes its session of the base type.
    let base = world.at("POST", &format!("{sessions}/microsoft.graph.exactMatchSessionBase"));
    let made = base.json(json!({"totalBlockCount": 2})).send().await.expect(201);
    assert_eq!(made["@odata.type"], "#microsoft.graph.exactMatchSession");
    check("POST", format!("{path}/microsoft.graph.exactMatchSession/microsoft.graph.renew"), 200).await;
    check("POST", format!("{path}/microsoft.graph.exactMatchSessionBase/cancel"), 404).await;
    check("POST", format!("{path}/microsoft.graph.exactMatchSession/cancel"), 204).await;
    check("GET", format!("{sessions}/microsoft.graph.sensitiveType"), 404).await;
    check("GET", format!("{path}/microsoft.graph.nothing"), 404).await;
}

#[tokio::test]
async fn the_service_itself_is_read_and_sent_back() {
    let world = World::new().await;
    let service = world.at("GET", "").send().await.expect(200);
    assert_eq!(service["@odata.type"], "#microsoft.graph.dataClassificationService");
    assert_eq!(
        service["@odata.context"],
        format!("http://edm.test:8080/beta/$metadata#{}/$entity", &BETA[6..])
    );
    let patched = world.at("PATCH", "").json(service.clone()).send().await.expect(200);
    assert_eq!(patched, service);
    assert_eq!(world.at("PATCH", "").token(&world.reader).json(json!({})).send().await.status, 403);
    let selected = world.at("GET", "?$select=id").send().await.expect(200);
    assert_eq!(selected["id"], service["id"]);
    assert_eq!(world.at("GET", "?$select=nothing").send().await.status, 400);
    let store = world.store("expanded").await;
    world.session(&store, json!({"fileName": "f"})).await;
    let query = "?$expand=exactMatchDataStores($select=displayName;$expand=sessions($select=fileName)),sensitiveTypes($count=true),exactMatchUploadAgents";
    let expanded = world.at("GET", query).send().await.expect(200);
    assert_eq!(expanded["exactMatchDataStores"][0]["displayName"], "expanded");
    assert_eq!(expanded["exactMatchDataStores"][0]["sessions"][0]["fileName"], "f");
    assert_eq!(
        (&expanded["sensitiveTypes@odata.count"], &expanded["exactMatchUploadAgents"]),
        (&json!(1), &json!([]))
    );
    // A caller who may only read types cannot see stores this way.
    let classifier =
        async |query| world.at("GET", query).token(&world.classifier).send().await.status.as_u16();
    assert_eq!(classifier("?$expand=sensitiveTypes").await, 200);
    assert_eq!(classifier("?$expand=exactMatchDataStores").await, 403);
}
