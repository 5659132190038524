//! Bytes that begin at a cache line, so that no block of a filter is in two.

/// A cache line.
const ALIGNMENT: usize = 64;

/// Bytes that begin at a multiple of 64 in memory.
#[derive(Default)]
pub(crate) struct AlignedBytes {
    /// A vector of bytes has no alignment: room for it is added.
    bytes: Vec<u8>,
    at: usize,
}

impl AlignedBytes {
    /// Makes bytes of zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        let mut bytes = vec![0; length + ALIGNMENT];
        let at = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        bytes.truncate(at + length);
        Self { bytes, at }
    }

    /// Returns the bytes.
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    /// Returns the bytes, to be written.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.at..).unwrap_or(&mut [])
    }
}
