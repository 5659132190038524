//! Reads bodies within their bounds, while they come.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use edm_graph::{FromBody, Ignored};
use edm_model::limits;
use futures::FutureExt;
use http::request::Parts;
use http::{HeaderMap, header};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::handling::{Handled, Noted};
use crate::inflate::{self, NotGzip};

/// How long the next piece of a body may take, and how far a body may lag behind the slowest pace.
const LAG_MAX: Duration = Duration::from_secs(30);
/// Bytes a second of the slowest pace: whoever sends single bytes for ever would hold a permit for ever.
const PACE_BYTES_MIN: usize = 16 * 1024;

/// What the JSON object of a request says; an empty body is an empty object. The permit is held as long as what was made of
/// the body may be in memory: until the handler ends.
pub(crate) struct JsonBody<T>(pub(crate) T, pub(crate) OwnedSemaphorePermit);

impl<T: FromBody> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let JsonBytes(bytes, permit) = JsonBytes::read(body, &parts.headers, app, "application/json").await?;
        Ok(Self(read_object(&bytes, &parts)?, permit))
    }
}

/// Reads what a body says, and notes what nobody looked at.
pub(crate) fn read_object<T: FromBody>(bytes: &[u8], head: &Parts) -> Result<T, ApiError> {
    let mut handled = Handled::wished(&head.headers);
    let read = T::parse(bytes, handled.wished);
    let (read, ignored) = match read {
        Ok((read, ignored)) => (Ok(read), ignored),
        Err(error) => (Err(error), Ignored::default()),
    };
    handled.ignored = ignored;
    if let Some(noted) = head.extensions.get::<Noted>() {
        noted.note(handled);
    }
    Ok(read?)
}

/// The bytes of a JSON body that are not parsed yet, with the permit that is held as long as they are in memory.
pub(crate) struct JsonBytes(pub(crate) Bytes, pub(crate) OwnedSemaphorePermit);

impl JsonBytes {
    /// Reads the body of a route that may take others as well; `expected` names all that it takes.
    pub(crate) async fn read(
        body: Body,
        headers: &HeaderMap,
        app: &App,
        expected: &'static str,
    ) -> Result<Self, ApiError> {
        if !is_json(headers) && !body.is_end_stream() {
            return Err(HttpProblem::UnsupportedMediaType { expected }.into());
        }
        let (bytes, permit) = read_held(body, headers, app, limits::JSON_BODY_BYTES_MAX).await?;
        Ok(Self(bytes, permit))
    }
}

/// Reads a body with the permit that is held as long as it is in memory.
pub(crate) async fn read_held(
    body: Body,
    headers: &HeaderMap,
    app: &App,
    bytes_max: usize,
) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let permit = app.bodies.clone().try_acquire_owned().map_err(|_| HttpProblem::TooManyBodies)?;
    Ok((read(body, headers, bytes_max).await?, permit))
}

