//! The service over the wire: what works, in Graph's form, and what is not shown.

mod world;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use world::{BETA, World, block, path_of, sessions_of, upload_target};

const PEOPLE: &[&[&str]] =
    &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"], &["900-55-6666", "Tanaka"]];

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text '{name}' in {value}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_goes_up_and_a_text_comes_back() {
    let world = World::new().await;
    let agent =
        world.at("POST", "/exactMatchUploadAgents").json(json!({"description": "probe agent"})).send().await;
    let agent = agent.expect(201);
    let made = world.at("POST", "/exactMatchDataStores").json(json!({
        "displayName": "patients", "description": "probe",
        "columns": [{"ignoredDelimiters": ["-", " "], "isSearchable": true, "name": "ssn"}, {"name": "lastName"}]
    }));
    let made = made.send().await;
    let location = made.header("location").to_owned();
    let store = made.expect(201);
    assert_eq!(location, format!("http://edm.test:8080{BETA}/exactMatchDataStores/{}", text(&store, "id")));
    assert_eq!(store["@odata.type"], "#microsoft.graph.exactMatchDataStore");
    assert_eq!(
        (&store["rowCount"], &store["generation"], &store["activeSessionId"]),
        (&json!(0), &json!(0), &Value::Null)
    );

    let draft = json!({"fields": ["ssn", "lastName"], "fileName": "p.csv", "uploadAgentId": text(&agent, "id"), "rowsPerBlock": 3});
    let session = world.session(&store, draft).await;
    assert_eq!(
        (&session["state"], &session["remainingBlockCount"]),
        (&json!("UploadInProgress"), &Value::Null)
    );
    assert_eq!(text(&session, "salt").len(), 64);
    let bytes = block(&store, &session, PEOPLE);
    let md5 = STANDARD.encode(Md5::digest(&bytes));
    let put = world.put_block(&session, 0, bytes.clone()).header("content-md5", &md5).send().await;
    assert_eq!((put.status.as_u16(), put.header("content-md5")), (201, md5.as_str()), "{}", put.text());
    let listed = world.ask("GET", upload_target(&session, "comp=blocklist&blocklisttype=all")).send().await;
    let name = format!(
        "<CommittedBlocks></CommittedBlocks><UncommittedBlocks><Block><Name>MDAwMDAwMDA=</Name><Size>{}</Size>",
        bytes.len()
    );
    assert!(listed.text().contains(&name), "{}", listed.text());
    let list = "<BlockList><Latest>MDAwMDAwMDA=</Latest></BlockList>";
    for _ in 0..2 {
        let put = world.ask("PUT", upload_target(&session, "comp=blocklist")).bytes(list.into()).send().await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let path = path_of(&store, &session);
    let fetched = world.at("GET", &path).send().await.expect(200);
    assert_eq!((&fetched["totalBlockCount"], &fetched["remainingBlockCount"]), (&json!(1), &json!(0)));
    let patched = world.at("PATCH", &path).json(fetched).send().await.expect(200);
    assert_eq!(patched["state"], "UploadInProgress", "a whole object may come back");
    for _ in 0..2 {
        assert_eq!(world.at("POST", &format!("{path}/commit")).send().await.status, 204);
    }
    let done = world.processed(&path).await;
    assert_eq!(
        (&done["state"], &done["error"], &done["remainingJobCount"]),
        (&json!("Completed"), &Value::Null, &json!(0))
    );
    let moments: Vec<&str> = [
        "creationDateTime",
        "startDateTime",
        "uploadCompletionDateTime",
        "processingCompletionDateTime",
        "completionDateTime",
    ]
    .iter()
    .map(|name| text(&done, name))
    .collect();
    assert!(moments.is_sorted(), "{moments:?}");
    ask_live_data(&world, &store, &done).await;
}

/// Calls lookup, classify and redact for the three people.
async fn ask_live_data(world: &World, store: &Value, session: &Value) {
    let path = format!("/exactMatchDataStores/{}", text(store, "id"));
    let live = world.at("GET", &path).send().await.expect(200);
    assert_eq!(
        (&live["rowCount"], &live["generation"], &live["activeSessionId"]),
        (&json!(3), &json!(1), &session["id"])
    );
    assert!(live["columns"][0]["class"].is_string(), "{live}");
    let body =
        json!({"key": "ssn", "resultColumnNames": ["lastName"], "values": ["900 33 4444", "900-00-0000"]});
    let rows = world.at("POST", &format!("{path}/lookup")).json(body).send().await.expect(200);
    let row: Value = serde_json::from_str(rows["value"][0].as_str().unwrap_or("")).expect("a row is JSON");
    assert_eq!((rows["value"].as_array().map(Vec::len), &row["row"]), (Some(1), &json!(2)));
    assert_eq!(text(&row, "lastName").len(), 8);

    let rule = json!({"name": "people", "exactMatch": {"dataStoreId": text(store, "id"), "patterns": [
        {"confidence": 85, "primary": "ssn", "supporting": [{"minMatches": 1, "columns": ["lastName"]}]},
        {"confidence": 65, "primary": "ssn"}
    ]}});
    let made = world.at("POST", "/sensitiveTypes").json(rule).send().await.expect(201);
    let text_in = "\u{1F600} Ms Langer, SSN 900-33-4444";
    let ask = |explain: bool| json!({"text": text_in, "timeoutInMs": "10000", "sensitiveTypeIds": [text(&made, "id"), "nobody"], "explain": explain});
    let result = world
        .at("POST", "/classifyExactMatches")
        .token(&world.classifier)
        .json(ask(false))
        .send()
        .await
        .expect(200);
    let found = &result["classification"][0];
    assert_eq!(
        (&found["id"], &found["confidence"], &found["uniqueCount"]),
        (&made["id"], &json!(85), &json!(1)),
        "{result}"
    );
    let place = &found["matches"][0];
    // The emoji counts two, because offsets are UTF-16 units.
    assert_eq!(
        (&place["idMatch"], &place["offset"], &place["length"]),
        (&json!("900-33-4444"), &json!(18), &json!(11))
    );
    assert_eq!((&place["columnName"], &place["rows"]), (&json!("ssn"), &json!([2])));
    assert_eq!(place["rowSessionIds"], json!([session["id"]]));
    let evidence = &place["evidences"][0];
    assert_eq!(
        (&evidence["match"], &evidence["columnName"], &evidence["counted"]),
        (&json!("Langer"), &json!("lastName"), &json!(true))
    );
    assert_eq!(
        (&result["errors"][0]["code"], &result["errors"][0]["target"]),
        (&json!("sensitiveTypeNotFound"), &json!("nobody"))
    );
    world.at("POST", "/classifyExactMatches").json(ask(true)).send().await.expect(200);

    let body = json!({"text": text_in, "sensitiveTypeIds": [text(&made, "id")], "replacement": "label"});
    let redacted = world.at("POST", "/redactExactMatches").json(body).send().await.expect(200);
    let covered = text(&redacted, "text");
    assert!(covered.contains("[ssn]") && !covered.contains("4444"), "{covered}");
}

#[tokio::test]
async fn paths_are_read_leniently() {
    let world = World::new().await;
    let store = world.store("paths").await;
    let session = world.session(&store, json!({})).await;
    let (store, session) = (text(&store, "id"), text(&session, "id"));
    let check = async |method: &'static str, target: String, status: u16| {
        let answer = world.ask(method, target.clone()).send().await;
        assert_eq!(answer.status.as_u16(), status, "{method} {target}: {}", answer.text());
    };
    check("GET", format!("/v1.0/dataClassification/exactMatchDataStores/{store}"), 200).await;
    check("GET", format!("/beta//DATACLASSIFICATION/exactmatchdatastores/{store}/"), 200).await;
    check(
        "GET",
        format!("/beta/dataClassification/exactMatchDataStores('{store}')/sessions('{session}')"),
        200,
    )
    .await;
    check("GET", format!("/beta/dataClassification/exactMatchDataStores(%27{store}%27)"), 200).await;
    check("GET", format!("{BETA}/exactMatchDataStores/%24count"), 200).await;
    check("GET", format!("{BETA}/exactMatchDataStores?%24filter=displayName+eq+%27paths%27"), 200).await;
    check("GET", BETA.to_owned(), 200).await;
    check("HEAD", format!("{BETA}/exactMatchDataStores"), 200).await;
    check(
        "POST",
        format!("{BETA}/exactMatchDataStores/{store}/sessions/{session}/microsoft.graph.renew"),
        200,
    )
    .await;
    check("POST", format!("{BETA}/exactMatchDataStores/{store}/sessions/{session}/Cancel()"), 204).await;
    check("GET", format!("{BETA}/exactMatchDataStores/a%20b%2Fc%27%C3%A9%25%24"), 404).await;
    check("GET", format!("/beta/{}", "x/".repeat(3_000)), 404).await;
    check("GET", "/healthz".to_owned(), 200).await;
    check("GET", "/readyz".to_owned(), 200).await;
    let page = include_bytes!("../../edm-graph/tests/fixtures/page_000_create_session.json");
    let target = format!("{BETA}/exactMatchDataStores/{store}/sessions/$ref");
    let posted = world
        .ask("POST", target)
        .header("content-type", "application/json")
        .bytes(page.to_vec())
        .send()
        .await;
    let posted = posted.expect(201);
    let sent: Value = serde_json::from_slice(page).expect("it is JSON");
    for name in sent.as_object().into_iter().flat_map(|sent| sent.keys()) {
        assert!(posted.get(name).is_some(), "the first page's property {name} is not answered");
    }
    assert_eq!((&posted["dataStoreId"], &posted["state"]), (&json!(store), &json!("UploadInProgress")));
}

