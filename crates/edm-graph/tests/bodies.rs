//! Bodies as clients send them: what is read, what is dropped, what is refused and where.

use edm_graph::schema::actions::{CLASSIFY, CLASSIFY_FILE};
use edm_graph::{
    BodyError, ClassifyOptions, ClassifyRequest, ColumnResource, DataStoreChange, DataStoreDraft, FromBody,
    Handling, LookupRequest, MaybeNull, RedactRequest, SensitiveTypeChange, SensitiveTypeDraft,
    SessionChange, SessionDraft, SessionResource, Telling, TextLine, UploadAgentChange, WireSalt,
    columns_from_wire,
};
use edm_model::OffsetUnit;
use serde_json::{Value, json};

const PAGE_000: &[u8] = include_bytes!("fixtures/page_000_create_session.json");

/// Reads a body, whatever else is in it.
fn read<T: FromBody>(body: &Value) -> Result<T, BodyError> {
    T::parse(body.to_string().as_bytes(), Some(Handling::Lenient)).map(|(read, _)| read)
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
    // Read-only properties and annotations do not count as unknown.
    let (draft, ignored) = SessionDraft::parse(PAGE_000, Some(Handling::Strict)).expect("it is accepted");
    assert!(ignored.is_empty(), "{ignored:?}");
    assert_eq!(draft.upload_agent_id.as_deref(), Some("Upload Agent Id value"));
    assert_eq!(draft.fields.as_deref(), Some(["Fields value".to_owned()].as_slice()));
    assert_eq!(draft.checksum.as_deref(), Some("Checksum value"));
    assert_eq!(draft.salt.as_ref().map(WireSalt::expose_secret), Some("Salt value"));
    assert_eq!((draft.total_block_count, draft.rows_per_block), (Some(15), Some(12)));
}

#[test]
fn the_second_page_fails_only_where_a_client_may_set_something() {
    let page = include_bytes!("fixtures/page_002_create_session_base.json");
    let mut body: Value = serde_json::from_slice(page).expect("it is JSON");
    check_refused(read::<SessionDraft>(&body), Some("totalBlockCount"), "an integer");
    body["totalBlockCount"] = json!(7);
    let draft: SessionDraft = read(&body).expect("the placeholders left are all read-only");
    assert_eq!(draft.total_block_count, Some(7));
}

#[test]
fn a_whole_fetched_object_can_be_patched_back() {
    let session = json!({
        "@odata.type": "#microsoft.graph.exactMatchSession", "id": "x", "state": "UploadInProgress",
        "creationDateTime": "2026-01-01T00:00:00Z", "remainingBlockCount": "read-only is not looked at",
        "datastoreId": "whatever", "checksum": null, "totalBlockCount": 3
    });
    let change = read::<SessionChange>(&(session)).expect("it is accepted");
    assert_eq!((change.checksum, change.total_block_count), (MaybeNull::Null, MaybeNull::Value(3)));
    assert_eq!((change.row_count, change.rejected_row_count), (MaybeNull::Absent, MaybeNull::Absent));

    let fetched = json!({
        "id": "d1", "displayName": "patients", "description": null, "rowCount": 12, "generation": 4, "sessions": [{"id": 1}],
        "columns": [{"name": "ssn", "isSearchable": true, "isCaseInsensitive": null, "class": "standalone",
                     "warnings": ["7 digits"], "ignoredDelimiters": ["-", " "], "unknown": 1}]
    });
    let change = read::<DataStoreChange>(&(fetched)).expect("it is accepted");
    assert_eq!(change.description, MaybeNull::Null);
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
        let new = read::<DataStoreDraft>(&(store(json!([column])))).expect("it is accepted");
        let sent = ColumnResource::from(&new.columns.as_slice()[0]);
        let sent = serde_json::to_value(sent).expect("a column is JSON");
        assert_eq!(sent["dataType"], data_type);
        assert_eq!(sent.get("dataTypeOptions"), options.as_ref(), "{data_type}");
    }
}

#[test]
fn a_store_may_come_before_its_schema() {
    for columns in [json!({}), json!({"columns": null}), json!({"columns": []})] {
        let mut body = columns;
        body["displayName"] = json!("p");
        assert!(read::<DataStoreDraft>(&body).expect("accepted").columns.is_none());
    }
    let change = read::<DataStoreChange>(&(json!({"columns": null}))).expect_err("refused");
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
            store(json!([{"name": "a", "dataType": "no such type"}])),
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
        check_refused(read::<DataStoreDraft>(body), *target, sentence);
    }
}

