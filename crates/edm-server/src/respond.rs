//! Answers in Graph's form.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use edm_graph::Collection;
use edm_graph::query::{QueryOptions, project};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::origin::Origin;

/// The content type of every JSON answer.
pub(crate) const JSON: &str = "application/json; odata.metadata=minimal; charset=utf-8";

/// Headers that most answers end up with.
const HEADERS_EXPECTED: usize = 6;

/// Answers with JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Our own types always serialise; an empty body would break clients, so the failure is a panic behind the fence.
    let bytes = serde_json::to_vec(body).expect("wire types have string keys and no failing serialisers");
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    // Room for what is added to every answer.
    response.headers_mut().reserve(HEADERS_EXPECTED);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// Turns a resource into JSON with its `@odata.type`.
pub(crate) fn entity(resource: &impl Serialize, type_name: &str) -> Value {
    let mut value =
        serde_json::to_value(resource).expect("wire types have string keys and no failing serialisers");
    if let Value::Object(fields) = &mut value {
        fields.insert("@odata.type".to_owned(), Value::from(format!("#microsoft.graph.{type_name}")));
    }
    value
}

/// Answers with one resource, cut to what was selected. `set` is the canonical path of its collection.
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
    json(status, &value)
}

/// Answers 201 with the resource and where it is.
pub(crate) fn created(
    value: Value,
    options: &QueryOptions,
    origin: &Origin,
    set: &str,
    id: &impl std::fmt::Display,
) -> Response {
    let location = HeaderValue::from_str(&format!("{}/{id}", origin.url(set)));
    let mut response = item(StatusCode::CREATED, value, options, origin, set);
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Answers with a page of a list.
pub(crate) fn list(mut page: Collection<Value>, origin: &Origin, set: &str) -> Response {
    page.context = Some(context(origin, set));
    json(StatusCode::OK, &page)
}

/// Answers `$count` with bare digits: Microsoft's SDK takes neither quotes nor a byte order mark.
pub(crate) fn count(count: u64) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], count.to_string())
        .into_response()
}

/// Answers 204.
pub(crate) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Returns `@odata.context` of a collection.
pub(crate) fn context(origin: &Origin, set: &str) -> String {
    format!("{}#{}", origin.url("/$metadata"), set.trim_start_matches('/'))
}
