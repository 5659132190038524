//! How batches are read, and how they are refused: as a whole, or one request.

use edm_graph::{Batch, BatchError, BatchErrorKind, BodyErrorKind, Here, PartRequest};
use edm_model::limits;
use serde_json::{Value, json};

const HERE: Here<'_> = Here { host: "edm.test:8080", origin: "https://Proxy.test/edm" };

fn read(body: &Value) -> Result<Batch, BatchError> {
    Batch::parse(body.to_string().as_bytes(), HERE, None).map(|(batch, _)| batch)
}

/// Reads one request: a valid one with the given properties replaced.
fn part(over: Value) -> Result<PartRequest, BatchError> {
    let mut request = json!({"id": "1", "method": "GET", "url": "/dataClassification"});
    if let (Value::Object(request), Value::Object(over)) = (&mut request, over) {
        request.extend(over);
    }
    let batch = read(&json!({"requests": [request]})).expect("the batch is fine");
    batch.parts.into_iter().next().expect("one request").request
}

fn is_body(kind: &BatchErrorKind, wanted: &BodyErrorKind) -> bool {
    matches!(kind, BatchErrorKind::Body(error) if error.kind() == wanted)
}

#[test]
fn an_address_leads_below_the_service_or_is_refused() {
    let check = |url: &str, expected: Option<&str>| {
        let read = part(json!({"url": url}));
        match (expected, read) {
            (Some(expected), Ok(request)) => assert_eq!(request.target, expected, "{url}"),
            (None, Err(error)) => {
                assert_eq!(error.kind(), &BatchErrorKind::ForeignHost, "{url}");
                assert_eq!(error.target(), Some("requests[0].url"), "{url}");
            }
            (_, read) => panic!("{url}: {read:?}"),
        }
    };
    let stores = "/beta/dataClassification/exactMatchDataStores?$top=1";
    check("/dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("/beta/dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("//beta/dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("http://edm.test:8080/beta/dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("HTTPS://EDM.TEST:8080/beta/dataClassification/exactMatchDataStores?$top=1#part", Some(stores));
    // With a proxy, both its address and this host's are local.
    check("https://proxy.test/edm/beta/dataClassification/exactMatchDataStores?$top=1", Some(stores));
    check("/V1.0/dataClassification", Some("/V1.0/dataClassification"));
    // A path that is not below a version is read as one below it, and is not found there.
    check("http://edm.test:8080/healthz", Some("/beta/healthz"));
    check("/edmuploads/a/b?sig=x", Some("/beta/edmuploads/a/b?sig=x"));
    check("http://edm.test:8080", Some("/beta/"));
    check("", Some("/beta/"));
    check(
        "/dataClassification?$filter=a eq 'ü {b}'",
        Some("/beta/dataClassification?$filter=a%20eq%20'%C3%BC%20%7Bb%7D'"),
    );
    // A value of the query may contain an address.
    check("/dataClassification?$filter=x://y", Some("/beta/dataClassification?$filter=x://y"));
    check("http://other.test/beta/dataClassification", None);
    check("http://edm.test/beta/dataClassification", None);
    check("http://edm.test:8080.other.test/beta", None);
    check("http://edm.test:8080@other.test/beta", None);
    check("https://proxy.test/edmother/beta", None);
    check("http:///beta/dataClassification", None);
    check("file:///beta/dataClassification", None);
    check("ftp://edm.test:8080/beta/dataClassification", None);
}

#[test]
fn the_port_that_a_scheme_has_anyway_may_be_left_out() {
    let check = |host: &str, url: &str, expected: bool| {
        let body = json!({"requests": [{"id": "1", "method": "GET", "url": url}]});
        let here = Here { host, origin: "http://localhost" };
        let (batch, _) = Batch::parse(body.to_string().as_bytes(), here, None).expect("the batch is fine");
        assert_eq!(batch.parts.iter().all(|part| part.request.is_ok()), expected, "{host} {url}");
    };
    check("edm.test", "https://edm.test:443/beta", true);
    check("edm.test:443", "https://edm.test/beta", true);
    check("edm.test", "http://edm.test:80/beta", true);
    check("edm.test", "http://edm.test:443/beta", false);
    // Without a Host no absolute address can be recognised.
    check("", "http://edm.test/beta", false);
    check("", "http:///beta", false);
}

#[test]
fn a_request_is_read_whole() {
    let request = part(json!({
        "method": "patch",
        "headers": {"If-Match": "W/\"1\"", "content-type": "application/json", "Host": "other", "Content-Length": "9", "x": null},
        "body": {"description": "ü"},
    }));
    let request = request.expect("the request is fine");
    assert_eq!((request.method, request.target.as_str()), ("PATCH", "/beta/dataClassification"));
    let mut headers = request.headers;
    headers.sort();
    let expected = [("content-type", "application/json"), ("if-match", "W/\"1\"")];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(request.body.as_deref(), Some("{\"description\":\"ü\"}".as_bytes()));
    assert_eq!(part(json!({"body": null, "headers": null})).map(|request| request.body), Ok(None));
}

#[test]
fn one_request_that_cannot_be_is_refused_alone() {
    let check = |over: Value, target: &str, is_kind: &dyn Fn(&BatchErrorKind) -> bool| {
        let said = over.to_string().chars().take(80).collect::<String>();
        let error = part(over).expect_err(&said);
        assert_eq!(error.target(), Some(target), "{said}");
        assert!(is_kind(error.kind()), "{said}: {error:?}");
        assert!(error.to_string().len() > 20, "{said}: {error}");
    };
    let body = |wanted: BodyErrorKind| move |kind: &BatchErrorKind| is_body(kind, &wanted);
    let exactly = |wanted: BatchErrorKind| move |kind: &BatchErrorKind| *kind == wanted;
    let string = || BodyErrorKind::WrongType { expected: "a string" };
    check(json!({"method": null}), "requests[0].method", &body(BodyErrorKind::Missing));
    check(json!({"method": 7}), "requests[0].method", &body(string()));
    for method in ["PUT", "HEAD", "OPTIONS", "", "GET /"] {
        check(json!({"method": method}), "requests[0].method", &exactly(BatchErrorKind::Method));
    }
    check(json!({"url": null}), "requests[0].url", &body(BodyErrorKind::Missing));
    check(json!({"url": ["/"]}), "requests[0].url", &body(string()));
    for url in
        ["/$batch", "$batch", "/v1.0/%24BATCH/?x", "http://edm.test:8080/beta/$batch", "//beta//$batch"]
    {
        check(json!({"url": url}), "requests[0].url", &exactly(BatchErrorKind::Nested));
    }
    let long = BodyErrorKind::TooLong { characters_max: limits::BATCH_URL_CHARACTERS_MAX };
    let url_max = limits::BATCH_URL_CHARACTERS_MAX - "/beta".len();
    assert!(part(json!({"url": format!("/{}", "a".repeat(url_max - 1))})).is_ok());
    check(json!({"url": format!("/{}", "a".repeat(url_max))}), "requests[0].url", &body(long.clone()));
    check(json!({"url": format!("/{}", "ü".repeat(url_max / 6 + 1))}), "requests[0].url", &body(long));
    check(
        json!({"headers": []}),
        "requests[0].headers",
        &body(BodyErrorKind::WrongType { expected: "an object" }),
    );
    check(json!({"headers": {"Prefer": 1}}), "requests[0].headers.Prefer", &body(string()));
    for headers in [json!({"a b": "x"}), json!({"": "x"}), json!({"a": "x\r\nb: y"}), json!({"ü": "x"})] {
        check(json!({"headers": headers}), "requests[0].headers", &exactly(BatchErrorKind::Header));
    }
    let headers =
        |count: usize| (0..count).map(|n| (format!("h{n}"), json!("x"))).collect::<serde_json::Map<_, _>>();
    assert!(part(json!({"headers": headers(limits::BATCH_HEADERS_MAX)})).is_ok());
    let many = BodyErrorKind::TooMany { count_max: limits::BATCH_HEADERS_MAX };
    check(json!({"headers": headers(limits::BATCH_HEADERS_MAX + 1)}), "requests[0].headers", &body(many));
    let long = BodyErrorKind::TooLong { characters_max: limits::BATCH_HEADER_CHARACTERS_MAX };
    let value = "x".repeat(limits::BATCH_HEADER_CHARACTERS_MAX);
    assert!(part(json!({"headers": {"a": value}})).is_ok());
    check(json!({"headers": {"a": format!("{value}x")}}), "requests[0].headers.a", &body(long));
    let text = json!({"body": {}, "headers": {"Content-Type": "text/plain"}});
    check(text, "requests[0].body", &exactly(BatchErrorKind::BodyNotText));
    let lines = json!({"body": "{}", "headers": {"Content-Type": "application/x-ndjson"}});
    check(lines, "requests[0].body", &exactly(BatchErrorKind::BodyNotBase64));
}

#[test]
fn a_batch_without_ids_and_order_is_refused_whole() {
    let check = |requests: Value, target: &str, is_kind: &dyn Fn(&BatchErrorKind) -> bool| {
        let said = requests.to_string().chars().take(100).collect::<String>();
        let error = read(&json!({"requests": requests})).expect_err(&said);
        assert_eq!(error.target(), Some(target), "{said}");
        assert!(is_kind(error.kind()), "{said}: {error:?}");
    };
    let body = |wanted: BodyErrorKind| move |kind: &BatchErrorKind| is_body(kind, &wanted);
    let exactly = |wanted: BatchErrorKind| move |kind: &BatchErrorKind| *kind == wanted;
    let get = |id: &str, over: Value| {
        let mut request = json!({"id": id, "method": "GET", "url": "/dataClassification"});
        if let (Value::Object(request), Value::Object(over)) = (&mut request, over) {
            request.extend(over);
        }
        request
    };
    check(Value::Null, "requests", &body(BodyErrorKind::Missing));
    check(json!({}), "requests", &|kind| matches!(kind, BatchErrorKind::Body(_)));
    check(json!([7]), "requests[0]", &body(BodyErrorKind::WrongType { expected: "an object" }));
    check(json!([{"method": "GET", "url": "/"}]), "requests[0].id", &body(BodyErrorKind::Missing));
    check(
        json!([get("1", json!({"id": 1}))]),
        "requests[0].id",
        &body(BodyErrorKind::WrongType { expected: "a string" }),
    );
    check(json!([get("", json!({}))]), "requests[0].id", &exactly(BatchErrorKind::EmptyId));
    check(
        json!([get("a", json!({})), get("a", json!({}))]),
        "requests[1].id",
        &exactly(BatchErrorKind::RepeatedId),
    );
    let waits = |name: &str, on: &str| json!({name: [on]});
    let dependency = || exactly(BatchErrorKind::Dependency);
    // Unknown, itself, and a later one. Every circle needs one of these.
    check(json!([get("a", waits("dependsOn", "x"))]), "requests[0].dependsOn[0]", &dependency());
    check(json!([get("a", waits("depends_on", "a"))]), "requests[0].depends_on[0]", &dependency());
    check(
        json!([get("a", waits("dependsOn", "b")), get("b", waits("dependsOn", "a"))]),
        "requests[0].dependsOn[0]",
        &dependency(),
    );
    check(
        json!([get("a", json!({"atomicityGroup": "g"}))]),
        "requests[0].atomicityGroup",
        &exactly(BatchErrorKind::AtomicityGroup),
    );
    let many = |count: usize| (0..count).map(|n| get(&n.to_string(), json!({}))).collect::<Vec<_>>();
    assert!(read(&json!({"requests": many(limits::BATCH_REQUESTS_MAX)})).is_ok());
    let kind = BodyErrorKind::TooMany { count_max: limits::BATCH_REQUESTS_MAX };
    check(json!(many(limits::BATCH_REQUESTS_MAX + 1)), "requests", &body(kind));
}

#[test]
fn both_spellings_of_an_order_are_read() {
    let check = |over: Value, expected: &[usize]| {
        let mut last = json!({"id": "c", "method": "GET", "url": "/"});
        if let (Value::Object(last), Value::Object(over)) = (&mut last, &over) {
            last.extend(over.clone());
        }
        let other = |id: &str| json!({"id": id, "method": "GET", "url": "/"});
        let batch = read(&json!({"requests": [other("a"), other("b"), last]})).expect("the batch is fine");
        assert_eq!(batch.parts.last().map(|part| part.depends_on.as_slice()), Some(expected), "{over}");
    };
    check(json!({}), &[]);
    check(json!({"dependsOn": null, "depends_on": [], "atomicityGroup": null}), &[]);
    check(json!({"dependsOn": ["b"]}), &[1]);
    check(json!({"depends_on": ["a", "b"]}), &[0, 1]);
    check(json!({"dependsOn": ["b"], "depends_on": ["a"]}), &[1, 0]);
}
