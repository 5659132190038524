//! Detects a table that is valid UTF-8 although another encoding was declared. Nearly every byte is
//! a character of windows-1252, so `Müller` would be uploaded as `MÃ¼ller` without an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// What is known about the bytes read so far.
#[derive(Debug)]
pub(crate) struct MistakenEncoding {
    declared: &'static str,
    /// Characters outside ASCII, if the bytes are UTF-8.
    characters: AtomicU64,
    is_no_utf8: AtomicBool,
}

impl MistakenEncoding {
    /// Starts to watch; `None` for UTF-8 and UTF-16, which need no check.
    pub(super) fn of(declared: &'static Encoding) -> Option<Arc<Self>> {
        let asked = ![UTF_8, UTF_16LE, UTF_16BE].contains(&declared);
        asked.then(|| {
            Arc::new(Self {
                declared: declared.name(),
                characters: AtomicU64::new(0),
                is_no_utf8: AtomicBool::new(false),
            })
        })
    }

    /// Returns a warning, once the table was read to its end.
    pub(crate) fn warning(&self) -> Option<String> {
        let characters = self.characters.load(Ordering::Relaxed);
        let is_mistaken = characters > 0 && !self.is_no_utf8.load(Ordering::Relaxed);
        is_mistaken.then(|| {
            format!(
                "the file reads as UTF-8 from end to end, and as {} each of its {characters} characters beyond ASCII becomes \
                 others, which nobody writes: leave --encoding out and upload again",
                self.declared
            )
        })
    }

    fn refute(&self) {
        self.is_no_utf8.store(true, Ordering::Relaxed);
    }
}

/// Inspects the bytes as they are decoded.
pub(super) struct Watch {
    found: Arc<MistakenEncoding>,
    /// The start of a character whose end was not read yet.
    carried: Vec<u8>,
}

impl Watch {
    pub(super) fn new(found: Arc<MistakenEncoding>) -> Self {
        Self { found, carried: Vec::new() }
    }

    /// Records that a byte order mark named the encoding.
    pub(super) fn is_marked(&self) {
        self.found.refute();
    }

    pub(super) fn see(&mut self, bytes: &[u8]) {
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
        // The lead byte of each character outside ASCII.
        let characters = text.filter(|byte| *byte >= 0xc0).count() as u64;
        self.found.characters.fetch_add(characters, Ordering::Relaxed);
    }

    /// Records the end of the table.
    pub(super) fn end(&self) {
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
        let check = |bytes: &[u8], expected: Option<&str>| {
            for size in [1, 2, 3, 100] {
                let found = MistakenEncoding::of(encoding_rs::WINDOWS_1252).expect("is asked");
                let mut watch = Watch::new(Arc::clone(&found));
                bytes.chunks(size).for_each(|chunk| watch.see(chunk));
                watch.end();
                let warning = found.warning();
                assert_eq!(warning.is_some(), expected.is_some(), "{bytes:?} {size}: {warning:?}");
                assert!(warning.is_none_or(|text| text.contains(expected.unwrap_or_default())));
            }
        };
        check("Müller, 山田, 😀".as_bytes(), Some("each of its 4 characters"));
        check(b"M\xfcller", None);
        check("Müller and M\u{e9}".as_bytes(), Some("of its 2"));
        check(b"M\xc3\xbcller M\xfcller", None);
        check(b"Miller", None);
        check(b"M\xc3", None);
        assert!(MistakenEncoding::of(UTF_16LE).is_none() && MistakenEncoding::of(UTF_8).is_none());
    }
}
