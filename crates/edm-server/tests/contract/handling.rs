//! Unknown properties: refused by name if they might change what is searched for, else named in the
//! answer. `Prefer` can reverse either.

use serde_json::{Value, json};

use crate::text;
use crate::world::{Answer, World, path_of, sessions_of};

/// What an answer reports about unknown properties: status, code, target, the header with their
/// names, and the applied preference.
fn said(answer: &Answer) -> (u16, String, String, String, String) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let of_error = |name: &str| body["error"][name].as_str().unwrap_or("").to_owned();
    let header = |name: &str| answer.header(name).to_owned();
    (
        answer.status.as_u16(),
        of_error("code"),
        of_error("target"),
        header("edm-ignored-properties"),
        header("preference-applied"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_properties_are_refused_or_named() {
    let world = World::new().await;
    let store = world.store("patients").await;
    world.publish(&store, &[&["900-11-2222", "Okafor"]]).await;
    let session = world.session(&store, json!({})).await;
    let (store_path, session_path) =
        (format!("/exactMatchDataStores/{}", text(&store, "id")), path_of(&store, &session));
    let lookup = format!("{store_path}/lookup");
    let check =
        async |(method, path): (&'static str, &str), body: Value, prefer: &str, expected: [&str; 5]| {
            let mut ask = world.at(method, path).json(body.clone());
            if !prefer.is_empty() {
                ask = ask.header("prefer", prefer);
            }
            let (status, code, target, header, applied) = said(&ask.send().await);
            let found = [status.to_string(), code, target, header, applied];
            assert_eq!(found, expected.map(str::to_owned), "{method} {path} {body} {prefer}");
        };
    let unknown = "unknownProperty";
    let classify = ("POST", "/classifyExactMatches");
    let redact = ("POST", "/redactExactMatches");
    let misspelt = || json!({"text": "t", "minimumConfidance": 90});
    check(classify, misspelt(), "", ["400", unknown, "minimumConfidance", "", ""]).await;
    check(classify, misspelt(), "handling=lenient", ["200", "", "", "minimumConfidance", "handling=lenient"])
        .await;
    check(redact, misspelt(), "", ["400", unknown, "minimumConfidance", "", ""]).await;
    let heard = "handling=strict";
    check(redact, misspelt(), "handling=strict", ["400", unknown, "minimumConfidance", "", heard]).await;
    check(redact, misspelt(), "handling=lenient", ["200", "", "", "minimumConfidance", "handling=lenient"])
        .await;
    let spans = json!({"text": "t", "contentClassifications": [{"confidence": 1, "matches": [{"start": 1, "offset": 0, "length": 1}]}]});
    check(classify, spans, "", ["400", unknown, "contentClassifications[0].matches[0].start", "", ""]).await;
    let fine = json!({"Text": "t", "@a": 1, "x@odata.type": "y", "OdataType": "z", "sensitiveTypeIds@odata.type": "#Collection(String)"});
    check(classify, fine.clone(), "", ["200", "", "", "", ""]).await;
    check(redact, fine, "handling=strict", ["200", "", "", "", heard]).await;
    let asked = json!({"key": "ssn", "values": ["x"], "columns": []});
    check(("POST", &lookup), asked, "", ["400", unknown, "columns", "", ""]).await;
    let job = json!({"text": "t", "explain": true});
    check(("POST", "/classifyText"), job, "", ["400", unknown, "explain", "", ""]).await;
    let agent = json!({"description": "d", "colour": 1});
    let agents = ("POST", "/exactMatchUploadAgents");
    check(agents, agent.clone(), "", ["201", "", "", "colour", ""]).await;
    check(agents, agent.clone(), "handling=strict", ["400", unknown, "colour", "", heard]).await;
    let both = "return=minimal, handling=lenient";
    check(agents, agent, both, ["204", "", "", "colour", "return=minimal, handling=lenient"]).await;
    let change = json!({"columns": [{"name": "ssn", "isSearchable": true, "ignoredDelimiters": ["-", " "], "kind": 1}, {"name": "lastName"}]});
    check(("PATCH", &store_path), change, "", ["200", "", "", "columns[0].kind", ""]).await;
    check(("PATCH", &session_path), json!({"size": [{}]}), "", ["200", "", "", "size", ""]).await;
    // They are named in a refusal for another reason too.
    let wrong = json!({"size": 1, "totalBlockCount": 2, "displayName": "patients"});
    check(
        ("POST", "/exactMatchDataStores"),
        wrong,
        "",
        ["409", "nameConflict", "displayName", "size, totalBlockCount", ""],
    )
    .await;
    let further =
        world.at("POST", "/redactExactMatches").json(json!({"text": "t", "a": 1, "b": 2})).send().await;
    assert_eq!(further.json()["error"]["details"][0]["target"], "b", "{}", further.text());
}

/// A whole object that was read is sent back, and so is the first page of the documentation.
#[tokio::test]
async fn what_is_known_passes_where_unknown_properties_are_refused() {
    let world = World::new().await;
    let store = world.store("patients").await;
    let page = include_bytes!("../../../edm-graph/tests/fixtures/page_000_create_session.json");
    let post = world.at("POST", &sessions_of(&store)).header("prefer", "handling=strict");
    let answer = post.header("content-type", "application/json").bytes(page.to_vec()).send().await;
    assert_eq!(answer.header("preference-applied"), "handling=strict");
    let made = answer.expect(201);
    let rule = json!({"datastoreId": text(&store, "id"), "patterns": [{"confidence": 80, "primary": "ssn"}]});
    let kind = json!({"name": "t", "exactMatch": rule});
    let kind = world.at("POST", "/sensitiveTypes").json(kind).send().await.expect(201);
    let store_path = format!("/exactMatchDataStores/{}", text(&store, "id"));
    let type_path = format!("/sensitiveTypes/{}", text(&kind, "id"));
    for path in [&store_path, &path_of(&store, &made), &type_path] {
        let whole = world.at("GET", path).send().await.expect(200);
        let back = world.at("PATCH", path).header("prefer", "handling=strict").json(whole).send().await;
        assert_eq!(
            (back.status.as_u16(), back.header("edm-ignored-properties")),
            (200, ""),
            "{}",
            back.text()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_are_the_body_and_requests_of_a_batch_are_handled_alike() {
    let world = World::new().await;
    let classify = |kind: &str, query: &str, body: &str| {
        let ask = world.at("POST", &format!("/classifyExactMatches{query}")).header("content-type", kind);
        ask.bytes(body.as_bytes().to_vec())
    };
    for kind in ["text/plain", "application/x-ndjson"] {
        let strict = classify(kind, "?explian=true", "").send().await;
        assert_eq!(said(&strict).1, "unknownProperty");
        assert!(strict.text().contains("did you mean explain?"), "{}", strict.text());
        let lenient = classify(kind, "?explian=true", "").header("prefer", "handling=lenient").send().await;
        assert_eq!((lenient.status.as_u16(), lenient.header("edm-ignored-properties")), (200, "explian"));
    }
    let lines = "{\"id\":1,\"text\":\"t\",\"txet\":1}\n{\"id\":2,\"text\":\"t\"}\n";
    let strict = classify("application/x-ndjson", "", lines).send().await.text();
    let results: Vec<Value> = strict.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(results[0]["error"]["code"], "unknownProperty");
    assert_eq!((&results[0]["error"]["target"], &results[0]["id"]), (&json!("txet"), &json!(1)));
    assert_eq!(results[1]["classification"], json!([]));
    let lenient =
        classify("application/x-ndjson", "", lines).header("prefer", "handling=lenient").send().await;
    assert!(!lenient.text().contains("error\":{"), "{}", lenient.text());

    let part = |id: &str, prefer: &str| {
        json!({"id": id, "method": "POST", "url": "/dataClassification/classifyExactMatches",
            "headers": {"Content-Type": "application/json", "Prefer": prefer}, "body": {"text": "t", "mode": 1}})
    };
    let batch =
        json!({"requests": [part("a", "handling=lenient"), part("b", "return=minimal")], "more": [1]});
    let answer = world.ask("POST", "/beta/$batch").json(batch.clone()).send().await;
    assert_eq!(answer.header("edm-ignored-properties"), "more");
    let body = answer.expect(200);
    let [first, second] = [&body["responses"][0], &body["responses"][1]];
    assert_eq!(
        (&first["status"], &first["headers"]["edm-ignored-properties"]),
        (&json!(200), &json!("mode"))
    );
    assert_eq!(first["headers"]["Preference-Applied"], "handling=lenient");
    assert_eq!(
        (&second["status"], &second["body"]["error"]["code"]),
        (&json!(400), &json!("unknownProperty"))
    );
    let strict =
        world.ask("POST", "/beta/$batch").header("prefer", "handling=strict").json(batch).send().await;
    assert_eq!(said(&strict).2, "more");
}
