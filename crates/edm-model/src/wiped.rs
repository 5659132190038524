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

    /// Overwrites what it holds and keeps its memory for what comes next, at the cost of its length
    /// and not of its capacity. What it held before, if that was longer, was wiped when this began.
    fn wipe_held(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        overwrite(self);
        self.clear();
    }

    fn wipe_held(&mut self) {
        self.fill(0);
        // Nobody reads the zeros, and yet they must be written.
        black_box(self.as_slice());
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

    fn wipe_held(&mut self) {
        let mut bytes = std::mem::take(self).into_bytes();
        bytes.wipe_held();
        *self = String::from_utf8(bytes).expect("nothing is UTF-8");
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
    fn what_is_held_is_wiped_and_its_memory_is_kept() {
        for held in ["", "a", "Müller 900-12-3456", &"x".repeat(100_000)] {
            let mut text = held.to_owned();
            let (capacity, place) = (text.capacity(), text.as_ptr());
            text.wipe_held();
            assert!(text.is_empty() && text.capacity() == capacity, "{} bytes", held.len());
            assert_eq!(text.as_ptr(), place);
        }
    }

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
