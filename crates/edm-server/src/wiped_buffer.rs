//! Bytes of a body that are overwritten when the last reference to them is dropped.

use bytes::Bytes;
use edm_model::Wiped;

/// A buffer that grows and wipes its old memory when it is moved.
#[derive(Default)]
pub(crate) struct WipedBuffer(Wiped<Vec<u8>>);

impl WipedBuffer {
    pub(crate) fn extend_from_slice(&mut self, piece: &[u8]) {
        let length = self.0.len() + piece.len();
        if length > self.0.capacity() {
            let mut larger = Wiped::from(Vec::with_capacity(length.max(2 * self.0.capacity())));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(piece);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the content, to be shared.
    pub(crate) fn take(&mut self) -> Bytes {
        wiped(std::mem::take(&mut self.0))
    }
}

/// Shares bytes that are overwritten when the last reference to them is dropped.
pub(crate) fn wiped(bytes: impl Into<Wiped<Vec<u8>>>) -> Bytes {
    Bytes::from_owner(bytes.into())
}

/// Overwrites bytes that were read, if nothing else refers to them. Bytes that the connection's
/// buffer still shares are left unchanged.
pub(crate) fn wipe(bytes: Bytes) {
    if let Ok(mut own) = bytes.try_into_mut() {
        own.fill(0);
        // The zeros are never read; `black_box` keeps the compiler from removing the write.
        std::hint::black_box(own.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_behind_the_other_however_long_they_are() {
        let mut buffer = WipedBuffer::default();
        let mut expected = Vec::new();
        for length in [0, 1, 7, 8, 9, 1_000, 3, 70_000] {
            let piece = vec![b'a' + (length % 7) as u8; length];
            buffer.extend_from_slice(&piece);
            expected.extend_from_slice(&piece);
            assert_eq!((buffer.len(), buffer.is_empty()), (expected.len(), expected.is_empty()));
        }
        assert_eq!(buffer.take(), expected);
        assert!(buffer.is_empty(), "what was taken is held no more");
    }
}
