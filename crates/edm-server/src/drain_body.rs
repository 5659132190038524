//! Drains the rest of a request's body when its answer is ready.
//!
//! Most clients send their whole body before they read the answer. A client that is refused early
//! (an unknown path, no token, too large a body) would see a broken connection instead of the
//! reason. So the rest of the body is read and discarded, within bounds of size and time. Beyond
//! them the answer has `Connection: close`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::admission::Waits;
use crate::message::{Body, BodyFailure, Request, Response};

/// The number of bytes of an unwanted body that are read.
const UNREAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The rest of a body, after its reader has dropped it.
pub(crate) struct DrainBody {
    left: Arc<Mutex<Option<Body>>>,
    /// The sender waits for `100 Continue`, so nothing arrives unless the body is read.
    waits: bool,
}

/// A body that passes its rest on when it is dropped.
struct Lent {
    body: Body,
    left: Arc<Mutex<Option<Body>>>,
}

impl DrainBody {
    /// Wraps the request's body for its handler.
    pub(crate) fn of(request: Request) -> (Request, Self) {
        let waits = request.headers().contains_key(header::EXPECT);
        let left = Arc::new(Mutex::new(None));
        let lent = left.clone();
        let request = request.map(|body| Body::from_body(Lent { body, left: lent }));
        (request, Self { left, waits })
    }

    /// Reads and discards what the handler did not read, so that the sender gets to the answer.
    pub(crate) async fn drain(self, response: &mut Response, waits: &Waits) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(left) = left.filter(|left| !left.is_end_stream()) else { return };
        let whole = !self.waits && read_to_end(left, waits).await;
        if !whole {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Returns whether the end was reached within the bounds.
async fn read_to_end(mut body: Body, waits: &Waits) -> bool {
    let reading = async {
        let mut read = 0usize;
        while let Some(piece) = body.next_piece().await {
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

impl Drop for Lent {
    fn drop(&mut self) {
        let rest = std::mem::take(&mut self.body);
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }
}

impl HttpBody for Lent {
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
