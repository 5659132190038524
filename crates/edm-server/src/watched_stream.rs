//! A connection whose peer must read. If the peer reads nothing for a while, or reads slower than
//! the minimum pace, the connection is closed and pending output is dropped.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::admission::{Pace, Waits};
use crate::connections::Activity;

/// A connection, and how far its reader lags behind.
pub(crate) struct WatchedStream<S> {
    stream: S,
    activity: Arc<Activity>,
    pace: Pace,
    /// The time since which the peer reads nothing, and the deadline.
    stalled: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> WatchedStream<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>, waits: &Waits) -> Self {
        Self { stream, activity, pace: Pace::of(&waits.patience), stalled: None }
    }

    /// Checks the result of a write: counts accepted bytes, or waits until the deadline.
    fn watched<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        let Poll::Ready(written) = written else {
            let left = self.pace.left();
            let (_, patience) = self.stalled.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
            return patience.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()));
        };
        let waited = self.stalled.take().map_or(Duration::ZERO, |(since, _)| since.elapsed());
        if let Ok(taken) = &written {
            self.pace.moved(bytes(taken), waited);
        }
        Poll::Ready(written)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, written, |count| *count)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.watched(context, written, |count| *count)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        let flushed = self.watched(context, flushed, |()| 0);
        if let Poll::Ready(Ok(())) = flushed {
            self.activity.written();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watched(context, shut, |()| 0)
    }
}
