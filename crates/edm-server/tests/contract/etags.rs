//! Etags: what they cover, what they refuse, and that of two changes with one etag exactly one
//! succeeds.

use serde_json::{Value, json};

use crate::text;
use crate::world::{World, block, path_of, sessions_of};

const PEOPLE: &[&[&str]] = &[&["900-11-2222", "Okafor"]];

/// One resource of each kind that can be changed: its path and two changes.
async fn entities(world: &World) -> Vec<(String, Value, Value)> {
    let store = world.store("etags").await;
    let session = world.session(&store, json!({})).await;
    let agent = world.at("POST", "/exactMatchUploadAgents").json(json!({})).send().await.expect(201);
    let named = world.session(&store, json!({"uploadAgentId": text(&agent, "id")})).await;
    let rule = json!({"dataStoreId": text(&store, "id"), "patterns": [{"confidence": 80, "primary": "ssn"}]});
    let kind =
        world.at("POST", "/sensitiveTypes").json(json!({"name": "t", "exactMatch": rule})).send().await;
    let kind = kind.expect(201);
    let described = |text: &str| json!({"description": text});
    vec![
        (path_of(&store, &session), json!({"rowCount": 1}), json!({"rowCount": 2})),
        (format!("/sensitiveTypes/{}", text(&kind, "id")), described("a"), described("b")),
        (format!("{}/uploadAgent", path_of(&store, &named)), described("a"), described("b")),
        (format!("/exactMatchUploadAgents/{}", text(&agent, "id")), described("c"), described("d")),
        (format!("/exactMatchDataStores/{}", text(&store, "id")), described("a"), described("b")),
    ]
}

#[tokio::test]
async fn a_change_that_expects_another_state_is_refused() {
    let world = World::new().await;
    for (path, first, second) in entities(&world).await {
        let get = world.at("GET", &path).send().await;
        let etag = get.header("etag").to_owned();
        assert!(etag.starts_with("W/\"") && etag.len() == 36, "{path}: {etag}");
        assert_eq!(get.json()["@odata.etag"], etag, "{path}");
        let again = world.at("GET", &format!("{path}?$select=id")).send().await;
        assert_eq!((again.header("etag"), &again.json()["@odata.etag"]), (etag.as_str(), &json!(etag)));
        let not_modified = async |value: &str| {
            let answer = world.at("GET", &path).header("if-none-match", value).send().await;
            if answer.status == 304 {
                assert!(answer.body.is_empty() && answer.header("etag") == etag, "{path}");
            }
            answer.status.as_u16()
        };
        let strong = etag.trim_start_matches("W/").to_owned();
        assert_eq!(not_modified(&etag).await, 304);
        assert_eq!(not_modified(&format!("\"x\", {strong}")).await, 304);
        assert_eq!(not_modified("*").await, 304);
        assert_eq!(not_modified("\"x\"").await, 200);
        let refused = async |method: &'static str, header: &str, value: &str| {
            let answer = world.at(method, &path).header(header, value).json(first.clone()).send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (412, "preconditionFailed"),
                "{method} {path}"
            );
            assert!(answer.json()["error"]["innerError"]["request-id"].is_string());
        };
        refused("GET", "if-match", "\"x\"").await;
        refused("PATCH", "if-match", "\"x\"").await;
        refused("PATCH", "if-match", "garbage").await;
        refused("PATCH", "if-none-match", "*").await;
        refused("DELETE", "if-match", "\"x\"").await;
        let change = async |value: &str, body: &Value| {
            world.at("PATCH", &path).header("if-match", value).json(body.clone()).send().await
        };
        let changed = change(&strong, &first).await;
        let next = changed.header("etag").to_owned();
        assert_eq!(changed.status, 200, "{path}: {}", changed.text());
        assert_ne!(next, etag, "{path}");
        assert_eq!(change(&etag, &second).await.status, 412, "{path}");
        assert_eq!(change("*", &second).await.status, 200, "{path}");
        assert_eq!(not_modified(&etag).await, 200);
    }
    // In reverse order: a resource that contains another is deleted last.
    for (path, ..) in entities_again(&world).await {
        let etag = world.at("GET", &path).send().await.header("etag").to_owned();
        let deleted = world.at("DELETE", &path).header("if-match", &etag).send().await;
        assert_eq!(deleted.status, 204, "{path}: {}", deleted.text());
        let gone = world.at("PATCH", &path).header("if-match", &etag).json(json!({})).send().await;
        assert_eq!(gone.status, 404, "{path}");
    }
}

/// One resource of each kind.
async fn entities_again(world: &World) -> Vec<(String, ())> {
    let mut paths = Vec::new();
    let stores = world.at("GET", "/exactMatchDataStores?$expand=sessions").send().await.expect(200);
    let store = &stores["value"][0];
    paths.push((path_of(store, &store["sessions"][0]), ()));
    let types = world.at("GET", "/sensitiveTypes?$filter=name%20eq%20't'").send().await.expect(200);
    paths.push((format!("/sensitiveTypes/{}", text(&types["value"][0], "id")), ()));
    paths.push((format!("{}/uploadAgent", path_of(store, &store["sessions"][1])), ()));
    paths.push((format!("/exactMatchDataStores/{}", text(store, "id")), ()));
    paths
}

