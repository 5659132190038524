//! Lists over the wire: filters find what the JSON shows, pages follow one another, and invalid
//! queries are refused.

mod world;

use edm_graph::query::{Property, parse_filter};
use edm_graph::{DataStoreResource, SensitiveTypeResource, SessionResource, UploadAgentResource};
use edm_testkit::lists::naive::Naive;
use serde_json::{Value, json};
use world::{BETA, World, sessions_of};

const HOST: &str = "http://edm.test:8080";

fn values(list: &Value) -> Vec<Value> {
    list["value"].as_array().expect("a list").clone()
}

fn names(elements: &[Value], name: &str) -> Vec<String> {
    elements.iter().map(|element| element[name].as_str().unwrap_or("").to_owned()).collect()
}

/// Follows the links of a list to its end.
async fn walk(world: &World, first: &str, page_count: u32) -> Vec<Value> {
    let (mut seen, mut next) = (Vec::new(), Some(format!("{HOST}{BETA}{first}")));
    while let Some(link) = next {
        let target = link.strip_prefix(HOST).expect("links are absolute").to_owned();
        let ask = world.ask("GET", target).header("prefer", &format!("odata.maxpagesize={page_count}"));
        let page = ask.send().await.expect(200);
        assert!(values(&page).len() <= page_count as usize, "{page}");
        seen.extend(values(&page));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    seen
}

/// Fills a test service with different stores, types, agents and sessions.
async fn furnished() -> (World, Value) {
    let world = World::new().await;
    let agent = world
        .at("POST", "/exactMatchUploadAgents")
        .json(json!({"description": "Straße"}))
        .send()
        .await
        .expect(201);
    world.at("POST", "/exactMatchUploadAgents").json(json!({})).send().await.expect(201);
    let store = world.store("GRÖSSE").await;
    world.keyed_store("keyed").await;
    world.publish(&store, &[&["900-11-2222", "Reed"], &["900-33-4444", "Hale"]]).await;
    for (number, name) in ["ΟΔΟΣ", "it's", "", "Größe"].into_iter().enumerate() {
        let mut body = json!({"fileName": name, "fields": ["SSN", name], "allowShrink": number % 2 == 0});
        if number < 2 {
            body["uploadAgentId"] = agent["id"].clone();
            body["totalBlockCount"] = json!(number + 1);
        }
        world.session(&store, body).await;
    }
    let rule = json!({"dataStoreId": store["id"], "patterns": [{"confidence": 85, "primary": "ssn"}]});
    for name in ["Über", "plain"] {
        let body = json!({"name": name, "publisherName": name, "exactMatch": rule});
        world.at("POST", "/sensitiveTypes").json(body).send().await.expect(201);
    }
    (world, store)
}

/// The catalog filters and the server shows: both must use the same values.
#[tokio::test]
async fn what_is_found_is_what_the_json_says() {
    let (world, store) = furnished().await;
    let sessions = sessions_of(&store);
    let id = store["id"].as_str().expect("an id");
    let check = async |path: &str, properties: &'static [Property], filter: &str, least: usize| {
        let all = values(&world.at("GET", path).send().await.expect(200));
        let condition = parse_filter(filter, properties).expect(filter);
        let naive = Naive { properties };
        let expected: Vec<Value> =
            all.iter().filter(|element| naive.matches(&condition, element)).cloned().collect();
        assert!(
            expected.len() >= least && expected.len() < all.len(),
            "{filter} says nothing: {expected:#?}"
        );
        let query = filter.replace('%', "%25").replace(' ', "%20").replace('+', "%2B");
        let mut found = values(&world.at("GET", &format!("{path}?$filter={query}")).send().await.expect(200));
        let mut expected = expected;
        for element in expected.iter_mut().chain(&mut found) {
            // The address is signed again each time.
            element["dataUploadURI"] = Value::Null;
        }
        assert_eq!(found, expected, "{filter}");
        let count = world.at("GET", &format!("{path}/$count?$filter={query}")).send().await;
        assert_eq!(count.text(), expected.len().to_string(), "{filter}");
    };
    for filter in [
        "state eq 'Completed'",
        "state ne 'Completed' and remainingBlockCount ge 1",
        "remainingBlockCount eq 0",
        "remainingJobCount eq 0",
        "totalBlockCount eq null",
        "not (totalBlockCount gt 1) and uploadAgentId ne null",
        "completionDateTime ge creationDateTime",
        "startDateTime ne null and processingCompletionDateTime le completionDateTime",
        "tolower(fileName) eq 'οδος'",
        "tolower(fileName) eq tolower('GRÖẞE')",
        "contains(fileName,'''')",
        "fileName in ('Größe', null)",
        "fields/any(f: tolower(f) eq 'οδος')",
        "fields/any(f: f eq fileName and f gt 'a')",
        "not fields/any()",
        "allowShrink and fileName ne ''",
        "not allowShrink",
        "endswith(fileName,'e') or startswith(fileName,'it')",
        "rowCount eq null and error eq null",
        "expirationDateTime gt 2026-11-22T12:00:00Z and fileName eq ''",
    ] {
        check(&sessions, SessionResource::PROPERTIES, filter, 1).await;
    }
    for filter in [
        "rowCount gt 1".to_owned(),
        "generation eq 0".to_owned(),
        "activeSessionId ne null and mustUploadAgain eq false".to_owned(),
        "tolower(displayName) eq 'grösse'".to_owned(),
        "columns/any(c: c/name eq 'ssn' and c/isKey eq true)".to_owned(),
        format!("id eq {}", id.to_uppercase()),
        format!("not (id lt '{id}' or id gt '{id}')"),
        format!("startswith(id,'{}')", &id[..20]),
        "dataLastUpdatedDateTime gt 2026-11-22".to_owned(),
    ] {
        check("/exactMatchDataStores", DataStoreResource::PROPERTIES, &filter, 1).await;
    }
    for filter in [
        "tolower(publisherName) eq 'über'".to_owned(),
        "name eq publisherName".to_owned(),
        "publisherName eq null".to_owned(),
        format!("exactMatch/dataStoreId eq {id} and exactMatch/recommendedConfidence ge 75"),
        "name in ('plain','keyed')".to_owned(),
    ] {
        check("/sensitiveTypes", SensitiveTypeResource::PROPERTIES, &filter, 1).await;
    }
    for filter in ["description eq null", "tolower(description) eq 'straße'"] {
        check("/exactMatchUploadAgents", UploadAgentResource::PROPERTIES, filter, 1).await;
    }
}

