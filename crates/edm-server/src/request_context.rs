//! What stands around every request: its ids, the fence against panics, the writing of errors, one log line.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use edm_graph::{ErrorEnvelope, InnerError};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use tower::Service;
use tracing::{Instrument, Span};

use crate::admission::{Caller, CountedAnswer};
use crate::app::App;
use crate::drain_body::DrainBody;
use crate::error::{ApiError, HttpProblem};
use crate::respond::JSON;
use crate::route_name::route_name;
use crate::routes::Routes;
use crate::upload::UploadError;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
/// Bytes of the longest client-request-id that is repeated.
const CLIENT_REQUEST_ID_BYTES_MAX: usize = 128;

/// The routes with what stands around them, for whatever bodies a connection gives. One future for each request, no
/// layer of the framework: each of its layers would make one more.
#[derive(Clone)]
pub(crate) struct Framed {
    app: Arc<App>,
    routes: Routes,
}

impl Framed {
    pub(crate) fn new(app: Arc<App>, routes: Routes) -> Self {
        Self { app, routes }
    }

    /// Answers a request, whatever a connection gives as its body.
    pub(crate) async fn answer<B>(self, request: Request<B>) -> Response
    where
        B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let Self { app, routes } = self;
        frame(app, request, |request| routes.answer(request)).await
    }

    /// Answers a request that came inside another one.
    pub(crate) fn run(&self, request: axum::extract::Request) -> BoxFuture<'static, Response> {
        Box::pin(self.clone().answer(request))
    }

    /// Answers such a request with an error, without asking the routes.
    pub(crate) fn refuse(
        &self,
        request: axum::extract::Request,
        error: ApiError,
    ) -> BoxFuture<'static, Response> {
        Box::pin(frame(self.app.clone(), request, |_| std::future::ready(error.into_response())))
    }
}

impl<B> Service<Request<B>> for Framed
where
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let one = self.clone();
        Box::pin(async move { Ok(one.answer(request).await) })
    }
}

/// Runs a request and finishes its answer.
async fn frame<B, F>(
    app: Arc<App>,
    mut request: Request<B>,
    answer: impl FnOnce(axum::extract::Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let request_id = app.request_id();
    let client_request_id = client_request_id(request.headers());
    let started = app.now();
    let method = request.method().clone();
    let route = route_name(request.uri().path());
    let span = span_of(&request_id, &method, &route);
    if request.uri().path().len() > crate::routes::PATH_BYTES_MAX {
        // Nothing below needs a longer one, and some would copy it.
        *request.uri_mut() = http::Uri::from_static("/");
    }
    let caller = Caller::default();
    request.extensions_mut().insert(caller.clone());
    let (request, unread) = DrainBody::of(request);
    let work = AssertUnwindSafe(answer(request)).catch_unwind().instrument(span.clone());
    let response = match work.await {
        Ok(response) => response,
        // The payload may quote text of the request, so it is dropped unread.
        Err(_) => ApiError::from(HttpProblem::Panicked).into_response(),
    };
    // From here on: whoever has more to say may keep it waiting.
    let mut response = CountedAnswer::of(response, caller.clone());
    unread.forget(&mut response, &app.capacity.waits).await;
    span.in_scope(|| write_error(&mut response, &app, &request_id, client_request_id.as_deref()));
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
        http.path = %route,
        http.status = response.status().as_u16(),
        duration_ms = micros / 1_000,
        "request done"
    );
    // Until here the request is its caller's, however short its answer is.
    drop(caller);
    response
}

/// Returns what the log calls a method: one that is none of HTTP's own may hold anything.
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

/// Writes down the error that a handler left in its answer, in the form of its wire.
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

/// Returns what other lines of the log say of the request that they belong to. A short text is matched in less time than
/// this takes, and its work says nothing that is not for debugging.
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

/// Replaces the body; the length that was noted for the old one goes with it.
fn write_body(response: &mut Response, bytes: Vec<u8>, content_type: &'static str) {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = Body::from(bytes);
}

/// Leaves of an answer what HEAD asks for: the length of the body, not the body.
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
