//! The text of a table that was read ahead, within the bound of a record.

use std::io::Read;

use edm_model::limits;

use super::from_io;
use crate::chunk::CHUNK_BYTES;
use crate::error::Error;

/// Separators and quotes of a record beyond the bytes of its cells.
pub(super) const MARKS_BYTES_MAX: usize = 64 * 1024;
/// The longest record with its marks, and a byte that tells that it is longer: more is never held of a table's text.
pub(super) const BUFFER_BYTES_MAX: usize = limits::RECORD_BYTES_MAX + MARKS_BYTES_MAX + 1;
/// Why a place of the text is in the buffer.
const IN_BUFFER: &str = "no more is handed out than was read into the buffer";

/// The text that was read and not handed out yet.
pub(super) struct Unread {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// The bytes of the buffer that are text.
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

    /// Returns the text between two places.
    pub(super) fn between(&self, start: usize, end: usize) -> &[u8] {
        self.bytes().get(start..end).expect(IN_BUFFER)
    }

    /// Returns whether nothing follows the text.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// Returns whether a NUL may stand in the text.
    pub(super) fn may_hold_nul(&self) -> bool {
        self.has_nul
    }

    /// Returns the memory that it takes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Reads until the buffer is full, or nothing follows. A full one grows, within the bound of a record.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        if self.filled == self.buffer.len() {
            let wider = (2 * self.buffer.len()).min(BUFFER_BYTES_MAX);
            // Not twice as much as before, which is what a vector takes by itself.
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

    /// Drops the text up to here.
    pub(super) fn forget(&mut self, end: usize) {
        self.buffer.copy_within(end..self.filled, 0);
        self.filled -= end;
    }

    /// Hands out the text up to here; what is behind goes into the spare buffer, which takes the place of the text's.
    pub(super) fn split_off(&mut self, end: usize, mut spare: Vec<u8>) -> Vec<u8> {
        let rest = self.buffer.get(end..self.filled).expect(IN_BUFFER);
        spare.resize(CHUNK_BYTES.max(rest.len()), 0);
        if let Some(room) = spare.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        self.filled = rest.len();
        let mut text = std::mem::replace(&mut self.buffer, spare);
        text.truncate(end);
        text
    }
}