#[tokio::test]
async fn pages_follow_one_another_in_every_order() {
    let (world, store) = furnished().await;
    let sessions = sessions_of(&store);
    for order in [
        "",
        "fileName",
        "fileName%20desc",
        "state%20desc,totalBlockCount",
        "remainingBlockCount%20desc",
        "uploadAgentId,allowShrink%20desc",
    ] {
        let path = format!("{sessions}?$orderby={order}");
        let whole = names(&walk(&world, &path, 100).await, "id");
        assert_eq!(whole.len(), 5);
        for page_count in [1, 2] {
            assert_eq!(names(&walk(&world, &path, page_count).await, "id"), whole, "{order}");
            let part = walk(&world, &format!("{path}&$top=4&$skip=1"), page_count).await;
            assert_eq!(names(&part, "id"), whole[1..], "{order}");
            let part = walk(&world, &format!("{path}&$top=3"), page_count).await;
            assert_eq!(names(&part, "id"), whole[..3], "{order}");
        }
    }
}

#[tokio::test]
async fn a_wish_for_a_page_size_is_answered() {
    let (world, store) = furnished().await;
    let path = format!("{BETA}{}", sessions_of(&store));
    let check = async |wish: &str, applied: &str, elements: usize| {
        let answer = world.ask("GET", &path).header("prefer", wish).send().await;
        assert_eq!(answer.header("preference-applied"), applied, "{wish}");
        assert_eq!(values(&answer.json()).len(), elements, "{wish}");
    };
    check("odata.maxpagesize=2", "odata.maxpagesize=2", 2).await;
    check("respond-async, maxpagesize=3", "odata.maxpagesize=3", 3).await;
    check("odata.maxpagesize=70000", "odata.maxpagesize=1000", 5).await;
    check("odata.maxpagesize=many", "", 5).await;
    check("return=minimal", "", 5).await;
}

