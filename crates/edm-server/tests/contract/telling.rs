//! How an answer gives places: in which unit, and with or without values.

use serde_json::{Value, json};

use crate::text;
use crate::world::{Answer, World};

const PEOPLE: &[&[&str]] = &[&["900-11-2222", "Okafor"], &["900-33-4444", "Hämäläinen-Ōe"]];
const UNITS: [&str; 3] = ["utf16", "codepoint", "byte"];

/// A store, and a type for which a number without its name is not a match.
async fn furnished() -> (World, String) {
    let world = World::new().await;
    // Names are searchable, so that explanations give the position of another record's name.
    let columns = json!([
        {"name": "ssn", "isSearchable": true, "ignoredDelimiters": ["-", " "]},
        {"name": "lastName", "isSearchable": true}
    ]);
    let store = json!({"displayName": "patients", "columns": columns});
    let store = world.at("POST", "/exactMatchDataStores").json(store).send().await.expect(201);
    world.publish(&store, PEOPLE).await;
    let rule = json!({"dataStoreId": text(&store, "id"), "patterns": [
        {"confidence": 85, "primary": "ssn", "supporting": [{"columns": ["lastName"]}]}]});
    let kind = json!({"name": "people", "exactMatch": rule});
    let kind = world.at("POST", "/sensitiveTypes").json(kind).send().await.expect(201);
    let id = text(&kind, "id").to_owned();
    (world, id)
}

/// Returns the piece of a text at a place in the given unit.
fn slice(text: &str, unit: &str, (offset, length): (usize, usize)) -> String {
    match unit {
        "utf16" => {
            let units: Vec<u16> = text.encode_utf16().skip(offset).take(length).collect();
            String::from_utf16_lossy(&units)
        }
        "codepoint" => text.chars().skip(offset).take(length).collect(),
        _ => text.get(offset..offset + length).unwrap_or_default().to_owned(),
    }
}

/// Returns every object of an answer that has a place.
fn places(value: &Value) -> Vec<&Value> {
    let own = value.get("offset").map(|_| value);
    let inner: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(elements) => elements.iter().collect(),
        _ => Vec::new(),
    };
    own.into_iter().chain(inner.into_iter().flat_map(places)).collect()
}

/// Returns the explanations of an answer.
fn sentences(answer: &Value) -> Vec<&str> {
    let items = answer["diagnostics"].as_array().into_iter().flatten();
    let items = items.flat_map(|diagnostic| diagnostic["unmatchedItems"].as_array().into_iter().flatten());
    let told = items.flat_map(|item| item["corroborativeEvidences"].as_array().into_iter().flatten());
    told.filter_map(Value::as_str).collect()
}

/// Returns the length of a text in the given unit.
fn count(text: &str, unit: &str) -> usize {
    match unit {
        "utf16" => text.encode_utf16().count(),
        "codepoint" => text.chars().count(),
        _ => text.len(),
    }
}

fn place(value: &Value) -> (usize, usize) {
    let number = |name: &str| value[name].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number");
    (number("offset"), number("length"))
}

/// The same text in each form of a request, with the same options.
async fn in_each_form(world: &World, kind: &str, sent: &str, options: &[(&str, Value)]) -> Vec<Value> {
    let mut body = json!({"text": sent, "sensitiveTypeIds": [kind], "explain": true});
    let mut query = format!("?sensitiveTypeIds={kind}&explain=true");
    for (name, value) in options {
        body[*name] = value.clone();
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        query.push_str(&format!(
            "&{name}={}",
            plain.replace('"', "%22").replace('{', "%7B").replace('}', "%7D")
        ));
    }
    let send = async |media: &str, query: &str, body: String| {
        let ask = world.at("POST", &format!("/classifyExactMatches{query}")).header("content-type", media);
        ask.bytes(body.into_bytes()).in_pieces(1_000).send().await
    };
    let line = format!("{}\n", json!({"id": 1, "text": sent}));
    let read = |answer: Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    vec![
        read(send("application/json", "", body.to_string()).await),
        read(send("text/plain", &query, sent.to_owned()).await),
        read(send("application/x-ndjson", &query, line).await),
    ]
}