#[test]
fn an_agent_may_stand_inline_by_its_id() {
    let read = |body: Value| read::<SessionDraft>(&(body)).expect("accepted").upload_agent_id;
    assert_eq!(read(json!({"uploadAgent": {"id": "a1", "description": "x"}})).as_deref(), Some("a1"));
    assert_eq!(read(json!({"uploadAgentId": "a2", "uploadAgent": {"id": "a1"}})).as_deref(), Some("a2"));
    assert_eq!(read(json!({"uploadAgent": null})), None);
}

#[test]
fn sessions_and_actions_are_refused_with_the_path_of_what_is_wrong() {
    let session = |body: Value| read::<SessionDraft>(&(body));
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

    let lookup = |body: Value| read::<LookupRequest>(&(body));
    check_refused(lookup(json!({"values": []})), Some("key"), "needed");
    check_refused(lookup(json!({"key": "ssn"})), Some("values"), "needed");
    check_refused(lookup(json!({"key": "ssn", "values": [null]})), Some("values[0]"), "a string");

    let classify = |body: Value| {
        let body = body.to_string();
        ClassifyRequest::parse(body.as_bytes(), None).map(|(read, _)| read.options)
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
        read::<RedactRequest>(&(json!({"text": "t", "replacement": "stars"}))),
        Some("replacement"),
        "mask, label, token",
    );
    check_refused(read::<UploadAgentChange>(&(json!({"description": 1}))), Some("description"), "a string");
}

