//! The context of every request: ids, handling of panics, writing of errors, one line of the log.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use edm_graph::{ErrorEnvelope, InnerError};
use edm_model::Timestamp;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body::Body as _;
use tracing::{Instrument, Span};

use crate::admission::{Caller, CountedAnswer};
use crate::app::App;
use crate::drain_body::DrainBody;
use crate::error::{ApiError, HttpProblem};
use crate::message::{Body, Request, Response};
use crate::respond::JSON;
use crate::upload::UploadError;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
/// The bytes of the longest client-request-id that is repeated.
const CLIENT_REQUEST_ID_BYTES_MAX: usize = 128;

/// What is known of a request before it is answered.
pub(crate) struct RequestContext {
    request_id: String,
    client_request_id: Option<String>,
    started: Timestamp,
    method: Method,
    /// The name of its path in the log.
    name: Cow<'static, str>,
    caller: Caller,
}

impl RequestContext {
    /// Gives a request its ids. `name` is the name of its path in the log.
    pub(crate) fn begin(app: &App, request: &Request, name: Cow<'static, str>) -> Self {
        Self {
            request_id: app.request_id(),
            client_request_id: client_request_id(request.headers()),
            started: app.now(),
            method: request.method().clone(),
            name,
            caller: Caller::default(),
        }
    }

    /// Returns the slot for the caller that the request is counted under.
    pub(crate) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Runs the work that answers the request, and finishes its response. `rest` is the part of the
    /// body that the work does not read.
    pub(crate) async fn finish(
        self,
        app: &App,
        work: impl Future<Output = Response>,
        rest: DrainBody,
    ) -> Response {
        let Self { request_id, client_request_id, started, method, name, caller } = self;
        let span = span_of(&request_id, &method, &name);
        let response = match AssertUnwindSafe(work).catch_unwind().instrument(span.clone()).await {
            Ok(response) => response,
            // The payload may quote text of the request, so it is dropped without being read.
            Err(_) => ApiError::from(HttpProblem::Panicked).into_response(),
        };
        // The answer is counted from here on, because draining the body may wait for the client.
        let mut response = CountedAnswer::of(response, caller.clone());
        rest.drain(&mut response, &app.capacity.waits).await;
        span.in_scope(|| write_error(&mut response, app, &request_id, client_request_id.as_deref()));
        if method == Method::HEAD {
            strip_body(&mut response);
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            headers.insert(REQUEST_ID, value.clone());
            headers.insert("x-ms-request-id", value);
        }
        if let Some(value) = client_request_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
            headers.insert(CLIENT_REQUEST_ID, value);
        }
        headers.insert(ODATA_VERSION, HeaderValue::from_static("4.0"));
        let micros = app.now().as_micros().saturating_sub(started.as_micros());
        tracing::info!(
            request.id = %request_id,
            http.method = method_name(&method),
            http.path = %name,
            http.status = response.status().as_u16(),
            duration_ms = micros / 1_000,
            "request done"
        );
        // The request counts under its caller until here, however short its answer is.
        drop(caller);
        response
    }
}

/// Returns the name of a method for the log. A non-standard method may contain anything, so it is
/// not logged.
fn method_name(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if known.contains(method) { method.as_str() } else { "other" }
}

/// Writes the error that a handler put into its answer, in the form of its wire.
fn write_error(response: &mut Response, app: &App, request_id: &str, client_request_id: Option<&str>) {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        error.log(request_id);
        let mut body = error.body();
        body.inner_error = Some(InnerError::new(app.now(), request_id, client_request_id));
        let body = serde_json::to_vec(&ErrorEnvelope { error: body })
            .expect("wire types have string keys and no failing serialisers");
        write_body(response, body, JSON);
    }
    if let Some(error) = response.extensions_mut().remove::<UploadError>() {
        error.log(request_id);
        let text = error.body(request_id, app.now());
        write_body(response, text.into_bytes(), "application/xml");
    }
}

/// Returns the span for other log lines of the request. For a short text the span would cost more
/// than matching, and only debugging lines use it.
fn span_of(request_id: &str, method: &Method, route: &str) -> Span {
    if route == edm_graph::path::CLASSIFY {
        tracing::debug_span!("request", request.id = request_id)
    } else {
        tracing::info_span!(
            "request",
            request.id = request_id,
            http.method = method_name(method),
            http.path = route
        )
    }
}

/// Replaces the body, and removes the length of the old one.
fn write_body(response: &mut Response, bytes: Vec<u8>, content_type: &'static str) {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = Body::from(bytes);
}

/// Reduces an answer to that of a HEAD: the length of the body without the body.
fn strip_body(response: &mut Response) {
    let length = response.body().size_hint().exact();
    if let (Some(length), false) = (length, response.headers().contains_key(header::CONTENT_LENGTH)) {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(&CLIENT_REQUEST_ID).or_else(|| headers.get("x-ms-client-request-id"))?;
    let text = sent.to_str().ok()?;
    (text.len() <= CLIENT_REQUEST_ID_BYTES_MAX).then(|| text.to_owned())
}
