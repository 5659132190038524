//! The look-ahead buffer of a table's text, bounded by the longest record.

use std::io::Read;

use edm_model::limits;

use super::from_io;
use crate::chunk::CHUNK_BYTES;
use crate::error::Error;

/// Allowance for the separators and quotes of a record, besides the bytes of its cells.
pub(super) const MARKS_BYTES_MAX: usize = 64 * 1024;
/// The longest record with its separators and quotes, and one byte to detect a longer one. No more
/// of a table's text is ever held.
pub(super) const BUFFER_BYTES_MAX: usize = limits::RECORD_BYTES_MAX + MARKS_BYTES_MAX + 1;
/// Why a position is in the buffer.
const IN_BUFFER: &str = "no more is handed out than was read into the buffer";

/// Text that was read but not returned yet.
pub(super) struct Unread {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// The number of bytes of the buffer that are text.
    filled: usize,
    ended: bool,
    has_nul: bool,
}

impl Unread {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self { source, buffer: vec![0; CHUNK_BYTES], filled: 0, ended: false, has_nul: false }
    }

    /// Returns the text.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).expect(IN_BUFFER)
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.filled).expect(IN_BUFFER)
    }

    /// Returns the text between two positions.
    pub(super) fn between(&self, start: usize, end: usize) -> &[u8] {
        self.bytes().get(start..end).expect(IN_BUFFER)
    }

    /// Returns whether the text is complete.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// Returns whether the text may contain a NUL.
    pub(super) fn may_hold_nul(&self) -> bool {
        self.has_nul
    }

    /// Returns the size of its memory.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Reads until the buffer is full or the text is complete. A full buffer grows, up to the
    /// longest record.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        if self.filled == self.buffer.len() {
            let wider = (2 * self.buffer.len()).min(BUFFER_BYTES_MAX);
            // A vector would double by itself.
            self.buffer.reserve_exact(wider.saturating_sub(self.buffer.len()));
            self.buffer.resize(wider, 0);
        }
        while !self.ended
            && let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty())
        {
            match self.source.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.has_nul |= memchr::memchr(0, room.get(..count).expect(IN_BUFFER)).is_some();
                    self.filled += count;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(from_io(error)),
            }
        }
        Ok(())
    }

    /// Drops the text before this position.
    pub(super) fn forget(&mut self, end: usize) {
        self.buffer.copy_within(end..self.filled, 0);
        self.filled -= end;
    }

    /// Returns the text before this position. The rest moves to the spare buffer, which becomes the
    /// new buffer.
    pub(super) fn split_off(&mut self, end: usize, mut spare: Vec<u8>) -> Vec<u8> {
        let rest = self.buffer.get(end..self.filled).expect(IN_BUFFER);
        spare.resize(CHUNK_BYTES.max(rest.len()), 0);
        if let Some(room) = spare.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        self.filled = rest.len();
        // The text is handed out without a copy; only the start of the next record is copied.
        let mut text = std::mem::replace(&mut self.buffer, spare);
        text.truncate(end);
        text
    }
}
