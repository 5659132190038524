//! A text that is matched as it comes: a thread of its own scans it, and lets others go on while nothing comes.

use bytes::Bytes;
use edm_engine::{NotUtf8, Scanner};
use edm_model::Principal;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, ErrorKind};
use crate::matching::deadline::Deadline;
use crate::matching::matcher::{Abandon, MatchOptions, Matcher};
use crate::matching::queue::Admission;
use crate::matching::report::MatchReport;
use crate::service::Service;

/// Pieces that wait to be scanned.
const PIECES_WAITING: usize = 8;

/// The way into a text that is being matched. Dropping it ends the work.
pub struct TextStream {
    pieces: mpsc::Sender<Bytes>,
    outcome: oneshot::Receiver<Result<MatchReport, Error>>,
    _abandon: Abandon,
}

impl TextStream {
    /// Hands over the next piece, which may end anywhere; waits while earlier ones are being scanned. Returns whether
    /// more is wanted: a text that is none is not read to its end.
    pub async fn push(&mut self, piece: Bytes) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Ends the text. Fails with the byte at which it is not UTF-8.
    pub async fn finish(self) -> Result<MatchReport, Error> {
        let Self { pieces, outcome, _abandon } = self;
        drop(pieces);
        outcome.await.map_err(|source| Error::of(ErrorKind::Internal).because(source))?
    }
}

impl Service {
    /// Begins to find the records of the tenant's stores in a text that comes in pieces. A time limit counts from now,
    /// where one is asked for; there is none otherwise, because nobody knows how long the text will be. Each text has a
    /// thread of its own: how many there are at once is bounded by whoever lets texts in.
    pub async fn classify_stream(
        &self,
        principal: &Principal,
        options: MatchOptions,
    ) -> Result<TextStream, Error> {
        let timed = options.timeout_ms.is_some();
        let mut matcher = self.matcher(principal, options, Admission::New, 0).await?;
        // Whoever only begins holds no place while its thread starts, or its first piece is awaited.
        matcher.give_back();
        let abandon = matcher.abandon_on_drop();
        let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
        let (done, outcome) = oneshot::channel();
        let (runtime, span) = (Handle::current(), tracing::Span::current());
        let deadline = if timed { matcher.deadline() } else { matcher.deadline_at(i64::MAX) };
        let work = move || {
            let _entered = span.enter();
            // Whoever asked may have gone.
            let _ = done.send(scan_pieces(&mut matcher, arriving, (&runtime, &deadline)));
        };
        let spawned = std::thread::Builder::new().name("text-stream".to_owned()).spawn(work);
        spawned.map_err(|source| Error::of(ErrorKind::Internal).because(source))?;
        Ok(TextStream { pieces, outcome, _abandon: abandon })
    }
}

fn scan_pieces(
    matcher: &mut Matcher,
    mut arriving: mpsc::Receiver<Bytes>,
    (runtime, deadline): (&Handle, &Deadline),
) -> Result<MatchReport, Error> {
    let mut leave = matcher.take_leave().ok_or_else(|| Error::of(ErrorKind::Internal))?;
    let should_stop = || matcher.should_stop(deadline);
    let query = matcher.query("", deadline, &should_stop);
    let mut scanner = Scanner::new(&query);
    loop {
        let waiting = match arriving.try_recv() {
            Ok(piece) => Some(piece),
            Err(_) => {
                leave.give_back();
                arriving.blocking_recv()
            }
        };
        let Some(piece) = waiting else { break };
        // Between two pieces others have their turn.
        runtime.block_on(leave.take_again(piece.len()))?;
        scanner.push(&piece).map_err(not_utf8)?;
    }
    runtime.block_on(leave.take_again(0))?;
    let report = scanner.finish().map_err(not_utf8)?;
    Ok(matcher.named(report))
}

fn not_utf8(problem: NotUtf8) -> Error {
    Error::invalid("text", problem.to_string())
}
