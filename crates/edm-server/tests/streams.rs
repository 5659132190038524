//! Texts that arrive in pieces: `application/x-ndjson` and `text/plain`.

mod world;

use serde_json::{Value, json};
use world::{Answer, Ask, World};

const PEOPLE: &[&[&str]] =
    &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"], &["900-55-6666", "Tanaka"]];

async fn furnished() -> World {
    let world = World::new().await;
    let store = world.store("patients").await;
    world.publish(&store, PEOPLE).await;
    world
}

fn ask<'a>(world: &'a World, query: &str, body: &str) -> Ask<'a> {
    let target = format!("/classifyExactMatches{query}");
    let ask = world.at("POST", &target).token(&world.classifier);
    ask.header("content-type", "application/x-ndjson; charset=utf-8").bytes(body.as_bytes().to_vec())
}

/// Returns for each line of an answer its number, its id, and the findings or the error's code.
fn lines(answer: &Answer) -> Vec<(u64, Value, String)> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    let text = answer.text();
    let line = |line: &str| {
        let read: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let found = read["classification"].as_array().map(|types| {
            let matches = types.iter().flat_map(|one| one["matches"].as_array().into_iter().flatten());
            let found = matches.map(|one| format!("{} at {}", one["idMatch"], one["offset"]));
            found.collect::<Vec<String>>().join(", ")
        });
        let outcome = found.unwrap_or_else(|| read["error"]["code"].as_str().unwrap_or("").to_owned());
        (read["line"].as_u64().expect("a number"), read["id"].clone(), outcome)
    };
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(line).collect()
}