/// Reads a body of at most so many bytes. Fails as soon as it is longer, before reading where its length says so.
pub(crate) async fn read(body: Body, headers: &HeaderMap, bytes_max: usize) -> Result<Bytes, HttpProblem> {
    let mut pieces = Pieces::of(body, headers, bytes_max)?;
    // Most bodies are one piece, which is taken as it is.
    let Some(first) = pieces.next().await? else { return Ok(Bytes::new()) };
    let Some(second) = pieces.next().await? else { return Ok(first) };
    let mut read = BytesMut::with_capacity(first.len() + second.len());
    read.extend_from_slice(&first);
    read.extend_from_slice(&second);
    while let Some(piece) = pieces.next().await? {
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

/// A body as it comes, of bounded length and patience.
pub(crate) struct Pieces {
    body: Body,
    begun: Instant,
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
    /// Fails before reading where the announced length is too long, and where the body is in an encoding that is not read.
    pub(crate) fn of(body: Body, headers: &HeaderMap, bytes_max: usize) -> Result<Self, HttpProblem> {
        if content_length(headers).is_some_and(|length| length > bytes_max as u64) {
            return Err(HttpProblem::BodyTooLarge { bytes_max });
        }
        let body = inflate::plain(body, headers)?;
        Ok(Self { body, begun: Instant::now(), bytes_read: 0, bytes_max, ended: false })
    }

    /// Returns the next piece, nothing at the end. Fails as soon as the body is too long or too slow.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, HttpProblem> {
        if self.is_at_end() {
            return Ok(None);
        }
        // What is there already needs no timer.
        let piece = match next_piece(&mut self.body).now_or_never() {
            Some(piece) => piece,
            None => {
                let wait = patience(self.bytes_read, self.begun.elapsed());
                let coming = tokio::time::timeout(wait, next_piece(&mut self.body)).await;
                coming.map_err(|_| HttpProblem::BodyTooSlow)?
            }
        };
        self.counted(piece)
    }

    /// Returns the next piece if it has come, and waits for none. Fails as [`Pieces::next`] does.
    pub(crate) async fn next_if_there(&mut self) -> Result<Arrived, HttpProblem> {
        if self.is_at_end() {
            return Ok(Arrived::End);
        }
        let mut piece = next_piece(&mut self.body).now_or_never();
        if piece.is_none() {
            // The connection reads on only when it has its turn, so what has come may not be here yet.
            tokio::task::yield_now().await;
            piece = next_piece(&mut self.body).now_or_never();
        }
        let Some(piece) = piece else { return Ok(Arrived::NotYet) };
        Ok(self.counted(piece)?.map_or(Arrived::End, Arrived::Piece))
    }

    fn is_at_end(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn counted(&mut self, piece: Option<Result<Bytes, axum::Error>>) -> Result<Option<Bytes>, HttpProblem> {
        let Some(piece) = piece else {
            self.ended = true;
            return Ok(None);
        };
        let piece = piece.map_err(|error| {
            let is_not_gzip = std::error::Error::source(&error).is_some_and(|source| source.is::<NotGzip>());
            if is_not_gzip { HttpProblem::NotGzip } else { HttpProblem::BodyIncomplete }
        })?;
        self.bytes_read = self.bytes_read.saturating_add(piece.len());
        if self.bytes_read > self.bytes_max {
            return Err(HttpProblem::BodyTooLarge { bytes_max: self.bytes_max });
        }
        Ok(Some(piece))
    }

    /// Forgives the time in which nothing was read because what had come was being worked on.
    pub(crate) fn forgive(&mut self, paused: Duration) {
        self.begun += paused;
    }
}

/// Returns the next piece of data; trailers are passed over.
async fn next_piece(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await? {
            Ok(frame) => {
                if let Ok(piece) = frame.into_data() {
                    return Some(Ok(piece));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Returns the announced length.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns how long to wait for the next piece of a body of which so much was read in so long.
fn patience(bytes_read: usize, elapsed: Duration) -> Duration {
    let pace_seconds = u64::try_from(bytes_read / PACE_BYTES_MIN).unwrap_or(u64::MAX);
    let deadline = Duration::from_secs(pace_seconds).saturating_add(LAG_MAX);
    deadline.saturating_sub(elapsed).min(LAG_MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_lag_behind_the_slowest_pace_and_no_further() {
        let check = |bytes_read: usize, elapsed_seconds: u64, wait_seconds: u64| {
            let wait = patience(bytes_read, Duration::from_secs(elapsed_seconds));
            assert_eq!(wait, Duration::from_secs(wait_seconds), "{bytes_read} bytes in {elapsed_seconds} s");
        };
        check(0, 0, 30);
        check(0, 12, 18);
        // One byte every 29 seconds: the second one is the last.
        check(1, 29, 1);
        check(2, 58, 0);
        check(PACE_BYTES_MIN * 100, 100, 30);
        check(PACE_BYTES_MIN * 100, 120, 10);
        check(PACE_BYTES_MIN * 100, 131, 0);
        // Whoever was fast has no more than the time of one piece.
        check(16 * 1024 * 1024, 1, 30);
        check(usize::MAX, u64::MAX, 0);
    }
}
