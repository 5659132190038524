//! One connection, from its TLS handshake to its end.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::connections::{Activity, Place};
use crate::malformed_request::MalformedRequestGuard;
use crate::message::{Body, BodyFailure};
use crate::router::Router;
use crate::watched_stream::WatchedStream;

/// The state that all connections of a listener share.
pub(crate) struct Listener {
    app: Arc<App>,
    routes: Router,
    tls: Option<TlsAcceptor>,
    http: http1::Builder,
}

impl Listener {
    pub(crate) fn new(app: Arc<App>, routes: Router, tls: Option<TlsAcceptor>) -> Self {
        let mut http = http1::Builder::new();
        // Without a timer the time for a head would be unbounded.
        http.timer(TokioTimer::new()).header_read_timeout(app.capacity.waits.patience.next_head);
        Self { app, routes, tls, http }
    }

    /// Answers the requests of a connection until it ends, is idle for too long, or is closed for
    /// another connection.
    pub(crate) async fn serve(&self, stream: TcpStream, place: Place) {
        // Without Nagle's algorithm: answers are written whole, so waiting for more data would only
        // delay them.
        let _ = stream.set_nodelay(true);
        let waits = &self.app.capacity.waits;
        let serving = async {
            match &self.tls {
                Some(tls) => {
                    let handshake = waits.within(waits.patience.handshake, tls.accept(stream)).await;
                    // A client that does not speak TLS, or not in time, cannot be sent a reason.
                    if let Some(Ok(stream)) = handshake {
                        self.serve_http(stream, &place.activity).await;
                    }
                }
                None => self.serve_http(stream, &place.activity).await,
            }
        };
        tokio::select! {
            biased;
            () = place.activity.closed() => {}
            () = serving => {}
        }
    }

    async fn serve_http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        activity: &Arc<Activity>,
    ) {
        let waits = &self.app.capacity.waits;
        let stream = WatchedStream::new(stream, activity.clone(), waits);
        let stream = TokioIo::new(MalformedRequestGuard::new(stream, self.app.clone()));
        let requests = Requests { routes: self.routes.clone(), activity: activity.clone() };
        let mut http = pin!(self.http.serve_connection(stream, requests));
        let mut first_head = pin!(sleep(waits.patience.first_head));
        let mut stopping = pin!(waits.stopping());
        let (mut awaits_head, mut is_told) = (true, false);
        loop {
            tokio::select! {
                biased;
                // Clients may disconnect at any time. A fault of a request is reported in its
                // answer, not here.
                _ = http.as_mut() => return,
                () = first_head.as_mut(), if awaits_head => {
                    if !activity.has_begun() {
                        return;
                    }
                    awaits_head = false;
                }
                () = stopping.as_mut(), if !is_told => {
                    if !activity.has_begun() {
                        return;
                    }
                    http.as_mut().graceful_shutdown();
                    is_told = true;
                }
            }
        }
    }
}

/// The routes, as called by one connection.
struct Requests {
    routes: Router,
    activity: Arc<Activity>,
}

/// Reports that a request arrived just as its connection was closed for another one.
#[derive(Debug)]
struct MakesRoom;

impl std::fmt::Display for MakesRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was idle and makes room for another one")
    }
}

impl std::error::Error for MakesRoom {}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<WatchedAnswer>;
    type Error = MakesRoom;
    type Future = BoxFuture<'static, Result<Self::Response, MakesRoom>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if !self.activity.begin_request() {
            return Box::pin(std::future::ready(Err(MakesRoom)));
        }
        let (routes, activity) = (self.routes.clone(), self.activity.clone());
        Box::pin(async move {
            let response = routes.answer_or_refuse(request.map(Body::from_connection), None).await;
            Ok(response.map(|body| WatchedAnswer { body, activity }))
        })
    }
}

/// An answer that reports when all of it was passed to the connection.
struct WatchedAnswer {
    body: Body,
    activity: Arc<Activity>,
}

impl Drop for WatchedAnswer {
    fn drop(&mut self) {
        self.activity.answered();
    }
}

impl HttpBody for WatchedAnswer {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
