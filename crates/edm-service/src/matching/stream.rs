//! A text that is matched as it arrives: a separate thread scans it, and holds no permit while no
//! piece arrives.

use bytes::Bytes;
use edm_engine::{NotUtf8, Scanner};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::access::authorise::{Classify, Grant};
use crate::error::{Error, ErrorKind};
use crate::matching::deadline::Deadline;
use crate::matching::matcher::{CancelOnDrop, Matcher, Matching};
use crate::matching::options::MatchOptions;
use crate::matching::queue::Admission;
use crate::matching::report::MatchReport;

/// Pieces that wait to be scanned.
const PIECES_WAITING: usize = 8;

/// Sends the pieces of a text that is being matched. Dropping it cancels the work.
pub struct TextStream {
    pieces: mpsc::Sender<Bytes>,
    outcome: oneshot::Receiver<Result<MatchReport, Error>>,
    _cancel: CancelOnDrop,
}

impl TextStream {
    /// Hands over the next piece, which may end anywhere; waits while earlier ones are being
    /// scanned. Returns whether more is wanted: bytes that are not UTF-8 end the text.
    pub async fn push(&mut self, piece: Bytes) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Ends the text. Fails with the byte at which it is not UTF-8.
    pub async fn finish(self) -> Result<MatchReport, Error> {
        let Self { pieces, outcome, _cancel } = self;
        drop(pieces);
        outcome.await.map_err(|source| Error::of(ErrorKind::Internal).because(source))?
    }
}

impl Matching {
    /// Starts to find the records of the tenant's stores in a text that comes in pieces. A
    /// requested time limit counts from now. Without one there is none, because the length of the
    /// text is unknown. Each text has a separate thread: the caller bounds how many there are at
    /// once.
    pub(crate) async fn classify_stream(
        &self,
        grant: &Grant<'_, Classify>,
        options: MatchOptions,
    ) -> Result<TextStream, Error> {
        let timed = options.timeout_ms.is_some();
        let mut matcher = self.matcher(grant, options, Admission::New, 0).await?;
        // No permit is held while the thread starts and the first piece is awaited.
        matcher.release_permit();
        let cancel = matcher.cancel_on_drop();
        let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
        let (done, outcome) = oneshot::channel();
        let (runtime, span) = (Handle::current(), tracing::Span::current());
        let deadline = if timed { matcher.deadline() } else { matcher.deadline_at(i64::MAX) };
        let work = move || {
            let _entered = span.enter();
            // The receiver is gone if the request was cancelled.
            let _ = done.send(scan_pieces(&mut matcher, arriving, &runtime, &deadline));
        };
        let spawned = std::thread::Builder::new().name("text-stream".to_owned()).spawn(work);
        spawned.map_err(|source| Error::of(ErrorKind::Internal).because(source))?;
        Ok(TextStream { pieces, outcome, _cancel: cancel })
    }
}

fn scan_pieces(
    matcher: &mut Matcher,
    mut arriving: mpsc::Receiver<Bytes>,
    runtime: &Handle,
    deadline: &Deadline,
) -> Result<MatchReport, Error> {
    let mut permit = matcher.take_permit().ok_or_else(|| Error::of(ErrorKind::Internal))?;
    let should_stop = || matcher.should_stop(deadline);
    let query = matcher.query("", deadline, &should_stop);
    let mut scanner = Scanner::new(&query);
    loop {
        let waiting = match arriving.try_recv() {
            Ok(piece) => Some(piece),
            Err(_) => {
                permit.release();
                arriving.blocking_recv()
            }
        };
        let Some(piece) = waiting else { break };
        // Other principals have their turn between two pieces.
        runtime.block_on(permit.reacquire(piece.len()))?;
        scanner.push(&piece).map_err(not_utf8)?;
    }
    runtime.block_on(permit.reacquire(0))?;
    let report = scanner.finish().map_err(not_utf8)?;
    Ok(matcher.named(report))
}

fn not_utf8(problem: NotUtf8) -> Error {
    Error::invalid("text", problem.to_string())
}
