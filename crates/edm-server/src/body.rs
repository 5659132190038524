//! Reads bodies within their bounds, as they arrive.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use edm_graph::{FromBody, Ignored};
use edm_model::limits;
use futures::FutureExt;
use http::{HeaderMap, header};
use http_body::Body as _;
use tokio::time::Instant;

use crate::admission::{Caller, Lease, Pace, Waits};
use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::handling::{Handled, Noted};
use crate::inflate::{self, InflateError};
use crate::message::{Body, BodyFailure};
use crate::wiped_buffer::{WipedBuffer, wipe};

/// Parses a body, and records its ignored properties.
pub(crate) fn read_object<T: FromBody>(
    bytes: &[u8],
    headers: &HeaderMap,
    noted: &Noted,
) -> Result<T, ApiError> {
    let mut handled = Handled::wished(headers);
    let read = T::parse(bytes, handled.wished);
    let (read, ignored) = match read {
        Ok((read, ignored)) => (Ok(read), ignored),
        Err(error) => (Err(error), Ignored::default()),
    };
    handled.ignored = ignored;
    noted.note(handled);
    Ok(read?)
}

/// Returns a lease for the request's sender. A body is only read after its sender is known.
pub(crate) fn lease(caller: &Caller) -> Result<Lease, HttpProblem> {
    caller.lease().ok_or(HttpProblem::NoToken)
}

/// The bytes of a JSON body before parsing, with the lease for the time that they are in memory.
pub(crate) struct JsonBytes(pub(crate) Bytes, pub(crate) Lease);

impl JsonBytes {
    /// Reads the body of a route that accepts other types too; `expected` names all that it
    /// accepts.
    pub(crate) async fn read(
        body: Body,
        headers: &HeaderMap,
        app: &App,
        mut lease: Lease,
        expected: &'static str,
    ) -> Result<Self, ApiError> {
        if !is_json(headers) && !body.is_end_stream() {
            return Err(HttpProblem::UnsupportedMediaType { expected }.into());
        }
        let bytes = read_text(body, headers, limits::JSON_BODY_BYTES_MAX, app, &mut lease).await?;
        Ok(Self(bytes, lease))
    }
}

