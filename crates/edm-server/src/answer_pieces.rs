//! Long answers in pieces. Each piece is freed when it is written, and none is copied when the
//! answer grows.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::message::{Body, BodyFailure};

/// The bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Collects an answer as it is written.
#[derive(Default)]
pub(crate) struct AnswerPieces {
    full: Vec<Bytes>,
    last: Vec<u8>,
}

impl AnswerPieces {
    /// Returns the body; its length is known.
    pub(crate) fn into_body(mut self) -> Body {
        if self.full.is_empty() {
            return Body::from(self.last);
        }
        self.full.push(self.last.into());
        let left = self.full.iter().map(|piece| piece.len() as u64).sum();
        Body::from_body(PiecedBody { pieces: self.full.into_iter(), left })
    }
}

impl io::Write for AnswerPieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES - self.last.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.last.extend_from_slice(taken);
        if self.last.len() == PIECE_BYTES {
            self.full.push(std::mem::take(&mut self.last).into());
            self.last.reserve_exact(PIECE_BYTES);
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct PiecedBody {
    pieces: std::vec::IntoIter<Bytes>,
    left: u64,
}

impl HttpBody for PiecedBody {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let piece = self.pieces.next();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn what_is_written_is_the_body_with_its_length() {
        for length in
            [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 5]
        {
            for step in [1, 7, PIECE_BYTES / 2 + 1, usize::MAX] {
                let written: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
                let mut pieces = AnswerPieces::default();
                for part in written.chunks(step) {
                    pieces.write_all(part).expect("memory takes it");
                }
                let mut body = pieces.into_body();
                assert_eq!(body.size_hint().exact(), Some(length as u64));
                let mut read = Vec::new();
                while let Some(piece) = body.next_piece().await {
                    read.extend_from_slice(&piece.expect("it ends"));
                }
                assert!(read == written, "{length} bytes by {step}");
            }
        }
    }
}
