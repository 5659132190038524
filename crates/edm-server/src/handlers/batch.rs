//! `$batch`: the requests of a batch are answered one after another, each with all checks of a
//! single request, an id and a line in the log (docs/api/batch.md).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use edm_graph::query::Place;
use edm_graph::{Batch, BatchDialect, Here, PartBody, PartRequest};
use edm_model::limits;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Map, Value};

use crate::admission::Lease;
use crate::authenticated::Call;
use crate::body::{JsonBytes, lease};
use crate::error::{ApiError, HttpProblem};
use crate::handlers::shapes::NONE;
use crate::handling::Handled;
use crate::message::{Body, Request, Response};
use crate::respond;

/// Headers of an answer that concern its connection.
const CONNECTION_HEADERS: &[HeaderName] =
    &[header::CONNECTION, header::CONTENT_LENGTH, header::DATE, header::TRANSFER_ENCODING];

/// The bytes that are reserved for an answer before its request is tried. A longer answer is
/// counted once it exists.
const ANSWER_BYTES_EXPECTED: usize = 256 * 1024;

/// Graph's spelling of header names inside a batch. Clients look them up in this spelling.
const SPELLINGS: &[&str] = &[
    "Allow",
    "Cache-Control",
    "Content-Type",
    "ETag",
    "Location",
    "OData-EntityId",
    "OData-Version",
    "Preference-Applied",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
];

/// Answers a request of a batch as if it were sent alone. Returns the refusal too, if there is one.
pub(crate) type AnswerPart =
    Arc<dyn Fn(Request, Option<ApiError>) -> BoxFuture<'static, Response> + Send + Sync>;

/// Runs a batch.
pub(crate) async fn run(call: Call, request: Request, answer_part: AnswerPart) -> Result<Response, ApiError> {
    call.options(&NONE, Place::Action)?;
    let (whole, body) = request.into_parts();
    let headers = whole.headers;
    let lease = lease(&call.caller)?;
    let JsonBytes(body, lease) =
        JsonBytes::read(body, &headers, &call.app, lease, "application/json").await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let mut handled = Handled::wished(&headers);
    let here = Here { host, origin: &call.origin.plain_url("") };
    let (batch, ignored) = Batch::parse(&body, here, handled.wished)?;
    handled.ignored = ignored;
    drop(body);
    let mut answers = Answers::with_capacity(batch.parts.len(), lease);
    for part in batch.parts {
        let (request, refusal) = match part.request {
            Ok(request) if answers.have_failed(&part.depends_on) => {
                (head(&request), Some(HttpProblem::FailedDependency.into()))
            }
            Ok(request) => match answers.make_room().await {
                Ok(()) => (ask(request, &headers), None),
                Err(problem) => (head(&request), Some(problem.into())),
            },
            Err(error) => (Request::default(), Some(error.into())),
        };
        let answer = answer_part(request, refusal).await;
        let answer = answers.read(answer, &answer_part).await;
        answers.add(&part.id, part.dialect, answer);
    }
    let mut response = answers.into_response();
    handled.add_to(&mut response);
    Ok(response)
}

/// Returns the name of a request in the log, which a refusal needs.
fn head(request: &PartRequest) -> Request {
    let mut head = Request::default();
    *head.method_mut() = method(request);
    *head.uri_mut() = uri(&request.target);
    head
}

