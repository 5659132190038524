//! Bodies as clients send them: what is taken, what is dropped, what is refused and where.

use edm_graph::{
    BodyError, ClassifyOptions, ClassifyRequest, ColumnResource, DataStoreChange, DataStoreDraft, Given,
    LookupRequest, RedactRequest, SensitiveTypeChange, SensitiveTypeDraft, SessionChange, SessionDraft,
    SessionResource, TextLine, UploadAgentChange, WireSalt, columns_from_wire, parse_object,
};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    parse_object(value.to_string().as_bytes()).expect("the test's own body is an object")
}

/// Checks that a body is refused, with the path of the property and a part of the sentence.
fn check_refused<T: std::fmt::Debug>(read: Result<T, BodyError>, target: Option<&str>, sentence: &str) {
    let error = read.expect_err("the body must be refused");
    assert_eq!(error.target(), target, "{error}");
    assert!(error.to_string().contains(sentence), "'{error}' does not say '{sentence}'");
}

fn store(columns: Value) -> Value {
    json!({"displayName": "patients", "columns": columns})
}

#[test]
fn the_first_page_is_taken_literally_placeholders_and_all() {
    let body = parse_object(include_bytes!("fixtures/page_000_create_session.json")).expect("it is JSON");
    let draft = SessionDraft::read(&body).expect("it is accepted");
    assert_eq!(draft.upload_agent_id.as_deref(), Some("Upload Agent Id value"));
    assert_eq!(draft.fields.as_deref(), Some(["Fields value".to_owned()].as_slice()));
    assert_eq!(draft.checksum.as_deref(), Some("Checksum value"));
    assert_eq!(draft.salt.as_ref().map(WireSalt::expose_secret), Some("Salt value"));
    assert_eq!((draft.total_block_count, draft.rows_per_block), (Some(15), Some(12)));
}

#[test]
fn the_second_page_fails_only_where_a_client_may_set_something() {
    let mut body =
        parse_object(include_bytes!("fixtures/page_002_create_session_base.json")).expect("it is JSON");
    check_refused(SessionDraft::read(&body), Some("totalBlockCount"), "an integer");
    body.insert("totalBlockCount".to_owned(), json!(7));
    let draft = SessionDraft::read(&body).expect("the placeholders left are all read-only");
    assert_eq!(draft.total_block_count, Some(7));
}

#[test]
fn a_whole_fetched_object_can_be_patched_back() {
    let session = json!({
        "@odata.type": "#microsoft.graph.exactMatchSession", "id": "x", "state": "UploadInProgress",
        "creationDateTime": "2026-01-01T00:00:00Z", "remainingBlockCount": "read-only is not looked at",
        "datastoreId": "whatever", "checksum": null, "totalBlockCount": 3
    });
    let change = SessionChange::read(&object(session)).expect("it is accepted");
    assert_eq!((change.checksum, change.total_block_count), (Given::Null, Given::Value(3)));
    assert_eq!((change.row_count, change.rejected_row_count), (Given::Absent, Given::Absent));

    let fetched = json!({
        "id": "d1", "displayName": "patients", "description": null, "rowCount": 12, "generation": 4, "sessions": [{"id": 1}],
        "columns": [{"name": "ssn", "isSearchable": true, "isCaseInsensitive": null, "class": "standalone",
                     "warnings": ["7 digits"], "ignoredDelimiters": ["-", " "], "unknown": 1}]
    });
    let change = DataStoreChange::read(&object(fetched)).expect("it is accepted");
    assert_eq!(change.description, Given::Null);
    let columns = change.columns.into_option().expect("there are columns");
    let again: Vec<ColumnResource> = columns.as_slice().iter().map(ColumnResource::from).collect();
    assert_eq!(columns_from_wire(&again, "columns").expect("what we send we read"), columns);
}

#[test]
fn every_data_type_and_its_options_come_back() {
    for (data_type, options) in [
        ("text", None),
        ("digits", Some(json!({"width": 8}))),
        ("email", None),
        ("name", None),
        ("ssn", None),
        ("card", None),
        ("phone", None),
        ("phone", Some(json!({"country": "US"}))),
        ("date", Some(json!({"order": "dmy"}))),
        ("iban", None),
        ("address", None),
    ] {
        let mut column = json!({"name": "a", "isSearchable": true, "dataType": data_type});
        if let Some(options) = &options {
            column["dataTypeOptions"] = options.clone();
        }
        let new = DataStoreDraft::read(&object(store(json!([column])))).expect("it is accepted");
        let sent = ColumnResource::from(&new.columns.as_slice()[0]);
        let sent = serde_json::to_value(sent).expect("a column is JSON");
        assert_eq!(sent["dataType"], data_type);
        assert_eq!(sent.get("dataTypeOptions"), options.as_ref(), "{data_type}");
    }
}