#[tokio::test]
async fn lists_are_cut_sorted_and_counted() {
    let world = World::new().await;
    let store = world.store("lists").await;
    for number in 0..5 {
        world.session(&store, json!({"fileName": format!("f{number}"), "uploadAgentId": "nobody"})).await;
    }
    let path = sessions_of(&store);
    let names = |list: &Value| -> Vec<String> {
        list["value"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|session| text(session, "fileName").to_owned())
            .collect()
    };
    let check = async |query: &str, expected: &[&str]| {
        let list = world.at("GET", &format!("{path}?{query}")).send().await.expect(200);
        assert_eq!(names(&list), expected, "{query}");
        list
    };
    check("", &["f0", "f1", "f2", "f3", "f4"]).await;
    let list = check("$count=true&$skip=1&$top=2", &["f1", "f2"]).await;
    assert_eq!((&list["@odata.count"], list.get("@odata.nextLink")), (&json!(5), None));
    check("$orderby=fileName%20desc&$top=2", &["f4", "f3"]).await;
    check("$filter=fileName%20gt%20'f2'%20and%20state%20eq%20'UploadInProgress'", &["f3", "f4"]).await;
    let list = check("$top=1&$select=fileName&$expand=uploadAgent", &["f0"]).await;
    let keys: Vec<&String> =
        list["value"][0].as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    assert_eq!(keys, ["@odata.etag", "@odata.type", "fileName", "uploadAgent"]);
    for (query, count) in [("", "5"), ("?$filter=fileName%20eq%20'f1'", "1")] {
        let answer = world.at("GET", &format!("{path}/$count{query}")).send().await;
        assert_eq!(
            (answer.body, answer.headers["content-type"].to_str().unwrap_or("")),
            (count.into(), "text/plain; charset=utf-8")
        );
    }
    for query in ["$select=fileName", "$select=fileName&$orderby=fileName", "$select=fileName&$top=5"] {
        let mut seen = Vec::new();
        let mut next = Some(format!("http://edm.test:8080{BETA}{path}?{query}"));
        while let Some(link) = next {
            let target =
                link.strip_prefix("http://edm.test:8080").expect("next links are absolute").to_owned();
            let page =
                world.ask("GET", target).header("prefer", "odata.maxpagesize=2").send().await.expect(200);
            assert!(page["value"].as_array().is_some_and(|value| (1..=2).contains(&value.len())), "{page}");
            seen.extend(names(&page));
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, ["f0", "f1", "f2", "f3", "f4"], "{query}");
    }
    let expanded = world
        .at("GET", "/exactMatchDataStores?$expand=sessions($top=1;$select=fileName)")
        .send()
        .await
        .expect(200);
    assert_eq!(names(&json!({"value": expanded["value"][0]["sessions"]})), ["f0"]);
}

