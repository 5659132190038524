//! Requests and responses with one type of body, so that the code that handles them is compiled
//! once.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::BoxStream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

/// A request, from a connection or from a batch.
pub type Request = http::Request<Body>;
/// The response to it.
pub type Response = http::Response<Body>;
/// Why the rest of a body cannot be read.
pub type BodyFailure = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request or a response.
#[derive(Default)]
pub struct Body(Source);

/// The source of a body. The usual bodies need no separate allocation.
#[derive(Default)]
enum Source {
    #[default]
    Empty,
    Whole(Bytes),
    Connection(Incoming),
    Stream(BoxStream<'static, Result<Bytes, BodyFailure>>),
    Other(Pin<Box<dyn HttpBody<Data = Bytes, Error = BodyFailure> + Send>>),
}

impl Body {
    /// Returns a body without bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Returns the body of a request that a connection reads.
    pub(crate) fn from_connection(body: Incoming) -> Self {
        Self(Source::Connection(body))
    }

    /// Returns a body from the pieces of a stream, of unknown length.
    pub fn from_stream(pieces: BoxStream<'static, Result<Bytes, BodyFailure>>) -> Self {
        Self(Source::Stream(pieces))
    }

    /// Returns a body that wraps another one.
    pub(crate) fn from_body(body: impl HttpBody<Data = Bytes, Error = BodyFailure> + Send + 'static) -> Self {
        Self(Source::Other(Box::pin(body)))
    }

    /// Returns the next piece of data, `None` at the end. Trailers are skipped. Fails if the sender
    /// breaks off or if the bytes cannot be decoded.
    pub async fn next_piece(&mut self) -> Option<Result<Bytes, BodyFailure>> {
        loop {
            match poll_fn(|context| Pin::new(&mut *self).poll_frame(context)).await? {
                Ok(frame) => {
                    if let Ok(piece) = frame.into_data() {
                        return Some(Ok(piece));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Source::Empty } else { Source::Whole(bytes) })
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        match &mut self.0 {
            Source::Empty => Poll::Ready(None),
            Source::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Source::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Source::Connection(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Source::Stream(pieces) => pieces.as_mut().poll_next(context).map_ok(Frame::data),
            Source::Other(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Empty => true,
            Source::Whole(_) | Source::Stream(_) => false,
            Source::Connection(body) => body.is_end_stream(),
            Source::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Empty => SizeHint::with_exact(0),
            Source::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Connection(body) => body.size_hint(),
            Source::Stream(_) => SizeHint::default(),
            Source::Other(body) => body.size_hint(),
        }
    }
}

impl std::fmt::Debug for Body {
    /// Shows nothing of the body's content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}