#[test]
fn a_store_may_come_before_its_schema() {
    for columns in [json!({}), json!({"columns": null}), json!({"columns": []})] {
        let mut body = object(columns);
        body.insert("displayName".to_owned(), json!("p"));
        assert!(DataStoreDraft::read(&body).expect("accepted").columns.is_none());
    }
    let change = DataStoreChange::read(&object(json!({"columns": null}))).expect_err("refused");
    assert_eq!(change.target(), Some("columns"));
}

#[test]
fn stores_are_refused_with_the_path_of_what_is_wrong() {
    let good = json!({"name": "ssn", "isSearchable": true});
    let cases: &[(Value, Option<&str>, &str)] = &[
        (json!({"columns": [good]}), Some("displayName"), "needed"),
        (json!({"displayName": " ", "columns": [good]}), Some("displayName"), "needed"),
        (json!({"displayName": 7, "columns": [good]}), Some("displayName"), "a string"),
        (json!({"displayName": "p".repeat(129), "columns": [good]}), Some("displayName"), "at most 128"),
        (json!({"displayName": "p", "columns": "ssn"}), Some("columns"), "a collection"),
        (store(json!([1])), Some("columns[0]"), "an object"),
        (store(json!([{"isSearchable": true}])), Some("columns[0].name"), "needed"),
        (store(json!([good, {"name": "SSN"}])), Some("columns[1].name"), "same name"),
        (store(json!([{"name": "a"}])), Some("columns"), "searchable"),
        (store(json!([good, {"name": "b", "isKey": true}])), Some("columns[1].name"), "key column"),
        (
            store(json!([good, {"name": "b", "isSearchable": "yes"}])),
            Some("columns[1].isSearchable"),
            "true or false",
        ),
        (
            store(json!([{"name": "a", "dataType": "passport"}])),
            Some("columns[0].dataType"),
            "must be one of: text, digits",
        ),
        (
            store(json!([{"name": "a", "ignoredDelimiters": ["-", "--"]}])),
            Some("columns[0].ignoredDelimiters[1]"),
            "one visible character",
        ),
        (
            store(json!([{"name": "a", "ignoredDelimiters": ["x"]}])),
            Some("columns[0].ignoredDelimiters[0]"),
            "one visible character",
        ),
        (
            store(json!([{"name": "a", "dataType": "ssn", "dataTypeOptions": {"width": 9}}])),
            Some("columns[0].dataTypeOptions.width"),
            "leave it out",
        ),
        (
            store(json!([{"name": "a", "dataType": "date", "dataTypeOptions": {"country": "US"}}])),
            Some("columns[0].dataTypeOptions.country"),
            "leave it out",
        ),
        (
            store(json!([{"name": "a", "dataType": "phone", "dataTypeOptions": {"order": "dmy"}}])),
            Some("columns[0].dataTypeOptions.order"),
            "leave it out",
        ),
        (
            store(json!([{"name": "a", "dataType": "phone", "dataTypeOptions": {"country": "XX"}}])),
            Some("columns[0].dataTypeOptions.country"),
            "two letters of a country",
        ),
        (
            store(json!([{"name": "a", "dataType": "date", "dataTypeOptions": {"order": "dym"}}])),
            Some("columns[0].dataTypeOptions.order"),
            "one of: ymd, dmy, mdy",
        ),
        (
            store(json!([{"name": "a", "dataTypeOptions": {"colour": 9}}])),
            Some("columns[0].dataTypeOptions.colour"),
            "leave it out",
        ),
        (
            store(json!([{"name": "a", "dataTypeOptions": {"width": 9}}])),
            Some("columns[0].dataTypeOptions.width"),
            "leave it out",
        ),
        (
            store(json!([{"name": "a", "dataTypeOptions": {"length": 9}}])),
            Some("columns[0].dataTypeOptions.length"),
            "leave it out",
        ),
        (
            json!({"displayName": "p", "columns": [good], "sessions": [{}, {"totalBlockCount": "Integer"}]}),
            Some("sessions[1].totalBlockCount"),
            "must be an integer",
        ),
        (
            json!({"displayName": "p", "columns": [good], "maximumNumberOfTokens": 0}),
            Some("maximumNumberOfTokens"),
            "from 1",
        ),
    ];
    for (body, target, sentence) in cases {
        check_refused(DataStoreDraft::read(&object(body.clone())), *target, sentence);
    }
}

