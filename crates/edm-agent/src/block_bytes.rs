//! A pool for the memory of sealed blocks. Faulting in fresh pages for a block of 16 MiB costs more
//! than copying it.

use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of spare buffers.
const SPARE_BLOCKS_MAX: usize = 4;

/// Buffers that no block uses.
#[derive(Default)]
pub(crate) struct SpareBlocks(Mutex<Vec<Vec<u8>>>);

impl SpareBlocks {
    /// Writes a block into a spare buffer. Returns it with the result of `write`.
    pub(crate) fn fill<T>(self: &Arc<Self>, write: impl FnOnce(&mut Vec<u8>) -> T) -> (BlockBytes, T) {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut block = BlockBytes { bytes: spare.unwrap_or_default(), home: Arc::clone(self) };
        let said = write(&mut block.bytes);
        (block, said)
    }
}

/// The bytes of a sealed block. Dropping them returns the buffer to the pool.
pub(crate) struct BlockBytes {
    bytes: Vec<u8>,
    home: Arc<SpareBlocks>,
}

impl AsRef<[u8]> for BlockBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for BlockBytes {
    fn drop(&mut self) {
        let mut spare = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_BLOCKS_MAX {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_round_and_only_so_much_is_kept() {
        let blocks = Arc::new(SpareBlocks::default());
        let fill = |byte: u8| {
            blocks.fill(|bytes| {
                let room = bytes.capacity();
                bytes.clear();
                bytes.extend([byte; 100]);
                room
            })
        };
        let held: Vec<_> = (0..6).map(&fill).collect();
        assert!(held.iter().all(|(_, room)| *room == 0), "nothing was free");
        assert_eq!(held[5].0.as_ref(), [5; 100]);
        drop(held);
        let again: Vec<_> = (0..6).map(&fill).collect();
        assert_eq!(again.iter().filter(|(_, room)| *room >= 100).count(), SPARE_BLOCKS_MAX);
        assert_eq!(again[3].0.as_ref(), [3; 100]);
    }
}