/// Check and change are atomic: the second change finds another state.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_changes_with_one_etag_exactly_one_happens() {
    let world = World::new().await;
    for (path, ..) in entities(&world).await {
        let property = if path.ends_with("uploadAgent") || !path.contains("/sessions/") {
            "description"
        } else {
            "checksum"
        };
        for round in 0..10 {
            let etag = world.at("GET", &path).send().await.header("etag").to_owned();
            let racers: Vec<_> = (0..4)
                .map(|racer| {
                    let body = json!({property: format!("{round} {racer}")});
                    world.at("PATCH", &path).header("if-match", &etag).json(body).spawn()
                })
                .collect();
            let mut won = Vec::new();
            for (racer, answer) in racers.into_iter().enumerate() {
                let answer = answer.await.expect("a request ends");
                match answer.status.as_u16() {
                    200 => won.push(format!("{round} {racer}")),
                    status => assert_eq!(status, 412, "{path}: {}", answer.text()),
                }
            }
            let now = world.at("GET", &path).send().await.expect(200);
            assert_eq!(won, [text(&now, property)], "{path}");
        }
    }
}

/// Every visible change changes the etag: blocks, jobs, publication, rollback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_etag_follows_what_is_shown() {
    let world = World::new().await;
    let store = world.store("shown").await;
    let store_path = format!("/exactMatchDataStores/{}", text(&store, "id"));
    let etag = async |path: &str| world.at("GET", path).send().await.header("etag").to_owned();
    let mut store_etags = vec![etag(&store_path).await];
    world.publish(&store, PEOPLE).await;
    store_etags.push(etag(&store_path).await);
    let session = world.session(&store, json!({"totalBlockCount": 1, "allowShrink": true})).await;
    let path = path_of(&store, &session);
    let mut etags = vec![text(&session, "@odata.etag").to_owned()];
    assert_eq!(etags[0], etag(&path).await, "what a POST answers is what a GET answers");
    let put = world.put_block(&session, 0, block(&store, &session, PEOPLE)).send().await;
    assert_eq!(put.status, 201, "{}", put.text());
    etags.push(etag(&path).await);
    world.pass_seconds(5);
    let action = async |name: &str, if_match: &str| {
        let answer = world.at("POST", &format!("{path}/{name}")).header("if-match", if_match).send().await;
        answer.status.as_u16()
    };
    assert_eq!(action("renew", &etags[0]).await, 412);
    assert_eq!(action("renew", &etags[1]).await, 200);
    etags.push(etag(&path).await);
    for name in ["renew", "commit", "cancel"] {
        assert_eq!(action(name, &etags[1]).await, 412, "{name}");
    }
    assert_eq!(action("commit", &etags[2]).await, 204);
    let done = world.processed(&path).await;
    assert_eq!(done["state"], "Completed", "{done}");
    etags.push(etag(&path).await);
    store_etags.push(etag(&store_path).await);
    let rollback = format!("{store_path}/rollback");
    let back = world.at("POST", &rollback).header("if-match", &store_etags[1]).send().await;
    assert_eq!(back.status, 412);
    let back = world.at("POST", &rollback).header("if-match", &store_etags[2]).send().await;
    assert_eq!(back.status, 200, "{}", back.text());
    store_etags.push(etag(&store_path).await);
    for (position, one) in etags.iter().chain(&store_etags).enumerate() {
        assert!(etags.iter().chain(&store_etags).skip(position + 1).all(|other| other != one), "{position}");
    }
    // An element of a list has the same etag as the resource itself. A list has no etag.
    let listed = world.at("GET", &sessions_of(&store)).send().await;
    assert_eq!(listed.header("etag"), "");
    assert_eq!(listed.json()["value"][1]["@odata.etag"], etags[3]);
    // Expanded resources have their own states, which the outer etag does not cover.
    let expanded = world.at("GET", &format!("{store_path}?$expand=sessions"));
    let expanded = expanded.header("if-none-match", &store_etags[3]).send().await;
    assert_eq!((expanded.status.as_u16(), expanded.header("etag")), (200, ""));
}

#[tokio::test]
async fn a_preference_is_met_and_said() {
    let world = World::new().await;
    let store = world.store("wishes").await;
    let sessions = sessions_of(&store);
    let rule = json!({"dataStoreId": text(&store, "id"), "patterns": [{"confidence": 80, "primary": "ssn"}]});
    let columns = json!([{"name": "a", "isSearchable": true}]);
    let made = [
        ("/exactMatchDataStores".to_owned(), json!({"displayName": "w", "columns": columns})),
        ("/exactMatchUploadAgents".to_owned(), json!({})),
        ("/sensitiveTypes".to_owned(), json!({"name": "w", "exactMatch": rule})),
        (sessions, json!({"fileName": "f"})),
    ];
    for (path, body) in made {
        let minimal = world.at("POST", &path).header("prefer", "return=minimal").json(body).send().await;
        assert_eq!((minimal.status.as_u16(), minimal.text().as_str()), (204, ""), "{path}");
        assert_eq!(minimal.header("preference-applied"), "return=minimal");
        let location = minimal.header("location").to_owned();
        assert_eq!(minimal.header("odata-entityid"), location);
        let target = location.strip_prefix("http://edm.test:8080").expect("an absolute address").to_owned();
        let get = world.ask("GET", &target).send().await;
        assert_eq!((get.status.as_u16(), get.header("etag")), (200, minimal.header("etag")));
        let patch = async |wish: &str| {
            world.ask("PATCH", &target).header("prefer", wish).json(json!({})).send().await
        };
        let minimal = patch("return=minimal").await;
        assert_eq!((minimal.status.as_u16(), minimal.header("preference-applied")), (204, "return=minimal"));
        assert_eq!((minimal.header("location"), minimal.header("etag").len()), ("", 36));
        let whole = patch("odata.maxpagesize=1, return=representation").await;
        assert_eq!(
            (whole.status.as_u16(), whole.header("preference-applied")),
            (200, "return=representation")
        );
        let plain = patch("respond-async").await;
        assert_eq!((plain.status.as_u16(), plain.header("preference-applied")), (200, ""));
    }
}