#[test]
fn an_agent_may_stand_inline_by_its_id() {
    let read = |body: Value| SessionDraft::read(&object(body)).expect("accepted").upload_agent_id;
    assert_eq!(read(json!({"uploadAgent": {"id": "a1", "description": "x"}})).as_deref(), Some("a1"));
    assert_eq!(read(json!({"uploadAgentId": "a2", "uploadAgent": {"id": "a1"}})).as_deref(), Some("a2"));
    assert_eq!(read(json!({"uploadAgent": null})), None);
}

#[test]
fn sessions_and_actions_are_refused_with_the_path_of_what_is_wrong() {
    let session = |body: Value| SessionDraft::read(&object(body));
    check_refused(session(json!({"@odata.id": "x"})), Some("@odata.id"), "contained");
    check_refused(session(json!({"totalBlockCount": "12"})), Some("totalBlockCount"), "an integer");
    check_refused(session(json!({"totalBlockCount": 1.5})), Some("totalBlockCount"), "an integer");
    check_refused(session(json!({"totalBlockCount": 1e300})), Some("totalBlockCount"), "an integer");
    let whole = session(json!({"totalBlockCount": 3.0})).expect("an integer with a fraction of nothing");
    assert_eq!(whole.total_block_count, Some(3));
    check_refused(session(json!({"totalBlockCount": -1})), Some("totalBlockCount"), "from 1 to 1000000");
    check_refused(
        session(json!({"totalBlockCount": 1_000_001})),
        Some("totalBlockCount"),
        "from 1 to 1000000",
    );
    check_refused(session(json!({"rowsPerBlock": 0})), Some("rowsPerBlock"), "from 1");
    check_refused(session(json!({"updateMode": "append"})), Some("updateMode"), "replace, delta");
    check_refused(session(json!({"salt": 1})), Some("salt"), "string");
    check_refused(session(json!({"uploadAgent": {"description": "new"}})), Some("uploadAgent.id"), "needed");
    check_refused(session(json!({"uploadAgent": "a1"})), Some("uploadAgent"), "object");
    check_refused(session(json!({"fields": ["a", 1]})), Some("fields[1]"), "a string");

    let lookup = |body: Value| LookupRequest::read(&object(body));
    check_refused(lookup(json!({"values": []})), Some("key"), "needed");
    check_refused(lookup(json!({"key": "ssn"})), Some("values"), "needed");
    check_refused(lookup(json!({"key": "ssn", "values": [null]})), Some("values[0]"), "a string");

    let classify = |body: Value| {
        let body = body.to_string();
        ClassifyRequest::read(body.as_bytes()).map(|read| read.options)
    };
    check_refused(classify(json!({})), Some("text"), "needed");
    for wrong in [json!("soon"), json!("0"), json!(0), json!("-1"), json!(1.5)] {
        let read = classify(json!({"text": "t", "timeoutInMs": wrong}));
        assert_eq!(read.expect_err("no positive number").target(), Some("timeoutInMs"));
    }
    check_refused(
        classify(json!({"text": "t", "contentClassifications": [{"matches": [{"offset": 1}]}]})),
        Some("contentClassifications[0].matches[0].length"),
        "needed",
    );
    check_refused(classify(json!({"text": "t", "exempt": {"ssn": "1"}})), Some("exempt.ssn"), "a collection");
    check_refused(
        classify(json!({"text": "t", "minimumConfidence": 101})),
        Some("minimumConfidence"),
        "1 to 100",
    );
    check_refused(
        RedactRequest::read(&object(json!({"text": "t", "replacement": "stars"}))),
        Some("replacement"),
        "mask, label, token",
    );
    check_refused(
        UploadAgentChange::read(&object(json!({"description": 1}))),
        Some("description"),
        "a string",
    );
}

