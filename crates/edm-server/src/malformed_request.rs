//! Answers to bytes that never become a request: a head that is not HTTP, or too long. The HTTP
//! library refuses such bytes itself, with a bare status. Here that refusal gets the body and ids
//! of all other refusals.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use edm_graph::{ErrorEnvelope, InnerError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::respond::JSON;

/// A connection on which the library's refusals are replaced.
pub(crate) struct MalformedRequestGuard<S> {
    stream: S,
    app: Arc<App>,
    /// The replacement of such a refusal, and how much of it is written.
    instead: Vec<u8>,
    written: usize,
}

impl<S> MalformedRequestGuard<S> {
    pub(crate) fn new(stream: S, app: Arc<App>) -> Self {
        Self { stream, app, instead: Vec::new(), written: 0 }
    }
}

impl<S: AsyncWrite + Unpin> MalformedRequestGuard<S> {
    /// Writes the rest of a replacement.
    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.instead.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MalformedRequestGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MalformedRequestGuard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        let Some(problem) = refused(bytes) else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        self.instead = answer(&self.app, problem);
        self.written = 0;
        // The library's bytes count as written. The rest of the replacement is written before
        // anything else.
        if let Poll::Ready(Err(error)) = self.poll_instead(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        match pieces.iter().find(|piece| !piece.is_empty()) {
            Some(first) if refused(first).is_some() => {
                let first: &[u8] = first;
                self.poll_write(context, first)
            }
            _ => Pin::new(&mut self.stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Returns the problem in a refusal by the library; `None` for our answers, which have a
/// request-id.
fn refused(bytes: &[u8]) -> Option<HttpProblem> {
    let status = bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    let problem = match status {
        b"400" => HttpProblem::NotHttp,
        b"414" | b"431" => HttpProblem::HeadTooLong,
        _ => return None,
    };
    let is_bare = bytes.ends_with(b"\r\n\r\n") && memchr::memmem::find(bytes, b"request-id").is_none();
    is_bare.then_some(problem)
}

/// Writes the whole answer, after which the library closes the connection.
fn answer(app: &App, problem: HttpProblem) -> Vec<u8> {
    let request_id = app.request_id();
    let error = ApiError::from(problem);
    let (status, code) = error.answer();
    error.log(&request_id);
    let mut body = error.body();
    body.inner_error = Some(InnerError::new(app.now(), &request_id, None));
    let body = serde_json::to_vec(&ErrorEnvelope { error: body })
        .expect("wire types have string keys and no failing serialisers");
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\nrequest-id: {request_id}\r\n\
         x-ms-request-id: {request_id}\r\nodata-version: 4.0\r\nconnection: close\r\n\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or(""),
        body.len()
    );
    tracing::info!(request.id = %request_id, http.status = status.as_u16(), code, "a head was refused");
    [head.into_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_refusals_are_replaced() {
        let check = |head: &str, expected: Option<HttpProblem>| {
            assert_eq!(refused(head.as_bytes()), expected, "{head}");
        };
        let bare = "content-length: 0\r\ndate: x\r\n\r\n";
        check(&format!("HTTP/1.1 400 Bad Request\r\n{bare}"), Some(HttpProblem::NotHttp));
        check(&format!("HTTP/1.0 400 Bad Request\r\n{bare}"), Some(HttpProblem::NotHttp));
        check(&format!("HTTP/1.1 431 x\r\n{bare}"), Some(HttpProblem::HeadTooLong));
        check(&format!("HTTP/1.1 414 x\r\n{bare}"), Some(HttpProblem::HeadTooLong));
        check(&format!("HTTP/1.1 400 Bad Request\r\nrequest-id: 1\r\n{bare}"), None);
        check(&format!("HTTP/1.1 404 Not Found\r\n{bare}"), None);
        check("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}", None);
        check("HTTP/1.1 200 OK\r\n\r\n", None);
        check("{\"text\": \"HTTP/1.1 400\"}\r\n\r\n", None);
        check("HTTP/1.", None);
    }
}
