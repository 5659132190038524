//! Texts that are overwritten before their memory serves another one.

use std::hint::black_box;

/// Empties a text and overwrites what it held, at the cost of its length and not of its room.
pub(crate) fn wipe(text: &mut String) {
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.fill(0);
    // Nobody reads the zeros, and yet they must be written.
    black_box(bytes.as_slice());
    bytes.clear();
    *text = String::from_utf8(bytes).expect("nothing is UTF-8");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiped_text_is_empty_and_keeps_its_room() {
        for held in ["", "a", "Müller 900-12-3456", &"x".repeat(100_000)] {
            let mut text = held.to_owned();
            let room = text.capacity();
            wipe(&mut text);
            assert!(text.is_empty() && text.capacity() == room, "{} bytes", held.len());
        }
    }
}