#[test]
fn what_the_sdk_sends_to_classify_is_read() {
    let body = json!({
        "contentClassifications": [{"confidence": 85, "matches": [{"length": 11, "offset": 4}], "sensitiveTypeId": "2", "uniqueCount": 1}],
        "sensitiveTypeIds": ["11111111-1111-1111-1111-111111111111"], "text": "SSN 123-45-6789", "timeoutInMs": "1000"
    })
    .to_string();
    let (ClassifyRequest { text, options }, _) =
        ClassifyRequest::parse(body.as_bytes(), None).expect("it is accepted");
    assert_eq!(text, "SSN 123-45-6789");
    assert_eq!((options.timeout_ms, options.minimum_confidence, options.explain), (Some(1_000), 1, false));
    assert_eq!(options.candidates, [edm_graph::CandidateSpan { offset: 4, length: 11 }]);
    let plain = ClassifyRequest::parse(br#"{"text": "t", "timeoutInMs": 5, "sensitiveTypeIds": null}"#, None);
    assert_eq!(plain.expect("it is accepted").0.options.timeout_ms, Some(5));
}

#[test]
fn options_of_a_streamed_text_are_read_from_the_query() {
    let read =
        |query: &str| ClassifyOptions::from_query(Some(query), &CLASSIFY, None).map(|(options, _)| options);
    let query = "sensitiveTypeIds=a,b&minimumConfidence=75&explain=true&timeoutInMs=9&$top=1&$top=2&%24x\
                 &exempt=%7B%22mail%22:[%22a@example.org%22]%7D\
                 &contentClassifications=[{%22matches%22:[{%22offset%22:4,%22length%22:1}]}]\
                 &includeValues=false&OffsetUnit=byte";
    let options = read(query).expect("it is accepted");
    let (plain, _) = ClassifyOptions::from_query(None, &CLASSIFY, None).expect("nothing is fine");
    assert_eq!((plain.minimum_confidence, plain.explain, plain.timeout_ms), (1, false, None));
    let expected = ClassifyOptions {
        sensitive_type_ids: vec!["a".to_owned(), "b".to_owned()],
        timeout_ms: Some(9),
        candidates: vec![edm_graph::CandidateSpan { offset: 4, length: 1 }],
        explain: true,
        minimum_confidence: 75,
        exempt: vec![("mail".to_owned(), vec!["a@example.org".to_owned()])],
        telling: Telling { include_values: false, offset_unit: OffsetUnit::Byte },
    };
    assert_eq!(options, expected);
    for (query, target) in [
        ("minimumConfidence=0", "minimumConfidence"),
        ("minimumConfidence=high", "minimumConfidence"),
        ("explain=yes", "explain"),
        ("explain", "explain"),
        ("timeoutInMs=%FF", "timeoutInMs"),
        ("exempt=mail:a", "exempt"),
        ("minimumconfidence=0", "minimumConfidence"),
        ("offsetUnit=utf8", "offsetUnit"),
        ("contentClassifications=[{%22matchs%22:[]}]", "contentClassifications[0].matchs"),
        ("explain=true&text=t", "text"),
        ("&other", "other"),
        ("explain=true&explain=true", "explain"),
        ("timeoutInMs=9&timeout%49nMs=8", "timeoutInMs"),
    ] {
        assert_eq!(read(query).expect_err(query).target(), Some(target), "{query}");
    }
    let lenient =
        ClassifyOptions::from_query(Some("other=1&explain=true"), &CLASSIFY, Some(Handling::Lenient));
    let (options, ignored) = lenient.expect("it is passed over");
    assert_eq!((options.explain, ignored.paths()), (true, ["other".to_owned()].as_slice()));
    // A job cannot contain explanations.
    let of_a_file = ClassifyOptions::from_query(Some("explain=true"), &CLASSIFY_FILE, None);
    check_refused(of_a_file, Some("explain"), "no property of this request");
}

#[test]
fn lines_of_texts_are_read_with_their_ids() {
    let check =
        |line: &str, id: Value, target: Option<&str>| match TextLine::read(line.as_bytes(), Handling::Strict)
        {
            Ok(read) => {
                assert_eq!((read.id, read.text.as_ref(), None), (id, "t", target), "{line}");
            }
            Err((named, error)) => assert_eq!((named, error.target()), (id, target), "{line}"),
        };
    check(r#"{"id":"a","text":"t"}"#, json!("a"), None);
    check(r#"{"text":"t","ID":7,"@more":1}"#, json!(7), None);
    check(r#"{"text":"t","id":7,"more":[{}]}"#, json!(7), Some("more"));
    let lenient = TextLine::read(br#"{"text":"t","more":[{}]}"#, Handling::Lenient);
    assert_eq!(lenient.expect("it is passed over").text, "t");
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
    let read = |body: Value| read::<SensitiveTypeDraft>(&(body));
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
    let body = json!({"exactMatch": serde_json::to_value(&sent).expect("it serialises")});
    let (again, _) =
        SensitiveTypeChange::parse(body.to_string().as_bytes(), None).expect("what we send we read");
    assert_eq!(again.rule, MaybeNull::Value(made.into()));
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
        let error = SessionDraft::parse(bytes, None).expect_err("it is no object").to_string();
        assert!(error.contains(sentence) && !error.contains("6789"), "{error}");
    }
    let empty = SessionDraft::parse(b" \r\n", None).expect("actions send nothing");
    assert_eq!(empty.0, SessionDraft::default());
}

#[test]
fn nesting_is_bounded_wherever_it_stands() {
    let check = |depth: usize, name: &str, is_read: bool| {
        let body = format!("{{\"{name}\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let read = SessionDraft::parse(body.as_bytes(), None);
        assert_eq!(read.is_ok(), is_read, "{depth} levels in {name}: {read:?}");
    };
    // Unknown, read-only, and an annotation.
    for name in ["unknown", "error", "@annotated"] {
        check(126, name, true);
        check(127, name, false);
        check(100_000, name, false);
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(SessionDraft::parse(&deep, None).is_err());
}

/// Returns the paths of the ignored properties.
fn ignored<T: FromBody>(body: &Value) -> Vec<String> {
    let read = T::parse(body.to_string().as_bytes(), Some(Handling::Lenient));
    read.unwrap_or_else(|error| panic!("{body}: {error}")).1.paths().to_vec()
}

#[test]
fn unknown_properties_are_named_wherever_they_stand() {
    let store = json!({
        "displayName": "p", "colour": {"x": 1}, "sessions": [{"fileName": "f", "size": 1}], "id": 7, "OdataType": "x",
        "@odata.type": "#microsoft.graph.exactMatchDataStoreBase", "sessions@odata.count": 1, "RowCount": [],
        "columns": [{"Name": "a", "isSearchable": true, "class": 1}, {"name": "b", "kind": []}],
    });
    let mut paths = ignored::<DataStoreDraft>(&store);
    paths.sort();
    assert_eq!(paths, ["colour", "columns[1].kind", "sessions[0].size"]);
    let draft: DataStoreDraft = read(&store).expect("it is accepted");
    assert_eq!(draft.columns.as_slice()[0].name, "a", "other letter case is the same name");
    check_refused(
        DataStoreDraft::parse(store.to_string().as_bytes(), Some(Handling::Strict)),
        Some(&*ignored::<DataStoreDraft>(&store)[0]),
        "no property of this request",
    );
    let rule = json!({"exactMatch": {"patterns": [{"proximity": {"units": "row"}}]}});
    let refused = SensitiveTypeChange::parse(rule.to_string().as_bytes(), Some(Handling::Strict));
    check_refused(refused, Some("exactMatch.patterns[0].proximity.units"), "did you mean unit?");
    let redact = |body: Value| RedactRequest::parse(body.to_string().as_bytes(), None);
    check_refused(redact(json!({"text": "t", "mode": "label"})), Some("mode"), "leave it out");
    check_refused(
        redact(json!({"text": "t", "minimumConfidance": 90})),
        Some("minimumConfidance"),
        "did you mean minimumConfidence?",
    );
    assert!(redact(json!({"Text": "t", "@x": 1, "odatatype": 1})).is_ok());
    let classify = ClassifyRequest::parse(br#"{"text": "t", "minimumConfidance": 90}"#, None);
    check_refused(classify, Some("minimumConfidance"), "did you mean minimumConfidence?");
}

#[test]
fn a_type_that_an_object_cannot_be_is_refused_where_it_stands() {
    let check = |body: Value, target: Option<&str>| {
        let refused = read::<DataStoreDraft>(&body).err();
        assert_eq!(refused.as_ref().and_then(BodyError::target), target, "{body}: {refused:?}");
    };
    let store = |name: Value| json!({"displayName": "p", "@odata.type": name});
    check(store(json!("#microsoft.graph.exactMatchDataStore")), None);
    check(store(json!("MICROSOFT.GRAPH.EXACTMATCHDATASTOREBASE")), None);
    check(store(Value::Null), None);
    check(store(json!("#microsoft.graph.exactMatchSession")), Some("@odata.type"));
    check(store(json!(7)), Some("@odata.type"));
    let column = |name: &str| json!({"displayName": "p", "columns": [{"name": "a", "isSearchable": true, "@odata.type": name}]});
    check(column("#microsoft.graph.exactDataMatchStoreColumn"), None);
    check(column("#microsoft.graph.column"), Some("columns[0].@odata.type"));
    let classify = |name: &str, target: Option<&str>| {
        let body = json!({"text": "t", "@odata.type": name}).to_string();
        let refused = ClassifyRequest::parse(body.as_bytes(), None).err();
        assert_eq!(refused.as_ref().and_then(BodyError::target), target, "{name}: {refused:?}");
    };
    classify("#Microsoft.Graph.exactMatchClassificationRequest", None);
    classify("#microsoft.graph.exactMatchSession", Some("@odata.type"));
    classify("exactMatchClassificationRequest", Some("@odata.type"));
    let redact = |name: Value| {
        let body = json!({"text": "t", "@odata.type": name}).to_string();
        RedactRequest::parse(body.as_bytes(), None)
    };
    assert!(redact(Value::Null).is_ok());
    check_refused(redact(json!("#microsoft.graph.exactMatchRedaction")), Some("@odata.type"), "left out");
}

/// 4 MiB in unknown properties keep no memory. 4 MiB in known ones are refused before they are
/// kept.
#[test]
fn what_is_read_of_a_body_is_bounded() {
    let many = |element: &str, count: usize| vec![element; count].join(",");
    let body = format!("{{\"text\":\"t\",\"z\":[{}]}}", many("{}", 1_300_000));
    let read = RedactRequest::parse(body.as_bytes(), Some(Handling::Lenient)).expect("it is passed over");
    assert_eq!(read.1.paths(), ["z"]);
    let check = |property: &str, element: &str, target: Option<&str>| {
        let body = format!("{{\"text\":\"t\",\"{property}\":[{}]}}", many(element, 200_000));
        let error = ClassifyRequest::parse(body.as_bytes(), None).expect_err("it has too many");
        assert_eq!(error.target(), target, "{error}");
        assert!(error.to_string().contains("at most"), "{error}");
    };
    check("sensitiveTypeIds", "\"\"", Some("sensitiveTypeIds"));
    check("contentClassifications", "{}", Some("contentClassifications"));
    check("contentClassifications", "{\"matches\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}", None);
    let names = (0..100_000).map(|n| format!("\"c{n}\":[]")).collect::<Vec<_>>().join(",");
    let body = format!("{{\"text\":\"t\",\"exempt\":{{{names}}}}}");
    let error = ClassifyRequest::parse(body.as_bytes(), None).expect_err("it has too many");
    assert_eq!(error.target(), Some("exempt"));
}

#[test]
fn a_salt_is_never_printed() {
    let draft = read::<SessionDraft>(&(json!({"salt": "correct horse battery staple"}))).expect("accepted");
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
        "datastoreId",
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
