//! `classifyFile`, `classifyText` and their stored jobs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::text;
use crate::world::{Answer, World};

const PEOPLE: &[&[&str]] = &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"]];
const TEXT: &str = "\u{1F600} Ms Langer, SSN 900-33-4444";

/// Makes a table and a type that finds its people; returns the type's id.
async fn people(world: &World) -> String {
    let store = world.store("people").await;
    world.publish(&store, PEOPLE).await;
    let rule = json!({"name": "people", "exactMatch": {"dataStoreId": text(&store, "id"), "patterns": [
        {"confidence": 85, "primary": "ssn", "supporting": [{"minMatches": 1, "columns": ["lastName"]}]},
        {"confidence": 65, "primary": "ssn"}
    ]}});
    let made = world.at("POST", "/sensitiveTypes").json(rule).send().await.expect(201);
    text(&made, "id").to_owned()
}

async fn classify(world: &World, kind: &str, query: &str, body: Vec<u8>) -> Answer {
    let ask = world.at("POST", &format!("/classifyFile{query}")).token(&world.classifier);
    ask.header("content-type", kind).bytes(body).send().await
}

async fn classify_json(world: &World, file: &str, type_id: &str) -> Value {
    let body = json!({"file": file, "sensitiveTypeIds": [type_id]}).to_string();
    classify(world, "application/json", "", body.into_bytes()).await.expect(200)
}

