//! Between a connection and the routes: their bodies are of different types.

use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use tower::Service;

/// Takes the bodies of the connection for those of the routes.
#[derive(Clone)]
pub(crate) struct AnyBody<S>(pub(crate) S);

impl<S, B> Service<http::Request<B>> for AnyBody<S>
where
    S: Service<Request>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> S::Future {
        self.0.call(request.map(Body::new))
    }
}