#[tokio::test]
async fn secrets_are_shown_to_their_owner_only() {
    let world = World::new().await;
    let store = world.store("secrets").await;
    let made = world
        .at("POST", &sessions_of(&store))
        .token(&world.uploader)
        .json(json!({}))
        .send()
        .await
        .expect(201);
    let path = path_of(&store, &made);
    let read =
        async |token: &str, query: &str| world.at("GET", &format!("{path}{query}")).token(token).send().await;
    assert!(read(&world.uploader, "").await.expect(200).get("salt").is_none());
    assert_eq!(read(&world.uploader, "?$select=salt").await.expect(200)["salt"], made["salt"]);
    for token in [&world.reader, &world.admin] {
        assert_eq!(read(token, "?$select=salt").await.status, 403);
    }
    assert!(read(&world.uploader, "").await.expect(200)["dataUploadURI"].is_string());
    assert_eq!(read(&world.reader, "").await.expect(200)["dataUploadURI"], Value::Null);
    let listed = world.at("GET", &format!("{}?$select=id,salt", sessions_of(&store)));
    let listed = listed.token(&world.reader).send().await.expect(200);
    assert_eq!(listed["value"][0].get("salt"), None, "{listed}");
    assert_eq!(
        world.at("GET", &format!("{}?$filter=salt%20eq%20'a'", sessions_of(&store))).send().await.status,
        400
    );
}