const TEXTS: [&str; 5] = [
    "Okafor 900-11-2222 and 900-33-4444",
    "😀😀 Okafor e\u{301}e\u{301}: 900-11-2222 👩\u{200d}🚀 900-33-4444",
    "漢字かな Hämäläinen-Ōe, 900-33-4444; 𝔘𝔫𝔦 900-11-2222 😀",
    "{\"a\": \"\\ud83d\\ude00 Okafor\", \"b\": \"900-11-2222\"} ü 900-33-4444",
    "é\r\nOkafor\t900-11-2222\u{a0}ﬃ 900-33-4444",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_by_each_unit_are_the_values() {
    let (world, kind) = furnished().await;
    let long = format!("{}{}", "é😀漢 x ".repeat(250_000), TEXTS[2]);
    let mut sentences_told = 0;
    for sent in TEXTS.into_iter().chain([long.as_str()]) {
        for unit in UNITS {
            let mut told = 0;
            for answer in in_each_form(&world, &kind, sent, &[("offsetUnit", json!(unit))]).await {
                for one in places(&answer) {
                    let value =
                        one.get("idMatch").or(one.get("match")).and_then(Value::as_str).expect("a value");
                    assert_eq!(slice(sent, unit, place(one)), value, "{unit} of {:.60}", sent);
                    told += 1;
                }
                // Sentences contain places too.
                for sentence in sentences(&answer) {
                    let at =
                        sentence.split_once(" at ").and_then(|(_, at)| at.split(' ').next()?.parse().ok());
                    let Some(at) = at else { continue };
                    let stands = |value: &&str| slice(sent, unit, (at, count(value, unit))) == **value;
                    assert!(PEOPLE.iter().flat_map(|row| row.iter()).any(stands), "{unit}: {sentence}");
                    sentences_told += 1;
                }
            }
            assert!(told >= 9, "{unit} of {:.60}: {told} places", sent);
            let redact =
                json!({"text": sent, "sensitiveTypeIds": [kind], "offsetUnit": unit, "replacement": "label"});
            if sent.len() < 1_000_000 {
                let redacted = world.at("POST", "/redactExactMatches").json(redact).send().await.expect(200);
                assert!(!places(&redacted).is_empty());
                for one in places(&redacted) {
                    let value =
                        one.get("idMatch").or(one.get("match")).and_then(Value::as_str).expect("a value");
                    assert_eq!(slice(sent, unit, place(one)), value, "{unit} of {sent}");
                }
            }
        }
    }
    assert!(sentences_told > 0, "no sentence named a place");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_are_taken_in_the_asked_unit() {
    let (world, kind) = furnished().await;
    let sent = "😀é😀é Okafor 900-11-2222 end";
    for unit in UNITS {
        let matches =
            |offset: usize, length: usize| json!([{"matches": [{"offset": offset, "length": length}]}]);
        let at = count("😀é😀é Okafor ", unit);
        for (offset, length, found) in
            [(at, 11, true), (at + 10, 5, true), (at + 11, 4, false), (0, at, false)]
        {
            let options = [("contentClassifications", matches(offset, length)), ("offsetUnit", json!(unit))];
            for answer in in_each_form(&world, &kind, sent, &options).await {
                let is_found = answer["classification"].as_array().is_some_and(|types| !types.is_empty());
                assert_eq!(is_found, found, "{unit} {offset} {length}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_unit_is_refused_with_those_that_there_are() {
    let world = World::new().await;
    for path in ["/classifyExactMatches", "/redactExactMatches"] {
        let answer = world.at("POST", path).json(json!({"text": "t", "offsetUnit": "utf8"})).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalidRequest"));
        assert!(answer.text().contains("utf16, codepoint, byte"), "{}", answer.text());
    }
}

/// No piece of the text that is longer than a column's name is in an answer without values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_values_holds_no_piece_of_the_text() {
    const COLUMN_CHARACTERS: usize = "lastName".len();
    let (world, kind) = furnished().await;
    let pieces = [
        "Okafor",
        "okafor",
        "Hämäläinen-Ōe",
        "900-11-2222",
        "900-33-4444",
        "900 33 4444",
        "900112222",
        "😀",
        "wort",
        "straße",
        "\n",
        "\t",
        "12",
        ",",
    ];
    let mut state = 1u64;
    let mut drawn = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % count
    };
    let mut found = 0;
    for _ in 0..60 {
        let words: Vec<&str> = (0..drawn(20) + 2).map(|_| pieces[drawn(pieces.len())]).collect();
        let sent = words.join(" ");
        for answer in in_each_form(&world, &kind, &sent, &[("includeValues", json!(false))]).await {
            let text = answer.to_string();
            found += places(&answer).len();
            for one in places(&answer) {
                assert!(one.get("idMatch").is_none() && one.get("match").is_none(), "{one}");
            }
            let characters: Vec<char> = sent.chars().collect();
            for window in characters.windows(COLUMN_CHARACTERS + 1) {
                let window: String = window.iter().collect();
                assert!(!text.contains(&window), "'{window}' of '{sent}' stands in {text}");
            }
        }
        let redact = json!({"text": sent, "sensitiveTypeIds": [kind], "includeValues": false});
        let redacted = world.at("POST", "/redactExactMatches").json(redact).send().await.expect(200);
        assert!(
            places(&redacted).iter().all(|one| one.get("idMatch").is_none() && one.get("match").is_none())
        );
    }
    assert!(found > 100, "only {found} places: nothing was tried");
}