/// Reads a body of at most `bytes_max` bytes, each piece with a lease. Fails as soon as it is
/// longer, and before reading if its announced length is longer.
pub(crate) async fn read(
    body: Body,
    headers: &HeaderMap,
    bytes_max: usize,
    app: &App,
    lease: &mut Lease,
) -> Result<Bytes, HttpProblem> {
    let mut pieces = Pieces::of(body, headers, bytes_max, &app.capacity.waits)?;
    // Most bodies are one piece, which is used without a copy.
    let Some(first) = pieces.next_held(lease).await? else { return Ok(Bytes::new()) };
    let Some(second) = pieces.next_held(lease).await? else { return Ok(first) };
    let mut read = BytesMut::with_capacity(first.len() + second.len());
    read.extend_from_slice(&first);
    read.extend_from_slice(&second);
    while let Some(piece) = pieces.next_held(lease).await? {
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

/// Reads a body that may contain a text or a salt, like [`read`]. A copy that joins several pieces
/// is overwritten when it is dropped. Most bodies are one piece, which is in the connection's
/// buffer.
pub(crate) async fn read_text(
    body: Body,
    headers: &HeaderMap,
    bytes_max: usize,
    app: &App,
    lease: &mut Lease,
) -> Result<Bytes, HttpProblem> {
    let mut pieces = Pieces::of(body, headers, bytes_max, &app.capacity.waits)?;
    let Some(first) = pieces.next_held(lease).await? else { return Ok(Bytes::new()) };
    let Some(second) = pieces.next_held(lease).await? else { return Ok(first) };
    let mut read = WipedBuffer::default();
    let mut add = |piece: Bytes| {
        read.extend_from_slice(&piece);
        wipe(piece);
    };
    add(first);
    add(second);
    while let Some(piece) = pieces.next_held(lease).await? {
        add(piece);
    }
    Ok(read.take())
}

/// A body as it arrives, with bounds on length and waiting time.
pub(crate) struct Pieces {
    body: Body,
    waits: Arc<Waits>,
    pace: Pace,
    bytes_read: usize,
    bytes_max: usize,
    ended: bool,
}

/// The part of a body that is available without waiting.
pub(crate) enum Arrived {
    Piece(Bytes),
    NotYet,
    End,
}

impl Pieces {
    /// Fails before reading if the announced length is too long, or the body's encoding is not
    /// supported.
    pub(crate) fn of(
        body: Body,
        headers: &HeaderMap,
        bytes_max: usize,
        waits: &Arc<Waits>,
    ) -> Result<Self, HttpProblem> {
        if content_length(headers).is_some_and(|length| length > bytes_max as u64) {
            return Err(HttpProblem::BodyTooLarge { bytes_max });
        }
        let body = inflate::plain(body, headers, bytes_max)?;
        let pace = Pace::of(&waits.patience);
        Ok(Self { body, waits: waits.clone(), pace, bytes_read: 0, bytes_max, ended: false })
    }

    /// Returns the next piece; `None` at the end. Fails as soon as the body is too long or too
    /// slow.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, HttpProblem> {
        if self.is_at_end() {
            return Ok(None);
        }
        // A piece that is available already needs no timer.
        let piece = match self.body.next_piece().now_or_never() {
            Some(piece) => piece,
            None => {
                let wait = match self.bytes_read {
                    0 => self.waits.patience.first_byte,
                    _ => self.pace.left(),
                };
                let waiting = Instant::now();
                let coming = self.waits.within(wait, self.body.next_piece()).await;
                self.pace.moved(0, waiting.elapsed());
                coming.ok_or(HttpProblem::BodyTooSlow)?
            }
        };
        self.counted(piece)
    }

    /// Returns the next piece like [`Pieces::next`], after the lease has memory for it.
    pub(crate) async fn next_held(&mut self, lease: &mut Lease) -> Result<Option<Bytes>, HttpProblem> {
        let Some(piece) = self.next().await? else { return Ok(None) };
        lease.take(piece.len()).await.map_err(|_| HttpProblem::NoMemory)?;
        Ok(Some(piece))
    }

    /// Returns the next piece if it is available, without waiting. Fails like [`Pieces::next`].
    pub(crate) async fn next_if_there(&mut self) -> Result<Arrived, HttpProblem> {
        if self.is_at_end() {
            return Ok(Arrived::End);
        }
        let mut piece = self.body.next_piece().now_or_never();
        if piece.is_none() {
            // The connection reads only when its task runs, so received bytes may not be available
            // here yet.
            tokio::task::yield_now().await;
            piece = self.body.next_piece().now_or_never();
        }
        let Some(piece) = piece else { return Ok(Arrived::NotYet) };
        Ok(self.counted(piece)?.map_or(Arrived::End, Arrived::Piece))
    }

    fn is_at_end(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn counted(&mut self, piece: Option<Result<Bytes, BodyFailure>>) -> Result<Option<Bytes>, HttpProblem> {
        let Some(piece) = piece else {
            self.ended = true;
            return Ok(None);
        };
        let piece = piece.map_err(|error| match error.downcast_ref() {
            Some(InflateError::NotGzip) => HttpProblem::NotGzip,
            Some(InflateError::TooLong) => HttpProblem::BodyTooLarge { bytes_max: self.bytes_max },
            None => HttpProblem::BodyIncomplete,
        })?;
        self.bytes_read = self.bytes_read.saturating_add(piece.len());
        self.pace.moved(piece.len(), Duration::ZERO);
        if self.bytes_read > self.bytes_max {
            return Err(HttpProblem::BodyTooLarge { bytes_max: self.bytes_max });
        }
        Ok(Some(piece))
    }
}

/// Returns the announced length.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body without a type is read as JSON. `application/json` may have parameters.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let media_type = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return true;
    }
    let media_type = media_type.to_ascii_lowercase();
    media_type.starts_with("application/") && media_type.ends_with("+json")
}
