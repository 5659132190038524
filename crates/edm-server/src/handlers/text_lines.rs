//! `classifyExactMatches` for `application/x-ndjson`: one text a line in, one result a line out, while both come and go.
//! Nothing is kept but the lines at hand, so the bound of the whole may be far beyond the memory; and a place among the
//! texts that are matched is held only while there is something to match.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use edm_graph::{ClassifyOptions, ErrorEnvelope, LineOutcome, LineResult, TextLine};
use edm_model::{Principal, limits};
use edm_service::{Admission, MatchOptions, Matcher};
use http::{HeaderValue, header};
use serde_json::Value;

use crate::app::App;
use crate::body::Pieces;
use crate::error::{ApiError, HttpProblem};
use crate::handlers::classification::match_options;
use crate::present_report;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-ndjson");

pub(crate) async fn classify(
    app: Arc<App>,
    principal: Arc<Principal>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let options = match_options(ClassifyOptions::from_query(parts.uri.query())?);
    let pieces = Pieces::of(body, &parts.headers, limits::STREAM_BYTES_MAX)?;
    // Whoever cannot be served hears so now: behind the first line there is no status any more.
    drop(app.service.matcher(&principal, options.clone(), Admission::New).await?);
    let answering =
        Answering { app, principal, options, pieces, begun: BytesMut::new(), number: 0, ended: false };
    let mut response = Response::new(Body::from_stream(futures::stream::unfold(answering, Answering::next)));
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    Ok(response)
}

/// The answer under way.
struct Answering {
    app: Arc<App>,
    principal: Arc<Principal>,
    options: MatchOptions,
    pieces: Pieces,
    /// The line that is not whole yet.
    begun: BytesMut,
    /// Lines seen so far.
    number: u64,
    ended: bool,
}

impl Answering {
    /// Returns results of some lines, nothing behind the last.
    async fn next(mut self) -> Option<(Result<Bytes, std::convert::Infallible>, Self)> {
        while !self.ended {
            let results = match self.pieces.next().await {
                Ok(Some(piece)) => match memchr::memrchr(b'\n', &piece) {
                    Some(end) => {
                        self.begin(piece.get(..end + 1).unwrap_or(&[]));
                        let lines = self.begun.split().freeze();
                        self.begin(piece.get(end + 1..).unwrap_or(&[]));
                        self.look_at(lines).await
                    }
                    None => {
                        self.begin(&piece);
                        Ok(Vec::new())
                    }
                },
                Ok(None) => {
                    self.ended = true;
                    let line = self.begun.split().freeze();
                    self.look_at(line).await
                }
                Err(problem) => Err(problem.into()),
            };
            let results = results.unwrap_or_else(|error| {
                self.ended = true;
                let mut written = Vec::new();
                write(&mut written, &failed(self.number + 1, Value::Null, &error));
                written
            });
            if !results.is_empty() {
                return Some((Ok(results.into()), self));
            }
        }
        None
    }

    /// Adds to the line that is not whole yet; of one that is too long no more is kept than shows it.
    fn begin(&mut self, piece: &[u8]) {
        let room = (limits::JSON_BODY_BYTES_MAX + 1).saturating_sub(self.begun.len());
        let line = memchr::memchr(b'\n', piece).unwrap_or(piece.len());
        let (line, behind) = piece.split_at(line);
        self.begun.extend_from_slice(line.get(..room).unwrap_or(line));
        self.begun.extend_from_slice(behind);
    }

    async fn look_at(&mut self, lines: Bytes) -> Result<Vec<u8>, ApiError> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let begun = Instant::now();
        let matcher =
            self.app.service.matcher(&self.principal, self.options.clone(), Admission::Begun).await?;
        let _abandon = matcher.abandon_on_drop();
        let first = self.number + 1;
        let work = tokio::task::spawn_blocking(move || results(&matcher, &lines, first));
        let (results, count) = work.await.map_err(|_| HttpProblem::Panicked)?;
        self.number += count;
        self.pieces.forgive(begun.elapsed());
        Ok(results)
    }
}

/// Returns the results of whole lines, and how many lines there are.
fn results(matcher: &Matcher, lines: &[u8], first: u64) -> (Vec<u8>, u64) {
    // Most texts hold nothing, and their results are short.
    let mut written = Vec::with_capacity(lines.len() / 8);
    let mut count = 0;
    for line in split_lines(lines.strip_suffix(b"\n").unwrap_or(lines)) {
        let number = first + count;
        count += 1;
        if line.len() > limits::JSON_BODY_BYTES_MAX {
            let problem = HttpProblem::BodyTooLarge { bytes_max: limits::JSON_BODY_BYTES_MAX };
            write(&mut written, &failed(number, Value::Null, &problem.into()));
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            write(&mut written, &result(matcher, line, number));
        }
    }
    (written, count)
}

fn result(matcher: &Matcher, line: &[u8], number: u64) -> LineResult {
    match TextLine::read(line) {
        Ok(TextLine { id, text }) => {
            let outcome = LineOutcome::Classified(present_report::result(matcher.classify(&text)));
            LineResult { id, line: number, outcome }
        }
        Err((id, error)) => failed(number, id, &error.into()),
    }
}

fn failed(line: u64, id: Value, error: &ApiError) -> LineResult {
    LineResult { id, line, outcome: LineOutcome::Failed(ErrorEnvelope { error: error.body() }) }
}

fn write(written: &mut Vec<u8>, result: &LineResult) {
    serde_json::to_writer(&mut *written, result)
        .expect("wire types have string keys and no failing serialisers");
    written.push(b'\n');
}

/// Returns the lines, without their ends; of nothing, one that is empty.
fn split_lines(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', lines).chain([lines.len()]);
    ends.scan(0, |begin, end| {
        let line = lines.get(*begin..end);
        *begin = end + 1;
        line
    })
}