#[tokio::test]
async fn every_answer_carries_its_ids() {
    let world = World::new().await;
    let answer = world.at("GET", "/exactMatchDataStores").header("client-request-id", "mine").send().await;
    assert_eq!((answer.header("client-request-id"), answer.header("odata-version")), ("mine", "4.0"));
    assert!(answer.header("content-type").starts_with("application/json;"));
    let lost = world.ask("GET", "/nowhere").header("client-request-id", "mine").send().await;
    assert_eq!(lost.json()["error"]["innerError"]["client-request-id"], "mine");
    let odd = world.at("GET", "/exactMatchDataStores").header("host", "evil\"host/").send().await;
    assert!(!odd.text().contains("evil"), "{}", odd.text());
}

/// A panic in a handler is answered with 500 in Graph's form, and the server continues.
#[tokio::test]
async fn panics_are_fenced() {
    // Without workers, whose reads of the clock would count too.
    let world = World::unready(edm_service::ServiceLimits::default()).await;
    // The first read of the clock is that of the request's context. The second checks the token,
    // where panics are handled.
    world.clock.fuse.store(2, std::sync::atomic::Ordering::SeqCst);
    let broken = world.at("GET", "/exactMatchDataStores").send().await;
    assert_eq!((broken.status.as_u16(), broken.code().as_str()), (500, "internalError"));
    assert_eq!(broken.json()["error"]["innerError"]["request-id"], broken.header("request-id"));
    assert!(!broken.text().contains("a test broke"), "the panic's text reached the client");
    assert_eq!(world.at("GET", "/exactMatchDataStores").send().await.status, 200);
}

#[tokio::test]
async fn stores_types_and_agents_are_changed_and_removed() {
    let world = World::new().await;
    let store = world.store("changes").await;
    let path = format!("/exactMatchDataStores/{}", text(&store, "id"));
    let mut whole = store.clone();
    whole["description"] = json!("changed");
    whole["displayName"] = json!("renamed");
    let changed = world.at("PATCH", &path).json(whole).send().await.expect(200);
    assert_eq!((&changed["description"], &changed["columns"]), (&json!("changed"), &store["columns"]));
    let cleared = world.at("PATCH", &path).json(json!({"description": null})).send().await.expect(200);
    assert_eq!((&cleared["description"], &cleared["displayName"]), (&Value::Null, &json!("renamed")));
    let agent = world.at("POST", "/exactMatchUploadAgents").json(json!({})).send().await.expect(201);
    let agent_path = format!("/exactMatchUploadAgents/{}", text(&agent, "id"));
    let changed = world.at("PATCH", &agent_path).json(json!({"description": "d"})).send().await.expect(200);
    assert_eq!(changed["description"], "d");
    let session = world.session(&store, json!({"uploadAgentId": text(&agent, "id")})).await;
    let navigated =
        world.at("GET", &format!("{}/uploadAgent", path_of(&store, &session))).send().await.expect(200);
    assert_eq!(navigated["id"], agent["id"]);
    let rule = json!({"dataStoreId": text(&store, "id"), "patterns": [{"confidence": 80, "primary": "ssn"}]});
    let kind = world
        .at("POST", "/sensitiveTypes")
        .json(json!({"name": "t", "exactMatch": rule}))
        .send()
        .await
        .expect(201);
    let type_path = format!("/sensitiveTypes/{}", text(&kind, "id"));
    let renamed = world.at("PATCH", &type_path).json(json!({"name": "u"})).send().await.expect(200);
    assert_eq!((&renamed["name"], &renamed["exactMatch"]), (&json!("u"), &kind["exactMatch"]));
    // A store's default type keeps its patterns, and may be sent back whole.
    let types = world.at("GET", "/sensitiveTypes?$filter=not%20(name%20eq%20'u')").send().await.expect(200);
    let mut whole = types["value"][0].clone();
    whole["description"] = json!("changed");
    let default_path = format!("/sensitiveTypes/{}", text(&whole, "id"));
    let changed = world.at("PATCH", &default_path).json(whole).send().await.expect(200);
    assert_eq!(changed["description"], "changed");
    let session_path = path_of(&store, &session);
    for gone in [&type_path, &agent_path, &session_path, &path] {
        assert_eq!(world.at("DELETE", gone).send().await.status, 204, "{gone}");
        assert_eq!(world.at("GET", gone).send().await.status, 404, "{gone}");
    }
}