#[test]
fn what_the_sdk_sends_to_classify_is_read() {
    let body = json!({
        "contentClassifications": [{"confidence": 85, "matches": [{"length": 11, "offset": 4}], "sensitiveTypeId": "2", "uniqueCount": 1}],
        "sensitiveTypeIds": ["11111111-1111-1111-1111-111111111111"], "text": "SSN 123-45-6789", "timeoutInMs": "1000"
    })
    .to_string();
    let ClassifyRequest { text, options } = ClassifyRequest::read(body.as_bytes()).expect("it is accepted");
    assert_eq!(text, "SSN 123-45-6789");
    assert_eq!((options.timeout_ms, options.minimum_confidence, options.explain), (Some(1_000), 1, false));
    assert_eq!(options.candidates, [edm_graph::CandidateSpan { offset: 4, length: 11 }]);
    let plain = ClassifyRequest::read(br#"{"text": "t", "timeoutInMs": 5, "sensitiveTypeIds": null}"#);
    assert_eq!(plain.expect("it is accepted").options.timeout_ms, Some(5));
}

#[test]
fn options_of_a_streamed_text_are_read_from_the_query() {
    let read = |query: &str| ClassifyOptions::from_query(Some(query));
    let query = "sensitiveTypeIds=a,b&minimumConfidence=75&explain=true&timeoutInMs=9&$top=1&$top=2&%24x\
                 &exempt=%7B%22mail%22:[%22a@example.org%22]%7D\
                 &contentClassifications=[{%22matches%22:[{%22offset%22:4,%22length%22:1}]}]";
    let options = read(query).expect("it is accepted");
    let plain = ClassifyOptions::from_query(None).expect("nothing is fine");
    assert_eq!((plain.minimum_confidence, plain.explain, plain.timeout_ms), (1, false, None));
    let expected = ClassifyOptions {
        sensitive_type_ids: vec!["a".to_owned(), "b".to_owned()],
        timeout_ms: Some(9),
        candidates: vec![edm_graph::CandidateSpan { offset: 4, length: 1 }],
        explain: true,
        minimum_confidence: 75,
        exempt: vec![("mail".to_owned(), vec!["a@example.org".to_owned()])],
    };
    assert_eq!(options, expected);
    for (query, target) in [
        ("minimumConfidence=0", "minimumConfidence"),
        ("minimumConfidence=high", "minimumConfidence"),
        ("explain=yes", "explain"),
        ("explain", "explain"),
        ("timeoutInMs=%FF", "timeoutInMs"),
        ("exempt=mail:a", "exempt"),
        ("minimumconfidence=75", "minimumconfidence"),
        ("explain=true&text=t", "text"),
        ("&other", "other"),
        ("explain=true&explain=true", "explain"),
        ("timeoutInMs=9&timeout%49nMs=8", "timeoutInMs"),
    ] {
        assert_eq!(read(query).expect_err(query).target(), Some(target), "{query}");
    }
}

#[test]
fn lines_of_texts_are_read_with_their_ids() {
    let check = |line: &str, id: Value, target: Option<&str>| match TextLine::read(line.as_bytes()) {
        Ok(read) => {
            assert_eq!((read.id, read.text.as_ref(), None), (id, "t", target), "{line}");
        }
        Err((named, error)) => assert_eq!((named, error.target()), (id, target), "{line}"),
    };
    check(r#"{"id":"a","text":"t"}"#, json!("a"), None);
    check(r#"{"text":"t","id":7,"more":1}"#, json!(7), None);
    check(r#"{"text":"t"}"#, Value::Null, None);
    check(r#"{"id":"a"}"#, json!("a"), Some("text"));
    check(r#"{"id":"a","text":null}"#, json!("a"), Some("text"));
    check(r#"{"id":{},"text":"t"}"#, Value::Null, Some("id"));
    check(r#"{"id":"a","text":"t""#, Value::Null, None);
    check(r#"["t"]"#, Value::Null, None);
}

#[test]
fn rules_of_types_are_read_and_refused_by_path() {
    let store = "b84d3f36-3f36-4b84-8d3f-363f4db8363f";
    let rule =
        |pattern: Value| json!({"name": "t", "exactMatch": {"dataStoreId": store, "patterns": [pattern]}});
    let read = |body: Value| SensitiveTypeDraft::read(&object(body));
    let draft = read(rule(json!({
        "confidence": 85, "primary": "mrn", "proximity": {"unit": "characters", "distance": 300, "orSameRow": true},
        "supporting": [{"minMatches": 2, "maxMatches": null, "columns": ["lastName", "dob"]}], "notCounted": [], "voidIf": []
    })))
    .expect("the contract's own example");
    assert_eq!(draft.rule.redact_confidence, None);
    let columns =
        edm_model::Columns::new(vec![edm_model::Column::text("mrn").searchable()]).expect("columns");
    let made = draft.rule.complete(&columns);
    let sent = edm_graph::ExactMatchRuleResource::from(&made);
    let body = object(json!({"exactMatch": serde_json::to_value(&sent).expect("it serialises")}));
    let again = SensitiveTypeChange::read(&body).expect("what we send we read");
    assert_eq!(again.rule, Given::Value(made.into()));
    for wrong in [json!(0), json!(101), json!("high")] {
        let mut body = rule(json!({"confidence": 85, "primary": "mrn"}));
        body["exactMatch"]["redactConfidence"] = wrong;
        let number = body["exactMatch"]["redactConfidence"].is_number();
        let sentence = if number { "1 to 100" } else { "an integer" };
        check_refused(read(body), Some("exactMatch.redactConfidence"), sentence);
    }

    let at = "exactMatch.patterns[0]";
    check_refused(read(rule(json!({"primary": "a"}))), Some(&format!("{at}.confidence")), "needed");
    check_refused(read(rule(json!({"confidence": 0}))), Some(&format!("{at}.confidence")), "1 to 100");
    check_refused(
        read(rule(json!({"confidence": 1, "proximity": {"unit": "words"}}))),
        Some(&format!("{at}.proximity.distance")),
        "needed",
    );
    check_refused(
        read(rule(
            json!({"confidence": 1, "supporting": [{"minMatches": 2, "maxMatches": 1, "columns": ["a"]}]}),
        )),
        Some(&format!("{at}.supporting[0].maxMatches")),
        "from 2",
    );
    check_refused(
        read(rule(json!({"confidence": 1, "supporting": [{}]}))),
        Some(&format!("{at}.supporting[0].columns")),
        "needed",
    );
    check_refused(read(json!({"name": "t"})), Some("exactMatch"), "needed");
    check_refused(
        read(json!({"name": "t", "classificationMethod": "fingerprint", "exactMatch": {}})),
        Some("classificationMethod"),
        "exactDataMatch",
    );
    check_refused(
        read(json!({"name": "t", "exactMatch": {"dataStoreId": "no guid", "patterns": []}})),
        Some("exactMatch.dataStoreId"),
        "GUID",
    );
}

#[test]
fn bytes_that_are_no_object_are_refused_without_being_repeated() {
    let cases: &[(&[u8], &str)] = &[
        (b"{\"text\": \"123-45-6789\"", "line 1"),
        (b"[]", "a JSON object"),
        (b"\"text\"", "a JSON object"),
        (b"\xFF\xFE", "not valid JSON"),
    ];
    for (bytes, sentence) in cases {
        let error = parse_object(bytes).expect_err("it is no object").to_string();
        assert!(error.contains(sentence) && !error.contains("6789"), "{error}");
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(parse_object(&deep).is_err());
    assert_eq!(parse_object(b" \r\n").expect("actions send nothing").len(), 0);
}

#[test]
fn a_salt_is_never_printed() {
    let draft =
        SessionDraft::read(&object(json!({"salt": "correct horse battery staple"}))).expect("accepted");
    assert!(!format!("{draft:?}").contains("horse"));
}

#[test]
fn a_session_is_written_with_graphs_spelling() {
    let session =
        SessionResource { id: "e".to_owned(), data_upload_uri: Some("u".to_owned()), ..Default::default() };
    let value = serde_json::to_value(session).expect("it serialises");
    for name in [
        "id",
        "creationDateTime",
        "startDateTime",
        "lastUpdatedDateTime",
        "completionDateTime",
        "error",
        "dataStoreId",
        "state",
        "totalBlockCount",
        "remainingBlockCount",
        "totalJobCount",
        "remainingJobCount",
        "uploadCompletionDateTime",
        "processingCompletionDateTime",
        "checksum",
        "dataUploadURI",
        "fields",
        "fileName",
        "rowsPerBlock",
        "uploadAgentId",
        "updateMode",
        "expirationDateTime",
        "rowCount",
        "rejectedRowCount",
        "allowShrink",
    ] {
        assert!(value.get(name).is_some(), "{name} is missing");
    }
    assert!(value.get("salt").is_none(), "a salt is only sent to its creator");
}
