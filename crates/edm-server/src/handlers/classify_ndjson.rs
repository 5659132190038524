//! `classifyExactMatches` for `application/x-ndjson`: one text per line in, one result per line
//! out, as they arrive. Only the current lines are in memory, so the whole body may be far larger
//! than the memory. A permit is held only while there are lines to match.

use std::sync::Arc;

use bytes::Bytes;
use edm_graph::{ErrorEnvelope, Handling, LineOutcome, LineResult, Telling, TextLine};
use edm_model::{Principal, limits};
use edm_service::{Admission, MatchOptions, MatchReport, Matcher, Texts};
use futures::StreamExt;
use http::{HeaderValue, header};
use serde_json::Value;
use tokio::time::Instant;

use crate::admission::Lease;
use crate::app::App;
use crate::body::{Arrived, Pieces, lease};
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::handlers::text_options::query_options;
use crate::message::{Body, BodyFailure, Response};
use crate::to_wire;
use crate::wiped_buffer::{WipedBuffer, wipe};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-ndjson");
/// The bytes of lines that are passed to a thread together, if they are available.
const GROUP_BYTES: usize = 256 * 1024;

pub(crate) async fn classify(exchange: Exchange, principal: Arc<Principal>) -> Result<Response, ApiError> {
    let Exchange { app, caller, request, .. } = exchange;
    let (parts, body) = request.into_parts();
    let (options, telling, handled) = query_options(&parts)?;
    let pieces = Pieces::of(body, &parts.headers, limits::STREAM_BYTES_MAX, &app.capacity.waits)?;
    let lease = lease(&caller)?;
    let end = Instant::now() + app.capacity.waits.patience.stream;
    // Refuse a client that cannot be served now, because the status cannot change after the first
    // line.
    drop(app.service.matcher(&principal, options.clone(), Admission::New, 0).await?);
    let answering = Answering {
        app,
        principal,
        options,
        telling,
        // As with the options, a misspelt name would silently change what is searched.
        handling: handled.wished.unwrap_or(Handling::Strict),
        pieces,
        lease,
        end,
        whole: Vec::new(),
        begun: WipedBuffer::default(),
        number: 0,
        ended: false,
    };
    let mut response =
        Response::new(Body::from_stream(futures::stream::unfold(answering, Answering::next).boxed()));
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    handled.add_to(&mut response);
    Ok(response)
}

/// The state of an answer in progress.
struct Answering {
    app: Arc<App>,
    principal: Arc<Principal>,
    options: MatchOptions,
    telling: Telling,
    /// How unknown properties of a line are handled.
    handling: Handling,
    pieces: Pieces,
    /// The lease for the current lines.
    lease: Lease,
    /// The deadline of the whole answer.
    end: Instant,
    /// Complete lines that wait for their results, as received.
    whole: Vec<Bytes>,
    /// The line that is not complete yet.
    begun: WipedBuffer,
    /// The number of lines so far.
    number: u64,
    ended: bool,
}

impl Answering {
    /// Returns the results of some lines; `None` after the last.
    async fn next(mut self) -> Option<(Result<Bytes, BodyFailure>, Self)> {
        while !self.ended {
            // Lines before a problem get their results first.
            let gathered = self.gather().await;
            let looked_at = self.look_at().await;
            let (mut results, problem) = match (looked_at, gathered) {
                (Ok(results), gathered) => (results, gathered.err().map(ApiError::from)),
                (Err(error), _) => (Vec::new(), Some(error)),
            };
            if let Some(error) = problem {
                self.ended = true;
                write(&mut results, &failed(self.number + 1, Value::Null, &error));
            }
            if !results.is_empty() {
                return Some((Ok(results.into()), self));
            }
        }
        None
    }

    /// Waits for the next piece, and takes further pieces that are available. Passing lines to
    /// another thread costs as much as scanning a few of them.
    async fn gather(&mut self) -> Result<(), HttpProblem> {
        let mut bytes = 0;
        let mut coming = self.pieces.next().await?;
        while let Some(piece) = coming {
            if Instant::now() >= self.end {
                return Err(HttpProblem::StreamTooLong);
            }
            self.lease.take(piece.len()).await.map_err(|_| HttpProblem::NoMemory)?;
            bytes += piece.len();
            self.take(&piece);
            if bytes >= GROUP_BYTES {
                return Ok(());
            }
            coming = match self.pieces.next_if_there().await? {
                Arrived::NotYet => return Ok(()),
                Arrived::Piece(piece) => Some(piece),
                Arrived::End => None,
            };
        }
        self.ended = true;
        if !self.begun.is_empty() {
            self.whole.push(self.begun.take());
        }
        Ok(())
    }

    /// Takes a piece. Its complete lines are not copied; only a line that continues from or into
    /// another piece is.
    fn take(&mut self, piece: &Bytes) {
        let Some(first) = memchr::memchr(b'\n', piece) else { return self.begin(piece) };
        let last = memchr::memrchr(b'\n', piece).unwrap_or(first);
        let mut rest = piece.clone();
        if !self.begun.is_empty() {
            self.begin(&rest.split_to(first));
            self.begun.extend_from_slice(&rest.split_to(1));
            self.whole.push(self.begun.take());
        }
        let lines = rest.split_to(last + 1 - (piece.len() - rest.len()));
        if !lines.is_empty() {
            self.whole.push(lines);
        }
        self.begin(&rest);
    }

