//! Compressed bodies (`Content-Encoding: gzip`), as Microsoft's SDK for Go sends them. They are
//! inflated piece by piece as they arrive, and only one piece is in memory, so the reader bounds
//! the inflated length. The compressed length is bounded too, because gzip can continue forever
//! without any output.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame};

use crate::error::HttpProblem;
use crate::message::{Body, BodyFailure};
use crate::wiped_buffer::wiped;

/// The compressed bytes of one step. They inflate to at most some hundred thousand bytes.
const STEP_BYTES: usize = 256;

/// The greatest number of steps without output in one poll. A body can consist of empty members,
/// whose steps have no output. Other tasks of the thread must run in between.
const IDLE_STEPS_MAX: u32 = 64;

/// Returns the inflated body if it is compressed, else the body itself. At most `bytes_max` of it
/// will be read. Fails on another encoding.
pub(crate) fn plain(body: Body, headers: &HeaderMap, bytes_max: usize) -> Result<Body, HttpProblem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let Some(encoding) = encodings.next() else { return Ok(body) };
    let is_one = encodings.next().is_none();
    match encoding.to_str().map(|word| word.trim().to_ascii_lowercase()).as_deref() {
        Ok("identity" | "") if is_one => Ok(body),
        Ok("gzip" | "x-gzip") if is_one => Ok(Body::from_body(Inflated {
            body,
            came: Bytes::new(),
            // Incompressible data becomes a little longer, and each member has a header.
            bytes_left: bytes_max.saturating_add(bytes_max / 64).saturating_add(1024),
            decoder: MultiGzDecoder::new(Vec::new()),
            ended: false,
        })),
        _ => Err(HttpProblem::UnsupportedEncoding),
    }
}

/// Why a compressed body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// The bytes are not valid gzip.
    NotGzip,
    /// The compressed body is longer than any compression of the permitted length.
    TooLong,
}

impl std::fmt::Display for InflateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            InflateError::NotGzip => "the body is no gzip",
            InflateError::TooLong => "the compressed body is longer than a plain one may be",
        })
    }
}

impl std::error::Error for InflateError {}

/// A body that is inflated while it is read.
struct Inflated {
    body: Body,
    /// The bytes that are not inflated yet.
    came: Bytes,
    /// The number of compressed bytes that may still arrive.
    bytes_left: usize,
    decoder: MultiGzDecoder<Vec<u8>>,
    ended: bool,
}

impl Inflated {
    /// Does the next step and returns its output.
    fn step(&mut self) -> Result<Bytes, InflateError> {
        let step = self.came.len().min(STEP_BYTES);
        let taken =
            self.decoder.write(self.came.get(..step).unwrap_or(&[])).map_err(|_| InflateError::NotGzip)?;
        if taken == 0 && step > 0 {
            // The decoder accepts no more bytes, so those after the end are not gzip.
            return Err(InflateError::NotGzip);
        }
        self.came.advance(taken);
        self.flushed()
    }

    fn flushed(&mut self) -> Result<Bytes, InflateError> {
        self.decoder.flush().map_err(|_| InflateError::NotGzip)?;
        Ok(wiped(std::mem::take(self.decoder.get_mut())))
    }
}

