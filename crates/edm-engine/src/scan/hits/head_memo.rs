//! Remembers which first characters of atoms the vocabulary has: most long words of a text occur in
//! it again and again, and a look here is cheaper than a tag.
//!
//! ```text
//! head "fenwic"  ->  place  ->  the head that was tested last there, and whether it may occur
//! ```
//!
//! What must stay true: answers are those of one group's vocabulary, so another group's text begins
//! with an empty memo.

/// Bytes of a head that is remembered.
const HEAD_BYTES: usize = 6;
const HEAD_MASK: u64 = (1 << (8 * HEAD_BYTES)) - 1;
/// The high bits of these bytes.
const BEYOND: u64 = 0x8080_8080_8080;
const PLACES_LOG: u32 = 9;
/// Odd, so that no two heads become the same number.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The heads that were tested last.
#[derive(Default)]
pub(crate) struct HeadMemo {
    /// A head in the upper bits, and in the lowest whether it may occur. No head is 0.
    entries: Vec<u64>,
}

impl HeadMemo {
    /// Forgets all heads.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.entries.resize(1 << PLACES_LOG, 0);
    }

    /// Returns the head of an atom that begins some bytes, if it is one that is remembered: six
    /// characters of ASCII. `length` is that of the atom.
    #[inline]
    pub(crate) fn head(bytes: &[u8], length: usize) -> Option<u64> {
        let head = u64::from_le_bytes(*bytes.first_chunk()?) & HEAD_MASK;
        (length >= HEAD_BYTES && head & BEYOND == 0).then_some(head)
    }

    /// Returns whether a head may occur; `None` where that is not known.
    #[inline]
    pub(crate) fn get(&self, head: u64) -> Option<bool> {
        let entry = self.entries.get(place(head)).copied().unwrap_or(0);
        (entry >> 1 == head).then_some(entry & 1 == 1)
    }

    /// Remembers whether a head may occur.
    #[inline]
    pub(crate) fn set(&mut self, head: u64, may_occur: bool) {
        if let Some(entry) = self.entries.get_mut(place(head)) {
            *entry = head << 1 | u64::from(may_occur);
        }
    }
}

fn place(head: u64) -> usize {
    (head.wrapping_mul(SPREAD) >> (64 - PLACES_LOG)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_remembered() {
        let mut memo = HeadMemo::default();
        let head = |text: &str, length: usize| HeadMemo::head(text.as_bytes(), length);
        let own = head("fenwick jr", 7).expect("six letters");
        assert_eq!(head("fenwic pdf", 6), Some(own));
        assert_eq!(head("fenwi pdf", 5), None, "a shorter one is all of its atom");
        assert_eq!(head("müller jr", 7), None);
        assert_eq!(head("fenwick", 7), None, "too near to the end of the text");
        assert_eq!(memo.get(own), None);
        memo.clear();
        assert_eq!(memo.get(own), None);
        memo.set(own, true);
        assert_eq!(memo.get(own), Some(true));
        memo.set(own, false);
        assert_eq!(memo.get(own), Some(false));
        memo.clear();
        assert_eq!(memo.get(own), None);
    }
}
