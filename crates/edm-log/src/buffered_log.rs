//! A buffered log. Lines are collected in memory and written together by a separate thread. One
//! system call per line would be a fifth of a short request, and waking another thread for each
//! line would cost even more.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long lines are collected after a write. A line after a pause is written at once.
const BUFFERED_FOR: Duration = Duration::from_millis(5);
/// Buffered bytes that trigger a write before that time.
const FLUSH_BYTES: usize = 64 * 1024;
/// Maximum size of the buffer. A full buffer blocks the caller until the writer catches up; no line
/// is ever dropped.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The handle that accepts lines, each as a whole.
#[derive(Clone)]
pub(crate) struct BufferedLog(Arc<LogBuffer>);

/// Flushes the log when it is dropped.
pub struct FlushOnDrop {
    buffer: Arc<LogBuffer>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct LogBuffer {
    lines: Mutex<Lines>,
    /// Wakes the writer.
    come: Condvar,
    /// Wakes callers that wait for space.
    taken: Condvar,
}

#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
    writer: Writer,
    /// Nothing is written any more: the program ends, or the output is closed.
    ended: bool,
}

/// The state of the writer thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Writer {
    /// It writes, or was woken to write.
    #[default]
    Awake,
    /// It waits while lines collect.
    Pausing,
    /// There is nothing to write.
    Idle,
}

impl LogBuffer {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: &[u8]) {
        let mut lines = self.lines();
        while lines.waiting.len() >= WAITING_BYTES_MAX && !lines.ended {
            lines = self.taken.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        if lines.ended {
            return;
        }
        lines.waiting.extend_from_slice(line);
        // Waking a thread is a system call, so it happens at most once per write of the buffer.
        let ring = match lines.writer {
            Writer::Awake => false,
            Writer::Pausing => lines.waiting.len() >= FLUSH_BYTES,
            Writer::Idle => true,
        };
        if ring {
            lines.writer = Writer::Awake;
            drop(lines);
            self.come.notify_one();
        }
    }

    /// Swaps the buffer with an empty one. Returns whether the log has ended.
    fn take(&self, empty: &mut Vec<u8>) -> bool {
        let mut lines = self.lines();
        while lines.waiting.is_empty() && !lines.ended {
            lines.writer = Writer::Idle;
            lines = self.come.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        lines.writer = Writer::Awake;
        // The two buffers alternate, so neither is allocated again.
        std::mem::swap(&mut lines.waiting, empty);
        let ended = lines.ended;
        // The writer must not hold the lock while it writes, or every caller would wait for the
        // output.
        drop(lines);
        self.taken.notify_all();
        ended
    }

    fn pause(&self) {
        let mut lines = self.lines();
        lines.writer = Writer::Pausing;
        let still = |lines: &mut Lines| lines.writer == Writer::Pausing && !lines.ended;
        let paused = self.come.wait_timeout_while(lines, BUFFERED_FOR, still);
        lines = paused.unwrap_or_else(PoisonError::into_inner).0;
        lines.writer = Writer::Awake;
    }

    fn end(&self) {
        self.lines().ended = true;
        self.come.notify_one();
        self.taken.notify_all();
    }

    fn write_until_the_end(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let ended = self.take(&mut lines);
            // A log that cannot be written is no reason to stop serving, and there is nowhere to
            // report it.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            if ended {
                return;
            }
            self.pause();
        }
    }
}

/// Starts the writer thread.
///
/// # Errors
/// The system cannot start a thread.
pub(crate) fn buffered_log(out: impl Write + Send + 'static) -> io::Result<(BufferedLog, FlushOnDrop)> {
    let buffer = Arc::<LogBuffer>::default();
    let of_writer = buffer.clone();
    let writer = std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || of_writer.write_until_the_end(out))?;
    Ok((BufferedLog(buffer.clone()), FlushOnDrop { buffer, writer: Some(writer) }))
}

impl Drop for FlushOnDrop {
    fn drop(&mut self) {
        self.buffer.end();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has printed its message.
            let _ = writer.join();
        }
    }
}

impl<'a> MakeWriter<'a> for BufferedLog {
    type Writer = Entry<'a>;

    fn make_writer(&'a self) -> Entry<'a> {
        Entry(&self.0)
    }
}

/// One entry of the log.
pub(crate) struct Entry<'a>(&'a LogBuffer);

impl Write for Entry<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Passes on what is written; each piece blocks until it is received.
    struct Slow(mpsc::SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            self.0.send(bytes.to_vec()).map(|()| bytes.len()).map_err(gone)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn started() -> (BufferedLog, FlushOnDrop, mpsc::Receiver<Vec<u8>>) {
        let (out, written) = mpsc::sync_channel(0);
        let (log, end) = buffered_log(Slow(out)).expect("a thread");
        (log, end, written)
    }

    fn put(log: &BufferedLog, line: &[u8]) {
        log.make_writer().write_all(line).expect("lines are always taken");
    }

    #[test]
    fn every_line_is_written_once_and_in_order_by_the_end() {
        let check = |lines: usize, line_bytes: usize| {
            let (log, end, written) = started();
            let line = |number: usize| format!("{number}{}\n", "x".repeat(line_bytes));
            let reader = std::thread::spawn(move || written.iter().flatten().collect::<Vec<u8>>());
            (0..lines).for_each(|number| put(&log, line(number).as_bytes()));
            drop(end);
            let expected: String = (0..lines).map(line).collect();
            assert!(reader.join().expect("it reads") == expected.as_bytes(), "{lines} of {line_bytes}");
        };
        check(0, 1);
        check(1, 10);
        check(1_000, 100);
        // Ten times the maximum size of the buffer.
        check(40, WAITING_BYTES_MAX / 4);
    }

    #[test]
    fn a_line_after_silence_is_written_at_once_and_those_behind_it_together() {
        let (log, end, written) = started();
        put(&log, b"first\n");
        assert_eq!(written.recv().expect("written"), b"first\n");
        // Lines that arrive during a write or a wait form one piece, or two if the wait ended in
        // between.
        (0..100).for_each(|_| put(&log, b"more\n"));
        let mut pieces = Vec::new();
        while pieces.iter().map(Vec::len).sum::<usize>() < 500 {
            pieces.push(written.recv().expect("written"));
        }
        assert!(pieces.len() < 100, "{} pieces", pieces.len());
        drop(end);
        assert!(written.recv().is_err(), "nothing is written twice");
    }

    #[test]
    fn a_log_that_nobody_takes_stops_nobody() {
        let (log, end, written) = started();
        drop(written);
        (0..20).for_each(|_| put(&log, &vec![b'x'; WAITING_BYTES_MAX / 4]));
        drop(end);
        put(&log, b"behind the end\n");
    }
}
