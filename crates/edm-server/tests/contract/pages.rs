//! The two pages of documentation that the project began with, unchanged.

use serde_json::{Value, json};

use crate::text;
use crate::world::{World, path_of, sessions_of};

const PAGE_000: &[u8] = include_bytes!("../../../edm-graph/tests/fixtures/page_000_create_session.json");
const PAGE_002: &[u8] = include_bytes!("../../../edm-graph/tests/fixtures/page_002_create_session_base.json");

/// Page 000: with its placeholders, at the path of its example and at that of its request line.
#[tokio::test]
async fn the_first_page_is_answered_201_with_all_of_its_properties() {
    let world = World::new().await;
    let store = world.store("page 000").await;
    let sent: Value = serde_json::from_slice(PAGE_000).expect("the page is JSON");
    for path in [sessions_of(&store), format!("{}/$ref", sessions_of(&store))] {
        let posted = world.at("POST", &path).header("content-type", "application/json");
        let posted = posted.bytes(PAGE_000.to_vec()).send().await;
        let location = posted.header("location").to_owned();
        let made = posted.expect(201);
        assert!(location.ends_with(&format!("/sessions/{}", text(&made, "id"))), "{location}");
        for name in sent.as_object().expect("an object").keys() {
            assert!(made.get(name).is_some(), "{name} is not answered");
        }
        for name in
            ["fields", "fileName", "checksum", "uploadAgentId", "rowsPerBlock", "totalBlockCount", "salt"]
        {
            assert_eq!(made[name], sent[name], "a client sets {name}");
        }
        assert_eq!(made["@odata.type"], sent["@odata.type"]);
        assert_eq!(made["dataStoreId"], store["id"], "the path says whose session it is");
        assert_eq!(made["datastoreId"], store["id"], "in both spellings");
        assert_eq!(made["state"], "UploadInProgress");
        assert_eq!((&made["error"], &made["completionDateTime"]), (&Value::Null, &Value::Null));
        assert_eq!(made["remainingBlockCount"], 15);
        assert_ne!(made["dataUploadURI"], sent["dataUploadURI"]);
        assert_ne!(made["creationDateTime"], sent["creationDateTime"]);
        let read = world.at("GET", &path_of(&store, &made)).send().await.expect(200);
        assert_eq!(read["fileName"], "File Name value");
    }
}

/// Page 002: with values of the declared types it gives 201. Unchanged it gives 400, for the one
/// property in it that a client may set.
#[tokio::test]
async fn the_second_page_is_taken_where_its_types_are_right() {
    let world = World::new().await;
    let store = world.store("page 002").await;
    let literal: Value = serde_json::from_slice(PAGE_002).expect("the page is JSON");
    let post = async |body: &Value| world.at("POST", &sessions_of(&store)).json(body.clone()).send().await;
    let refused = post(&literal).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "invalidRequest"));
    assert_eq!(refused.json()["error"]["target"], "totalBlockCount");
    let mut typed = literal.clone();
    typed["totalBlockCount"] = json!(3);
    // "String (timestamp)" and "Integer" in properties that the service sets are ignored.
    let made = post(&typed).await.expect(201);
    assert_eq!(made["totalBlockCount"], 3);
    for (name, value) in typed.as_object_mut().expect("an object") {
        if name.ends_with("DateTime") {
            *value = json!("2017-01-01T00:02:38.3339201");
        } else if name.ends_with("Count") {
            *value = json!(3);
        }
    }
    let made = post(&typed).await.expect(201);
    for name in literal.as_object().expect("an object").keys() {
        assert!(made.get(name).is_some(), "{name} is not answered");
    }
    assert_eq!((&made["state"], &made["dataStoreId"]), (&json!("UploadInProgress"), &store["id"]));
    // The same literals as a change.
    let path = path_of(&store, &made);
    let refused = world.at("PATCH", &path).json(literal.clone()).send().await;
    assert_eq!(refused.json()["error"]["target"], "totalBlockCount");
    let mut rest = literal;
    rest.as_object_mut().expect("an object").remove("totalBlockCount");
    world.at("PATCH", &path).json(rest).send().await.expect(200);
}
