//! What a request's sender still has to say when its answer is ready.
//!
//! Most clients send their whole body before they look at the answer. Whoever is refused early (an unknown path, no
//! token, too large a body) would meet a broken connection instead of the reason, so what is left of the body is
//! read and forgotten, within bounds of size and time. Beyond them the answer says `Connection: close`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::admission::Waits;

/// What is read of a body that nobody wanted.
const UNREAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The rest of a body, once its reader has dropped it.
pub(crate) struct DrainBody<B> {
    left: Arc<Mutex<Option<B>>>,
    /// The sender waits for leave to send: nothing comes unless somebody reads.
    waits: bool,
}

/// A body that leaves its rest behind when it is dropped.
struct Lent<B> {
    body: Option<B>,
    left: Arc<Mutex<Option<B>>>,
}

impl<B> DrainBody<B>
where
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    /// Lends the request's body to its handler, whatever the connection gives as one.
    pub(crate) fn of(request: http::Request<B>) -> (Request, Self) {
        let waits = request.headers().contains_key(header::EXPECT);
        let left = Arc::new(Mutex::new(None));
        let lent = left.clone();
        let request = request.map(|body| Body::new(Lent { body: Some(body), left: lent }));
        (request, Self { left, waits })
    }

    /// Reads and forgets what the handler left, so that the sender gets to the answer.
    pub(crate) async fn forget(self, response: &mut Response, waits: &Waits) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(left) = left.filter(|left| !left.is_end_stream()) else { return };
        let whole = !self.waits && read_to_end(Body::new(left), waits).await;
        if !whole {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Returns whether the end was reached within the bounds.
async fn read_to_end(body: Body, waits: &Waits) -> bool {
    let reading = async {
        let mut stream = body.into_data_stream();
        let mut read = 0usize;
        while let Some(piece) = stream.next().await {
            let Ok(piece) = piece else { return false };
            read = read.saturating_add(piece.len());
            if read > UNREAD_BYTES_MAX {
                return false;
            }
        }
        true
    };
    waits.within(waits.patience.unread, reading).await.unwrap_or(false)
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Lent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}
