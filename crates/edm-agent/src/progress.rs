//! What the agent tells while it works. Whoever draws it measures the time: nothing here reads a clock.

use crate::source::Separator;

/// Something that happened, once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The file's first records show which character parts its cells, and it is no comma, or another one fits too.
    SeparatorSniffed {
        /// The character.
        separator: Separator,
    },
    /// A session was made.
    SessionCreated {
        /// Its id.
        session_id: String,
        /// Records of a full block.
        rows_per_block: u32,
    },
    /// An open session of the same file goes on.
    SessionResumed {
        /// Its id.
        session_id: String,
        /// Blocks that the server already has.
        blocks_present: u32,
    },
    /// An earlier session of this file cannot go on, and why; a new one is made.
    ResumeRefused {
        /// Its id.
        session_id: String,
        /// A sentence.
        reason: String,
    },
    /// A request failed and will be sent again.
    Retrying {
        /// What was tried.
        what: &'static str,
        /// The error's sentence.
        reason: String,
    },
    /// The upload URI had expired and was renewed.
    Renewed,
    /// Every block is on the server.
    BlocksUploaded {
        /// How many there are.
        blocks: u32,
        /// How many of them were sent by this run.
        sent: u32,
        /// Their bytes.
        sent_bytes: u64,
    },
    /// The block list was accepted.
    BlockListPut,
    /// Commit was accepted.
    Committed,
    /// The session was seen in processing.
    Processing {
        /// Jobs in all.
        jobs: u32,
        /// Jobs still to do.
        remaining: u32,
    },
    /// The data is live.
    Live,
}

/// How far the reading and the uploading are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Records read.
    pub records: u64,
    /// Bytes of the file read.
    pub bytes: u64,
    /// The size of the file, where it is known.
    pub bytes_total: Option<u64>,
}

/// Receives events and amounts. Called from several threads.
pub trait Progress: Send + Sync {
    /// Tells that something happened.
    fn event(&self, event: &Event);
    /// Tells how far the reading is; called about every megabyte.
    fn read(&self, amounts: Amounts);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn event(&self, _: &Event) {}
    fn read(&self, _: Amounts) {}
}