impl HttpBody for Inflated {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let mut idle_steps = 0;
        loop {
            while !self.came.is_empty() {
                if idle_steps == IDLE_STEPS_MAX {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                idle_steps += 1;
                match self.step() {
                    Ok(piece) if piece.is_empty() => {}
                    Ok(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                    Err(error) => return Poll::Ready(Some(Err(error.into()))),
                }
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(came) = frame.into_data() {
                        let Some(left) = self.bytes_left.checked_sub(came.len()) else {
                            return Poll::Ready(Some(Err(InflateError::TooLong.into())));
                        };
                        self.bytes_left = left;
                        self.came = came;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    self.ended = true;
                    // Length and checksum are at the end.
                    let last = self
                        .decoder
                        .try_finish()
                        .map_err(|_| InflateError::NotGzip)
                        .and_then(|()| self.flushed());
                    match last {
                        Ok(piece) if piece.is_empty() => {}
                        Ok(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                        Err(error) => return Poll::Ready(Some(Err(error.into()))),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures::StreamExt;
    use http::HeaderValue;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    fn inflated(bytes: &[u8], piece_bytes: usize) -> Body {
        bounded(bytes, piece_bytes, 1 << 30)
    }

    fn bounded(bytes: &[u8], piece_bytes: usize, bytes_max: usize) -> Body {
        let pieces: Vec<Result<Bytes, BodyFailure>> =
            bytes.chunks(piece_bytes).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        plain(Body::from_stream(futures::stream::iter(pieces).boxed()), &headers, bytes_max)
            .expect("gzip is read")
    }

    async fn read(mut body: Body) -> Result<Vec<u8>, BodyFailure> {
        let mut read = Vec::new();
        while let Some(piece) = body.next_piece().await {
            read.extend_from_slice(&piece?);
        }
        Ok(read)
    }

    #[tokio::test]
    async fn a_body_comes_out_as_it_went_in_however_it_is_cut() {
        let long: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(n).to_le_bytes()).collect();
        for plain in [&b""[..], b"x", b"{\"text\": \"t\"}", &long] {
            let packed = gzip(plain);
            for piece_bytes in [1, 7, 255, 256, 257, 100_000] {
                let read = read(inflated(&packed, piece_bytes)).await.expect("it is gzip");
                assert_eq!(read, plain, "{} bytes in pieces of {piece_bytes}", plain.len());
            }
        }
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(read(inflated(&two, 5)).await.expect("two members"), &b"one two"[..]);
    }

    #[tokio::test]
    async fn what_is_cut_off_or_no_gzip_is_an_error() {
        let packed = gzip(b"some text that is long enough to be cut");
        let mut wrong_checksum = packed.clone();
        let at = wrong_checksum.len() - 6;
        wrong_checksum[at] ^= 1;
        let half = &packed[..packed.len() / 2];
        let without_end = &packed[..packed.len() - 1];
        let with_more = [&packed[..], b"more"].concat();
        for bytes in [b"{\"text\": \"t\"}", half, without_end, &wrong_checksum, &with_more, &packed[..5]] {
            for piece_bytes in [1, 1_000] {
                let read = read(inflated(bytes, piece_bytes)).await;
                assert!(read.is_err(), "{} bytes in pieces of {piece_bytes}", bytes.len());
            }
        }
    }

    /// The reader only bounds the output, and empty members have none.
    #[tokio::test]
    async fn what_becomes_nothing_ends_too() {
        let members = gzip(b"").repeat(10_000);
        for piece_bytes in [20, 4_096, usize::MAX] {
            let whole = read(bounded(&members, piece_bytes, members.len())).await;
            assert!(whole.expect("they are gzip").is_empty());
            let half = read(bounded(&members, piece_bytes, members.len() / 2)).await;
            let error = half.expect_err("they are too long");
            assert_eq!(error.downcast_ref(), Some(&InflateError::TooLong));
        }
        // Incompressible data is read up to its bound.
        let noise: Vec<u8> =
            (0..100_000u32).map(|n| (n.wrapping_mul(n).wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let packed = gzip(&noise);
        let read = read(bounded(&packed, 1_000, noise.len())).await.expect("it is gzip");
        assert_eq!(read, noise);
    }

    /// A megabyte of empty members once occupied its thread until its end.
    #[test]
    fn one_poll_has_an_end() {
        let members = gzip(b"").repeat(50_000);
        let mut body = std::pin::pin!(inflated(&members, usize::MAX));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut polls = 0;
        while body.as_mut().poll_frame(&mut context).is_pending() {
            polls += 1;
        }
        assert!(polls >= members.len() / STEP_BYTES / 64 - 1, "{polls} polls for {} bytes", members.len());
    }

    #[tokio::test]
    async fn pieces_stay_small_however_much_they_become() {
        let packed = gzip(&vec![0; 64 << 20]);
        let mut body = inflated(&packed, packed.len());
        let (mut longest, mut whole) = (0, 0);
        while let Some(piece) = body.next_piece().await {
            let length = piece.expect("it is gzip").len();
            (longest, whole) = (longest.max(length), whole + length);
        }
        assert!(whole == 64 << 20 && longest < 1 << 20, "{whole} bytes, up to {longest} at once");
    }
}
