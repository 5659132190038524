//! Progress reports. Nothing here reads a clock; the receiver measures the time.

use crate::source::Separator;

/// An event that happens once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The separator was detected and is worth reporting: it is not a comma, or another one fits
    /// too.
    SeparatorSniffed {
        /// The character.
        separator: Separator,
    },
    /// A session was created.
    SessionCreated {
        /// Its id.
        session_id: String,
        /// Records of a full block.
        rows_per_block: u32,
    },
    /// An open session of the same file is resumed.
    SessionResumed {
        /// Its id.
        session_id: String,
        /// Blocks on the server already.
        blocks_present: u32,
    },
    /// An earlier session of this file cannot be resumed; a new one is created.
    ResumeRefused {
        /// Its id.
        session_id: String,
        /// The reason, as a sentence.
        reason: String,
    },
    /// A request failed and will be repeated.
    Retrying {
        /// The name of the request.
        what: &'static str,
        /// The error's sentence.
        reason: String,
    },
    /// The upload URI had expired and was renewed.
    Renewed,
    /// Every block is on the server.
    BlocksUploaded {
        /// The number of blocks.
        blocks: u32,
        /// The number of them sent by this run.
        sent: u32,
        /// The total size of the sent blocks.
        sent_bytes: u64,
    },
    /// The block list was accepted.
    BlockListPut,
    /// The commit was accepted.
    Committed,
    /// The session is in processing.
    Processing {
        /// All jobs.
        jobs: u32,
        /// Unfinished jobs.
        remaining: u32,
    },
    /// The data is live.
    Live,
}

/// The progress of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Records read.
    pub records: u64,
    /// Bytes of the file read.
    pub bytes: u64,
    /// The size of the file, if it is known.
    pub bytes_total: Option<u64>,
}

/// Receives events and amounts. Called from several threads.
pub trait Progress: Send + Sync {
    /// Receives an event.
    fn event(&self, event: &Event);
    /// Receives the progress of reading, about once per megabyte.
    fn read(&self, amounts: Amounts);
}

/// Ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn event(&self, _: &Event) {}
    fn read(&self, _: Amounts) {}
}
