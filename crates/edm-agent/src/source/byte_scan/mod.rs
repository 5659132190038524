//! Scans a file 64 bytes at a time for quotes, delimiters, line ends, NULs and bytes outside ASCII.
//! One implementation per instruction set; all give equal results.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use edm_hash::Level;

/// Bytes scanned at a time.
pub(super) const WINDOW: usize = 64;

/// Appends one bitmap per window of the text; the last window is padded. A bit is set if its byte
/// is a quote, the delimiter (which is ASCII and not 0) or a line end.
pub(super) fn append_marks(level: Level, text: &[u8], delimiter: u8, out: &mut Vec<u64>) {
    let (windows, rest) = text.as_chunks::<WINDOW>();
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::append_avx512(windows, delimiter, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::append_avx2(windows, delimiter, out),
        _ => out.extend(windows.iter().map(|window| portable::marks(window, delimiter))),
    }
    if !rest.is_empty() {
        // The padding is 0, which is never a mark.
        let mut window = [0; WINDOW];
        window.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        out.push(portable::marks(&window, delimiter));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_finds_every_mark(
            bytes in proptest::collection::vec(prop_oneof![0x20u8..0x7f, Just(b'\n'), Just(b'"'), Just(b','), any::<u8>()], 0..300),
            ascii in any::<bool>(),
            delimiter in 1u8..0x7f,
        ) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| if ascii { byte & 0x7f } else { byte }).collect();
            for path in Level::available() {
                let mut marks = Vec::new();
                append_marks(path, &bytes, delimiter, &mut marks);
                prop_assert_eq!(marks.len(), bytes.len().div_ceil(WINDOW));
                for at in 0..marks.len() * WINDOW {
                    let byte = bytes.get(at).copied().unwrap_or(0);
                    let mark = byte == b'"' || byte == b'\n' || byte == delimiter;
                    prop_assert_eq!(marks[at / WINDOW] >> (at % WINDOW) & 1 == 1, mark, "{:?} {}", path, at);
                }
            }
        }
    }
}
