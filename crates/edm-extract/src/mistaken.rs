//! Whether a table with a declared encoding is in fact UTF-8. Nearly every byte is a character of
//! windows-1252, so `Müller` would be uploaded as `MÃ¼ller` without an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use encoding_rs::UTF_8;

use crate::encoding::TextEncoding;

/// Whether the bytes read so far are UTF-8 although another encoding is declared.
#[derive(Debug)]
pub struct MistakenEncoding {
    declared: TextEncoding,
    /// Characters beyond ASCII, if the bytes are UTF-8.
    characters: AtomicU64,
    is_no_utf8: AtomicBool,
}

impl MistakenEncoding {
    /// Starts to watch a table in this encoding; `None` for UTF-8 and UTF-16, which cannot be
    /// mistaken.
    pub fn watch(declared: TextEncoding) -> Option<Arc<Self>> {
        let is_watched = declared.encoding() != UTF_8 && !declared.is_utf16();
        is_watched.then(|| {
            Arc::new(Self { declared, characters: AtomicU64::new(0), is_no_utf8: AtomicBool::new(false) })
        })
    }

    /// Returns the declared encoding.
    pub fn declared(&self) -> TextEncoding {
        self.declared
    }

    /// Returns the number of characters beyond ASCII after the table was read to its end. `None` if
    /// it is not UTF-8, or is all ASCII.
    pub fn utf8_characters(&self) -> Option<u64> {
        let characters = self.characters.load(Ordering::Relaxed);
        (characters > 0 && !self.is_no_utf8.load(Ordering::Relaxed)).then_some(characters)
    }

    fn refute(&self) {
        self.is_no_utf8.store(true, Ordering::Relaxed);
    }
}

/// Examines the bytes as they are decoded.
pub(crate) struct Watch {
    found: Arc<MistakenEncoding>,
    /// The start of a character whose end was not read yet.
    carried: Vec<u8>,
}

impl Watch {
    pub(crate) fn new(found: Arc<MistakenEncoding>) -> Self {
        Self { found, carried: Vec::new() }
    }

    /// Records that a byte order mark named the encoding.
    pub(crate) fn is_marked(&self) {
        self.found.refute();
    }

    pub(crate) fn see(&mut self, bytes: &[u8]) {
        if self.found.is_no_utf8.load(Ordering::Relaxed) || self.carried.is_empty() && bytes.is_ascii() {
            return;
        }
        self.carried.extend_from_slice(bytes);
        let valid = match std::str::from_utf8(&self.carried) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return self.found.refute(),
        };
        let text = self.carried.drain(..valid);
        // The first byte of each character beyond ASCII.
        let characters = text.filter(|byte| *byte >= 0xc0).count() as u64;
        self.found.characters.fetch_add(characters, Ordering::Relaxed);
    }

    /// Records that the table ends here.
    pub(crate) fn end(&self) {
        if !self.carried.is_empty() {
            self.found.refute();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_known_however_it_is_cut() {
        let windows_1252: TextEncoding = "windows-1252".parse().expect("a label");
        let check = |bytes: &[u8], expected: Option<u64>| {
            for size in [1, 2, 3, 100] {
                let found = MistakenEncoding::watch(windows_1252).expect("is watched");
                let mut watch = Watch::new(Arc::clone(&found));
                bytes.chunks(size).for_each(|chunk| watch.see(chunk));
                watch.end();
                assert_eq!(found.utf8_characters(), expected, "{bytes:?} {size}");
            }
        };
        check("Müller, 山田, 😀".as_bytes(), Some(4));
        check(b"M\xfcller", None);
        check("Müller and M\u{e9}".as_bytes(), Some(2));
        check(b"M\xc3\xbcller M\xfcller", None);
        check(b"Miller", None);
        check(b"M\xc3", None);
        for sure in [TextEncoding::UTF_8, TextEncoding::UTF_16LE, TextEncoding::UTF_16BE] {
            assert!(MistakenEncoding::watch(sure).is_none());
        }
    }
}
