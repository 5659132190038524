//! Texts of 1 KB, one per line, through the server, next to the same texts through the library.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, bail};
use edm_engine::{PreparedTypes, Query, Scratch, scan};
use serde_json::json;

use super::Setting;
use super::server::Server;
use crate::clock::{cpu_seconds, interleaved, median, wall_seconds};
use crate::corpus::Corpus;
use crate::ours;
use crate::report::{Row, Target};
use crate::tables::{Table, default_type};

/// The name of the row.
pub(crate) const WHAT: &str = "ndjson, lines of 1 KB, server against library";
/// The size of a text, and of all texts of a request, in bytes.
const TEXT_BYTES: usize = 1_024;
const REQUEST_BYTES: usize = 16 << 20;

/// Returns the row. The server has a table with this many rows; the library gets the same table and
/// type.
pub(crate) fn row(
    setting: &Setting,
    corpus: &Corpus,
    server: &Server,
    table_rows: u64,
) -> anyhow::Result<Row> {
    let generation = Table::narrow(table_rows).generation(&setting.folder.join("ndjson"))?;
    let types = PreparedTypes::prepare([default_type(generation)?]);
    let texts = corpus.texts(TEXT_BYTES).into_iter().take_while(|range| range.end <= REQUEST_BYTES);
    let texts: Vec<&str> = texts.map(|range| &corpus.text[range]).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let request = request(server, &texts);
    let expected = matches(&types, &texts);
    let (mut walls, mut singly) = (Vec::new(), Vec::new());
    let pair = interleaved(
        setting.pairs,
        || {
            let before = server.cpu_seconds().context("the server's CPU time cannot be read")?;
            let mut answer = Ok(String::new());
            walls.push(wall_seconds(|| answer = exchange(server, &request)));
            let after = server.cpu_seconds().context("the server's CPU time cannot be read")?;
            judge(&answer?, texts.len(), expected)?;
            Ok(after - before)
        },
        || {
            singly.push(cpu_seconds(|| {
                std::hint::black_box(matches(&types, &texts));
            }));
            // With a prescan, as in the server.
            Ok(cpu_seconds(|| {
                std::hint::black_box(ours::matches_together(&types, texts.iter().copied()));
            }))
        },
    )?;
    let rate = |seconds: f64| bytes as f64 / seconds / 1e6;
    let row =
        Row::against(Row::own(WHAT, "MB/s", rate(pair.ours)), "library", rate(pair.theirs), 1.0 / pair.ratio);
    let row = row.noted(format!(
        "CPU time of the whole server, {} texts and {expected} matches a request; by wall clock {:.1} MB/s in one stream; \
         the library one text after another {:.1} MB/s",
        texts.len(),
        rate(median(&walls)),
        rate(median(&singly))
    ));
    Ok(row.must(Target::RatioAtLeast(0.7)))
}

/// Scans the texts one after another. Returns the number of matches.
fn matches(types: &PreparedTypes, texts: &[&str]) -> usize {
    let mut scratch = Scratch::new();
    let found = texts.iter().map(|text| scan(&Query::new(text, types), &mut scratch));
    found.flat_map(|report| report.types).map(|found| found.matches.len()).sum()
}

/// HTTP/1.0, so that the response ends with the connection and is not chunked.
fn request(server: &Server, texts: &[&str]) -> Vec<u8> {
    let lines = texts.iter().enumerate().map(|(id, text)| json!({"id": id, "text": text}).to_string() + "\n");
    let lines: String = lines.collect();
    let head = format!(
        "POST /beta/dataClassification/classifyExactMatches HTTP/1.0\r\nContent-Type: application/x-ndjson\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        server.token,
        lines.len()
    );
    [head.into_bytes(), lines.into_bytes()].concat()
}

/// Sends the request while reading the response, as the server requires.
fn exchange(server: &Server, request: &[u8]) -> anyhow::Result<String> {
    let address = server.url.strip_prefix("http://").context("the server listens without TLS")?;
    let mut reading = TcpStream::connect(address)?;
    let mut writing = reading.try_clone()?;
    let mut answer = String::new();
    std::thread::scope(|scope| {
        let sent = scope.spawn(move || writing.write_all(request));
        let read = reading.read_to_string(&mut answer);
        sent.join().expect("writing does not panic")?;
        read
    })?;
    Ok(answer)
}

/// Fails unless every text was searched and the number of matches equals the library's.
fn judge(answer: &str, texts: usize, expected: usize) -> anyhow::Result<()> {
    let (head, lines) = answer.split_once("\r\n\r\n").context("the server answered with no HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("the server answered with {status}");
    }
    let failed = lines.lines().filter(|line| line.contains("\"error\":")).count();
    let (results, found) = (lines.lines().count(), lines.matches("\"idMatch\":").count());
    if (results, failed, found) != (texts, 0, expected) {
        bail!(
            "the server gave {results} results with {found} matches, {failed} of them errors, for {texts} texts in which \
             the library finds {expected}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_lacks_something_is_no_measurement() {
        let check = |answer: &str, good: bool| assert_eq!(judge(answer, 2, 1).is_ok(), good, "{answer}");
        let match_line = "{\"id\":0,\"line\":1,\"classification\":[{\"matches\":[{\"idMatch\":\"x\"}]}]}\n";
        let empty = "{\"id\":1,\"line\":2,\"classification\":[]}\n";
        let error = "{\"id\":1,\"line\":2,\"error\":{\"code\":\"timeout\"}}\n";
        let head = "HTTP/1.0 200 OK\r\n\r\n";
        check(&format!("{head}{match_line}{empty}"), true);
        check(&format!("{head}{match_line}"), false);
        check(&format!("{head}{empty}{empty}"), false);
        check(&format!("{head}{match_line}{error}"), false);
        check(&format!("HTTP/1.0 429 Too Many Requests\r\n\r\n{match_line}{empty}"), false);
        check("", false);
    }
}