fn check_found(job: &Value, origin: &str, type_id: &str) {
    assert_eq!(job["@odata.type"], "#microsoft.graph.classificationJobResponse");
    assert_eq!(
        (&job["status"], &job["type"], &job["error"]),
        (&json!("Completed"), &json!(origin), &Value::Null),
        "{job}"
    );
    for name in ["creationDateTime", "startDateTime", "endDateTime", "tenantId", "userId"] {
        assert!(job[name].is_string(), "{name}: {job}");
    }
    let found = &job["result"]["classification"][0];
    assert_eq!(
        (&found["id"], &found["confidence"], &found["uniqueCount"]),
        (&json!(type_id), &json!(85), &json!(1))
    );
    assert_eq!(found["classificationMethod"], "exactDataMatch");
    assert_eq!(
        (&found["scope"], &found["sensitiveTypeSource"]),
        (&json!("fullDocument,partialDocument"), &json!("tenant"))
    );
    assert_eq!(found["classificationAttributes"], json!([{"confidence": 85, "count": 1}]));
    let place = &found["matches"][0];
    assert_eq!(
        (&place["offset"], &place["length"], &place["columnName"]),
        (&json!(18), &json!(11), &json!("ssn"))
    );
    let evidence = &place["evidences"][0];
    assert_eq!(
        (&evidence["offset"], &evidence["columnName"], &evidence["counted"]),
        (&json!(6), &json!("lastName"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_classified_at_once_and_kept_without_its_text() {
    let world = World::new().await;
    let type_id = people(&world).await;
    let job = classify_json(&world, &STANDARD.encode(TEXT), &type_id).await;
    check_found(&job, "classifyFile", &type_id);
    let place = &job["result"]["classification"][0]["matches"][0];
    assert_eq!(
        (&place["idMatch"], &place["evidences"][0]["match"]),
        (&json!("900-33-4444"), &json!("Langer"))
    );

    let path = format!("/jobs/{}", text(&job, "id"));
    let listed =
        world.at("GET", "/classifyFileJobs?$count=true").token(&world.reader).send().await.expect(200);
    assert_eq!(listed["@odata.count"], 1);
    let read = world.at("GET", &path).token(&world.reader).send().await.expect(200);
    for kept in [&listed["value"][0], &read] {
        check_found(kept, "classifyFile", &type_id);
        let place = &kept["result"]["classification"][0]["matches"][0];
        assert_eq!((&place["idMatch"], &place["evidences"][0]["match"]), (&Value::Null, &Value::Null));
        assert!(!kept.to_string().contains("4444") && !kept.to_string().contains("Langer"), "{kept}");
        assert_eq!(kept["@odata.etag"], job["@odata.etag"]);
    }
    // Nor in any file on disk.
    let secrets = ["900-33-4444", "Langer", &STANDARD.encode(TEXT)];
    for file in world.files() {
        let bytes = std::fs::read(&file).expect("the folder is the test's own");
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", file.display());
        }
    }

    let body = json!({"text": TEXT, "fileExtension": "txt", "sensitiveTypeIds": [&type_id], "scopesToRun": "fullDocument", "matchTolerancesToInclude": "exact"});
    let text_job =
        world.at("POST", "/classifyText").token(&world.classifier).json(body).send().await.expect(200);
    check_found(&text_job, "classifyText", &type_id);
    let count = async |path: &str| world.at("GET", path).send().await.text();
    assert_eq!(count("/jobs/$count").await, "2");
    assert_eq!(count("/classifyFileJobs/$count").await, "1");
    assert_eq!(count("/classifyTextJobs/$count").await, "1");
    assert_eq!(count("/classifyTextJobs/$count?$filter=type%20eq%20'classifyFile'").await, "0");
    check_items(&world, &job, &text_job).await;
}

/// A job is in its collections, can be sent back whole, and can be deleted.
async fn check_items(world: &World, file_job: &Value, text_job: &Value) {
    let (file, text_id) = (text(file_job, "id"), text(text_job, "id"));
    let status = async |method: &'static str, path: String, token: &str| {
        world.at(method, &path).token(token).json(json!({})).send().await.status.as_u16()
    };
    assert_eq!(status("GET", format!("/classifyTextJobs/{file}"), &world.admin).await, 404);
    assert_eq!(status("GET", format!("/classifyTextJobs/{text_id}"), &world.admin).await, 200);
    assert_eq!(status("DELETE", format!("/classifyTextJobs/{file}"), &world.admin).await, 404);
    assert_eq!(status("GET", format!("/jobs/{file}"), &world.classifier).await, 403);
    assert_eq!(status("DELETE", format!("/jobs/{file}"), &world.reader).await, 403);
    let read = world.at("GET", &format!("/jobs/{file}")).send().await.expect(200);
    let mut whole = read.clone();
    whole["status"] = json!("Failed");
    assert_eq!(world.at("PATCH", &format!("/jobs/{file}")).json(whole).send().await.expect(200), read);
    let stale = world.at("DELETE", &format!("/jobs/{file}")).header("if-match", "W/\"0\"").send().await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "preconditionFailed"));
    assert_eq!(status("DELETE", format!("/jobs/{file}"), &world.admin).await, 204);
    assert_eq!(status("GET", format!("/jobs/{file}"), &world.admin).await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_no_text_makes_a_job_that_failed() {
    let world = World::new().await;
    let type_id = people(&world).await;
    let query = format!("?sensitiveTypeIds={type_id}");
    let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [b"\xFF\xFE".as_slice(), &little].concat();
    let found = [
        ("text/plain", TEXT.as_bytes().to_vec()),
        ("text/csv; charset=UTF-8", [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat()),
        ("text/html; charset=\"utf-16le\"", little.clone()),
        ("text/plain; charset=utf-16be", big),
        ("text/plain", marked.clone()),
    ];
    for (kind, body) in found {
        check_found(&classify(&world, kind, &query, body).await.expect(200), "classifyFile", &type_id);
    }
    for file in [STANDARD.encode(&marked), URL_SAFE_NO_PAD.encode(TEXT), STANDARD.encode(TEXT)] {
        check_found(&classify_json(&world, &file, &type_id).await, "classifyFile", &type_id);
    }
    let check_failed = |job: Value, what: &str| {
        assert_eq!((&job["status"], &job["result"]), (&json!("Failed"), &Value::Null), "{what}");
        assert_eq!(
            (&job["error"]["code"], &job["error"]["target"]),
            (&json!("unsupportedFileType"), &json!("file")),
            "{what}"
        );
    };
    let failed: [(&str, &[u8]); 8] = [
        ("text/plain; charset=utf-16", &little),
        ("text/plain; charset=utf-16", TEXT.as_bytes()),
        ("text/plain; charset=utf-16le", TEXT.as_bytes()),
        ("application/pdf", b"%PDF-1.7"),
        ("application/octet-stream", TEXT.as_bytes()),
        ("multipart/form-data; boundary=b", b"--b--"),
        ("text/plain; charset=windows-1252", b"900-33-4444"),
        ("text/plain", b"PK\x03\x04\0\0"),
    ];
    for (kind, body) in failed {
        check_failed(classify(&world, kind, &query, body.to_vec()).await.expect(200), kind);
    }
    for bytes in [b"%PDF-1.7".as_slice(), b"\x89PNG\r\n\x1A\n\0", b"M\xFCller"] {
        check_failed(classify_json(&world, &STANDARD.encode(bytes), &type_id).await, "base64");
    }
    assert_eq!(world.at("GET", "/jobs/$count?$filter=status%20eq%20'Failed'").send().await.text(), "11");
    refusals(&world).await;
    // A missing type is reported; the findings of the others stay.
    let body = json!({"file": STANDARD.encode(TEXT), "sensitiveTypeIds": [type_id, "900-55-6666", "b84d3f36-3f36-4b84-8d3f-363f4db8363f"]});
    let job = classify(&world, "application/json", "", body.to_string().into_bytes()).await.expect(200);
    assert_eq!(
        (&job["status"], &job["error"]["code"]),
        (&json!("Completed"), &json!("sensitiveTypeNotFound"))
    );
    assert_eq!(
        (&job["error"]["target"], &job["error"]["details"][0]["target"]),
        (&Value::Null, &json!("b84d3f36-3f36-4b84-8d3f-363f4db8363f"))
    );
    assert_eq!(job["result"]["classification"].as_array().map(Vec::len), Some(1));
}

async fn refusals(world: &World) {
    let check = async |kind: &str, query: &str, body: Value, target: &str| {
        let answer = classify(world, kind, query, body.to_string().into_bytes()).await;
        assert_eq!(answer.status.as_u16(), 400, "{}", answer.text());
        assert_eq!(answer.json()["error"]["target"], target, "{body}");
    };
    check("application/json", "", json!({}), "file").await;
    check("application/json", "", json!({"file": "no base64!"}), "file").await;
    check("application/json", "", json!({"file": 1}), "file").await;
    check("application/json", "", json!({"file": "", "sensitiveTypeIds": "all"}), "sensitiveTypeIds").await;
    check("text/plain", "?sensitiveTypeId=a", json!(""), "sensitiveTypeId").await;
    let reader = world.at("POST", "/classifyFile").token(&world.reader).json(json!({})).send().await;
    assert_eq!(reader.status, 403);
    let long = classify(world, "text/plain", "", vec![b'a'; 4 * 1024 * 1024 + 1]).await;
    assert_eq!((long.status.as_u16(), long.code().as_str()), (413, "bodyTooLarge"));
}

#[tokio::test]
async fn what_graph_has_beside_is_empty_or_not_served() {
    let world = World::new().await;
    for set in ["evaluateLabelJobs", "evaluateDlpPoliciesJobs", "sensitivityLabels"] {
        let list = world
            .at("GET", &format!("/{set}?$count=true&$top=5&$filter=id%20eq%20'a'"))
            .send()
            .await
            .expect(200);
        assert_eq!((&list["value"], &list["@odata.count"]), (&json!([]), &json!(0)), "{set}");
        assert_eq!(world.at("GET", &format!("/{set}/$count")).send().await.text(), "0");
        assert_eq!(world.at("GET", &format!("/{set}/a")).send().await.code(), "resourceNotFound");
        assert_eq!(world.at("GET", &format!("/{set}?$top=a")).send().await.status, 400);
        assert_eq!(world.at("POST", &format!("/{set}")).json(json!({})).send().await.status, 405);
    }
    for (method, path) in [
        ("POST", "/sensitivityLabels/evaluate"),
        ("POST", "/sensitivityLabels/microsoft.graph.computeRightsAndInheritance"),
        ("GET", "/sensitivityLabels/computeInheritance(labelIds=@a,locale='en',contentFormats=@b)"),
    ] {
        let answer = world.at(method, path).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (501, "notImplemented"), "{path}");
    }
}
