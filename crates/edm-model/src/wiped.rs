//! Text buffers that are overwritten when they are dropped.
//!
//! `zeroize` wipes byte by byte with volatile writes, which the compiler cannot remove. For long
//! texts that took a tenth of a scan in a profile. This module fills a buffer with zeros at once,
//! and then passes it to an opaque function so that the compiler must keep the writes.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

/// A buffer whose memory is overwritten on drop. Memory that it leaves when it grows is not
/// overwritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiped<B: Wipe>(B);

/// A buffer that can be overwritten.
pub trait Wipe {
    /// Overwrites all of its memory, and empties it.
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        overwrite(self);
        self.clear();
    }
}

/// Fills all of the buffer's capacity with zeros.
fn overwrite(bytes: &mut Vec<u8>) {
    // The buffer may have been longer before; the bytes after its end are overwritten too.
    let capacity = bytes.capacity();
    bytes.clear();
    bytes.resize(capacity, 0);
    black_box(bytes.as_slice());
}

impl Wipe for String {
    fn wipe(&mut self) {
        std::mem::take(self).into_bytes().wipe();
    }
}

impl<B: Wipe> Drop for Wiped<B> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<B: Wipe> From<B> for Wiped<B> {
    fn from(buffer: B) -> Self {
        Self(buffer)
    }
}

impl<B: Wipe> Deref for Wiped<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.0
    }
}

impl<B: Wipe> DerefMut for Wiped<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.0
    }
}

impl AsRef<[u8]> for Wiped<Vec<u8>> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_memory_is_zeros_and_nothing_is_left_to_read() {
        let mut bytes = b"900-12-3456 and more".to_vec();
        bytes.truncate(3);
        let (room, place) = (bytes.capacity(), bytes.as_ptr());
        overwrite(&mut bytes);
        assert!(bytes.len() == room && bytes.iter().all(|byte| *byte == 0));
        assert_eq!(bytes.as_ptr(), place, "it was overwritten where it stands");
        bytes.wipe();
        assert!(bytes.is_empty());
        let mut text = "900-12-3456".to_owned();
        text.wipe();
        assert_eq!(text, "");
        let mut wiped = Wiped::from("900".to_owned());
        wiped.push_str("-12");
        assert_eq!((&**wiped, wiped.len()), ("900-12", 6));
    }
}