    /// Appends to the incomplete line. A line that is too long is kept only up to the length that
    /// shows it.
    fn begin(&mut self, piece: &[u8]) {
        let room = (limits::JSON_BODY_BYTES_MAX + 1).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    async fn look_at(&mut self) -> Result<Vec<u8>, ApiError> {
        if self.whole.is_empty() {
            // A line that is too long is kept only in part.
            self.lease.keep(self.begun.len());
            return Ok(Vec::new());
        }
        let lines = std::mem::take(&mut self.whole);
        let bytes = lines.iter().map(Bytes::len).sum();
        let options = self.options.clone();
        let matcher =
            self.app.service.matcher(&self.principal, options, Admission::InProgress, bytes).await?;
        let _cancel = matcher.cancel_on_drop();
        let first = self.number + 1;
        let (telling, handling) = (self.telling, self.handling);
        let work = tokio::task::spawn_blocking(move || {
            let results = results(&matcher, &lines, first, telling, handling);
            lines.into_iter().for_each(wipe);
            results
        });
        let (results, count) = work.await.map_err(|_| HttpProblem::Panicked)?;
        self.number += count;
        self.lease.keep(self.begun.len());
        Ok(results)
    }
}

/// Returns the results of complete lines, and the number of lines.
fn results(
    matcher: &Matcher,
    pieces: &[Bytes],
    first: u64,
    telling: Telling,
    handling: Handling,
) -> (Vec<u8>, u64) {
    // Most texts contain no match, and their results are short.
    let bytes: usize = pieces.iter().map(Bytes::len).sum();
    let written = Vec::with_capacity(bytes / 8);
    let mut results = Results { texts: matcher.texts(), waiting: Vec::new(), written, telling, handling };
    let mut number = first;
    for piece in pieces {
        for line in split_lines(piece.strip_suffix(b"\n").unwrap_or(piece)) {
            results.add(line, number);
            number += 1;
        }
    }
    results.write_waiting();
    (results.written, number - first)
}

/// The results of lines, in their order.
struct Results<'m> {
    texts: Texts<'m>,
    /// The ids and numbers of the lines whose texts wait to be scanned together.
    waiting: Vec<(Value, u64)>,
    written: Vec<u8>,
    telling: Telling,
    handling: Handling,
}

impl Results<'_> {
    fn add(&mut self, line: &[u8], number: u64) {
        if line.len() > limits::JSON_BODY_BYTES_MAX {
            let problem = HttpProblem::BodyTooLarge { bytes_max: limits::JSON_BODY_BYTES_MAX };
            self.add_failed(number, Value::Null, &problem.into());
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            match TextLine::read(line, self.handling) {
                Ok(TextLine { id, text }) => self.add_text(number, id, &text),
                Err((id, error)) => self.add_failed(number, id, &error.into()),
            }
        }
    }

    fn add_text(&mut self, number: u64, id: Value, text: &str) {
        if !self.texts.join(text) {
            self.write_waiting();
            // If no text waits, only a long text cannot join.
            if !self.texts.join(text) {
                let report = self.texts.classify(text);
                return write_report(&mut self.written, id, number, report, self.telling);
            }
        }
        self.waiting.push((id, number));
    }

    fn add_failed(&mut self, line: u64, id: Value, error: &ApiError) {
        self.write_waiting();
        write(&mut self.written, &failed(line, id, error));
    }

    /// Writes the results of the texts that wait.
    fn write_waiting(&mut self) {
        let Self { texts, waiting, written, telling, .. } = self;
        let mut lines = waiting.drain(..);
        texts.classify_waiting(|report| {
            let (id, line) = lines.next().expect("each text that waits is a line's");
            write_report(written, id, line, report, *telling);
        });
    }
}

fn write_report(written: &mut Vec<u8>, id: Value, line: u64, report: MatchReport, telling: Telling) {
    if report.is_empty() {
        return write_nothing(written, &id, line);
    }
    let outcome = LineOutcome::Classified(to_wire::report::result(report, telling));
    write(written, &LineResult { id, line, outcome });
}

/// Writes the result of a text without findings, the usual case, like [`write`]. Serialising it
/// would take longer than reading the line.
fn write_nothing(written: &mut Vec<u8>, id: &Value, number: u64) {
    written.extend_from_slice(b"{\"id\":");
    serde_json::to_writer(&mut *written, id).expect("a value has string keys");
    written.extend_from_slice(b",\"line\":");
    serde_json::to_writer(&mut *written, &number).expect("a number has no failing serialiser");
    written.extend_from_slice(b",\"classification\":[],\"errors\":[]}\n");
}

fn failed(line: u64, id: Value, error: &ApiError) -> LineResult {
    LineResult { id, line, outcome: LineOutcome::Failed(ErrorEnvelope { error: error.body() }) }
}

fn write(written: &mut Vec<u8>, result: &LineResult) {
    serde_json::to_writer(&mut *written, result)
        .expect("wire types have string keys and no failing serialisers");
    written.push(b'\n');
}

/// Returns the lines without their ends; one empty line for an empty text.
fn split_lines(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', lines).chain([lines.len()]);
    ends.scan(0, |begin, end| {
        let line = lines.get(*begin..end);
        *begin = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use edm_graph::ClassificationResult;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_holds_nothing_is_told_as_any_other() {
        for id in [Value::Null, json!("a\"\n"), json!(7), json!(-1.5e300), json!(u64::MAX)] {
            let (mut direct, mut general) = (Vec::new(), Vec::new());
            write_nothing(&mut direct, &id, 12);
            let outcome = LineOutcome::Classified(ClassificationResult::default());
            write(&mut general, &LineResult { id, line: 12, outcome });
            assert_eq!(String::from_utf8(direct), String::from_utf8(general));
        }
    }
}