/// Makes the request as if it were sent alone. The caller's token is that of the batch unless the
/// part has one.
fn ask(part: PartRequest, outer: &HeaderMap) -> Request {
    let body = part.body.as_deref().map_or_else(Bytes::new, Bytes::copy_from_slice);
    let mut request = head(&part);
    let headers = request.headers_mut();
    for name in [header::HOST, header::AUTHORIZATION] {
        if let Some(value) = outer.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    for (name, value) in &part.headers {
        // Losing a header, such as If-Match, would change the meaning of the request.
        let name = HeaderName::from_bytes(name.as_bytes()).expect("names are checked when they are read");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("values are checked when they are read");
        headers.insert(name, value);
    }
    if part.body.is_some() {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *request.body_mut() = Body::from(body);
    }
    request
}

fn method(part: &PartRequest) -> Method {
    Method::from_bytes(part.method.as_bytes()).expect("it is one of four words, all of which are methods")
}

/// An invalid address leads to a path that does not exist.
fn uri(target: &str) -> Uri {
    target.parse().unwrap_or_default()
}

/// The answers so far, as JSON.
struct Answers {
    json: Vec<u8>,
    failed: Vec<bool>,
    body_bytes_left: usize,
    /// The lease for the batch and its answers.
    lease: Lease,
    batch_bytes: usize,
}

impl Answers {
    fn with_capacity(count: usize, lease: Lease) -> Self {
        Self {
            json: b"{\"responses\":[".to_vec(),
            failed: Vec::with_capacity(count),
            body_bytes_left: limits::BATCH_ANSWER_BYTES_MAX,
            batch_bytes: lease.bytes(),
            lease,
        }
    }

    /// Reserves memory for the next answer before its request is run, because afterwards it could
    /// no longer be refused.
    async fn make_room(&mut self) -> Result<(), HttpProblem> {
        let wanted = self.batch_bytes + self.json.len() + ANSWER_BYTES_EXPECTED;
        let missing = wanted.saturating_sub(self.lease.bytes());
        self.lease.take(missing).await.map_err(|_| HttpProblem::NoMemory)
    }

    /// Returns whether one of the parts at these positions failed.
    fn have_failed(&self, places: &[usize]) -> bool {
        places.iter().any(|place| self.failed.get(*place).copied().unwrap_or(true))
    }

    /// Reads an answer to its end. An answer that is too long, or that fails, is replaced by a
    /// refusal.
    async fn read(&mut self, answer: Response, answer_part: &AnswerPart) -> http::Response<Bytes> {
        let (head, body) = answer.into_parts();
        match collect(body, self.body_bytes_left).await {
            Ok(body) => {
                self.body_bytes_left -= body.len();
                http::Response::from_parts(head, body)
            }
            Err(problem) => {
                let refusal = answer_part(Request::default(), Some(problem.into())).await;
                let (head, body) = refusal.into_parts();
                // A refusal is short, and there is at most one for each part.
                let body = collect(body, limits::JSON_BODY_BYTES_MAX).await.unwrap_or_default();
                http::Response::from_parts(head, body)
            }
        }
    }

    /// Appends an answer.
    fn add(&mut self, id: &str, dialect: BatchDialect, answer: http::Response<Bytes>) {
        let (head, body) = answer.into_parts();
        self.failed.push(head.status.as_u16() >= StatusCode::BAD_REQUEST.as_u16());
        if self.failed.len() > 1 {
            self.json.push(b',');
        }
        let written = format!(
            "{{\"id\":{},\"status\":{},\"headers\":{}",
            Value::from(id),
            head.status.as_u16(),
            Value::from(headers_of(&head.headers))
        );
        self.json.extend_from_slice(written.as_bytes());
        if !body.is_empty() {
            self.json.extend_from_slice(b",\"body\":");
            let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            PartBody::of(content_type).write(&body, dialect, &mut self.json);
        }
        self.json.push(b'}');
        let held = self.batch_bytes + self.json.len();
        self.lease.add(held.saturating_sub(self.lease.bytes()));
    }

    fn into_response(mut self) -> Response {
        self.json.extend_from_slice(b"]}");
        let mut response = Response::new(Body::from(self.json));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(respond::JSON));
        response
    }
}

/// Reads a body of at most `bytes_max` bytes.
async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, HttpProblem> {
    let mut read = BytesMut::new();
    while let Some(piece) = body.next_piece().await {
        // A stream that fails would close a connection. Here it would break the other answers, so
        // it becomes a refusal.
        let piece = piece.map_err(|_| HttpProblem::Panicked)?;
        if piece.len() > bytes_max - read.len() {
            return Err(HttpProblem::AnswerTooLarge { bytes_max: limits::BATCH_ANSWER_BYTES_MAX });
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

fn headers_of(headers: &HeaderMap) -> Map<String, Value> {
    let mut written = Map::new();
    for name in headers.keys().filter(|name| !CONNECTION_HEADERS.contains(name)) {
        let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        let known = SPELLINGS.iter().find(|known| known.eq_ignore_ascii_case(name.as_str()));
        written.insert((*known.unwrap_or(&name.as_str())).to_owned(), Value::from(values.join(", ")));
    }
    written
}