#[tokio::test]
async fn expanded_lists_are_pages_of_their_own() {
    let (world, store) = furnished().await;
    for number in 0..101 {
        world.session(&store, json!({"fileName": format!("more{number:03}")})).await;
    }
    let nested = "$select=fileName,uploadAgentId;$filter=fileName%20ne%20null;$orderby=fileName%20desc;$count=true;\
                  $expand=uploadAgent($select=description)";
    let path = format!("/exactMatchDataStores?$select=displayName&$expand=sessions({nested})");
    let stores = values(&world.at("GET", &path).send().await.expect(200));
    assert_eq!(names(&stores, "displayName"), ["GRÖSSE", "keyed"]);
    assert_eq!(
        (&stores[0]["sessions@odata.count"], &stores[1]["sessions@odata.count"]),
        (&json!(105), &json!(0))
    );
    assert_eq!((&stores[1]["sessions"], stores[1].get("sessions@odata.nextLink")), (&json!([]), None));
    let first = stores[0]["sessions"].as_array().expect("a page").clone();
    let keys: Vec<&str> = first[0].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        (first.len(), keys),
        (100, vec!["@odata.etag", "@odata.type", "fileName", "uploadAgent", "uploadAgentId"])
    );
    let link = stores[0]["sessions@odata.nextLink"].as_str().expect("there are more");
    let rest =
        walk(&world, link.strip_prefix(&format!("{HOST}{BETA}")).expect("an address of ours"), 3).await;
    let mut all = first.clone();
    all.extend(rest);
    let mut sorted = names(&all, "fileName");
    sorted.sort_unstable_by(|left, right| right.cmp(left));
    assert_eq!((names(&all, "fileName"), all.len()), (sorted, 105));
    for session in &all {
        let described = session["uploadAgent"]["description"].as_str();
        assert_eq!(described, session["uploadAgentId"].as_str().map(|_| "Straße"), "{session}");
    }
    // `$top` bounds all pages together. One store is expanded like a list of stores.
    let one = format!("/exactMatchDataStores/{}?$expand=sessions", store["id"].as_str().unwrap_or(""));
    let top = world.at("GET", &format!("{one}($top=100;$skip=1)")).send().await.expect(200);
    assert_eq!(top["sessions"].as_array().map(Vec::len), Some(100));
    assert_eq!(top.get("sessions@odata.nextLink"), None);
    let top = world.at("GET", &format!("{one}($top=101)")).send().await.expect(200);
    let link = top["sessions@odata.nextLink"].as_str().expect("one more");
    let rest =
        walk(&world, link.strip_prefix(&format!("{HOST}{BETA}")).expect("an address of ours"), 50).await;
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_a_sentence() {
    let (world, store) = furnished().await;
    let sessions = sessions_of(&store);
    let page =
        world.ask("GET", format!("{BETA}{sessions}?$orderby=fileName")).header("prefer", "maxpagesize=1");
    let link = page.send().await.expect(200)["@odata.nextLink"].as_str().expect("more").to_owned();
    let token = link.split_once("$skiptoken=").expect("a token").1.to_owned();
    let check = async |path: &str, query: &str, says: &str| {
        let answer = world.at("GET", &format!("{path}?{query}")).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalidQuery"), "{query}");
        let message = answer.json()["error"]["message"].as_str().unwrap_or("").to_owned();
        assert!(message.contains(says), "{query}: {message}");
    };
    let moved = "follow @odata.nextLink unchanged";
    check(&sessions, &format!("$skiptoken={token}"), moved).await;
    check(&sessions, &format!("$orderby=state&$skiptoken={token}"), moved).await;
    check(&sessions, &format!("$orderby=fileName&$filter=true&$skiptoken={token}"), moved).await;
    check("/sensitiveTypes", &format!("$orderby=name&$skiptoken={token}"), moved).await;
    check(&sessions, &format!("$orderby=fileName&$skiptoken={}", &token[1..]), moved).await;
    check(&sessions, "$filter=contains(dataUploadURI,'a')", "can only be selected").await;
    check(&sessions, "$orderby=salt", "can only be selected").await;
    check("/exactMatchDataStores", "$filter=columns/any(c:c/class%20eq%20'weak')", "can only be selected")
        .await;
    check("/sensitiveTypes", "$filter=warnings%20eq%20null", "can only be selected").await;
    check("/exactMatchDataStores", "$filter=columns%20eq%20null", "any").await;
    check("/exactMatchDataStores", "$expand=sessions($skiptoken=a)", "not known here").await;
    check(&sessions, &format!("$filter={}true{}", "(".repeat(5_000), ")".repeat(5_000)), "32 deep").await;
    check(&sessions, &format!("$filter={}true", "not%20".repeat(2_000)), "32 deep").await;
    check(&sessions, &format!("$filter={}true", "not+".repeat(10_000)), "at most 16384 bytes").await;
}

/// A session is shown as expired before a sweep has run, so a filter must find it as expired.
#[tokio::test]
async fn sessions_that_nobody_feeds_are_found_as_expired() {
    let (world, store) = furnished().await;
    let count = async |state: &str| {
        let path = format!("{}/$count?$filter=state%20eq%20'{state}'", sessions_of(&store));
        world.at("GET", &path).send().await.text()
    };
    assert_eq!((count("UploadInProgress").await.as_str(), count("Expired").await.as_str()), ("4", "0"));
    world.pass_seconds(edm_model::limits::SESSION_IDLE_SECONDS + 60);
    assert_eq!((count("UploadInProgress").await.as_str(), count("Expired").await.as_str()), ("0", "4"));
}
