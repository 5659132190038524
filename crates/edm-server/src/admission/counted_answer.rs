//! Answers count as memory in use until the connection has written them.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::admission::{Caller, Lease};
use crate::message::{Body, BodyFailure, Response};

/// A shorter answer or piece is not counted, since the connection's buffer holds as much.
const COUNTED_BYTES_MIN: usize = 16 * 1024;

/// An answer whose bytes are counted under its caller, each until it is written or dropped. The
/// answer exists already, so it does not wait for memory. But while it exceeds the bound, no body
/// gets any.
pub(crate) struct CountedAnswer {
    body: Body,
    /// The lease for the whole answer if its length is known; else each piece is counted.
    lease: Lease,
    /// The request counts until its answer ends.
    _caller: Caller,
}

impl CountedAnswer {
    /// Counts the bytes of an answer, those to come included.
    pub(crate) fn of(response: Response, caller: Caller) -> Response {
        let length = response.body().size_hint().exact();
        if length.is_some_and(|length| length < COUNTED_BYTES_MIN as u64) {
            return response;
        }
        let Some(mut lease) = caller.lease() else { return response };
        lease.add(length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0));
        response.map(|body| Body::from_body(Self { body, lease, _caller: caller }))
    }
}

impl HttpBody for CountedAnswer {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        Pin::new(&mut self.body).poll_frame(context).map_ok(|frame| {
            frame.map_data(|bytes| match self.lease.is_empty() && bytes.len() < COUNTED_BYTES_MIN {
                true => bytes,
                false => self.lease.split_made(bytes.len()).hold(bytes),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
