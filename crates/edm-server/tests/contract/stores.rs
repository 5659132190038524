//! Stores with inline sessions, whole objects sent back, cleared values, dates in every spelling.

use serde_json::{Value, json};

use crate::text;
use crate::world::{World, block, path_of, sessions_of};

fn columns() -> Value {
    json!([{"name": "ssn", "isSearchable": true, "ignoredDelimiters": ["-", " "]}, {"name": "lastName"}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_made_with_its_sessions() {
    let world = World::new().await;
    let own = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01";
    let body = json!({"displayName": "deep", "columns": columns(), "sessions": [
        {"fileName": "first", "totalBlockCount": 1, "state": "Completed", "creationDateTime": "String (timestamp)"},
        {"fileName": "second", "salt": own, "unknown": {"a": [1]}}
    ]});
    let made = world.at("POST", "/exactMatchDataStores?$select=displayName").json(body).send().await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    let (Some(first), Some(second)) = (made["sessions"].get(0), made["sessions"].get(1)) else {
        panic!("the sessions are not answered: {made}")
    };
    for session in [first, second] {
        assert_eq!(session["@odata.type"], "#microsoft.graph.exactMatchSession");
        assert_eq!(session["state"], "UploadInProgress");
        assert!(
            session["dataUploadURI"].is_string() && location.ends_with(text(session, "dataStoreId")),
            "{session}"
        );
    }
    assert_eq!((text(first, "salt").len(), text(second, "salt")), (64, own));
    assert_eq!((made.get("columns"), &made["displayName"]), (None, &json!("deep")));
    // The answer has everything that an upload needs.
    let store = world.at("GET", "/exactMatchDataStores?$top=1").send().await.expect(200)["value"][0].clone();
    for session in [first, second] {
        let put =
            world.put_block(session, 0, block(&store, session, &[&["900-11-2222", "Okafor"]])).send().await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let path = path_of(&store, first);
    assert_eq!(world.at("POST", &format!("{path}/commit")).send().await.status, 204);
    assert_eq!(world.processed(&path).await["state"], "Completed");
    let names =
        world.at("GET", &format!("{}?$select=fileName", sessions_of(&store))).send().await.expect(200);
    assert_eq!(
        (&names["value"][0]["fileName"], &names["value"][1]["fileName"]),
        (&json!("first"), &json!("second"))
    );
}

/// A store as the SDK sends it, before its schema is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_may_come_before_its_columns() {
    let world = World::new().await;
    let body = json!({"displayName": "x", "sessions": [{"fileName": "f"}]});
    let made = world.at("POST", "/exactMatchDataStores").json(body).send().await.expect(201);
    assert_eq!((&made["columns"], &made["sessions"][0]["fileName"]), (&json!([]), &json!("f")));
    let path = format!("/exactMatchDataStores/{}", text(&made, "id"));
    let whole = world.at("GET", &path).send().await.expect(200);
    let patched = world.at("PATCH", &path).json(whole.clone()).send().await.expect(200);
    assert_eq!(patched, whole);
    let found = world.at("POST", "/classifyExactMatches").json(json!({"text": "900-11-2222"})).send().await;
    assert_eq!(found.expect(200)["classification"], json!([]));
    let store = world.at("PATCH", &path).json(json!({"columns": columns()})).send().await.expect(200);
    let session = &made["sessions"][0];
    let block_of = block(&store, session, &[&["900-11-2222", "Okafor"]]);
    let put = world.put_block(session, 0, block_of).send().await;
    assert_eq!((put.status.as_u16(), put.code().as_str()), (409, "columnsChanged"), "{}", put.text());
    let commit = world.at("POST", &format!("{}/commit", path_of(&store, session))).send().await;
    assert_eq!(commit.status, 409, "{}", commit.text());
    let emptied = world.at("PATCH", &path).json(json!({"columns": []})).send().await;
    assert_eq!((emptied.status.as_u16(), &emptied.json()["error"]["target"]), (400, &json!("columns")));
    world.publish(&store, &[&["900-11-2222", "Okafor"]]).await;
}

/// All or nothing: no store, no session, and the name stays free.
#[tokio::test]
async fn a_store_whose_session_cannot_be_made_is_not_made() {
    let world = World::new().await;
    world.store("taken").await;
    let check = async |name: &str, sessions: Value, status: u16, target: &str| {
        let body = json!({"displayName": name, "columns": columns(), "sessions": sessions});
        let answer = world.at("POST", "/exactMatchDataStores").json(body).send().await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        assert_eq!(answer.json()["error"]["target"], target, "{}", answer.text());
        assert_eq!(world.at("GET", "/exactMatchDataStores/$count").send().await.text(), "1");
        assert_eq!(world.at("GET", "/sensitiveTypes/$count").send().await.text(), "1");
    };
    let long = "x".repeat(257);
    check(
        "n",
        json!([{"fileName": "f"}, {"totalBlockCount": "Integer"}]),
        400,
        "sessions[1].totalBlockCount",
    )
    .await;
    check("n", json!([{"fileName": "f"}, {"salt": long}]), 400, "sessions[1].salt").await;
    check("n", json!([{"fileName": "f"}, {"updateMode": "delta"}]), 409, "sessions[1].updateMode").await;
    check("n", json!([{"fileName": "f"}, {"@odata.id": "x"}]), 400, "sessions[1].@odata.id").await;
    check("n", json!([{"fileName": "f"}, 3]), 400, "sessions[1]").await;
    check("n", json!({}), 400, "sessions").await;
    check("n", Value::Array(vec![json!({}); 101]), 400, "sessions").await;
    check("TAKEN", json!([{"fileName": "f"}]), 409, "displayName").await;
    let most = json!({"displayName": "n", "columns": columns(), "sessions": vec![json!({}); 100]});
    let made = world.at("POST", "/exactMatchDataStores").json(most).send().await.expect(201);
    assert_eq!(made["sessions"].as_array().map(Vec::len), Some(100));
    let none = json!({"displayName": "m", "columns": columns(), "sessions": null});
    assert_eq!(
        world.at("POST", "/exactMatchDataStores").json(none).send().await.expect(201).get("sessions"),
        None
    );
}

/// Microsoft's SDK sends back what it fetched, including unknown properties, with dates in Python's
/// format.
#[tokio::test]
async fn whole_objects_come_back_and_nothing_changes() {
    let world = World::new().await;
    let store = world.store("whole").await;
    let agent = world
        .at("POST", "/exactMatchUploadAgents")
        .json(json!({"description": "a"}))
        .send()
        .await
        .expect(201);
    let draft = json!({"uploadAgentId": text(&agent, "id"), "checksum": "c", "totalBlockCount": 3, "rowCount": 5,
        "datastoreId": "not this one", "startDateTime": "2026-01-02T00:00:00", "completionDateTime": "2017-01-01T00:02:38.3339201+00:00"});
    let session = world.session(&store, draft).await;
    assert_eq!(session["dataStoreId"], store["id"]);
    let rule = json!({"dataStoreId": text(&store, "id"), "patterns": [{"confidence": 80, "primary": "ssn"}]});
    let kind = world
        .at("POST", "/sensitiveTypes")
        .json(json!({"name": "t", "description": "a", "exactMatch": rule}))
        .send()
        .await;
    let kind = kind.expect(201);
    let path = path_of(&store, &session);
    let all = [
        (path.clone(), "checksum"),
        (format!("{path}/uploadAgent"), "description"),
        (format!("/exactMatchUploadAgents/{}", text(&agent, "id")), "description"),
        (format!("/sensitiveTypes/{}", text(&kind, "id")), "description"),
        (format!("/exactMatchDataStores/{}", text(&store, "id")), "description"),
    ];
    for (path, clearable) in all {
        let fetched = world.at("GET", &path).send().await.expect(200);
        let mut whole = fetched.clone();
        for (name, value) in whole.as_object_mut().expect("an object") {
            if name.ends_with("DateTime") && value.is_string() {
                *value = json!("2026-01-02T03:04:05.678901+00:00");
            }
        }
        whole["unknown"] = json!({"deep": [1, {"er": null}]});
        whole["state"] = json!("Completed");
        whole["creationDateTime"] = json!("2026-01-02T00:00:00");
        let patched = world.at("PATCH", &path).json(whole).send().await;
        assert_eq!(patched.header("etag"), text(&fetched, "@odata.etag"), "{path}");
        let patched = patched.expect(200);
        assert_eq!(patched, fetched, "{path}");
        assert_eq!(patched.get("unknown"), None);
        let described = world.at("PATCH", &path).json(json!({clearable: "d"})).send().await.expect(200);
        assert_eq!(described[clearable], "d", "{path}");
        let cleared = world.at("PATCH", &path).json(json!({clearable: null})).send().await.expect(200);
        assert_eq!(cleared[clearable], Value::Null, "{path}");
    }
}