const TEXTS: &str = concat!(
    r#"{"id":"a","text":"😀 Okafor: 900-11-2222"}"#,
    "\r\n\n",
    r#"{"id":7,"text":"nothing"}"#,
    "\n",
    r#"{"id":"b"}"#,
    "\n",
    r#"{"id":"c","text":"900-33-44"#,
    "\n",
    r#"{"text":"Langer 900-33-4444"}"#,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_has_a_result_however_the_body_is_cut() {
    let world = furnished().await;
    let expected = [
        (1, json!("a"), r#""900-11-2222" at 11"#),
        (3, json!(7), ""),
        (4, json!("b"), "invalidRequest"),
        (5, Value::Null, "invalidJson"),
        (6, Value::Null, r#""900-33-4444" at 7"#),
    ];
    let expected = expected.map(|(number, id, outcome)| (number, id, outcome.to_owned()));
    for piece_bytes in [1, 2, 3, 7, 40, 41, 42, 1_000] {
        let answer = ask(&world, "", TEXTS).in_pieces(piece_bytes).send().await;
        assert_eq!(lines(&answer), expected, "pieces of {piece_bytes}");
    }
    assert_eq!(lines(&ask(&world, "", "").send().await), []);
    assert_eq!(lines(&ask(&world, "", "\n \n\n").send().await), []);
}

/// Short texts are scanned together; long ones and lines that fail are handled separately.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_come_in_the_order_of_the_lines_whatever_these_hold() {
    let world = furnished().await;
    let (mut body, mut expected) = (String::new(), Vec::new());
    for number in 1..=3_000u64 {
        let found = |offset: usize| format!("\"900-33-4444\" at {offset}");
        let (text, outcome) = match number {
            number if number % 401 == 0 => {
                (format!("{}Langer 900-33-4444", "a ".repeat(6_000)), found(12_007))
            }
            number if number % 397 == 0 => ("b ".repeat(6_000), String::new()),
            number if number % 31 == 0 => ("Langer 900-33-4444".to_owned(), found(7)),
            number if number % 30 == 0 => ("900-33-4444 =".to_owned(), found(0)),
            number if number % 29 == 0 => (String::new(), String::new()),
            _ => ("nothing of note, 900-33-".to_owned(), String::new()),
        };
        let (line, id, outcome) = match number {
            number if number % 211 == 0 => ("{".to_owned(), Value::Null, "invalidJson".to_owned()),
            _ => (json!({"id": number, "text": text}).to_string(), json!(number), outcome),
        };
        body += &(line + "\n");
        expected.push((number, id, outcome));
    }
    for piece_bytes in [5_000, 1_000_000] {
        let found = lines(&ask(&world, "", &body).in_pieces(piece_bytes).send().await);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "pieces of {piece_bytes}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_stand_in_the_query() {
    let world = furnished().await;
    let text = r#"{"id":1,"text":"Langer 900-33-4444, and 900-55-6666"}"#;
    let found = |query: &str| {
        let asked = ask(&world, query, text).send();
        async { lines(&asked.await).remove(0).2 }
    };
    assert_eq!(found("?minimumConfidence=70").await, r#""900-33-4444" at 7"#);
    assert_eq!(found("?sensitiveTypeIds=22222222-2222-4222-8222-222222222222").await, "");
    assert_eq!(found("?exempt=%7B%22lastName%22:[%22Langer%22]%7D").await, r#""900-55-6666" at 24"#);
    let explained = ask(&world, "?explain=true&minimumConfidence=100", text).send().await.text();
    assert!(explained.contains("\"line\":1") && explained.contains("\"errors\":[]"), "{explained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_too_long_and_a_body_that_breaks_off_are_told() {
    let world = furnished().await;
    let long = format!(
        "{{\"id\":1,\"text\":\"{}\"}}\n{{\"id\":2,\"text\":\"900-33-4444\"}}\n",
        "a ".repeat(3 * 1024 * 1024)
    );
    let expected =
        [(1, Value::Null, "bodyTooLarge".to_owned()), (2, json!(2), r#""900-33-4444" at 0"#.to_owned())];
    for piece_bytes in [64 * 1024, 8 * 1024 * 1024] {
        assert_eq!(lines(&ask(&world, "", &long).in_pieces(piece_bytes).send().await), expected);
    }
    let broken = ask(&world, "", TEXTS).breaking_off().send().await;
    let read = lines(&broken);
    assert_eq!(read.first().map(|line| line.0), Some(1));
    assert_eq!(read.last().map(|line| line.2.as_str()), Some("bodyIncomplete"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_classify_is_told_before_the_first_line() {
    let world = furnished().await;
    let refused = ask(&world, "", TEXTS).token(&world.reader).send().await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "accessDenied"));
}

fn ask_text<'a>(world: &'a World, query: &str, body: &[u8]) -> Ask<'a> {
    let target = format!("/classifyExactMatches{query}");
    let ask = world.at("POST", &target).token(&world.classifier);
    ask.header("content-type", "text/plain; charset=UTF-8").bytes(body.to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_text_has_the_result_of_the_same_text_in_json() {
    let world = furnished().await;
    let text = format!("😀 Okafor: 900-11-2222.{}Langer\n900-33-4444", " And so on.\n".repeat(9_000));
    let body = json!({"text": text, "explain": true, "minimumConfidence": 70});
    let whole = world.at("POST", "/classifyExactMatches").token(&world.classifier).json(body).send().await;
    let whole = whole.expect(200);
    assert_eq!(whole["classification"][0]["matches"].as_array().map(Vec::len), Some(2));
    for piece_bytes in [1_000, 4_096, 70_000, usize::MAX] {
        let asked = ask_text(&world, "?explain=true&minimumConfidence=70", text.as_bytes());
        let answer = asked.in_pieces(piece_bytes).send().await;
        assert_eq!(answer.expect(200), whole, "pieces of {piece_bytes}");
    }
    let short = "😀 Okafor: 900-11-2222.";
    let expected = ask_text(&world, "", short.as_bytes()).send().await.expect(200);
    for piece_bytes in 1..short.len() {
        let answer = ask_text(&world, "", short.as_bytes()).in_pieces(piece_bytes).send().await;
        assert_eq!(answer.expect(200), expected, "pieces of {piece_bytes}");
    }
    let empty = ask_text(&world, "", b"").send().await.expect(200);
    assert_eq!(empty["classification"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_text_that_is_none_is_refused_with_its_byte() {
    let world = furnished().await;
    for (body, byte) in [(&b"M\xFCller"[..], 1), (b"900-11-2222 \xF0\x9F", 12), (b"\xFF\xFEa\0", 0)] {
        for piece_bytes in [1, 5, usize::MAX] {
            let answer = ask_text(&world, "", body).in_pieces(piece_bytes).send().await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalidRequest"));
            assert!(answer.text().contains(&format!("at byte {byte}:")), "{}", answer.text());
        }
    }
    let asked = ask_text(&world, "", b"t").header("content-type", "text/plain; charset=windows-1252");
    let refused = asked.send().await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (415, "unsupportedMediaType"));
    let broken = ask_text(&world, "", b"900-11-2222").breaking_off().send().await;
    assert_eq!((broken.status.as_u16(), broken.code().as_str()), (400, "bodyIncomplete"));
    let huge = ask_text(&world, "", b"t").header("content-length", "1073741825").send().await;
    assert_eq!((huge.status.as_u16(), huge.code().as_str()), (413, "bodyTooLarge"));
    // Requests that failed have released their permits.
    for _ in 0..100 {
        ask_text(&world, "", b"nothing").send().await.expect(200);
    }
}
