//! Reads bodies within their bounds, while they come.

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

/// Reads what a body says, and notes what nobody looked at.
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

/// Returns a lease of the request's sender, which is known from here on: a body is read for nobody
/// else.
pub(crate) fn lease(caller: &Caller) -> Result<Lease, HttpProblem> {
    caller.lease().ok_or(HttpProblem::NoToken)
}

/// The bytes of a JSON body that are not parsed yet, with the lease that is held as long as they
/// are in memory.
pub(crate) struct JsonBytes(pub(crate) Bytes, pub(crate) Lease);

impl JsonBytes {
    /// Reads the body of a route that may take others as well; `expected` names all that it takes.
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

/// Reads a body of at most so many bytes, each piece with a lease. Fails as soon as it is longer,
/// before reading where its length says so.
pub(crate) async fn read(
    body: Body,
    headers: &HeaderMap,
    bytes_max: usize,
    app: &App,
    lease: &mut Lease,
) -> Result<Bytes, HttpProblem> {
    let mut pieces = Pieces::of(body, headers, bytes_max, &app.capacity.waits)?;
    // Most bodies are one piece, which is taken as it is.
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

/// Reads a body that may hold a text or a salt, as [`read`] does; what is put together of its
/// pieces is overwritten when it is dropped. Most bodies are one piece, which lies in the
/// connection's own buffer.
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

/// A body as it comes, of bounded length and patience.
pub(crate) struct Pieces {
    body: Body,
    waits: Arc<Waits>,
    pace: Pace,
    bytes_read: usize,
    bytes_max: usize,
    ended: bool,
}

/// What of a body is there without waiting.
pub(crate) enum Arrived {
    Piece(Bytes),
    NotYet,
    End,
}

impl Pieces {
    /// Fails before reading where the announced length is too long, and where the body is in an
    /// encoding that is not read.
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

    /// Returns the next piece, nothing at the end. Fails as soon as the body is too long or too
    /// slow.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, HttpProblem> {
        if self.is_at_end() {
            return Ok(None);
        }
        // What is there already needs no timer.
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

    /// Returns the next piece as [`Pieces::next`] does, once the lease has room for it.
    pub(crate) async fn next_held(&mut self, lease: &mut Lease) -> Result<Option<Bytes>, HttpProblem> {
        let Some(piece) = self.next().await? else { return Ok(None) };
        lease.take(piece.len()).await.map_err(|_| HttpProblem::NoMemory)?;
        Ok(Some(piece))
    }

    /// Returns the next piece if it has come, and waits for none. Fails as [`Pieces::next`] does.
    pub(crate) async fn next_if_there(&mut self) -> Result<Arrived, HttpProblem> {
        if self.is_at_end() {
            return Ok(Arrived::End);
        }
        let mut piece = self.body.next_piece().now_or_never();
        if piece.is_none() {
            // The connection reads on only when it has its turn, so what has come may not be here
            // yet.
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

/// A body without a type is taken for JSON; `application/json` may have parameters.
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
