//! Buffers of text that are overwritten when they are dropped.
//!
//! Keys are wiped byte by byte by `zeroize`, which no compiler may leave out. Texts are long, and in a profile a tenth of a scan went
//! into that; so they are filled with zeros at once, and then looked at from where the compiler cannot see.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

/// A buffer whose memory is overwritten when it is dropped; what a growing one leaves where it was before is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiped<B: Wipe>(B);

/// What can be overwritten.
pub trait Wipe {
    /// Overwrites all of its memory; afterwards it is empty.
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        overwrite(self);
        self.clear();
    }
}

/// Makes zeros of all of the memory.
fn overwrite(bytes: &mut Vec<u8>) {
    // What it held before it became shorter is still there.
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
