//! Answers in Graph's form.

use bytes::Bytes;
use edm_graph::Collection;
use edm_graph::query::{QueryOptions, project};
use edm_service::Revision;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::answer_pieces::AnswerPieces;
use crate::authenticated::Call;
use crate::error::{ApiError, HttpProblem};
use crate::message::{Body, Response};
use crate::origin::Origin;
use crate::preconditions::{self, Prefer};

/// The content type of every JSON answer.
pub(crate) const JSON: &str = "application/json; odata.metadata=minimal; charset=utf-8";

/// The number of headers of most answers.
const HEADERS_EXPECTED: usize = 6;
const ETAG: &str = "@odata.etag";
const ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");

/// Answers with JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Our types always serialise. An empty body would break clients, so a failure is a panic, which
    // becomes a 500.
    let mut pieces = AnswerPieces::default();
    serde_json::to_writer(&mut pieces, body).expect("wire types have string keys and no failing serialisers");
    let mut response = Response::new(pieces.into_body());
    *response.status_mut() = status;
    // Space for the headers that are added to every answer.
    response.headers_mut().reserve(HEADERS_EXPECTED);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// Converts a resource to JSON with its `@odata.type` and `@odata.etag`.
pub(crate) fn entity(resource: &impl Serialize, type_name: &str, revision: Revision) -> Value {
    let mut value =
        serde_json::to_value(resource).expect("wire types have string keys and no failing serialisers");
    if let Value::Object(fields) = &mut value {
        fields.insert("@odata.type".to_owned(), Value::from(format!("#microsoft.graph.{type_name}")));
        fields.insert(ETAG.to_owned(), Value::from(preconditions::etag(revision)));
    }
    value
}

/// Answers a read: 304 if the caller has this state already, 412 if it requires another one. `set`
/// is the canonical path of its collection.
pub(crate) fn read(
    call: &Call,
    value: Value,
    options: &QueryOptions,
    set: &str,
) -> Result<Response, ApiError> {
    let etag = value.get(ETAG).and_then(Value::as_str);
    if let Some(revision) = etag.and_then(preconditions::revision) {
        let contains = |known: &Option<_>, otherwise| {
            known.as_ref().map_or(otherwise, |known: &edm_service::Revisions| known.contain(revision))
        };
        if !contains(&call.expected.is, true) {
            return Err(HttpProblem::PreconditionFailed.into());
        }
        // Expanded resources have their own states, which the etag does not cover.
        if options.expand.is_empty() && contains(&call.expected.is_not, false) {
            let mut response = empty(StatusCode::NOT_MODIFIED);
            insert(&mut response, header::ETAG, &preconditions::etag(revision));
            return Ok(response);
        }
    }
    Ok(item(StatusCode::OK, value, options, &call.origin, set))
}

/// Answers a PATCH with the resource, or without it if that is preferred.
pub(crate) fn changed(call: &Call, value: Value, options: &QueryOptions, set: &str) -> Response {
    match call.prefer {
        Some(Prefer::Minimal) => minimal(&value),
        prefer => applied(item(StatusCode::OK, value, options, &call.origin, set), prefer),
    }
}

/// Answers with one resource, reduced to what was selected.
pub(crate) fn item(
    status: StatusCode,
    mut value: Value,
    options: &QueryOptions,
    origin: &Origin,
    set: &str,
) -> Response {
    project(&mut value, options);
    if let Value::Object(fields) = &mut value {
        let context = context(origin, set);
        fields.insert("@odata.context".to_owned(), Value::from(format!("{context}/$entity")));
    }
    let mut response = json(status, &value);
    if options.expand.is_empty() {
        insert_etag(&mut response, &value);
    }
    response
}

/// Answers 201 with the resource and its address, or 204 with the address alone if that is
/// preferred.
pub(crate) fn created(
    call: &Call,
    value: Value,
    options: &QueryOptions,
    set: &str,
    id: &impl std::fmt::Display,
) -> Response {
    let location = format!("{}/{id}", call.origin.url(set));
    let mut response = match call.prefer {
        Some(Prefer::Minimal) => {
            let mut response = minimal(&value);
            insert(&mut response, ENTITY_ID, &location);
            response
        }
        prefer => applied(item(StatusCode::CREATED, value, options, &call.origin, set), prefer),
    };
    insert(&mut response, header::LOCATION, &location);
    response
}

/// Answers 204, for callers that prefer a minimal answer.
fn minimal(value: &Value) -> Response {
    let mut response = applied(nothing(), Some(Prefer::Minimal));
    insert_etag(&mut response, value);
    response
}

fn applied(mut response: Response, prefer: Option<Prefer>) -> Response {
    if let Some(prefer) = prefer {
        preconditions::preference_applied(&mut response, prefer.applied());
    }
    response
}

fn insert_etag(response: &mut Response, value: &Value) {
    if let Some(etag) = value.get(ETAG).and_then(Value::as_str) {
        insert(response, header::ETAG, etag);
    }
}

/// Adds a header. A value that cannot be one (a path with odd bytes) is left out.
fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Answers with a page of a list.
pub(crate) fn list(mut page: Collection<Value>, origin: &Origin, set: &str) -> Response {
    page.context = Some(context(origin, set));
    json(StatusCode::OK, &page)
}

/// Answers `$count` with bare digits: Microsoft's SDK accepts neither quotes nor a byte order mark.
pub(crate) fn count(count: u64) -> Response {
    document(HeaderValue::from_static("text/plain; charset=utf-8"), count.to_string())
}

/// Answers 204.
pub(crate) fn nothing() -> Response {
    empty(StatusCode::NO_CONTENT)
}

/// Answers with a status alone.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Answers with bytes of a content type.
pub(crate) fn document(content_type: HeaderValue, bytes: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(bytes.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// Returns `@odata.context` of a collection.
pub(crate) fn context(origin: &Origin, set: &str) -> String {
    format!("{}#{}", origin.url("/$metadata"), set.trim_start_matches('/'))
}
